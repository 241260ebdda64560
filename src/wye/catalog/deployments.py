"""A deployment: a model at an endpoint, with what is known of it."""

import ipaddress
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal

import msgspec

from wye.core.lane import Lane
from wye.core.money import Price
from wye.core.request import Operation
from wye.core.secret import Secret
from wye.core.spelling import Spelling

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK: tuple[Network, ...] = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("::1/128"),
)


Speech = Literal["openai_chat", "openai_responses", "anthropic_messages", "gemini"]
"""Protocols that an upstream may speak, and that requests are translated into."""
Native = Speech | Literal["openai_completions"]
"""Protocols whose requests an upstream may take as they are."""


class Tls(msgspec.Struct, frozen=True):
    """How an https endpoint is verified. Verification cannot be switched off."""

    ca_file: str | None = None
    """PEM bundle of a private CA; None = the operating system's trust."""
    client_cert_file: str | None = None
    client_key_file: str | None = None


class Endpoint(msgspec.Struct, frozen=True):
    """Where a deployment is reached. Comes from config or discovery, never from a caller.

    `networks`: the resolved address must lie in one of them; None = it must be a public address.
    """

    scheme: str
    host: str
    port: int
    base_path: str = "/v1"
    """Prefix of every target, without a trailing slash."""
    networks: tuple[Network, ...] | None = None
    tls: Tls = Tls()

    @property
    def authority(self) -> str:
        """`host[:port]` as a Host header spells it (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = 443 if self.scheme == "https" else 80
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The endpoint as a URL, for people."""
        return f"{self.scheme}://{self.authority}{self.base_path}"


class Profile(msgspec.Struct, frozen=True):
    """A model's capability facts. None = not known, which never excludes a deployment."""

    context_tokens: int | None = None
    max_output_tokens: int | None = None
    tools: bool | None = None
    vision: bool | None = None
    json: bool | None = None
    strong: bool = False
    """May serve a label that demands the ceiling."""
    tags: tuple[str, ...] = ()
    """What it was made or tuned for, in its owner's words."""


class Timeouts(msgspec.Struct, frozen=True):
    """Seconds. `first_byte` counts from the request's last byte, `idle` between two bytes.

    A request that is not streamed has until `total`: its first byte comes when the answer is whole.
    """

    connect: float = 5.0
    first_byte: float = 120.0
    idle: float = 60.0
    total: float = 900.0


class Deployment(msgspec.Struct, frozen=True):
    """A model at an endpoint. `id` is what a client may name in `model`."""

    id: str
    model: str
    """The upstream's own name for it."""
    provider: str
    lane: Lane | None
    """None = not proven: an engine, tunnel or gateway whose data path is not known."""
    endpoint: Endpoint
    found_by: str
    """How wye knows of it, for people: `OPENAI_API_KEY`, `wye.yaml line 12`, ..."""
    protocol: Speech = "openai_chat"
    """What requests in a protocol that the upstream does not speak are translated into."""
    also: frozenset[Native] = frozenset()
    """What else it speaks: requests in these are forwarded as they are."""
    operations: frozenset[Operation] = frozenset({Operation.CHAT})
    region: str | None = None
    build: str = ""
    """Revision and quantisation of the weights, in its owner's words: a certificate holds for one build."""
    api_key: Secret | None = None
    profile: Profile = Profile()
    price: Price | None = None
    machine_hour: Decimal | None = None
    """What an `own` deployment's machines cost an hour, in USD; None = not stated."""
    energy_hour: Decimal | None = None
    """What of it an idle hour saves: energy; None = not stated."""
    slots: int = 1
    """Requests the machines serve side by side: a request costs its share of the hour."""
    concurrency: int = 64
    queue: int = 128
    queue_seconds: float = 30.0
    retries: int = 1
    timeouts: Timeouts = Timeouts()
    replayable: bool = True
    """A request that died on a stale connection, unanswered, may be sent once more."""
    spelling: Spelling = Spelling()
    """How it spells its protocol."""

    @property
    def natives(self) -> frozenset[Native]:
        """Every protocol whose requests it takes as they are."""
        return self.also | {self.protocol}

    @property
    def emulates_tools(self) -> bool:
        """Whether calls of tools are made of JSON that a schema holds it to, since it makes none itself."""
        profile = self.profile
        return (
            profile.tools is False
            and profile.json is True
            and self.spelling.formats == "schema"
            and Operation.CHAT in self.operations
        )

    def unheeded(self, protocol: str, members: Iterable[str]) -> str:
        """Return the first of `members` that it passes over in silence in `protocol`; empty = none."""
        if protocol not in self.natives:
            return ""
        return next((name for name in members if name in self.spelling.ignores), "")

    def emulates_custom_tools(self, protocol: str) -> bool:
        """Whether custom tools of a request in `protocol` become functions for it, since it knows no other.

        Where nothing is known of it, it gets a request in a protocol of its own as that is.
        """
        if self.emulates_tools or "custom_tools" in self.spelling.refuses:
            return True
        if protocol == self.protocol or protocol in self.also or self.protocol == "openai_responses":
            return False
        return self.protocol != "openai_chat" or "custom_tools" not in self.spelling.takes
