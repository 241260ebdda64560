import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.anthropic_drawn import REQUEST
from protocols.anthropic_wire import meaning
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
    Sampling,
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
from wye.protocols.anthropic_request import read_request, write_request
from wye.protocols.translate import Wire

NAME = "anthropic_messages"
MARK = {"type": "ephemeral", "ttl": "1h"}
WIRE = Wire(model="claude", default_max_tokens=4096)
ADAPTIVE = Wire(model="claude", default_max_tokens=4096, adaptive_thinking=True)


def read(**fields: Any) -> Chat:
    messages = [{"role": "user", "content": "hi"}]
    return read_request(json.dumps({"model": "m", "max_tokens": 9, "messages": messages} | fields).encode())


def read_block(block: dict[str, Any]) -> Part:
    return read(messages=[{"role": "user", "content": [block]}]).messages[0].parts[0]


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


@pytest.mark.parametrize(
    ("block", "part"),
    [
        ({"type": "text", "text": "x", "citations": None}, Text(text="x")),
        (
            {"type": "text", "text": "x", "cache_control": MARK, "new": 1},
            Text(text="x", cache=CacheMark(ttl="1h"), extras={"new": 1}),
        ),
        (
            {"type": "text", "text": "x", "cache_control": {"type": "ephemeral", "scope": "global"}},
            Text(text="x", cache=CacheMark(), extras={"cache_control": {"scope": "global"}}),
        ),
        (
            {
                "type": "text",
                "text": "x",
                "citations": [
                    {
                        "type": "page_location",
                        "cited_text": "c",
                        "document_index": 0,
                        "document_title": "T",
                        "start_page_number": 1,
                        "end_page_number": 2,
                    }
                ],
            },
            Text(
                text="x",
                citations=(
                    Citation(
                        title="T",
                        text="c",
                        extras={
                            "type": "page_location",
                            "document_index": 0,
                            "start_page_number": 1,
                            "end_page_number": 2,
                        },
                    ),
                ),
            ),
        ),
        (
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}},
            Image(source=Source(kind="data", value="iVBO", media_type="image/png")),
        ),
        (
            {"type": "image", "source": {"type": "url", "url": "u", "new": 1}, "cache_control": MARK},
            Image(
                source=Source(kind="url", value="u"),
                cache=CacheMark(ttl="1h"),
                extras={"source": {"new": 1}},
            ),
        ),
        (
            {"type": "image", "source": {"type": "file", "file_id": "f"}},
            Image(source=Source(kind="file", value="f")),
        ),
        (
            {"type": "image", "source": {"type": "of_next_year"}},
            Opaque(
                protocol=NAME,
                kind="image",
                value={"type": "image", "source": {"type": "of_next_year"}},
            ),
        ),
        (
            pdf(title="T", context="C", citations={"enabled": True}),
            Document(source=PDF, title="T", context="C", cite=True),
        ),
        (pdf(citations={"enabled": False}), Document(source=PDF)),
        (
            {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "t"}},
            Document(source=Source(kind="text", value="t", media_type="text/plain")),
        ),
        (
            {
                "type": "document",
                "source": {"type": "content", "content": [{"type": "text", "text": t} for t in "ab"]},
            },
            Document(
                source=Source(kind="text", value="a\n\nb", media_type="text/plain"),
                extras={
                    "source": {"type": "content", "content": [{"type": "text", "text": t} for t in "ab"]}
                },
            ),
        ),
        (
            {"type": "document", "source": {"type": "content", "content": [{"type": "image"}]}},
            Opaque(
                protocol=NAME,
                kind="document",
                value={"type": "document", "source": {"type": "content", "content": [{"type": "image"}]}},
            ),
        ),
        (
            {"type": "tool_use", "id": "t", "name": "f", "input": {"a": [1.0, "é"]}, "caller": {"x": 1}},
            ToolCall(id="t", name="f", arguments='{"a":[1.0,"é"]}', extras={"caller": {"x": 1}}),
        ),
        (
            {"type": "tool_result", "tool_use_id": "t", "content": "x", "is_error": True},
            ToolResult(call_id="t", parts=(Text(text="x"),), is_error=True),
        ),
        ({"type": "tool_result", "tool_use_id": "t"}, ToolResult(call_id="t", parts=())),
        (
            {
                "type": "tool_result",
                "tool_use_id": "t",
                "content": [{"type": "text", "text": "x"}, {"type": "tool_reference", "tool_name": "f"}],
                "cache_control": {"type": "ephemeral"},
            },
            ToolResult(
                call_id="t",
                parts=(
                    Text(text="x"),
                    Opaque(
                        protocol=NAME,
                        kind="tool_reference",
                        value={"type": "tool_reference", "tool_name": "f"},
                    ),
                ),
                cache=CacheMark(),
            ),
        ),
        (
            {"type": "thinking", "thinking": "x", "signature": "s"},
            Reasoning(text="x", signature="s", origin=NAME),
        ),
        ({"type": "redacted_thinking", "data": "d"}, Reasoning(encrypted="d", origin=NAME)),
        *(
            ({"type": kind, "x": None}, Opaque(protocol=NAME, kind=kind, value={"type": kind}))
            for kind in (
                "server_tool_use",
                "web_search_tool_result",
                "code_execution_tool_result",
                "mcp_tool_use",
                "mcp_tool_result",
                "search_result",
                "container_upload",
                "tool_addition",
            )
        ),
    ],
)
def test_blocks_become_parts_and_come_back(block: dict[str, Any], part: Part) -> None:
    assert read_block(block) == part
    written = write(read(messages=[{"role": "user", "content": [block, {"type": "text", "text": "."}]}]))
    assert meaning(written["messages"][0]["content"][0]) == meaning(block)


@pytest.mark.parametrize(
    "kind",
    [
        {"type": "char_location", "document_index": 0, "document_title": "T", "start_char_index": 0},
        {"type": "content_block_location", "document_title": None, "start_block_index": 1},
        {"type": "web_search_result_location", "url": "u", "title": "T", "encrypted_index": "e"},
        {"type": "search_result_location", "source": "s", "title": "T", "search_result_index": 0},
        {"type": "of_next_year", "title": "T", "url": "u"},
    ],
)
def test_every_kind_of_citation_comes_back(kind: dict[str, Any]) -> None:
    cited = [{"type": "text", "text": "x", "citations": [kind | {"cited_text": "c"}]}]
    said = [{"role": "assistant", "content": cited}]
    assert meaning(write(read(messages=said))["messages"]) == meaning(said)


def test_the_whole_request_is_read() -> None:
    chat = read(
        system=[{"type": "text", "text": "be kind", "cache_control": {"type": "ephemeral"}}],
        stream=True,
        temperature=1,
        top_p=0.5,
        top_k=3,
        stop_sequences=["a", "b"],
        metadata={"user_id": "u", "team": "t"},
        thinking={"type": "enabled", "budget_tokens": 2048, "new": 1},
        output_config={"effort": "high", "task_budget": {"type": "tokens", "total": 9}},
        tools=[
            {
                "type": "custom",
                "name": "f",
                "description": "d",
                "input_schema": {"type": "object"},
                "strict": True,
                "cache_control": MARK,
                "defer_loading": True,
            },
            {"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
        ],
        tool_choice={"type": "tool", "name": "f", "disable_parallel_tool_use": True},
        service_tier="auto",
        context_management={"edits": []},
    )
    assert chat == Chat(
        model="m",
        protocol=NAME,
        messages=(user(Text(text="hi")),),
        system=(Text(text="be kind", cache=CacheMark()),),
        tools=(
            Tool(
                name="f",
                description="d",
                schema={"type": "object"},
                strict=True,
                cache=CacheMark(ttl="1h"),
                extras={"defer_loading": True},
            ),
            ServerTool(
                protocol=NAME,
                kind="web_search_20250305",
                value={"type": "web_search_20250305", "name": "web_search", "max_uses": 2},
            ),
        ),
        tool_choice=ToolChoice(mode="tool", name="f", parallel=False),
        thinking=Thinking(enabled=True, effort="high", budget_tokens=2048, extras={"new": 1}),
        sampling=Sampling(temperature=1, top_p=0.5, top_k=3, stop=("a", "b")),
        max_output_tokens=9,
        stream=True,
        user="u",
        extras={
            "metadata": {"team": "t"},
            "output_config": {"task_budget": {"type": "tokens", "total": 9}},
            "service_tier": "auto",
            "context_management": {"edits": []},
        },
    )


@pytest.mark.parametrize(
    ("told", "thinking"),
    [
        ({"thinking": {"type": "disabled"}}, Thinking(enabled=False)),
        ({"thinking": {"type": "adaptive"}}, Thinking(enabled=True)),
        ({"thinking": {"type": "adaptive", "display": "summarized"}}, Thinking(enabled=True, show=True)),
        ({"thinking": {"type": "adaptive", "display": "omitted"}}, Thinking(enabled=True, show=False)),
        (
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            Thinking(enabled=True, budget_tokens=1024),
        ),
        ({"output_config": {"effort": "low"}}, Thinking(effort="low")),
        ({"output_config": {}}, None),
        ({"thinking": None}, None),
    ],
)
def test_thinking_comes_back(told: dict[str, Any], thinking: Thinking | None) -> None:
    chat = read(**told)
    assert chat.thinking == thinking
    written = write(chat)
    assert {name: written[name] for name in told if name in written} == {n: v for n, v in told.items() if v}


@pytest.mark.parametrize(
    "told", [{"output_config": {"format": {"type": "json_schema", "schema": {"a": 1}, "x": 2}}}]
)
def test_an_answers_shape_comes_back(told: dict[str, Any]) -> None:
    chat = read(**told)
    assert chat.format == Format(kind="schema", schema={"a": 1})
    assert write(chat)["output_config"] == told["output_config"]
    beta = read(output_format=told["output_config"]["format"])
    assert (beta.format, write(beta)["output_config"]) == (chat.format, told["output_config"])


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"model": 1}, "model"),
        ({"model": None}, "model"),
        ({"messages": None}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content[0].type"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0].text"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]},
            "messages[0].content[0].tool_use_id",
        ),
        (
            {
                "messages": [
                    {
                        "role": "user",
                        "content": [
                            {"type": "tool_result", "content": [{"type": "thinking"}], "tool_use_id": "t"}
                        ],
                    }
                ]
            },
            "messages[0].content[0].content",
        ),
        ({"system": [{"type": "thinking"}]}, "system"),
        ({"tools": [{}]}, "tools[0].name"),
        ({"tools": {}}, "tools"),
        ({"tool_choice": {"type": "maybe"}}, "tool_choice.type"),
        ({"thinking": {"type": "maybe"}}, "thinking.type"),
        ({"thinking": {"type": "enabled", "budget_tokens": True}}, "thinking.budget_tokens"),
        ({"output_config": {"format": {"type": "xml"}}}, "output_config.format.type"),
        ({"temperature": "hot"}, "temperature"),
        ({"stream": 1}, "stream"),
        ({"stop_sequences": [1]}, "stop_sequences"),
        ({"metadata": {"user_id": 7}}, "metadata.user_id"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], at: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        read(**fields)
    assert caught.value.param == at


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"x":' + b"[" * 10_000])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequestError):
        read_request(body)


# Another protocol's conversation.


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
        (
            Text(text="x", citations=(Citation(url="u", title="T", text="c", start=1, end=2),)),
            {
                "type": "text",
                "text": "x",
                "citations": [
                    {
                        "type": "web_search_result_location",
                        "url": "u",
                        "title": "T",
                        "cited_text": "c",
                        "encrypted_index": "",
                    }
                ],
            },
        ),
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


# Any request of this protocol comes back.


def comes_back(asked: dict[str, Any]) -> None:
    chat = read_request(json.dumps(asked).encode())
    body = write_request(chat, Wire(model=chat.model))
    assert meaning(json.loads(body)) == meaning(asked)
    assert read_request(body) == chat


@given(REQUEST)
def test_any_request_comes_back(asked: dict[str, Any]) -> None:
    comes_back(asked)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read_request(body)
    except BadRequestError as error:
        assert error.message  # noqa: PT017  # most are refused; what matters is that nothing else is raised


@pytest.mark.deep
@settings(max_examples=10_000, deadline=None)
@given(REQUEST)
def test_ten_thousand_requests_come_back(asked: dict[str, Any]) -> None:
    comes_back(asked)
