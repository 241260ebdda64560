"""The ASGI app: model routes go straight to the pipeline, everything else to the control plane."""

from collections.abc import Awaitable, Callable

from wye.core.errors import MethodError, WyeError
from wye.gateway.arrival import Arrival
from wye.gateway.asks import BELOW, COMPLETIONS
from wye.gateway.downstream import JSON
from wye.gateway.listener.exchange import Message, Scope
from wye.gateway.pipeline import Pipeline, own_headers
from wye.gateway.retrieval import Retrieval
from wye.gateway.spoken import codec_at
from wye.protocols.codec import Codec

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ControlPlane = Callable[[Scope, Receive, Send], Awaitable[None]]


class App:
    """One callable for the listener."""

    def __init__(self, pipeline: Pipeline, retrieval: Retrieval, control: ControlPlane) -> None:
        self._pipeline = pipeline
        self._retrieval = retrieval
        self._control = control

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve one request. No coroutine itself: the pipeline's is one frame nearer."""
        codec = codec_at(scope["path"], scope["query_string"])
        if codec is None:
            if scope["path"].startswith(BELOW):
                return self._retrieval.serve(Arrival(scope))
            return self._control(scope, receive, send)
        arrival = Arrival(scope)
        if scope["method"] == "POST":
            arrival.exchange.on_hangup = arrival.exchange.cancel
            return self._pipeline.serve(arrival, codec)
        if scope["method"] == "GET" and scope["path"] == COMPLETIONS.path:
            return self._retrieval.serve(arrival)
        return self._wrong_method(arrival, codec)

    @staticmethod
    async def _wrong_method(arrival: Arrival, codec: Codec) -> None:
        error: WyeError = MethodError(f"{arrival.scope['path']} takes POST")
        body = codec.error(error, arrival.request_id)
        head = own_headers(arrival, codec) + JSON + b"allow: POST\r\n"
        arrival.exchange.respond(error.status, head, body)
