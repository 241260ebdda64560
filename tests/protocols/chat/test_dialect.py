"""OpenAI Chat as canonical values: strict where types are wrong, and what is unknown comes back."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden import answers, requests
from wye.core.chat import (
    Audio,
    CacheMark,
    Document,
    Finish,
    Image,
    Opaque,
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
from wye.core.errors import BadRequestError
from wye.core.stream import Order
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.translate import Wire

DIALECT = OpenAIChatDialect(lambda: 1_760_000_001)
WIRE = Wire(model="m", reasoning_field="reasoning")
HI = {"role": "user", "content": "Hi"}


def read(**members: Any) -> Any:
    return DIALECT.read_request(json.dumps({"model": "m", "messages": [HI], **members}).encode())


def written(chat: Any, wire: Wire = WIRE) -> Any:
    return msgspec.json.decode(DIALECT.write_request(chat, wire))


def turns(*messages: dict[str, Any]) -> Any:
    return read(messages=list(messages)).messages


@pytest.mark.parametrize("name", requests.CHAT)
def test_what_is_read_and_written_means_the_same(name: str) -> None:
    chat = DIALECT.read_request(json.dumps(requests.CHAT[name]).encode())
    again = DIALECT.read_request(DIALECT.write_request(chat, Wire(model="m", reasoning_field="reasoning")))
    assert again == chat


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"model": 3}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": ["Hi"]}, "messages[0]"),
        ({"messages": [{"content": "Hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "wizard", "content": "Hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "system", "content": None}]}, "messages[0].content"),
        ({"messages": [{"role": "assistant"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        (
            {"messages": [HI, {"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]},
            "messages[1].content[0].image_url",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "file", "file": {}}]}]},
            "messages[0].content[0].file",
        ),
        ({"messages": [{"role": "tool", "content": "4"}]}, "messages[0].tool_call_id"),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"id": "c"}]}]},
            "messages[0].tool_calls[0].function",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"id": "c", "type": "odd"}]}]},
            "messages[0].tool_calls[0].type",
        ),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"type": "function", "function": {"name": 1}}]}, "tools[0].function.name"),
        ({"tool_choice": "maybe"}, "tool_choice"),
        ({"tool_choice": {"type": "odd"}}, "tool_choice.type"),
        (
            {"tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "auto", "tools": []}}},
            "tool_choice.allowed_tools.tools",
        ),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"response_format": "json"}, "response_format"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"seed": 1.5}, "seed"),
        ({"stream": "yes"}, "stream"),
        ({"stop": [1]}, "stop"),
        ({"n": 0}, "n"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_completion_tokens": True}, "max_completion_tokens"),
        ({"stream_options": {"include_usage": 1}}, "stream_options.include_usage"),
        ({"parallel_tool_calls": 1}, "parallel_tool_calls"),
        ({"reasoning_effort": 3}, "reasoning_effort"),
    ],
)
def test_a_wrong_type_is_refused_by_name(members: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        read(**members)
    assert caught.value.param == param
    assert f"`{param}`" in caught.value.message


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"messages": []}', b"\xff", b"null"])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequestError):
        DIALECT.read_request(body)


def test_a_null_counts_as_left_out() -> None:
    nulls = dict.fromkeys(("tools", "temperature", "stop", "response_format", "user", "odd", "n", "stream"))
    assert read(**nulls) == read()


def test_unknown_members_come_back_where_they_stood() -> None:
    body = {
        "model": "m",
        "messages": [
            {
                "role": "user",
                "mood": "gay",
                "content": [
                    {"type": "text", "text": "a", "odd": 1},
                    {"type": "image_url", "image_url": {"url": "https://e.org/a", "crop": 2}, "odd": 3},
                    {"type": "smell", "scent": "rose"},
                ],
            },
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}", "odd": 4}}
                ],
            },
            {"role": "tool", "tool_call_id": "c", "content": "4", "odd": 5},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "odd": 6}, "odd": 7}],
        "thinking": {"type": "enabled", "odd": 8},
        "guided_regex": "a+",
    }
    assert written(DIALECT.read_request(json.dumps(body).encode())) == body


def test_roles() -> None:
    chat = read(
        messages=[
            {"role": "system", "content": "A"},
            {"role": "developer", "content": [{"type": "text", "text": "B"}]},
            HI,
            {"role": "developer", "content": "C"},
        ]
    )
    assert chat.system == (Text(text="A"), Text(text="B"))
    assert [message.role for message in chat.messages] == [Role.USER, Role.DEVELOPER]


def test_content_parts() -> None:
    parts = [
        {"type": "text", "text": "a", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QQ==", "detail": "high"}},
        {"type": "image_url", "image_url": {"url": "https://e.org/a.png"}},
        {"type": "input_audio", "input_audio": {"data": "QQ==", "format": "mp3"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,QQ=="}},
        {"type": "file", "file": {"file_id": "file-1"}},
        {"type": "smell"},
    ]
    (message,) = turns({"role": "user", "name": "Ann", "content": parts})
    assert message.name == "Ann"
    assert message.parts == (
        Text(text="a", cache=CacheMark(ttl="1h")),
        Image(source=Source(kind="data", value="QQ==", media_type="image/png"), detail="high"),
        Image(source=Source(kind="url", value="https://e.org/a.png")),
        Audio(source=Source(kind="data", value="QQ==", media_type="audio/mp3")),
        Document(source=Source(kind="data", value="QQ==", media_type="application/pdf"), title="a.pdf"),
        Document(source=Source(kind="file", value="file-1")),
        Opaque(protocol="openai_chat", kind="smell", value={"type": "smell"}),
    )


def test_an_assistants_turn() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{"}}
    message = {"role": "assistant", "content": "", "reasoning": "so", "refusal": "no", "tool_calls": [call]}
    _, said = turns(HI, message)
    assert said.parts == (
        Reasoning(text="so"),
        Refusal(text="no"),
        ToolCall(id="c", name="f", arguments="{"),
    )


def test_thoughts_in_every_spelling() -> None:
    spellings = (
        {"reasoning": "so"},
        {"reasoning_content": "so"},
        {"reasoning": "so", "reasoning_content": "so"},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "so"}]}]},
        {"content": [{"type": "thinking", "thinking": "so"}]},
    )
    for spelling in spellings:
        (said,) = turns({"role": "assistant", **spelling})
        assert said.parts == (Reasoning(text="so"),)


def test_thoughts_go_back_as_the_upstream_spells_them() -> None:
    chat = read(messages=[HI, {"role": "assistant", "content": "a", "reasoning": "so"}, HI])
    wires = {
        field: Wire(model="m", reasoning_field=field) for field in ("", "reasoning", "reasoning_content")
    }
    told = {field: written(chat, wire)["messages"][1] for field, wire in wires.items()}
    plain = {"role": "assistant", "content": "a"}
    assert told == {
        "": plain,
        "reasoning": {**plain, "reasoning": "so"},
        "reasoning_content": {**plain, "reasoning_content": "so"},
    }
    mistral = written(chat, Wire(model="m", reasoning_field="thinking"))["messages"][1]["content"]
    assert mistral == [
        {"type": "thinking", "thinking": [{"type": "text", "text": "so"}]},
        {"type": "text", "text": "a"},
    ]


def test_deepseek_gets_its_field_beside_every_call() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    chat = read(messages=[HI, {"role": "assistant", "content": None, "tool_calls": [call]}])
    told = written(chat, Wire(model="m", reasoning_field="reasoning_content"))["messages"][1]
    assert told["reasoning_content"] == ""


def test_signed_thoughts_know_their_origin() -> None:
    details = [
        {
            "type": "reasoning.text",
            "text": "so",
            "signature": "s",
            "format": "anthropic-claude-v1",
            "index": 0,
        },
        {
            "type": "reasoning.encrypted",
            "data": "e",
            "id": "rs_1",
            "format": "openai-responses-v1",
            "index": 1,
        },
        {"type": "reasoning.summary", "summary": "in short", "format": "openai-responses-v1", "index": 2},
    ]
    chat = read(messages=[HI, {"role": "assistant", "reasoning": "so", "reasoning_details": details}, HI])
    assert chat.messages[1].parts == (
        Reasoning(text="so", signature="s", origin="anthropic_messages"),
        Reasoning(encrypted="e", id="rs_1", origin="openai_responses"),
        Reasoning(summary=("in short",), origin="openai_responses"),
    )
    back = written(chat, Wire(model="m", reasoning_field="reasoning"))["messages"][1]
    assert back["reasoning_details"] == details


def test_a_signed_thought_that_the_sdk_gathered_from_a_stream_knows_its_origin() -> None:
    form = "anthropic-claude-v1" * 3
    gathered = {"type": "reasoning.text", "text": "so", "signature": "s", "format": form, "index": 0}
    chat = read(messages=[HI, {"role": "assistant", "content": "", "reasoning_details": [gathered]}, HI])
    assert chat.messages[1].parts[0] == Reasoning(text="so", signature="s", origin="anthropic_messages")


def test_tools_of_every_kind() -> None:
    chat = read(
        tools=[
            {"function": {"name": "a", "description": "d", "parameters": {"type": "object"}, "strict": True}},
            {"type": "custom", "custom": {"name": "b", "format": {"type": "text"}}},
            {"type": "web_search", "depth": 2},
        ],
        functions=[{"name": "c"}],
    )
    assert chat.tools == (
        Tool(name="a", description="d", schema={"type": "object"}, strict=True),
        Tool(name="b", custom=True, grammar={"type": "text"}),
        ServerTool(protocol="openai_chat", kind="web_search", value={"type": "web_search", "depth": 2}),
        Tool(name="c", extras={"kind": "legacy"}),
    )


def test_a_grammar_is_wrapped_for_chat_only() -> None:
    grammar = {"type": "grammar", "grammar": {"syntax": "lark", "definition": "start: A"}}
    asked = [{"type": "custom", "custom": {"name": "b", "format": grammar}}]
    chat = read(tools=asked)
    flat = {"type": "grammar", "syntax": "lark", "definition": "start: A"}
    assert chat.tools == (Tool(name="b", custom=True, grammar=flat),)
    assert written(chat)["tools"] == asked


@pytest.mark.parametrize(
    ("choice", "read_as"),
    [
        ("auto", ToolChoice()),
        ("none", ToolChoice(mode="none")),
        ("required", ToolChoice(mode="required")),
        ("any", ToolChoice(mode="required")),
        ({"type": "function", "function": {"name": "f"}}, ToolChoice(mode="tool", name="f")),
        ({"type": "custom", "custom": {"name": "f"}}, ToolChoice(mode="tool", name="f")),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "required",
                    "tools": [{"type": "function", "function": {"name": "f"}}],
                },
            },
            ToolChoice(mode="required", allowed=("f",)),
        ),
    ],
)
def test_tool_choices(choice: Any, read_as: ToolChoice) -> None:
    assert read(tool_choice=choice).tool_choice == read_as
    parallel = read(tool_choice=choice, parallel_tool_calls=False).tool_choice
    assert parallel == msgspec.structs.replace(read_as, parallel=False)
    assert read(function_call={"name": "f"}).tool_choice == ToolChoice(mode="tool", name="f")


def test_legacy_functions_stay_what_they_are() -> None:
    body = requests.CHAT["functions"]
    chat = DIALECT.read_request(json.dumps(body).encode())
    call, result = chat.messages[1].parts[0], chat.messages[2].parts[0]
    assert isinstance(call, ToolCall)
    assert isinstance(result, ToolResult)
    assert call.id == result.call_id
    assert written(chat) == body


def test_the_cap_goes_where_the_upstream_knows_it() -> None:
    chat = read(max_tokens=10, max_completion_tokens=20)
    assert chat.max_output_tokens == 20
    assert written(chat)["max_completion_tokens"] == 20
    old = written(chat, Wire(model="m", max_tokens_field="max_tokens"))
    assert (old["max_tokens"], "max_completion_tokens" in old) == (20, False)


def test_usage_is_asked_for_as_the_wire_says() -> None:
    chat = read(stream=True, stream_options={"include_usage": False, "include_obfuscation": False})
    assert written(chat)["stream_options"] == {"include_usage": True, "include_obfuscation": False}
    assert written(chat, Wire(model="m", include_usage=False))["stream_options"] == {
        "include_obfuscation": False
    }


@pytest.mark.parametrize(
    ("members", "thinking"),
    [
        ({"reasoning_effort": "low"}, Thinking(effort="low")),
        ({"reasoning_effort": "none"}, Thinking(effort="none", enabled=False)),
        (
            {"reasoning": {"effort": "high", "exclude": True}},
            Thinking(effort="high", show=False, extras={"reasoning": {"effort": "high", "exclude": True}}),
        ),
        (
            {"reasoning": {"max_tokens": 2000}},
            Thinking(budget_tokens=2000, extras={"reasoning": {"max_tokens": 2000}}),
        ),
        (
            {"thinking": {"type": "disabled"}},
            Thinking(enabled=False, extras={"thinking": {"type": "disabled"}}),
        ),
    ],
)
def test_thinking_in_every_spelling(members: dict[str, Any], thinking: Thinking) -> None:
    chat = read(**members)
    assert chat.thinking == thinking
    assert {name: written(chat)[name] for name in members} == members


def test_another_protocols_extras_are_not_passed_on() -> None:
    chat = msgspec.structs.replace(read(odd=1, top_k=3), protocol="anthropic_messages")
    assert written(chat) == {"model": "m", "messages": [HI]}


def answer(choice: dict[str, Any], **members: Any) -> Any:
    body = {"id": "1", "model": "m", "created": 5, "choices": [choice], **members}
    return DIALECT.read_answer(json.dumps(body).encode())


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b'{"choices": []}', b'{"choices": [{}]}', b'{"error": {}}']
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        DIALECT.read_answer(body)


@pytest.mark.parametrize(
    ("word", "message", "finish", "native", "again"),
    [
        ("stop", {"content": "a"}, Finish.STOP, "", "stop"),
        ("length", {"content": "a"}, Finish.LENGTH, "", "length"),
        ("model_length", {"content": "a"}, Finish.LENGTH, "model_length", "length"),
        ("content_filter", {"content": "a"}, Finish.CONTENT_FILTER, "", "content_filter"),
        ("stop", {"refusal": "no"}, Finish.REFUSAL, "", "stop"),
        ("error", {"content": "a"}, Finish.OTHER, "error", "stop"),
        (None, {"content": "a"}, Finish.OTHER, "", "stop"),
        (
            "stop",
            {"tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{}"}}]},
            Finish.TOOL_CALLS,
            "stop",
            "tool_calls",
        ),
        (
            "function_call",
            {"function_call": {"name": "f", "arguments": "{}"}},
            Finish.TOOL_CALLS,
            "function_call",
            "tool_calls",
        ),
    ],
)
def test_finishes(word: str | None, message: dict[str, Any], finish: Finish, native: str, again: str) -> None:
    got = answer({"message": message, "finish_reason": word})
    assert got.choices[0].finish is finish
    assert got.choices[0].native_finish == native
    assert msgspec.json.decode(DIALECT.write_answer(got))["choices"][0]["finish_reason"] == again


def test_a_stop_sequence_is_told() -> None:
    got = answer({"message": {"content": "a"}, "finish_reason": "stop", "stop_reason": "END"}).choices[0]
    assert (got.finish, got.stop_sequence) == (Finish.STOP_SEQUENCE, "END")


def test_usage_that_makes_no_sense_is_no_usage() -> None:
    choice = {"message": {"content": "a"}, "finish_reason": "stop"}
    assert answer(choice, usage={"prompt_tokens": "many"}).usage is None
    assert answer(choice, usage=None).usage is None


def test_several_choices_come_in_order() -> None:
    choices = [{"index": at, "message": {"content": f"{at}"}, "finish_reason": "stop"} for at in (1, 0)]
    got = DIALECT.read_answer(json.dumps({"id": "1", "model": "m", "choices": choices}).encode())
    assert [choice.parts for choice in got.choices] == [(Text(text="0"),), (Text(text="1"),)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def holes(value: Any) -> list[tuple[Any, Any]]:
    """Every place of a JSON value where something else could stand."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [(value, key) for key in keys] + [hole for key in keys for hole in holes(value[key])]


@given(data=st.data(), name=st.sampled_from(sorted(requests.CHAT)), value=json_values)
def test_a_request_with_anything_anywhere_is_read_or_refused(
    data: st.DataObject, name: str, value: Any
) -> None:
    body = json.loads(json.dumps(requests.CHAT[name]))
    holder, key = data.draw(st.sampled_from(holes(body)))
    holder[key] = value
    try:
        chat = DIALECT.read_request(json.dumps(body).encode())
    except BadRequestError as refused:
        assert refused.message  # noqa: PT017  # either outcome is right
        return
    again = DIALECT.read_request(
        DIALECT.write_request(chat, Wire(model=chat.model, reasoning_field="reasoning"))
    )
    assert again.messages[-1].role == chat.messages[-1].role


@given(data=st.data(), name=st.sampled_from(sorted(answers.CHAT)), value=json_values)
def test_an_answer_with_anything_anywhere_is_read_or_refused(
    data: st.DataObject, name: str, value: Any
) -> None:
    body = json.loads(json.dumps(answers.CHAT[name]))
    holder, key = data.draw(st.sampled_from(holes(body)))
    holder[key] = value
    try:
        got = DIALECT.read_answer(json.dumps(body).encode())
    except ValueError as refused:
        assert str(refused)  # noqa: PT017  # either outcome is right
        return
    assert DIALECT.read_answer(DIALECT.write_answer(got)).choices[0].finish in Finish


@given(data=st.data(), name=st.sampled_from(sorted(answers.CHAT_STREAMS)), value=json_values)
def test_a_stream_with_anything_anywhere_is_legal_or_refused(
    data: st.DataObject, name: str, value: Any
) -> None:
    chunks = [json.loads(line[6:]) for line in answers.CHAT_STREAMS[name].split("\n\n") if line[6:7] == "{"]
    holder, key = data.draw(st.sampled_from(holes(chunks)))
    holder[key] = value
    reader, writer, order = DIALECT.reader(), DIALECT.writer(want_usage=True), Order()
    try:
        events = [*reader.feed(answers.events(*map(json.dumps, chunks)).encode()), *reader.finish()]
    except ValueError as refused:
        assert str(refused)  # noqa: PT017  # either outcome is right
        return
    for event in events:
        order.see(event)
        writer.write(event)
    assert order.state == "over"
