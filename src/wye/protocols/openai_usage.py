"""`usage` as OpenAI-compatible upstreams report it, in all its spellings.

Seen in recorded answers: OpenAI, Azure, OpenRouter, Groq, Cerebras, DeepSeek (`prompt_cache_hit_tokens`),
Mistral (`num_cached_tokens`), Together (`cached_tokens`), Gemini's compatible endpoint (thinking counted
in `total_tokens` only), llama-server, Ollama, vLLM.
"""

import msgspec

from wye.core.usage import Usage


class _InputDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class _OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class WireUsage(msgspec.Struct):
    """The fields that are counted; anything else an upstream adds is left alone."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: _InputDetails | None = None
    completion_tokens_details: _OutputDetails | None = None
    prompt_cache_hit_tokens: int | None = None
    num_cached_tokens: int | None = None
    cached_tokens: int | None = None


def to_usage(wire: WireUsage | None) -> Usage | None:
    """Normalise. Returns None for no usage, and for one that contradicts itself."""
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
    return Usage(inputs, outputs, cached, written, min(thought, outputs))
