"""What another protocol's conversation becomes."""

import base64
import json
from typing import Any

import pytest

from wye.core.chat import (
    Audio,
    CacheMark,
    Chat,
    Citation,
    Document,
    Format,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Role,
    ServerTool,
    Source,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from wye.protocols.anthropic.request import write_request
from wye.protocols.translate import Wire

NAME = "anthropic_messages"
WIRE = Wire(model="claude", default_max_tokens=4096)
ADAPTIVE = Wire(model="claude", default_max_tokens=4096, adaptive_thinking=True)


def write(chat: Chat, wire: Wire = WIRE) -> Any:
    return json.loads(write_request(chat, wire))


def foreign(*messages: Message, **fields: Any) -> Chat:
    said = messages or (Message(role=Role.USER, parts=(Text(text="hi"),)),)
    return Chat(model="gpt", messages=said, protocol="openai_chat", **fields)


def user(*parts: Part) -> Message:
    return Message(role=Role.USER, parts=parts)


def assistant(*parts: Part) -> Message:
    return Message(role=Role.ASSISTANT, parts=parts)


def pdf(**members: Any) -> dict[str, Any]:
    return {
        "type": "document",
        "source": {"type": "base64", "media_type": "application/pdf", "data": "JVBE"},
    } | members


PDF = Source(kind="data", value="JVBE", media_type="application/pdf")


def test_the_upstreams_model_and_a_cap_are_always_there() -> None:
    assert write(foreign()) == {
        "model": "claude",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": "hi"}],
    }
    assert write(foreign(max_output_tokens=5))["max_tokens"] == 5


def test_turns_alternate_and_results_stand_first() -> None:
    chat = foreign(
        Message(role=Role.SYSTEM, parts=(Text(text="one"),)),
        user(Text(text="a")),
        user(Text(text="b")),
        assistant(Text(text="")),
        assistant(ToolCall(id="c1", name="f", arguments='{"x":1}')),
        assistant(ToolCall(id="c2", name="f", arguments="")),
        user(ToolResult(call_id="c1", parts=(Text(text="r1"),))),
        Message(role=Role.DEVELOPER, parts=(Text(text="two"),)),
        user(Text(text="go on")),
        user(ToolResult(call_id="c2", parts=(), is_error=True)),
        system=(Text(text="zero"),),
    )
    written = write(chat)
    assert [one["text"] for one in written["system"]] == ["zero", "one", "two"]
    assert written["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]},
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "c1", "name": "f", "input": {"x": 1}},
                {"type": "tool_use", "id": "c2", "name": "f", "input": {}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "c1", "content": "r1"},
                {"type": "tool_result", "tool_use_id": "c2", "is_error": True},
                {"type": "text", "text": "go on"},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            '{"a": 1.50, "b": 123456789012345678901234567890}',
            '{"a": 1.50, "b": 123456789012345678901234567890}',
        ),
        ("", "{}"),
        (" ", "{}"),
        ('{"a": ', '{"unparsed_arguments":"{\\"a\\": "}'),
        ("[1]", '{"unparsed_arguments":"[1]"}'),
    ],
)
def test_arguments_stay_as_the_model_wrote_them(arguments: str, told: str) -> None:
    body = write_request(foreign(assistant(ToolCall(id="c", name="f", arguments=arguments))), WIRE)
    assert f'"input":{told}'.encode() in body


def test_ids_are_spelt_in_the_letters_that_are_taken() -> None:
    chat = foreign(
        assistant(ToolCall(id="functions.f:0", name="f", arguments="{}")),
        user(ToolResult(call_id="functions.f:0", parts=())),
    )
    call, result = (one["content"][0] for one in write(chat)["messages"])
    assert call["id"] == result["tool_use_id"] == "functions_f_0"


@pytest.mark.parametrize(
    ("part", "block"),
    [
        (Text(text="x", extras={"theirs": 1}), {"type": "text", "text": "x"}),
        (Refusal(text="no"), {"type": "text", "text": "no"}),
        (
            Image(source=Source(kind="data", value="iV", media_type="image/png"), detail="high"),
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iV"}},
        ),
        (Document(source=PDF, title="T", cite=True), pdf(title="T", citations={"enabled": True})),
        (
            Document(
                source=Source(
                    kind="data", value=base64.b64encode("é".encode()).decode(), media_type="text/csv"
                )
            ),
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "é"}},
        ),
        (
            Document(source=Source(kind="data", value="!", media_type="text/csv")),
            {"type": "document", "source": {"type": "base64", "media_type": "text/csv", "data": "!"}},
        ),
        (Audio(source=PDF), None),
        (Reasoning(text="hm", origin="openai_chat"), None),
        (Reasoning(text="hm", signature="s", origin="gemini"), None),
        (Opaque(protocol="openai_responses", kind="x"), None),
        (
            Reasoning(text="hm", signature="s", origin=NAME),
            {"type": "thinking", "thinking": "hm", "signature": "s"},
        ),
        (Text(text="x", citations=(Citation(url="u", title="T"),)), {"type": "text", "text": "x"}),
    ],
)
def test_parts_of_another_protocol(part: Part, block: dict[str, Any] | None) -> None:
    end: Part = Text(text=".", cache=CacheMark())
    content = write(foreign(assistant(part, end)))["messages"][0]["content"]
    assert content[:-1] == ([] if block is None else [block])


@pytest.mark.parametrize(
    ("choice", "told"),
    [
        (ToolChoice(mode="auto", parallel=False), {"type": "auto", "disable_parallel_tool_use": True}),
        (ToolChoice(mode="required"), {"type": "any"}),
        (ToolChoice(mode="tool", name="f"), {"type": "tool", "name": "f"}),
        (ToolChoice(mode="none", parallel=True), {"type": "none"}),
    ],
)
def test_a_choice_needs_tools(choice: ToolChoice, told: dict[str, Any]) -> None:
    assert write(foreign(tools=(Tool(name="f"),), tool_choice=choice))["tool_choice"] == told
    assert "tool_choice" not in write(foreign(tool_choice=choice))


def test_a_tool_has_a_schema() -> None:
    tools = (Tool(name="f", strict=False), Tool(name="g", schema={"properties": {"a": {}}}))
    assert write(foreign(tools=tools))["tools"] == [
        {"name": "f", "input_schema": {"type": "object", "properties": {}}, "strict": False},
        {"name": "g", "input_schema": {"type": "object", "properties": {"a": {}}}},
    ]


def test_only_the_allowed_tools_are_offered() -> None:
    tools = (Tool(name="f"), Tool(name="g"), ServerTool(protocol="openai_responses", kind="x", value={}))
    written = write(foreign(tools=tools, tool_choice=ToolChoice(mode="required", allowed=("g",))))
    assert [tool["name"] for tool in written["tools"]] == ["g"]


@pytest.mark.parametrize(
    ("wire", "thinking", "cap", "told"),
    [
        (ADAPTIVE, Thinking(effort="high"), None, ({"type": "adaptive"}, {"effort": "high"}, 4096)),
        (ADAPTIVE, Thinking(effort="minimal"), 99, ({"type": "adaptive"}, {"effort": "low"}, 99)),
        (ADAPTIVE, Thinking(effort="none"), 99, ({"type": "disabled"}, None, 99)),
        (ADAPTIVE, Thinking(budget_tokens=2048), 99, ({"type": "adaptive"}, None, 99)),
        (
            ADAPTIVE,
            Thinking(enabled=True, show=True),
            99,
            ({"type": "adaptive", "display": "summarized"}, None, 99),
        ),
        (WIRE, Thinking(budget_tokens=5), None, ({"type": "enabled", "budget_tokens": 1024}, None, 5120)),
        (WIRE, Thinking(effort="low"), None, ({"type": "enabled", "budget_tokens": 4096}, None, 8192)),
        (WIRE, Thinking(effort="low"), 3000, ({"type": "enabled", "budget_tokens": 1976}, None, 3000)),
        (WIRE, Thinking(effort="low"), 2000, (None, None, 2000)),
        (WIRE, Thinking(enabled=False), 2000, ({"type": "disabled"}, None, 2000)),
    ],
)
def test_thinking_is_said_as_the_model_takes_it(
    wire: Wire, thinking: Thinking, cap: int | None, told: tuple[Any, Any, int]
) -> None:
    written = write(foreign(thinking=thinking, max_output_tokens=cap), wire)
    assert (written.get("thinking"), written.get("output_config"), written["max_tokens"]) == told


def test_effort_and_shape_stand_side_by_side() -> None:
    chat = foreign(thinking=Thinking(effort="low"), format=Format(kind="schema", schema={"type": "object"}))
    assert write(chat, ADAPTIVE)["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": {"type": "object"}},
    }


def test_another_protocols_extras_stay_behind() -> None:
    tools = (Tool(name="f", extras={"theirs": 1}),)
    body = write_request(foreign(extras={"theirs": 1}, tools=tools, user="u"), WIRE)
    assert b"theirs" not in body
    assert b'"metadata":{"user_id":"u"}' in body


@pytest.mark.parametrize("blank", ["", " ", "\n\n"])
def test_white_space_alone_is_not_said(blank: str) -> None:
    """Models that call tools by a template often say two line ends before; Anthropic refuses such a block."""
    call = ToolCall(id="c", name="f", arguments="{}")
    result = ToolResult(call_id="c", parts=(Text(text=blank), Text(text="4")))
    turns = user(Text(text="Hi")), assistant(Text(text=blank), Refusal(text=blank), call), user(result)
    sent = write(foreign(*turns, user(Text(text=blank)), system=(Text(text=blank),)))
    assert "system" not in sent
    assert sent["messages"][1:] == [
        {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "f", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "4"}]},
    ]
    nothing = write(foreign(turns[0], turns[1], user(ToolResult(call_id="c", parts=(Text(text=blank),)))))
    assert nothing["messages"][2]["content"] == [{"type": "tool_result", "tool_use_id": "c"}]


def test_instructions_alone_are_what_is_said() -> None:
    later = Message(role=Role.DEVELOPER, parts=(Text(text="Be short."),))
    sent = write(foreign(later, system=(Text(text="Say hi."),)))
    assert "system" not in sent
    (turn,) = sent["messages"]
    assert turn["role"] == "user"
    assert [block["text"] for block in turn["content"]] == ["Say hi.", "Be short."]
