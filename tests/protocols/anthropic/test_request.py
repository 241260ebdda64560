import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.anthropic.drawn import REQUEST
from protocols.anthropic.wire import meaning
from wye.core.chat import (
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
from wye.protocols.anthropic.request import read_request, write_request
from wye.protocols.lossiness.losses import losses
from wye.protocols.translate import Wire

NAME = "anthropic_messages"
MARK = {"type": "ephemeral", "ttl": "1h"}
WIRE = Wire(model="claude", default_max_tokens=4096)


def read(**fields: Any) -> Chat:
    messages = [{"role": "user", "content": "hi"}]
    return read_request(json.dumps({"model": "m", "max_tokens": 9, "messages": messages} | fields).encode())


def read_block(block: dict[str, Any]) -> Part:
    return read(messages=[{"role": "user", "content": [block]}]).messages[0].parts[0]


def write(chat: Chat, wire: Wire = WIRE) -> Any:
    return json.loads(write_request(chat, wire))


def user(*parts: Part) -> Message:
    return Message(role=Role.USER, parts=parts)


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
        (
            {"type": "thinking", "thinking": "x", "signature": "", "new": 1},
            Reasoning(text="x", extras={"new": 1}),
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


def test_what_a_clients_search_found_is_text() -> None:
    content = [{"type": "text", "text": "Four."}, {"type": "text", "text": "Or five."}]
    block = {"type": "search_result", "source": "https://a.example", "title": "A", "content": content}
    block |= {"citations": {"enabled": True}}
    part = read_block(block)
    assert isinstance(part, Text)
    assert part.text == "A\n\nhttps://a.example\n\nFour.\n\nOr five."
    call = {"type": "tool_use", "id": "c", "name": "f", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "c", "content": [block]}
    turns = [
        {"role": "user", "content": [block, {"type": "text", "text": "."}]},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]
    chat = read(messages=turns)
    assert meaning(write(chat)["messages"]) == meaning(turns)
    told = losses(chat, NAME, "openai_chat")
    assert (told.refuse, told.annotate) == ((), ("messages[].content[].search_result",))
    odd = read_block({"type": "search_result", "content": [{"type": "image"}]})
    assert isinstance(odd, Opaque)


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
        ({"tools": [{"type": 1, "name": "f"}]}, "tools[0].type"),
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
@pytest.mark.timeout(900)
@settings(max_examples=10_000, deadline=None)
@given(REQUEST)
def test_ten_thousand_requests_come_back(asked: dict[str, Any]) -> None:
    comes_back(asked)
