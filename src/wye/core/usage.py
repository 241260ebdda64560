"""Counts of what a request consumed, as the upstream reported them."""

from decimal import Decimal

import msgspec

MAX_TOKENS = 2**40
"""More than any answer has; a ledger adds up many of them in 64 bits."""


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
    input_audio_tokens: int = 0
    """Part of `input_tokens` that is sound, and did not come from a cache."""
    output_audio_tokens: int = 0
    """Part of `output_tokens` that is sound."""
    apart: str = ""
    """What else was used, that has a price of its own and is not in a price list's terms; empty = nothing."""
    service: str = ""
    """Service tier the upstream says it served with: `flex`, ...; empty = the standard one, or not said."""
    images: int = 0
    """Pictures made, that are sold by the piece."""
    billed: Decimal | None = None
    """USD that the upstream says it bills; None = it does not say."""
