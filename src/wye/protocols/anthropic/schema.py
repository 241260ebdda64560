"""JSON schemas for an answer as Anthropic takes them.

Source: Anthropic API guide, "Structured outputs", "JSON Schema limitations": `additionalProperties` has to be
false in every object, and numbers, lengths and lists have no bounds. Other protocols take schemas that leave
objects open; Gemini's own have no word for it.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from wye.core.chat import Extras

_NAMED = ("properties", "$defs", "definitions")
_LISTED = ("anyOf", "oneOf", "prefixItems")
_BOUNDS = frozenset(
    {
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    }
)
_FEWEST = (0, 1)
"""What `minItems` may be."""


def closed(schema: Extras) -> Extras:
    """Return `schema` with nothing added to stated properties: what fits it fits `schema` as well.

    An object that states none stays open, or only `{}` would fit; so do the branches of `allOf`, of which
    each has to let the others' properties pass. Whether it takes these is Anthropic's to say.
    """
    whole = _copy(schema)
    for one in _schemas(whole):
        if "properties" in one and one.get("additionalProperties", True) is not False:
            one["additionalProperties"] = False
    return whole


def worded(schema: Extras) -> Extras:
    """Return `schema` with the bounds that Anthropic does not take told in the `description` beside them."""
    whole = _copy(schema)
    for one in _schemas(whole, "allOf"):
        bounds = {name: one.pop(name) for name in _BOUNDS & one.keys() if not _is_taken(name, one[name])}
        if bounds:
            words = f"Has to fit {msgspec.json.encode(bounds, order='sorted').decode()}"
            before = one.get("description")
            one["description"] = f"{before}\n\n{words}" if isinstance(before, str) and before else words
    return whole


def holds_map(schema: Extras) -> bool:
    """Tell whether an object is to hold values of one kind under any name: Anthropic has no word for it."""
    return any(
        isinstance(one.get("additionalProperties"), dict) and not one.get("properties")
        for one in _schemas(schema, "allOf")
    )


def _is_taken(name: str, value: object) -> bool:
    return name == "minItems" and value in _FEWEST


def _copy(schema: Extras) -> Extras:
    whole: Extras = msgspec.json.decode(msgspec.json.encode(schema))
    return whole


def _schemas(whole: Extras, *listed: str) -> Iterator[Extras]:
    """Yield `whole` and the schemas inside it, those in the lists named `listed` among them."""
    waiting: list[Any] = [whole]
    while waiting:  # no recursion: how deep it is, is the client's choice
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += _inside(one, (*_LISTED, *listed))


def _inside(schema: Extras, lists: tuple[str, ...]) -> Iterator[Any]:
    for name in _NAMED:
        if isinstance(named := schema.get(name), dict):
            yield from named.values()
    for name in lists:
        if isinstance(listed := schema.get(name), list):
            yield from listed
    yield schema.get("items")
    yield schema.get("additionalProperties")
