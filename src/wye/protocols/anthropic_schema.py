"""JSON schemas for an answer as Anthropic takes them.

Source: Anthropic API guide, "Structured outputs", "JSON Schema limitations": `additionalProperties` has to be
false in every object. Other protocols take schemas that leave it open; Gemini's own have no word for it.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from wye.core.chat import Extras

_NAMED = ("properties", "$defs", "definitions")
_LISTED = ("anyOf", "oneOf", "prefixItems")


def closed(schema: Extras) -> Extras:
    """Return `schema` with nothing added to stated properties: what fits it fits `schema` as well.

    An object that states none stays open, or only `{}` would fit; so do the branches of `allOf`, of which
    each has to let the others' properties pass. Whether it takes these is Anthropic's to say.
    """
    whole: Extras = msgspec.json.decode(msgspec.json.encode(schema))
    waiting = [whole]
    while waiting:  # no recursion: how deep it is, is the client's choice
        one = waiting.pop()
        if "properties" in one and one.get("additionalProperties", True) is True:
            one["additionalProperties"] = False
        waiting += (inner for inner in _inside(one) if isinstance(inner, dict))
    return whole


def _inside(schema: Extras) -> Iterator[Any]:
    for name in _NAMED:
        if isinstance(named := schema.get(name), dict):
            yield from named.values()
    for name in _LISTED:
        if isinstance(listed := schema.get(name), list):
            yield from listed
    yield schema.get("items")
