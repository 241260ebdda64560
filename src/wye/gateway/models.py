"""The lists of models: OpenAI's, Anthropic's, Gemini's and Ollama's clients each find theirs."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wye.core.errors import UnknownModelError
from wye.gateway import modellist
from wye.gateway.arrival import Arrival
from wye.gateway.clients import ANTHROPIC, GEMINI, client_of
from wye.gateway.control import Handler, guarded, json
from wye.gateway.keys import Caller
from wye.gateway.modelrows import Row, rows
from wye.gateway.runtime import Runtime
from wye.ledger.keystore import Scope
from wye.protocols.wire.decoding import ModelName, decode

OLLAMA_VERSION = "0.13.0"
"""The release of Ollama whose chat this is: clients look which fields they may send."""


class _Show(msgspec.Struct):
    model: ModelName = ""
    name: ModelName = ""
    """What `model` was called first."""


_SHOW = msgspec.json.Decoder(_Show)


class Models:
    """Handlers of the lists."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def routes(self) -> list[Route]:
        """Return the routes."""
        routes: list[tuple[str, Handler, str]] = [
            ("/v1/models", self.all, "GET"),
            ("/v1/models/{name:path}", self.one, "GET"),
            ("/v1beta/models", self.all, "GET"),
            ("/v1beta/models/{name:path}", self.one, "GET"),
            ("/api/tags", self.tags, "GET"),
            ("/api/show", self.show, "POST"),
            ("/api/version", self.version, "GET"),
        ]
        return [
            Route(path, guarded(self._runtime, Scope.INFER, handler), methods=[method])
            for path, handler, method in routes
        ]

    async def all(self, request: Request, caller: Caller) -> Response:
        """List every name the caller may put into `model`, in the client's protocol."""
        found, client = rows(self._runtime, caller), client_of(request.scope)
        if client is ANTHROPIC:
            return json(modellist.anthropic_list(found, request.query_params))
        if client is GEMINI:
            return json(modellist.gemini_list(found, request.query_params))
        return json(modellist.openai_list(found))

    async def one(self, request: Request, caller: Caller) -> Response:
        """Return one of them."""
        row, client = self._find(request.path_params["name"], caller), client_of(request.scope)
        if client is ANTHROPIC:
            return json(modellist.anthropic_row(row))
        return json(modellist.gemini_row(row) if client is GEMINI else row)

    async def tags(self, _request: Request, caller: Caller) -> Response:
        """List them for Ollama's clients."""
        return json(modellist.ollama_tags(rows(self._runtime, caller)))

    async def show(self, request: Request, caller: Caller) -> Response:
        """Say what is known of one to Ollama's clients."""
        asked = decode(_SHOW, await Arrival(request.scope).body())  # Starlette's own knows no limits
        return json(modellist.ollama_show(self._find(asked.model or asked.name, caller)))

    async def version(self, _request: Request, _caller: Caller) -> Response:
        """Say how much of Ollama's API a client may expect."""
        return json({"version": OLLAMA_VERSION})

    def _find(self, name: str, caller: Caller) -> Row:
        for row in rows(self._runtime, caller):
            if row["id"] == name:
                return row
        message = f"there is no model '{name[:100]}'; GET /v1/models lists what there is"
        raise UnknownModelError(message, param="model")
