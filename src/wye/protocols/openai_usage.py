"""`usage` as OpenAI-compatible upstreams report it, in all its spellings.

Seen in recorded answers: OpenAI, Azure, OpenRouter, Groq, Cerebras, DeepSeek (`prompt_cache_hit_tokens`),
Mistral (`num_cached_tokens`), Together (`cached_tokens`), Gemini's compatible endpoint (thinking counted
in `total_tokens` only), llama-server, Ollama, vLLM.
"""

from typing import TypeVar

import msgspec

from wye.core.usage import Usage
from wye.protocols.toplevel import members

MAX_TOKENS = 2**40
"""More than any answer has; a ledger adds up many of them in 64 bits."""


class InputDetails(msgspec.Struct):
    """Parts of the input, as both of OpenAI's protocols name them."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class OutputDetails(msgspec.Struct):
    """Parts of the output, as both of OpenAI's protocols name them."""

    reasoning_tokens: int | None = None


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


class WireAnswer(msgspec.Struct, kw_only=True):
    """A whole answer: what it must have comes from its protocol."""

    usage: WireUsage | None = None


A = TypeVar("A", bound=WireAnswer)


def read_usage(
    body: bytes, answer: msgspec.json.Decoder[A], bare: msgspec.json.Decoder[msgspec.Struct], field: str
) -> Usage | None:
    """Read the usage of a whole answer, which is one by its list `field`; `bare` decodes just that.

    Raises `ValueError` if it is no answer at all. An answer whose usage makes no sense still is one.
    """
    try:
        return to_usage(answer.decode(body).usage)
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
    if min(inputs, outputs, cached, written, thought) < 0 or cached + written > inputs:
        return None
    if max(inputs, outputs, thought) > MAX_TOKENS:
        return None
    return Usage(inputs, outputs, cached, written, min(thought, outputs))
