"""`usage` as Anthropic reports it: `input_tokens` leaves out what was read from or written to the cache.

Source: Anthropic API reference, "Usage", and "Prompt caching". In a stream `message_start` has the input and
`message_delta` the running totals; a field that is null or missing there keeps its earlier value.
"""

from typing import Any

import msgspec

from wye.core.chat import Extras
from wye.core.usage import Usage
from wye.protocols.wire.service import with_service


class _Written(msgspec.Struct):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class _OutputDetails(msgspec.Struct):
    thinking_tokens: int | None = None


class WireUsage(msgspec.Struct):
    """The fields that are counted."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: _Written | None = None
    output_tokens_details: _OutputDetails | None = None
    service_tier: Any = None


_COUNTED = {name: frozenset[str]() for name in WireUsage.__struct_fields__ if name != "service_tier"} | {
    "cache_creation": frozenset(_Written.__struct_fields__),
    "output_tokens_details": frozenset(_OutputDetails.__struct_fields__),
}
"""Members that `Usage` holds, and which of theirs, where they are objects."""


def to_usage(wire: WireUsage | None) -> Usage | None:
    """Make cache reads and writes parts of the input. None for no usage, and for an impossible one."""
    if wire is None or wire.input_tokens is None:
        return None
    split = wire.cache_creation
    hour = (split.ephemeral_1h_input_tokens if split else None) or 0
    minutes = (split.ephemeral_5m_input_tokens if split else None) or 0
    written = wire.cache_creation_input_tokens
    if written is None:
        written = hour + minutes
    read = wire.cache_read_input_tokens or 0
    outputs = wire.output_tokens or 0
    details = wire.output_tokens_details
    thought = (details.thinking_tokens if details else None) or 0
    if min(wire.input_tokens, written, read, outputs, thought, hour) < 0 or hour > written:
        return None
    usage = Usage(wire.input_tokens + read + written, outputs, read, written, min(thought, outputs), hour)
    return with_service(usage, wire.service_tier)


def read_usage(value: Extras) -> tuple[Usage | None, Extras]:
    """Read a decoded `usage`: the counts, and whatever else it says (tier, region, iterations)."""
    try:
        usage = to_usage(msgspec.convert(value, WireUsage))
    except msgspec.ValidationError:
        return None, dict(value)
    if usage is None:
        return None, dict(value)
    return usage, _rest(value)


def _rest(value: Extras) -> Extras:
    rest: Extras = {}
    for name, member in value.items():
        parts = _COUNTED.get(name)
        if parts is None:
            rest[name] = member
        elif isinstance(member, dict):
            inner = {key: inside for key, inside in member.items() if key not in parts}
            if inner:
                rest[name] = inner
    return rest


def write_usage(usage: Usage | None) -> dict[str, Any]:
    """Encode counts in Anthropic's convention. No usage is all zeros: the field is not optional there."""
    usage = usage or Usage()
    wire: dict[str, Any] = {
        "input_tokens": max(0, usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens),
        "cache_creation_input_tokens": usage.cache_write_tokens,
        "cache_read_input_tokens": usage.cache_read_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.cache_write_tokens:
        wire["cache_creation"] = {
            "ephemeral_5m_input_tokens": usage.cache_write_tokens - usage.cache_write_1h_tokens,
            "ephemeral_1h_input_tokens": usage.cache_write_1h_tokens,
        }
    if usage.reasoning_tokens:
        wire["output_tokens_details"] = {"thinking_tokens": usage.reasoning_tokens}
    return wire
