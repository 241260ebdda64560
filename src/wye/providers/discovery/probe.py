"""Asking a server on loopback what it is."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from wye.catalog.deployments import LOOPBACK, Endpoint
from wye.core.errors import EgressRefusedError
from wye.providers.transport.errors import TransportError

MAX_BODY = 1_048_576
_OK = 200
_NO_KEY = (401, 403)
# What proxies, tunnels and other gateways add, and no engine sends.
_PROXY_HEADERS = {b"via", b"forwarded", b"cf-ray", b"x-forwarded-for", b"x-served-by", b"x-amz-cf-id"}
_GATEWAYS = (b"x-litellm-", b"x-portkey-", b"x-wye-", b"x-kong-", b"x-envoy-", b"helicone-", b"x-openrouter-")
_SERVERS = (
    b"cloudflare",
    b"nginx",
    b"envoy",
    b"caddy",
    b"traefik",
    b"haproxy",
    b"squid",
    b"varnish",
    b"kong",
)

T = TypeVar("T")


class Answer(NamedTuple):
    """A complete response: header names in lower case."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


class Probe(Protocol):
    """Sends one request without a body. May raise `TransportError`, `EgressRefusedError` or `OSError`.

    Must not read more than `MAX_BODY` bytes of the answer, nor follow a redirect.
    """

    async def __call__(self, endpoint: Endpoint, method: bytes, target: bytes) -> Answer:
        """Return the answer to `method target` at `endpoint` (its base path is not added)."""


class Conversation:
    """Questions to one port. Remembers what any answer gave away.

    Attributes: `reached` something spoke HTTP; `proxy` a header that a local engine does not send;
    `wants_key` an answer was refused for want of a key.
    """

    def __init__(self, probe: Probe, port: int) -> None:
        self.endpoint = Endpoint("http", "127.0.0.1", port, networks=LOOPBACK)
        self.reached = False
        self.wants_key = False
        self.proxy = ""
        self._probe = probe
        self._open = True
        self._answers: dict[str, Answer | None] = {}

    async def get(self, target: str, kind: type[T]) -> T | None:
        """Return the JSON at `target` as `kind`; None = no answer, an error, or another shape."""
        if target not in self._answers:
            self._answers[target] = await self._ask(target)
        answer = self._answers[target]
        if answer is None or answer.status != _OK:
            return None
        try:
            return msgspec.json.decode(answer.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    async def _ask(self, target: str) -> Answer | None:
        if not self._open:  # nobody listens: one refused connection is enough
            return None
        try:
            answer = await self._probe(self.endpoint, b"GET", target.encode())
        except (TransportError, EgressRefusedError, OSError):
            self._open = self.reached
            return None
        self.reached = True
        self.wants_key |= answer.status in _NO_KEY
        self.proxy = self.proxy or _trace_of_a_proxy(answer.headers)
        return answer if len(answer.body) <= MAX_BODY else None


def _trace_of_a_proxy(headers: Sequence[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name in _PROXY_HEADERS or name.startswith(_GATEWAYS):
            return name.decode("latin-1")
        if name == b"server" and value.lower().startswith(_SERVERS):
            return f"server: {value[:40].decode('latin-1')}"
    return ""
