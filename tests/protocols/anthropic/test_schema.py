"""Schemas of other protocols' clients for an answer of Anthropic's."""

import json
from typing import Any

import pytest

from wye.core.chat import Chat, Format
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.anthropic.schema import closed, worded
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.lossiness.losses import losses
from wye.protocols.translate import Wire

OPEN: dict[str, Any] = {"properties": {"a": {"type": "integer"}}}
CLOSED = OPEN | {"additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        (OPEN, CLOSED),
        (OPEN | {"additionalProperties": True}, CLOSED),
        (CLOSED, CLOSED),
        (OPEN | {"additionalProperties": {"type": "string"}}, CLOSED),
        ({"additionalProperties": OPEN}, {"additionalProperties": CLOSED}),
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
        {"allOf": [OPEN, OPEN]},
        {"enum": [{"properties": {}}]},
        {"properties": None, "additionalProperties": False, "items": [1], "anyOf": {}, "$defs": []},
    ],
)
def test_what_closing_would_change_stays(schema: dict[str, Any]) -> None:
    assert closed(schema) == schema


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ({"type": "integer", "minimum": 1}, {"type": "integer", "description": 'Has to fit {"minimum":1}'}),
        (
            {"allOf": [{"maxLength": 9, "minLength": 2, "description": "A name."}]},
            {"allOf": [{"description": 'A name.\n\nHas to fit {"maxLength":9,"minLength":2}'}]},
        ),
        ({"minItems": 1, "items": {}}, {"minItems": 1, "items": {}}),
        ({"minItems": 2}, {"description": 'Has to fit {"minItems":2}'}),
        ({"properties": {"minimum": {"type": "null"}}}, {"properties": {"minimum": {"type": "null"}}}),
    ],
)
def test_bounds_are_told_in_words(schema: dict[str, Any], sent: dict[str, Any]) -> None:
    before = json.dumps(schema)
    assert worded(schema) == sent
    assert json.dumps(schema) == before
    chat = Chat(protocol="openai_chat", model="m", messages=(), format=Format(kind="schema", schema=schema))
    lost = losses(chat, "openai_chat", "anthropic_messages").annotate
    assert ("format_bounds" in lost) == (sent != schema)
    form = json.loads(AnthropicMessages().write_request(chat, Wire(model="m")))["output_config"]["format"]
    assert form["schema"] == closed(sent)


def test_a_map_is_refused() -> None:
    """Closed it would let nothing in, and Anthropic refuses it open."""
    schema = {"properties": {"sizes": {"type": "object", "additionalProperties": {"type": "integer"}}}}
    chat = Chat(protocol="openai_chat", model="m", messages=(), format=Format(kind="schema", schema=schema))
    (why,) = losses(chat, "openai_chat", "anthropic_messages").refuse
    assert "state their properties" in why
    assert not losses(chat, "openai_chat", "gemini").refuse


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
