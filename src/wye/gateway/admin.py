"""The control plane: health, readiness, metrics, single records, and what is said where nothing is."""

import asyncio
from collections.abc import Callable, Iterable, Mapping

import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wye.core.errors import MethodError, NotFoundError, WyeError
from wye.core.record import Record
from wye.gateway.arrival import Arrival
from wye.gateway.clients import client_of
from wye.gateway.control import guarded, json, named, refusal
from wye.gateway.keys import Caller
from wye.gateway.metrics import Metrics
from wye.gateway.models import Models
from wye.gateway.rehearsal import Rehearsal
from wye.gateway.runtime import Runtime
from wye.gateway.spoken import MODEL_ROUTES
from wye.gateway.unserved import unserved
from wye.ledger.keystore import Scope

FindRecord = Callable[[str], Record | None]
Ready = Callable[[], str]

MAX_ID = 64
_LOOKS = (0.0, 0.05, 0.15)
"""Pauses before each look for a record that may still be on its way from the spool: 0.2 s, no thread held."""


class Admin:
    """Handlers of the control plane. `ready()` returns why not, or an empty string."""

    def __init__(self, runtime: Runtime, metrics: Metrics, ready: Ready, find: FindRecord) -> None:
        self._runtime = runtime
        self._metrics = metrics
        self._ready = ready
        self._find = find

    def app(self) -> Starlette:
        """Return the ASGI app."""
        return Starlette(
            routes=[
                Route("/healthz", self.healthz),
                Route("/readyz", self.readyz),
                Route("/metrics", guarded(self._runtime, Scope.READ, self.metrics)),
                *Models(self._runtime).routes(),
                *Rehearsal(self._runtime).routes(),
                Route("/v1/wye/requests/{id}", guarded(self._runtime, Scope.INFER, self.record)),
                Route("/", self.alive, methods=["HEAD"]),
                Route("/", guarded(self._runtime, Scope.INFER, self.index)),
            ],
            exception_handlers={404: _nothing_there, 405: _nothing_there},
        )

    async def healthz(self, _request: Request) -> Response:
        """Say that the process lives."""
        return Response("ok\n", media_type="text/plain")

    async def alive(self, _request: Request) -> Response:
        """Say so to whoever asks with HEAD before the first request, as Claude Code does."""
        return Response()

    async def readyz(self, _request: Request) -> Response:
        """Say whether it can serve: 200, or 503 with the reason."""
        why = self._ready()
        return Response(f"{why or 'ready'}\n", 503 if why else 200, media_type="text/plain")

    async def index(self, _request: Request, _caller: Caller) -> Response:
        """Say what this is."""
        chat, messages = "/v1/chat/completions", "/v1/messages"
        return json({"name": "wye", "models": "/v1/models", "chat": chat, "messages": messages})

    async def metrics(self, _request: Request, _caller: Caller) -> Response:
        """Return Prometheus text."""
        return Response(self._metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def record(self, request: Request, caller: Caller) -> Response:
        """Return the ledger's record of a request: the caller's own, or any with the scope `read`.

        Another key's record is not told from none: neither by the answer nor by the time it takes.
        """
        id_ = request.path_params["id"]
        if len(id_) <= MAX_ID:
            for pause in _LOOKS:
                await asyncio.sleep(pause)
                record = await anyio.to_thread.run_sync(self._find, id_)
                if record is not None and (record.key == caller.key_id or Scope.READ in caller.scopes):
                    return json(record)
        message = "no request of this key has this id; a record takes a moment after its answer ends"
        raise NotFoundError(message)


async def _nothing_there(request: Request, exc: Exception) -> Response:
    """Say what there is instead: of the client's own API, near the path, or at all."""
    method, path = request.method, str(request.scope["path"])
    headers: Mapping[str, str] = {}
    error: WyeError | None = unserved(method, path)
    if error is None and isinstance(exc, HTTPException) and exc.status_code == 405:  # noqa: PLR2004  # Method Not Allowed
        error = MethodError(f"{path[:200]} does not take {method}")
        headers = exc.headers or {}
    arrival = Arrival(request.scope)
    response = named(
        arrival,
        refusal(error or NotFoundError(_hint(method, path, client_of(request.scope).routes)), arrival),
    )
    response.headers.update(headers)
    return response


def _hint(method: str, path: str, routes: Iterable[str]) -> str:
    """Return what to do about a path that is not known."""
    nothing = f"{method} {path[:200]} is not served here"
    for meant, base in ((f"/v1{path}", "must end in /v1"), (path.removeprefix("/v1"), "must not end in /v1")):
        if meant != path and meant in MODEL_ROUTES:
            return f"{nothing}: the path is {meant}, so the client's base URL {base}"
    return f"{nothing}; the model routes are POST {', '.join(routes)}; GET /v1/models lists models"
