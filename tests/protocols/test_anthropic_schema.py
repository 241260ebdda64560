"""Schemas of other protocols' clients for an answer of Anthropic's."""

import json
from typing import Any

import pytest

from wye.protocols.anthropic_messages import AnthropicMessages
from wye.protocols.anthropic_schema import closed
from wye.protocols.gemini_dialect import GeminiDialect
from wye.protocols.translate import Wire

OPEN: dict[str, Any] = {"properties": {"a": {"type": "integer"}}}
CLOSED = OPEN | {"additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        (OPEN, CLOSED),
        (OPEN | {"additionalProperties": True}, CLOSED),
        (CLOSED, CLOSED),
        ({"items": OPEN, "$defs": {"x": OPEN}}, {"items": CLOSED, "$defs": {"x": CLOSED}}),
        ({"anyOf": [OPEN, {"type": "null"}]}, {"anyOf": [CLOSED, {"type": "null"}]}),
        (
            {"properties": {"properties": OPEN, "items": {"type": "array"}}},
            {
                "properties": {"properties": CLOSED, "items": {"type": "array"}},
                "additionalProperties": False,
            },
        ),
    ],
)
def test_stated_properties_are_all_there_are(schema: dict[str, Any], sent: dict[str, Any]) -> None:
    before = json.dumps(schema)
    assert closed(schema) == sent
    assert json.dumps(schema) == before


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        OPEN | {"additionalProperties": {"type": "string"}},
        {"allOf": [OPEN, OPEN]},
        {"enum": [{"properties": {}}]},
        {"properties": None, "additionalProperties": False, "items": [1], "anyOf": {}, "$defs": []},
    ],
)
def test_what_closing_would_change_stays(schema: dict[str, Any]) -> None:
    assert closed(schema) == schema


def test_a_schema_of_googles_is_one_that_anthropic_takes() -> None:
    properties = {"city": {"type": "STRING"}, "days": {"type": "ARRAY", "items": {"type": "OBJECT"} | OPEN}}
    config = {
        "responseMimeType": "application/json",
        "responseSchema": {"type": "OBJECT", "properties": properties},
    }
    asked = {"contents": [{"parts": [{"text": "Hi"}]}], "generationConfig": config}
    chat = GeminiDialect("m", stream=False).read_request(json.dumps(asked).encode())
    sent = json.loads(AnthropicMessages().write_request(chat, Wire(model="m")))["output_config"]["format"]
    assert sent["schema"] == {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "days": {"type": "array", "items": {"type": "object"} | CLOSED},
        },
        "additionalProperties": False,
    }
    own = {
        "model": "m",
        "max_tokens": 9,
        "messages": [],
        "output_config": {"format": sent | {"schema": OPEN}},
    }
    own_chat = AnthropicMessages().read_request(json.dumps(own).encode())
    assert json.loads(AnthropicMessages().write_request(own_chat, Wire(model="m"))) == own
