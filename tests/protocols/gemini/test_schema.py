from wye.core.chat import Extras
from wye.protocols.gemini.schema import json_schema


def test_types_and_what_may_be_null() -> None:
    assert json_schema({"type": "STRING", "nullable": True, "enum": ["a"], "format": "enum"}) == {
        "type": ["string", "null"],
        "enum": ["a", None],
    }
    assert json_schema({"anyOf": [{"type": "INTEGER"}], "nullable": True}) == {
        "anyOf": [{"type": "integer"}, {"type": "null"}]
    }
    assert json_schema({"type": "TYPE_UNSPECIFIED", "nullable": True, "title": "t"}) == {"title": "t"}
    assert json_schema({"type": "STRING", "format": "date-time", "example": "x"}) == {
        "type": "string",
        "format": "date-time",
        "examples": ["x"],
    }


def test_what_it_holds() -> None:
    schema: Extras = {
        "type": "OBJECT",
        "properties": {
            "type": {"type": "STRING"},
            "list": {"type": "ARRAY", "min_items": "2", "items": {"type": "NUMBER"}},
        },
        "propertyOrdering": ["list", "gone", 7],
        "required": ["list"],
        "additional_properties": False,
        "x-kept": None,
        "x-new": 1,
    }
    told = json_schema(schema)
    assert told == {
        "type": "object",
        "properties": {
            "list": {"type": "array", "minItems": 2, "items": {"type": "number"}},
            "type": {"type": "string"},
        },
        "required": ["list"],
        "additionalProperties": False,
        "x-new": 1,
    }
    assert list(told["properties"]) == ["list", "type"]


def test_references() -> None:
    schema: Extras = {"ref": "#/defs/pet", "defs": {"pet": {"type": "OBJECT"}}}
    assert json_schema(schema) == {"$ref": "#/$defs/pet", "$defs": {"pet": {"type": "object"}}}


def test_json_schema_stays_as_it_is() -> None:
    schema: Extras = {
        "type": ["string", "null"],
        "items": True,
        "properties": 7,
        "anyOf": "x",
        "minItems": "many",
    }
    assert json_schema(schema) == schema
