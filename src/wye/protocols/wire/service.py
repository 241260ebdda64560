"""The service tier that an answer tells: OpenAI's `service_tier`, Anthropic's `usage.service_tier`."""

import re

import msgspec

from wye.core.money import STANDARD
from wye.core.usage import Usage

_WORD = re.compile(r"[a-z_]{1,32}")


def with_service(usage: Usage | None, told: object) -> Usage | None:
    """Return `usage` with the service tier that was told, unless it is the standard one.

    What is no word counts as `other`, which no list has a price for.
    """
    if usage is None or told is None or (isinstance(told, str) and told in STANDARD):
        return usage
    word = told if isinstance(told, str) and _WORD.fullmatch(told) else "other"
    return msgspec.structs.replace(usage, service=word)
