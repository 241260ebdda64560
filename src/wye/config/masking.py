"""What a label may oblige to be masked: the words of `mask`, and what detectors call the same things."""

from typing import Literal, get_args

MaskKind = Literal[
    "person", "organisation", "address", "email", "phone", "handle", "url", "ip", "mac", "coordinates",
    "ssn", "national_id", "medical_record", "health_plan", "account", "card", "iban", "license", "vehicle",
    "device", "id", "secret", "dictionary", "date", "time", "year", "age", "title", "group", "region",
]  # fmt: skip
"""The last of them, from `time` on, identify nobody by themselves: `all` leaves them as they are."""
Mask = Literal["all"] | tuple[MaskKind, ...]
ALL = "all"

_SEVERAL: dict[str, tuple[str, ...]] = {
    "person": ("name",),
    "address": ("address", "place", "postcode"),
    "ssn": ("ssn", "national_id"),
    "national_id": ("ssn", "national_id", "nhs"),
    "license": ("license", "dea"),
    "phone": ("phone", "nhs"),  # a telephone number in eleven has an NHS number's check digit by chance
    "date": ("date", "when", "weekday"),
}
"""Words that detectors call otherwise, or tell apart where nobody who writes a policy would."""


def found_as(mask: Mask) -> frozenset[str]:
    """Return the kinds of findings that `mask` means; `{"all"}` = whatever identifies by itself."""
    if mask == ALL:
        return frozenset({ALL})
    return frozenset(kind for word in mask for kind in _SEVERAL.get(word, (word,)))


def words() -> tuple[str, ...]:
    """Return the words that `mask` knows, but for `all`."""
    return get_args(MaskKind)
