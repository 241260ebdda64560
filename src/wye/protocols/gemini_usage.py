"""`usageMetadata` as Gemini reports it.

Thoughts are counted beside the candidates, what its own tools returned beside the prompt; what came from the
cache is part of the prompt.

Source: Gemini API reference, "Generating content", `UsageMetadata`. In a stream every chunk has the running
totals; a count that is missing there keeps its earlier value.
"""

import msgspec

from wye.core.chat import Extras
from wye.core.usage import Usage

MAX_TOKENS = 2**40
"""More than any answer has; a ledger adds up many of them in 64 bits."""


class WireUsage(msgspec.Struct):
    """The fields that are counted."""

    promptTokenCount: int | None = None  # noqa: N815  # the API's name
    cachedContentTokenCount: int | None = None  # noqa: N815  # the API's name
    candidatesTokenCount: int | None = None  # noqa: N815  # the API's name
    thoughtsTokenCount: int | None = None  # noqa: N815  # the API's name
    toolUsePromptTokenCount: int | None = None  # noqa: N815  # the API's name


def merge(earlier: WireUsage | None, later: WireUsage) -> WireUsage:
    """Return what is known after `later` came."""
    if earlier is None:
        return later
    for name in WireUsage.__struct_fields__:
        value = getattr(later, name)
        if value is not None:
            setattr(earlier, name, value)
    return earlier


def to_usage(wire: WireUsage | None) -> Usage | None:
    """Add up. None for no usage, and for an impossible one."""
    if wire is None or wire.promptTokenCount is None:
        return None
    prompt = wire.promptTokenCount + (wire.toolUsePromptTokenCount or 0)
    thought = wire.thoughtsTokenCount or 0
    said = wire.candidatesTokenCount or 0
    cached = wire.cachedContentTokenCount or 0
    if (
        min(wire.promptTokenCount, prompt, thought, said, cached) < 0
        or max(prompt, thought + said) > MAX_TOKENS
    ):
        return None
    return Usage(prompt, said + thought, min(cached, prompt), reasoning_tokens=thought)


def read_usage(value: object) -> Usage | None:
    """Read a decoded `usageMetadata`; None = none, or one that makes no sense."""
    try:
        return to_usage(msgspec.convert(value, WireUsage | None))
    except msgspec.ValidationError:
        return None


def write_usage(usage: Usage) -> Extras:
    """Write counts in Gemini's convention."""
    said = usage.output_tokens - usage.reasoning_tokens
    written: Extras = {
        "promptTokenCount": usage.input_tokens,
        "candidatesTokenCount": max(0, said),
        "totalTokenCount": usage.input_tokens + usage.output_tokens,
    }
    if usage.cache_read_tokens:
        written["cachedContentTokenCount"] = usage.cache_read_tokens
    if usage.reasoning_tokens:
        written["thoughtsTokenCount"] = usage.reasoning_tokens
    return written
