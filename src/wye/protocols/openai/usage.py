"""`usage` as OpenAI-compatible upstreams report it, in all its spellings.

Seen in recorded answers: OpenAI, Azure, OpenRouter, Groq, Cerebras, DeepSeek (`prompt_cache_hit_tokens`),
Mistral (`num_cached_tokens`), Together (`cached_tokens`), Gemini's compatible endpoint (thinking counted
in `total_tokens` only), llama-server, Ollama, vLLM.
"""

from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from wye.core.usage import MAX_TOKENS, Usage
from wye.protocols.wire.service import with_service
from wye.protocols.wire.toplevel import members


class InputDetails(msgspec.Struct):
    """Parts of the input, as both of OpenAI's protocols name them."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    audio_tokens: int | None = None


class OutputDetails(msgspec.Struct):
    """Parts of the output, as both of OpenAI's protocols name them."""

    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class WireUsage(msgspec.Struct):
    """The fields that are counted; anything else an upstream adds is left alone."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    prompt_cache_hit_tokens: int | None = None
    num_cached_tokens: int | None = None
    cached_tokens: int | None = None
    cost: Any = None
    """USD, where a router says what it bills (OpenRouter); others have other things here."""
    is_byok: Any = None
    cost_details: Any = None


class WireAnswer(msgspec.Struct, kw_only=True):
    """A whole answer: what it must have comes from its protocol."""

    usage: WireUsage | None = None
    service_tier: Any = None


MAX_USD = 1_000_000
"""No answer costs as much."""
A = TypeVar("A", bound=WireAnswer)


def read_usage(
    body: bytes, answer: msgspec.json.Decoder[A], bare: msgspec.json.Decoder[msgspec.Struct], field: str
) -> Usage | None:
    """Read the usage of a whole answer, which is one by its list `field`; `bare` decodes just that.

    Raises `ValueError` if it is no answer at all. An answer whose usage makes no sense still is one.
    """
    try:
        whole = answer.decode(body)
        return with_service(to_usage(whole.usage), whole.service_tier)
    except msgspec.ValidationError:
        bare.decode(body)
    except RecursionError:
        if field not in {member.key for member in members(body)}:
            message = f"no `{field}`"
            raise ValueError(message) from None
    return None


def to_usage(wire: WireUsage | None) -> Usage | None:
    """Normalise. Returns None for no usage, and for one that contradicts itself or cannot be."""
    if wire is None or wire.prompt_tokens is None:
        return None
    inputs = wire.prompt_tokens
    outputs = wire.completion_tokens or 0
    details = wire.prompt_tokens_details
    cached = (
        (details.cached_tokens if details else None)
        or wire.prompt_cache_hit_tokens
        or wire.num_cached_tokens
        or wire.cached_tokens
        or 0
    )
    written = (details.cache_write_tokens if details else None) or 0
    thought = (
        wire.completion_tokens_details.reasoning_tokens if wire.completion_tokens_details else None
    ) or 0
    hidden = (wire.total_tokens or 0) - inputs - outputs
    if hidden > 0:  # reasoning billed as output but left out of `completion_tokens`
        outputs += hidden
        thought = max(thought, hidden)
    amount = None if wire.cost is None else _billed(wire)
    if amount is not None:  # what it costs is known, though OpenRouter may count a cache twice
        cached = min(cached, inputs)
        written = min(written, inputs - cached)
    if min(inputs, outputs, cached, written, thought) < 0 or cached + written > inputs:
        return None
    if max(inputs, outputs, thought) > MAX_TOKENS:
        return None
    usage = Usage(inputs, outputs, cached, written, min(thought, outputs), billed=amount)
    heard = (details.audio_tokens if details else None) or 0
    made = wire.completion_tokens_details
    spoken, drawn = ((made.audio_tokens or 0), (made.image_tokens or 0)) if made else (0, 0)
    return _with_media(usage, heard, spoken, drawn) if heard or spoken or drawn else usage


def billed(usage: Usage) -> dict[str, float]:
    """Write what the upstream bills, as OpenRouter says it; empty = it is not known."""
    return {} if usage.billed is None else {"cost": float(usage.billed)}


def _with_media(usage: Usage, heard: int, spoken: int, drawn: int) -> Usage | None:
    """Return `usage` with what of it is sound or a picture; None if it cannot be."""
    fresh = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens
    if min(heard, spoken, drawn) < 0 or heard > usage.input_tokens or spoken > usage.output_tokens:
        return None
    apart = "pictures" if drawn else ""
    if heard and fresh < usage.input_tokens:
        apart = apart or "sound and a cache together"
    return msgspec.structs.replace(
        usage, input_audio_tokens=0 if apart else heard, output_audio_tokens=spoken, apart=apart
    )


def _billed(wire: WireUsage) -> Decimal | None:
    """Return what OpenRouter bills; with a key of one's own at the provider, what that bills as well."""
    told = [wire.cost]
    if wire.is_byok is True:
        details = wire.cost_details
        told.append(details.get("upstream_inference_cost") if isinstance(details, dict) else None)
    amounts = [Decimal(repr(one)) for one in told if type(one) in (int, float) and 0 <= one < MAX_USD]
    return sum(amounts, Decimal(0)) if len(amounts) == len(told) else None
