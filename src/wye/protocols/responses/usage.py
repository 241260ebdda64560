"""`usage` of OpenAI's Responses, both ways. Source: OpenAI API reference, "The response object"."""

from typing import Any

import msgspec

from wye.core.chat import Extras
from wye.core.usage import Usage
from wye.protocols.openai import usage as openai_usage
from wye.protocols.openai.usage import InputDetails, OutputDetails


class WireUsage(msgspec.Struct):
    """The fields that are counted; anything else an upstream adds is left alone."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None
    cost: Any = None
    is_byok: Any = None
    cost_details: Any = None


def to_usage(wire: WireUsage | None) -> Usage | None:
    """Normalise. Returns None for no usage, and for one that contradicts itself or cannot be.

    The counts are Chat's under other names, and mean the same.
    """
    if wire is None:
        return None
    return openai_usage.to_usage(
        openai_usage.WireUsage(
            prompt_tokens=wire.input_tokens,
            completion_tokens=wire.output_tokens,
            total_tokens=wire.total_tokens,
            prompt_tokens_details=wire.input_tokens_details,
            completion_tokens_details=wire.output_tokens_details,
            cost=wire.cost,
            is_byok=wire.is_byok,
            cost_details=wire.cost_details,
        )
    )


def read_usage(wire: object) -> Usage | None:
    """Read an answer's usage; None = none, or one that makes no sense."""
    try:
        return None if wire is None else to_usage(msgspec.convert(wire, WireUsage))
    except msgspec.ValidationError:
        return None


def write_usage(usage: Usage) -> Extras:
    """Write an answer's usage."""
    return {
        "input_tokens": usage.input_tokens,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read_tokens,
            "cache_write_tokens": usage.cache_write_tokens,
        },
        "output_tokens": usage.output_tokens,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning_tokens},
        "total_tokens": usage.input_tokens + usage.output_tokens,
        **openai_usage.billed(usage),
    }
