"""A deployment made ready to be attempted: what can be computed before a request arrives is."""

import functools
import itertools
import re
from dataclasses import dataclass, field

import msgspec

from wye import __version__
from wye.catalog.deployments import Deployment, Native, Speech, Timeouts
from wye.core.secret import Secret
from wye.gateway.gate import Gate
from wye.protocols.translate import Wire

ANTHROPIC: Speech = "anthropic_messages"
_VERSION = b"anthropic-version: 2023-06-01"
GEMINI: Speech = "gemini"
_VERBATIM: dict[Native, frozenset[str]] = {
    "openai_chat": frozenset({"openai_chat", "openai_embeddings"}),
    "openai_responses": frozenset({"openai_responses", "openai_responses_count", "openai_responses_compact"}),
    "openai_completions": frozenset({"openai_completions"}),
    ANTHROPIC: frozenset({ANTHROPIC, "anthropic_count_tokens"}),
    GEMINI: frozenset({GEMINI, "gemini_count_tokens"}),
}
"""What an upstream speaks -> codecs whose requests are forwarded as they are."""
_DEFAULT_MAX_TOKENS = 8_192
"""Anthropic demands a cap. Every Claude since 3.5 writes as much; a client that wants more says so."""
_ADAPTIVE = re.compile(r"claude-(opus|sonnet)-(4[-.][6-9]|[5-9])(\D|$)|claude-(fable|mythos)-")
"""Claude models that choose themselves how long to think."""

_OF_TOOLS = frozenset({"tool_choice", "parallel_tool_calls", "strict"})


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A deployment, its gate, and the bytes that are the same for every request to it."""

    deployment: Deployment
    gate: Gate
    verbatim: frozenset[str]
    """Codecs whose requests it takes as they are; others are translated."""
    wire: Wire
    """How a translated request is spelled for it."""
    head: bytes = field(repr=False)
    """Header lines for the upstream, the credential among them."""
    base_path: bytes
    patience: Timeouts
    """For a request that is not streamed: the first byte of its answer comes when all of it is made."""
    answer_headers: bytes
    """Header lines that tell the client who answered."""
    manner: int = 0
    """Equal for upstreams that a request loses the same on its way to."""


_NUMBERS = itertools.count()


def target(deployment: Deployment, gate: Gate) -> Target:
    """Prepare `deployment`."""
    lines = [
        b"content-type: application/json",
        b"accept: application/json, text/event-stream",
        b"user-agent: wye/" + __version__.encode(),
        *credentials(deployment.protocol, deployment.api_key),
    ]
    if ANTHROPIC in deployment.also:
        lines.append(_VERSION)
    lane = deployment.lane.value if deployment.lane else "unknown"
    wire = _wire(deployment)
    nameless = wire if deployment.protocol == GEMINI else msgspec.structs.replace(wire, model="")
    return Target(
        deployment=deployment,
        gate=gate,
        verbatim=_verbatim(deployment),
        wire=wire,
        head=b"".join(line + b"\r\n" for line in lines),
        base_path=deployment.endpoint.base_path.encode(),
        patience=msgspec.structs.replace(deployment.timeouts, first_byte=deployment.timeouts.total),
        answer_headers=f"x-wye-deployment: {deployment.id}\r\nx-wye-lane: {lane}\r\n".encode(
            "latin-1", "replace"
        ),
        manner=_manner(deployment.protocol, nameless, deployment.emulates_tools),
    )


@functools.lru_cache(4096)
def _manner(protocol: Speech, wire: Wire, emulates_tools: bool) -> int:  # noqa: ARG001, FBT001  # what tells one from another
    """Return a number for a way to spell a protocol. A model's name counts where losses hang on it: Gemini's.

    Callers invent names. One that was forgotten gets another number, for which losses are worked out again.
    """
    return next(_NUMBERS)


def _verbatim(deployment: Deployment) -> frozenset[str]:
    """Return the codecs whose requests go as they are. Only Anthropic itself counts its tokens."""
    beside = (frozenset({ANTHROPIC}) if one == ANTHROPIC else _VERBATIM[one] for one in deployment.also)
    return _VERBATIM[deployment.protocol].union(*beside)


def credentials(protocol: Speech, key: Secret | None) -> list[bytes]:
    """Return the header lines by which a protocol's upstreams know who asks."""
    secret = None if key is None else key.reveal().encode("latin-1")
    if protocol == ANTHROPIC:
        return [_VERSION] if secret is None else [_VERSION, b"x-api-key: " + secret]
    if protocol == GEMINI:
        return [] if secret is None else [b"x-goog-api-key: " + secret]
    return [] if secret is None else [b"authorization: Bearer " + secret]


def _wire(deployment: Deployment) -> Wire:
    most, spelling = deployment.profile.max_output_tokens, deployment.spelling
    if deployment.emulates_tools:  # what it does not take of tools it does not get
        spelling = msgspec.structs.replace(spelling, refuses=spelling.refuses - _OF_TOOLS)
    return Wire(
        model=deployment.model,
        max_tokens_field=spelling.max_output_field,
        default_max_tokens=_DEFAULT_MAX_TOKENS if most is None else min(most, _DEFAULT_MAX_TOKENS),
        include_usage=spelling.stream_options,
        reasoning_field=spelling.reasoning_field,
        encrypted_reasoning=deployment.protocol == "openai_responses" and bool(spelling.effort_field),
        spelling=spelling,
        adaptive_thinking=_ADAPTIVE.match(deployment.model) is not None,
    )
