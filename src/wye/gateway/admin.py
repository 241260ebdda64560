"""The control plane: health, readiness, metrics, the list of models, and single records."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio.to_thread
import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wye.catalog.deployments import Deployment
from wye.core.errors import MethodError, NotFoundError, WyeError
from wye.core.money import Price
from wye.core.record import Record
from wye.gateway.arrival import Arrival
from wye.gateway.headers import error_fields
from wye.gateway.keys import Caller
from wye.gateway.metrics import Metrics
from wye.gateway.modellist import model_list, model_row, speaks_anthropic
from wye.gateway.runtime import Runtime
from wye.gateway.spoken import CHAT, MESSAGES, MODEL_ROUTES
from wye.ledger.keystore import Scope

FindRecord = Callable[[str], Record | None]
Handler = Callable[[Request, Caller], Awaitable[Response]]
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
                Route("/metrics", self._guarded(Scope.READ, self.metrics)),
                Route("/v1/models", self._guarded(Scope.INFER, self.models)),
                Route("/v1/models/{name:path}", self._guarded(Scope.INFER, self.model)),
                Route("/v1/wye/requests/{id}", self._guarded(Scope.INFER, self.record)),
                Route("/", self.alive, methods=["HEAD"]),
                Route("/", self._guarded(Scope.INFER, self.index)),
            ],
            exception_handlers={404: _not_found, 405: _not_found},
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
        return _json({"name": "wye", "models": "/v1/models", "chat": chat, "messages": messages})

    async def metrics(self, _request: Request, _caller: Caller) -> Response:
        """Return Prometheus text."""
        return Response(self._metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def models(self, request: Request, caller: Caller) -> Response:
        """List every name the caller may put into `model`, in the client's protocol."""
        rows = self._rows(caller)
        anthropic = speaks_anthropic(request.scope)
        return _json(model_list(rows) if anthropic else {"object": "list", "data": rows})

    async def model(self, request: Request, caller: Caller) -> Response:
        """Return one of them."""
        name = request.path_params["name"]
        for row in self._rows(caller):
            if row["id"] == name:
                return _json(model_row(row) if speaks_anthropic(request.scope) else row)
        message = f"there is no model '{name[:100]}'; GET /v1/models lists what there is"
        raise NotFoundError(message, param="model")

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
                    return _json(record)
        message = "no request of this key has this id; a record takes a moment after its answer ends"
        raise NotFoundError(message)

    def _guarded(self, scope: Scope, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Let in only who the keys or the guard let in, and answer errors in the client's protocol."""

        async def endpoint(request: Request) -> Response:
            arrival = Arrival(request.scope)
            try:
                response = await handler(request, self._runtime.admit(arrival, scope))
            except WyeError as error:
                return _refusal(error, arrival)
            response.headers["x-request-id"] = arrival.request_id
            return response

        return endpoint

    def _rows(self, caller: Caller) -> list[dict[str, Any]]:
        now = self._runtime.now
        by_id = {deployment.id: deployment for deployment in now.deployments}
        rows = []
        for name, kind in now.router.kinds().items():
            labels = caller.labels | now.router.labels(name) or now.default_labels
            candidates = now.router.behind(name, now.policy.judge(labels))
            if not candidates or not _may_use(caller, name):
                continue
            if kind == "deployment":
                rows.append(_deployment(by_id[name], self._runtime.health.reason_down(name)))
            else:
                rows.append(_row(name, "wye", {"kind": kind, "candidates": candidates}))
        return rows


def _may_use(caller: Caller, name: str) -> bool:
    try:
        caller.check_model(name)
    except WyeError:
        return False
    return True


def _row(name: str, owner: str, facts: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": owner, "wye": facts}


def _deployment(deployment: Deployment, down: str) -> dict[str, Any]:
    profile, price = deployment.profile, deployment.price
    facts = {
        "kind": "deployment",
        "lane": deployment.lane,
        "provider": deployment.provider,
        "region": deployment.region,
        "operations": sorted(deployment.operations),
        "context_tokens": profile.context_tokens,
        "max_output_tokens": profile.max_output_tokens,
        "tools": profile.tools,
        "vision": profile.vision,
        "price": price and _price(price),
        "found_by": deployment.found_by,
        "down": down,
    }
    return _row(deployment.id, deployment.provider, facts)


def _price(price: Price) -> dict[str, Any]:
    rates = price.rates
    return {
        "input": rates.input,
        "output": rates.output,
        "cache_read": rates.cache_read,
        "cache_write": rates.cache_write,
        "currency": price.currency,
        "as_of": price.as_of,
        "source": price.source,
    }


def _json(value: object) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


def _refusal(error: WyeError, arrival: Arrival) -> Response:
    codec = MESSAGES if speaks_anthropic(arrival.scope) else CHAT
    headers = error_fields(error) | dict.fromkeys(codec.request_id_headers, arrival.request_id)
    return Response(codec.error(error, arrival.request_id), error.status, headers)


async def _not_found(request: Request, exc: Exception) -> Response:
    known = f"the model routes are POST {', '.join(MODEL_ROUTES)}; GET /v1/models lists models"
    error: WyeError = NotFoundError(f"{request.method} {request.url.path[:200]} is not served here; {known}")
    headers: Mapping[str, str] = {}
    if isinstance(exc, HTTPException) and exc.status_code == 405:  # noqa: PLR2004  # Method Not Allowed
        error = MethodError(f"{request.url.path[:200]} does not take {request.method}")
        headers = exc.headers or {}
    response = _refusal(error, Arrival(request.scope))
    response.headers.update(headers)
    return response
