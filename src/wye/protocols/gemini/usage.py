"""`usageMetadata` as Gemini reports it.

Thoughts are counted beside the candidates, what its own tools returned beside the prompt; what came from the
cache is part of the prompt.

Source: Gemini API reference, "Generating content", `UsageMetadata`. In a stream every chunk has the running
totals; a count that is missing there keeps its earlier value.
"""

import msgspec

from wye.core.chat import Extras
from wye.core.usage import MAX_TOKENS, Usage


class Share(msgspec.Struct):
    """Tokens of one kind of content."""

    modality: str = ""
    tokenCount: int | None = None  # noqa: N815  # the API's name


class WireUsage(msgspec.Struct):
    """The fields that are counted."""

    promptTokenCount: int | None = None  # noqa: N815  # the API's name
    cachedContentTokenCount: int | None = None  # noqa: N815  # the API's name
    candidatesTokenCount: int | None = None  # noqa: N815  # the API's name
    thoughtsTokenCount: int | None = None  # noqa: N815  # the API's name
    toolUsePromptTokenCount: int | None = None  # noqa: N815  # the API's name
    promptTokensDetails: list[Share] | None = None  # noqa: N815  # the API's name
    cacheTokensDetails: list[Share] | None = None  # noqa: N815  # the API's name
    candidatesTokensDetails: list[Share] | None = None  # noqa: N815  # the API's name


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
    usage = Usage(prompt, said + thought, min(cached, prompt), reasoning_tokens=thought)
    heard, spoken = _of(wire.promptTokensDetails, "AUDIO"), _of(wire.candidatesTokensDetails, "AUDIO")
    drawn = _of(wire.candidatesTokensDetails, "IMAGE") + _of(wire.candidatesTokensDetails, "VIDEO")
    if not (heard or spoken or drawn):
        return usage
    kept = _of(wire.cacheTokensDetails, "AUDIO") or (cached and wire.cacheTokensDetails is None)
    apart = "pictures" if drawn else "sound and a cache together" if heard and kept else ""
    if not 0 <= heard <= prompt - usage.cache_read_tokens or not 0 <= spoken <= said:
        apart = apart or "sound and a cache together"
    if apart:
        return msgspec.structs.replace(usage, apart=apart)
    return msgspec.structs.replace(usage, input_audio_tokens=heard, output_audio_tokens=spoken)


def _of(shares: list[Share] | None, modality: str) -> int:
    return sum(one.tokenCount or 0 for one in shares or () if one.modality == modality)


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
    sound = {
        "promptTokensDetails": usage.input_audio_tokens,
        "candidatesTokensDetails": usage.output_audio_tokens,
    }
    written |= {name: [{"modality": "AUDIO", "tokenCount": count}] for name, count in sound.items() if count}
    return written
