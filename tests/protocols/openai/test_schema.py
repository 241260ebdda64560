"""A tool that takes nothing reaches OpenAI by both of its protocols."""

import json
from typing import Any

import pytest

from wye.core.chat import Chat, Message, Role, ServerTool, Text, Tool
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.openai.schema import stated
from wye.protocols.responses.dialect import OpenAIResponsesDialect
from wye.protocols.translate import Wire

BARE = {"type": "object", "additionalProperties": False}
STATED = {"type": "object", "properties": {}, "additionalProperties": False}
FULL = {"type": "object", "properties": {"a": {"type": "object"}}}


def asked(*tools: Tool | ServerTool, protocol: str = "anthropic_messages") -> Chat:
    turn = Message(role=Role.USER, parts=(Text(text="Hi"),))
    return Chat(model="m", messages=(turn,), tools=tools, protocol=protocol)


def sent(chat: Chat) -> list[Any]:
    chats = json.loads(OpenAIChatDialect().write_request(chat, Wire(model="m")))["tools"]
    responses = json.loads(OpenAIResponsesDialect().write_request(chat, Wire(model="m")))["tools"]
    return [tool["function"].get("parameters") for tool in chats] + [tool["parameters"] for tool in responses]


@pytest.mark.parametrize(("schema", "taken"), [(BARE, STATED), (FULL, FULL), (None, None), ({}, {})])
def test_properties_are_stated(schema: Any, taken: Any) -> None:
    assert sent(asked(Tool(name="f", schema=schema))) == [taken, taken]


def test_what_came_in_the_same_protocol_stays() -> None:
    (own, _) = sent(asked(Tool(name="f", schema=BARE), protocol="openai_chat"))
    (_, own_too) = sent(asked(Tool(name="f", schema=BARE), protocol="openai_responses"))
    assert own == own_too == BARE


def test_tools_of_the_upstreams_own_stay() -> None:
    chat = asked(ServerTool(protocol="openai_chat", kind="web_search", value={"type": "web_search"}))
    assert stated(chat) == chat
    assert stated(asked()) == asked()
