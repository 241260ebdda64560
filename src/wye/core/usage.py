"""Counts of what a request consumed, as the upstream reported them."""

import msgspec


class Usage(msgspec.Struct, frozen=True, omit_defaults=True):
    """Token counts of one answer.

    `input_tokens` and `output_tokens` are totals: cache reads, cache writes and reasoning are
    *parts* of them, never in addition (OpenAI's convention; Anthropic's codec adds its parts up).
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    """Part of `input_tokens` served from the upstream's prompt cache."""
    cache_write_tokens: int = 0
    """Part of `input_tokens` written to the upstream's prompt cache."""
    reasoning_tokens: int = 0
    """Part of `output_tokens` that the model thought and did not say."""
    cache_write_1h_tokens: int = 0
    """Part of `cache_write_tokens` that stays for an hour, which costs more than the usual five minutes."""
