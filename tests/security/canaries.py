"""A whole gateway in this process, but for its sockets: what goes in, and all that comes out anywhere.

Requests go into the listener's own connections as bytes, and attempts end in `Upstreams` where the transport
would be. All else is the real thing: parser, pipeline, policy, router, egress, ledger, logs, metrics, traces.
"""

import asyncio
import itertools
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any, cast

import msgspec

from golden import cases
from wye.catalog.deployments import Deployment, Endpoint, Profile
from wye.cli.logs import JsonFormatter
from wye.config.lineage import LineageSettings
from wye.config.settings import KeySettings, LedgerSettings, ListenerSettings, Settings
from wye.core.lane import Lane
from wye.core.request import Operation
from wye.gateway.accesslog import AccessLog
from wye.gateway.admin import Admin
from wye.gateway.app import App
from wye.gateway.attempts import Attempts
from wye.gateway.books import Books
from wye.gateway.downstream import Heart
from wye.gateway.keys import KeyRing
from wye.gateway.limits import Limits
from wye.gateway.limitstore import MemoryStore
from wye.gateway.lineage import Lineage
from wye.gateway.listener.connection import Connection
from wye.gateway.listener.server import State
from wye.gateway.metrics import Metrics
from wye.gateway.pipeline import Pipeline
from wye.gateway.responses import Responses
from wye.gateway.retrieval import Retrieval
from wye.gateway.runtime import Runtime
from wye.gateway.shadow import Shadows
from wye.gateway.telemetry import Exporter
from wye.ledger import Ledger, Reader
from wye.ledger.turns import Turns
from wye.providers.egress import Egress, Grant
from wye.providers.outbox import Outbox
from wye.providers.transport.errors import ConnectError, FirstByteTimeoutError
from wye.providers.transport.response import Response

MARK = b"canary-0123456789ab"
"""Stands for a request's own canary, which is as long."""
WORDS = frozenset({"type", "role", "model", "media_type", "mimeType", "object", "format", "stop_reason"})
"""Members that hold a word of the protocol: with anything else in it a request is refused at the door."""
PATHS = {
    "openai_chat": "/v1/chat/completions",
    "openai_completions": "/v1/completions",
    "openai_responses": "/v1/responses",
    "anthropic_messages": "/v1/messages",
    "ollama": "/api/chat",
    "gemini": "/v1beta/models/{model}:generateContent",
    "anthropic_count": "/v1/messages/count_tokens",
    "openai_embeddings": "/v1/embeddings",
}
MUST_STAY = ("phi", "confidential", "secret", "no-such-label", "internal,phi", "phi,public")
FAILING = ("500", "429", "401", "404", "echoes", "html", "refused", "slow", "defect")
WORKING = {
    "chat": "openai_chat",
    "claude": "anthropic_messages",
    "resp": "openai_responses",
    "gem": "gemini",
}


def planted(value: Any, words: frozenset[str], key: str = "") -> Any:
    """A request with the canary behind each string, but under `words`, and in members nobody knows."""
    if isinstance(value, str):
        return value if key in words else value + MARK.decode()
    if isinstance(value, list):
        return [planted(one, words, key) for one in value]
    if isinstance(value, dict):
        return {name: planted(one, words, name) for name, one in value.items()}
    return value


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """(protocol, body) of the golden requests, each with canaries: in content, and in whatever there is."""
    canary = MARK.decode()
    unknown = {
        "x_unknown": {"deep": [{canary: canary}]},
        "metadata": {"patient": canary, canary: "x"},
        "user": canary,
        "file_name": f"{canary}.pdf",
    }
    for protocol, requests in cases.REQUESTS.items():
        for body in requests.values():
            for words in (WORDS, frozenset({"model"})):
                yield protocol, planted(body, words)
            yield protocol, planted(body, WORDS) | unknown


def request(protocol: str, body: dict[str, Any], model: str, label: str | None, turn: int) -> bytes:
    """One request as bytes, with canaries in its URL and headers too."""
    path = PATHS[protocol].format(model=model)
    if turn % 3 == 0:
        path += f"?x={MARK.decode()}&key={MARK.decode()}"
    told = body if protocol == "gemini" else body | {"model": model}
    content = json.dumps(told).encode()
    headers = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
    ]
    if label is not None:
        headers.append(f"x-wye-label: {label}")
    canary = MARK.decode()
    told_by = ("User-Agent", "Cookie", "Referer", "X-Custom", "Authorization", "x-api-key", "traceparent")
    headers += [f"{name}: {canary}" for name in told_by[turn % 2 :]]
    headers += [f"x-wye-session: {canary}", f"anthropic-beta: {canary}", f"OpenAI-Organization: {canary}"]
    return "\r\n".join([*headers, "", ""]).encode() + content


def requests(models: tuple[str, ...], labels: tuple[str | None, ...]) -> list[bytes]:
    """Each body once, to models and under labels in turn."""
    pairs = itertools.cycle(itertools.product(models, labels))
    return [
        request(protocol, body, model, label, turn)
        for turn, ((protocol, body), (model, label)) in enumerate(zip(bodies(), pairs, strict=False))
    ]


def deployments() -> tuple[Deployment, ...]:
    every = frozenset(Operation)

    def there(name: str, lane: Lane, **fields: Any) -> Deployment:
        endpoint = Endpoint("http", f"{name}.example", 80)
        return Deployment(
            name,
            name,
            "test",
            lane,
            endpoint,
            "a test",
            operations=every,
            retries=0,
            concurrency=10_000,
            **fields,
        )

    own = [there(name, Lane.OWN, protocol=protocol) for name, protocol in WORKING.items()]
    own += [there(name, Lane.OWN) for name in FAILING]
    strong = Profile(strong=True)
    away = [there("closed", Lane.CLOSED, profile=strong), there("hosted", Lane.HOSTED, profile=strong)]
    return (*own, *away)


SETTINGS: dict[str, Any] = {
    "aliases": {"chain": [*FAILING, "closed", "hosted"], "out": "closed", "both": ["closed", "chat"]},
    "routes": {
        "any": {"candidates": [*FAILING, "chat", "closed"]},
        "hedged": {
            "candidates": ["slow", "closed"],
            "rules": [{"use": ["slow", "closed"]}],
            "hedge": {"after_ms": 1, "share": 1},
        },
    },
}
MODELS = (
    *WORKING,
    "chat",
    *WORKING,
    *FAILING,
    *WORKING,
    "chain",
    "out",
    "both",
    "any",
    "hedged",
    "closed",
    "hosted",
    "auto",
)


def _answers() -> dict[str, tuple[bytes, bytes]]:
    """Protocol -> a whole answer, and a streamed one."""
    found = {}
    for protocol in ("openai_chat", "anthropic_messages", "openai_responses", "gemini"):
        whole = json.dumps(next(iter(cases.ANSWERS[protocol].values()))).encode()
        stream = next(iter(cases.STREAMS[protocol].values())).encode()
        found[protocol] = whole, stream
    return found


class Upstreams:
    """Stands where the transport does: answers at once, and knows what it was told, and in which lane."""

    def __init__(self) -> None:
        self.outbox = Outbox()
        self.told: Counter[str] = Counter()
        """Requests with a canary, by lane."""
        self._answers = _answers()

    async def send(  # noqa: PLR0913  # as the transport's
        self,
        grant: Grant,
        method: bytes,
        target: bytes,
        headers: bytes = b"",
        body: Any = b"",
        *,
        timeouts: object = None,
        exchanges: list[Response] | None = None,
    ) -> Response:
        del method, timeouts
        deployment = cast("Deployment", grant.subject)
        if b"canary" in body or b"canary" in target or b"canary" in headers:
            self.told[grant.origin.site.scope] += 1
        name = deployment.id
        if name == "refused":
            message = "nobody listens"
            raise ConnectError(message)
        if name == "slow":
            await asyncio.sleep(0)
            message = "nothing came"
            raise FirstByteTimeoutError(message)
        if name == "defect":
            message = f"unforeseen: {body!r}"
            raise LookupError(message)
        response = self._answer(deployment, target, body)
        if exchanges is not None:
            exchanges.append(response)
        return response

    def _answer(self, deployment: Deployment, target: bytes, body: bytes) -> Response:
        name = deployment.id
        if name == "echoes":  # as many do: what is wrong, in the words of the request
            words = f"Invalid value: {body.decode()!r}"
            error = {"message": words, "type": "invalid_request_error", "param": words[:200], "code": None}
            return _response(400, b"application/json", json.dumps({"error": error}).encode())
        if name == "html":
            return _response(200, b"text/html", b"<html>" + body)
        if name in FAILING:
            error = {"message": f"failed on {body.decode()!r}", "type": "server_error"}
            return _response(int(name), b"application/json", json.dumps({"error": error}).encode())
        whole, stream = self._answers[deployment.protocol]
        if b'"stream":true' in body.replace(b" ", b"") or b"stream" in target.lower():
            return _response(200, b"text/event-stream", stream)
        return _response(200, b"application/json", whole)


class _Over:
    """The connection of an exchange that is complete."""

    def consumed(self) -> None:
        pass


def _response(status: int, kind: bytes, body: bytes) -> Response:
    response = Response(cast("Any", _Over()), 1)
    response.begin(status, [(b"content-type", kind)], None, 0)
    response.chunks, response.size = [body], len(body)
    response.finish()
    return response


class Socket(asyncio.Transport):
    """A client's connection: what is written to it is counted and forgotten."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 4000)})
        self.closed = False
        self.answers: Counter[bytes] = Counter()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def write(self, data: Any) -> None:
        if data[:9] == b"HTTP/1.1 ":
            self.answers[bytes(data[9:12])] += 1

    def get_write_buffer_size(self) -> int:
        return 0

    def is_closing(self) -> bool:
        return self.closed

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True

    abort = close

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Heard(logging.Handler):
    """What the gateway logs, formatted as it is written, with canaries in it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.leaks: list[str] = []
        self.lines = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.lines += 1
        line = self.format(record)
        if "canary" in line:
            self.leaks.append(line[:3000])


class House:
    """The gateway, and where things come out."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.upstreams = Upstreams()
        self.log = Heard()
        self.posted = 0
        self.traced: list[bytes] = []
        """What the collector got with canaries in it."""
        self.statuses: Counter[bytes] = Counter()
        self.metrics = Metrics()

    async def post(self, path: bytes, body: bytes) -> int:
        del path
        self.posted += 1
        if b"canary" in body:
            self.traced.append(body)
        return 200

    @asynccontextmanager
    async def running(self) -> AsyncIterator[State]:
        logging.getLogger().addHandler(self.log)
        async with AsyncExitStack() as stack:
            stack.callback(logging.getLogger().removeHandler, self.log)
            ledger = Ledger.open(LedgerSettings(), self.folder)
            stack.callback(ledger.close)
            reader = stack.enter_context(Reader(LedgerSettings(), self.folder))
            store = MemoryStore(reader.spent)
            limits, upstreams = Limits(store), cast("Any", self.upstreams)
            runtime = Runtime(KeyRing(KeySettings(), None), limits, self.metrics)
            runtime.load(msgspec.convert(SETTINGS, Settings), deployments(), lambda _: None)
            output = stack.enter_context((self.folder / "access.log").open("w"))
            access_log = AccessLog(output, human=False)
            stack.callback(access_log.close, 30.0)
            exporter = Exporter(self.post, runtime.deployment)
            exporter.start()
            stack.push_async_callback(exporter.close)
            books, heart, egress = Books(ledger, self.metrics, access_log, exporter), Heart(), Egress()
            responses = Responses(stack.enter_context(Turns(LedgerSettings(), self.folder)))
            attempts = Attempts(egress, upstreams, limits, runtime.health)
            shadows = Shadows(runtime, attempts, books)
            lineage = Lineage.open(self.folder, LineageSettings())
            stack.callback(lineage.close)
            pipeline = Pipeline(runtime, attempts, books, heart, responses, shadows, lineage)
            retrieval = Retrieval(runtime, responses, books, egress, upstreams)
            admin = Admin(runtime, self.metrics, lambda: ledger.trouble, reader.get)
            app = App(pipeline, retrieval, admin.app())
            yield State(app, ListenerSettings(), asyncio.get_running_loop(), self.upstreams.outbox)
            assert egress.opened == {}

    async def serve(self, state: State, kinds: list[bytes], first: int, count: int, side: int = 32) -> None:
        """Send requests `first` to `first + count`, so many side by side, each with a canary of its own."""
        connections: list[Connection] = []
        for begin in range(first, first + count, side):
            while len(connections) < side:
                connection = Connection(state)
                connection.connection_made(Socket())
                connections.append(connection)
            for number, connection in zip(
                range(begin, min(begin + side, first + count)), connections, strict=False
            ):
                canary = b"canary-%012d" % number
                connection.data_received(kinds[number % len(kinds)].replace(MARK, canary))
            while any(connection.answering is not None for connection in connections):  # noqa: ASYNC110  # turns
                await asyncio.sleep(0)  # there is nothing to be told by: a turn is enough
            await asyncio.sleep(0)
            for connection in [one for one in connections if one.transport.is_closing()]:
                connection.connection_lost(None)
                self.statuses.update(cast("Socket", connection.transport).answers)
                connections.remove(connection)
        for connection in connections:
            connection.connection_lost(None)
            self.statuses.update(cast("Socket", connection.transport).answers)
