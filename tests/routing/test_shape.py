"""What the checker says, beside what a whole implementation of JSON Schema says."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.routing.shape import fault

TOOL: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "minLength": 1, "maxLength": 20},
        "days": {"type": "integer", "minimum": 1, "maximum": 14},
        "unit": {"enum": ["c", "f", None]},
        "at": {"anyOf": [{"$ref": "#/$defs/place"}, {"type": "null"}]},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 3, "uniqueItems": True},
        "pair": {"prefixItems": [{"type": "number"}, {"type": "boolean"}], "items": False},
        "share": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        "one": {"oneOf": [{"type": "integer"}, {"minimum": 5}]},
        "all": {"allOf": [{"type": "string"}, {"not": {"const": "no"}}]},
    },
    "required": ["city"],
    "additionalProperties": False,
    "$defs": {"place": {"type": "object", "properties": {"lat": {"type": "number"}}, "required": ["lat"]}},
}
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 30)
    | st.floats(-2, 20)
    | st.sampled_from(["", "c", "no", "x" * 21])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["lat", "city", "days"]), inner, max_size=3)
    ),
    max_leaves=6,
)
CALLS = st.dictionaries(st.sampled_from([*TOOL["properties"], "more"]), VALUES, max_size=5)


@given(CALLS | VALUES)
def test_it_says_what_the_whole_of_json_schema_says(value: Any) -> None:
    assert bool(fault(value, TOOL)) is not jsonschema.Draft202012Validator(TOOL).is_valid(value)


@pytest.mark.parametrize(
    ("value", "schema", "told"),
    [
        ({"city": "Rome", "days": 15}, TOOL, ".days breaks maximum 14"),
        ({}, TOOL, ".city is missing"),
        ({"city": 3}, TOOL, ".city is not of type string"),
        ({"city": "Rome", "more": 1}, TOOL, ".more must not be there"),
        ({"city": "Rome", "tags": ["a", 1]}, TOOL, ".tags[1] is not of type string"),
        ([], {"type": "OBJECT"}, "it is not of type OBJECT"),
        (True, {"type": "integer"}, "it is not of type integer"),
        (10**400, {"type": "integer", "maximum": 5}, "it breaks maximum 5"),
    ],
)
def test_it_says_what_is_wrong_and_where(value: object, schema: dict[str, Any], told: str) -> None:
    assert fault(value, schema) == told


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "a kind nobody knows"},
        {"type": None, "required": "no list", "properties": [], "anyOf": {}, "enum": 3, "minimum": "1"},
        {"pattern": "(a+)+$", "format": "email"},
        {"$ref": "https://elsewhere.example/schema"},
        {"$ref": "#/$defs/nowhere"},
        {"type": "STRING", "nullable": True},
    ],
)
def test_what_it_does_not_know_it_does_not_hold_against_a_value(schema: dict[str, Any]) -> None:
    assert not fault("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", schema)
    assert not fault(None, {"type": "STRING", "nullable": True})


def test_it_comes_to_an_end() -> None:
    circle = {"$ref": "#"}
    assert "too deep" in fault(1, circle)
    wide: dict[str, Any] = {
        "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}},
        "$ref": "#/$defs/a",
    }
    assert fault(1, wide)
