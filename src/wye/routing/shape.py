"""Whether a value has the shape a JSON Schema asks for: the part of it that tools and answers are told by.

Keywords that are not looked at count as kept: `pattern` and `format`, since a client's regular expression may
take forever; `if`, `dependentSchemas` and whatever else neither OpenAI nor Anthropic nor Gemini enforce. A
reference leads only to the schema's own `$defs` or `definitions`. Source: JSON Schema 2020-12, validation.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

_DEEPEST = 64
"""Levels of a value, or references in a row, that are followed; beyond, it is at fault."""
_MOST_CHECKS = 20_000
"""Of one value: alternatives in alternatives could otherwise take forever."""
_TYPES: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "number": lambda value: _is_number(value),  # noqa: PLW0108  # defined below
    "integer": lambda value: _is_number(value) and value == int(value),
}
_LEAST: dict[str, Callable[[Any], float | None]] = {
    "minimum": lambda value: value if _is_number(value) else None,
    "minLength": lambda value: len(value) if isinstance(value, str) else None,
    "minItems": lambda value: len(value) if isinstance(value, list) else None,
    "minProperties": lambda value: len(value) if isinstance(value, dict) else None,
}
_MOST = {name.replace("min", "max"): measure for name, measure in _LEAST.items()}


def fault(value: object, schema: Mapping[str, Any]) -> str:
    """Say what of `value` (decoded JSON) breaks `schema`, and where; empty = nothing."""
    return _Check(schema).fault(value, schema, "", _DEEPEST)


class _Check:
    """One value against one schema."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = _MOST_CHECKS

    def fault(self, value: Any, schema: object, at: str, depth: int) -> str:  # noqa: ANN401  # JSON
        self._left -= 1
        if depth == 0 or self._left < 0:
            return f"{at or 'it'} is too deep or its schema too wide to check"
        if schema is False:
            return f"{at or 'it'} must not be there"
        if not isinstance(schema, Mapping):  # `true`, or no schema at all
            return ""
        for check in (self._type, self._bounds, self._members, self._items, self._alternatives):
            if wrong := check(value, schema, at, depth):
                return wrong
        named = schema.get("$ref")
        return self.fault(value, self._named(named), at, depth - 1) if isinstance(named, str) else ""

    def _type(self, value: Any, schema: Mapping[str, Any], at: str, _depth: int) -> str:  # noqa: ANN401  # JSON
        kinds = schema.get("type")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if value is None and schema.get("nullable") is True:  # OpenAPI's, as Gemini writes it
            return ""
        if isinstance(kinds, list):
            # An unknown name is nothing to hold against a value. Gemini writes types in capitals.
            tests = [_TYPES.get(str(kind).lower()) for kind in kinds]
            if tests and not any(test is None or test(value) for test in tests):
                return f"{at or 'it'} is not of type {' or '.join(map(str, kinds))}"
        allowed = schema.get("enum")
        if isinstance(allowed, list) and not any(_equal(value, one) for one in allowed):
            return f"{at or 'it'} is none of the values that are allowed"
        if "const" in schema and not _equal(value, schema["const"]):
            return f"{at or 'it'} is not the one value that is allowed"
        return ""

    def _bounds(self, value: Any, schema: Mapping[str, Any], at: str, _depth: int) -> str:  # noqa: ANN401  # JSON
        for bounds, sign in ((_LEAST, 1), (_MOST, -1)):
            for name, measure in bounds.items():
                bound = schema.get(name)
                if bound is None or not _is_number(bound):
                    continue
                size = measure(value)
                if size is not None and size * sign < bound * sign:
                    return f"{at or 'it'} breaks {name} {bound}"
        if _is_number(value):
            for name, sign in (("exclusiveMinimum", 1), ("exclusiveMaximum", -1)):
                bound = schema.get(name)
                if bound is not None and _is_number(bound) and value * sign <= bound * sign:
                    return f"{at or 'it'} breaks {name} {bound}"
        return ""

    def _members(self, value: Any, schema: Mapping[str, Any], at: str, depth: int) -> str:  # noqa: ANN401  # JSON
        if not isinstance(value, dict):
            return ""
        required = schema.get("required")
        for name in required if isinstance(required, list) else ():
            if name not in value:
                return f"{at}.{name} is missing"
        known = schema.get("properties")
        known = known if isinstance(known, Mapping) else {}
        # Members that a pattern might cover are not looked at.
        other = True if "patternProperties" in schema else schema.get("additionalProperties", True)
        for name, member in value.items():
            if wrong := self.fault(member, known.get(name, other), f"{at}.{name}", depth - 1):
                return wrong
        return ""

    def _items(self, value: Any, schema: Mapping[str, Any], at: str, depth: int) -> str:  # noqa: ANN401  # JSON
        if not isinstance(value, list):
            return ""
        first = schema.get("prefixItems")
        first = first if isinstance(first, list) else []
        rest = schema.get("items", True)
        for place, item in enumerate(value):
            asked = first[place] if place < len(first) else rest
            if wrong := self.fault(item, asked, f"{at}[{place}]", depth - 1):
                return wrong
        if schema.get("uniqueItems") is True and _repeats(value):
            return f"{at or 'it'} holds something twice"
        return ""

    def _alternatives(self, value: Any, schema: Mapping[str, Any], at: str, depth: int) -> str:  # noqa: ANN401  # JSON
        every = schema.get("allOf")
        for part in every if isinstance(every, list) else ():
            if wrong := self.fault(value, part, at, depth - 1):
                return wrong
        for name in ("anyOf", "oneOf"):
            some = schema.get(name)
            if not isinstance(some, list) or not some:
                continue
            fitting = sum(not self.fault(value, part, at, depth - 1) for part in some)
            if not fitting or (name == "oneOf" and fitting > 1):
                return f"{at or 'it'} fits {fitting or 'none'} of {name}"
        if "not" in schema and not self.fault(value, schema["not"], at, depth - 1):
            return f"{at or 'it'} is what it must not be"
        return ""

    def _named(self, reference: str) -> object:
        """Return the schema's own part that a reference names; True, which allows all, if there is none."""
        if not reference.startswith("#"):
            return True
        found: object = self._root
        for name in filter(None, reference[1:].split("/")):
            key = name.replace("~1", "/").replace("~0", "~")
            if not isinstance(found, Mapping) or key not in found:
                return True
            found = found[key]
        return found


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _equal(one: object, other: object) -> bool:
    """Tell whether two JSON values are the same: 1 is 1.0, and neither is true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[name], other[name]) for name in one)
    return one == other


def _repeats(items: list[Any]) -> bool:
    return any(_equal(item, earlier) for place, item in enumerate(items[:200]) for earlier in items[:place])
