"""Gemini's `Schema` (a part of OpenAPI 3.0, with types in capitals) as JSON Schema.

Source: Gemini API reference, "Caching", `Schema`. The other way is never needed: Gemini takes JSON Schema as
well, in members of its own (`parametersJsonSchema`, `responseJsonSchema`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from wye.core.chat import Extras
from wye.protocols.gemini.names import snake

_NUMBERS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_SAME = (
    *("title", "description", "default", "enum", "format", "pattern", "minimum", "maximum", "required"),
    *_NUMBERS,
)
_NAMES = {
    snake(name): name
    for name in (*_SAME, "anyOf", "additionalProperties", "propertyOrdering", "nullable", "items", "type")
}


def json_schema(schema: Extras) -> Extras:
    """Return `schema` as JSON Schema. What it has beyond the reference stays as it is."""
    told = {_NAMES.get(name, name): value for name, value in schema.items() if value is not None}
    written: Extras = {}
    kind = told.pop("type", None)
    if kind is not None and kind != "TYPE_UNSPECIFIED":
        written["type"] = kind.lower() if isinstance(kind, str) else kind
    order = told.pop("propertyOrdering", None)
    nullable = told.pop("nullable", None)
    if told.get("format") == "enum":  # says only that there is an `enum`
        del told["format"]
    if "example" in told:
        told["examples"] = [told.pop("example")]
    for name, value in told.items():
        rewrite = _INNER.get(name)
        target, inner = (name, value) if rewrite is None else rewrite(name, value)
        written[target] = inner
    if isinstance(order, list) and isinstance(written.get("properties"), dict):
        written["properties"] = _ordered(written["properties"], order)
    return _nullable(written) if nullable is True else written


def _nullable(schema: Extras) -> Extras:
    kind = schema.get("type")
    if isinstance(kind, str):
        enum = {"enum": [*schema["enum"], None]} if isinstance(schema.get("enum"), list) else {}
        return schema | {"type": [kind, "null"]} | enum
    if isinstance(schema.get("anyOf"), list):
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return schema


def _ordered(properties: Extras, order: list[Any]) -> Extras:
    first = [name for name in order if isinstance(name, str) and name in properties]
    return {name: properties[name] for name in dict.fromkeys([*first, *properties])}


def _one(name: str, value: object) -> tuple[str, object]:
    return name, json_schema(value) if isinstance(value, dict) else value


def _many(name: str, value: object) -> tuple[str, object]:
    return name, [_one("", one)[1] for one in value] if isinstance(value, list) else value


def _named(name: str, value: object) -> tuple[str, object]:
    return name, {key: _one("", one)[1] for key, one in value.items()} if isinstance(value, dict) else value


def _defs(_: str, value: object) -> tuple[str, object]:
    return _named("$defs", value)


def _ref(_: str, value: object) -> tuple[str, object]:
    return "$ref", value.replace("#/defs/", "#/$defs/", 1) if isinstance(value, str) else value


def _number(name: str, value: object) -> tuple[str, object]:
    """Read a count that ProtoJSON wrote as text, since it may have 64 bits."""
    return name, int(value) if isinstance(value, str) and value.isdecimal() else value


_INNER: Mapping[str, Callable[[str, object], tuple[str, object]]] = {
    "items": _one,
    "additionalProperties": _one,
    "anyOf": _many,
    "properties": _named,
    "defs": _defs,
    "ref": _ref,
    **dict.fromkeys(_NUMBERS, _number),
}
