import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.chat import (
    Audio,
    Format,
    Image,
    Message,
    Reasoning,
    Role,
    Sampling,
    Source,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from wye.core.errors import BadRequestError
from wye.protocols.ollama.codec import Ollama, OllamaDialect

HI = {"role": "user", "content": "hi"}
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}}
READ = OllamaDialect().read_request


def body(*messages: dict[str, Any], **members: Any) -> bytes:
    return json.dumps({"model": "m", "messages": list(messages) or [HI], **members}).encode()


def call(name: str, id_: str = "", **arguments: Any) -> dict[str, Any]:
    return {"function": {"name": name, "arguments": arguments}} | ({"id": id_} if id_ else {})


def test_everything_there_is_a_place_for() -> None:
    chat = READ(
        body(
            {"role": "system", "content": "Be brief."},
            {"role": "System", "content": "Rhyme."},
            {"role": "user", "content": "What is it?", "images": [PNG]},
            {"role": "assistant", "content": "A dot.", "thinking": "Hm."},
            {"role": "user", "content": "Sure?"},
            stream=False,
            format=WEATHER,
            think="max",
            logprobs=True,
            top_logprobs=3,
            tools=[{"type": "function", "function": {"name": "weather", "parameters": WEATHER}}],
            options={
                "temperature": 0,
                "top_p": 0.5,
                "top_k": 4,
                "seed": 7,
                "stop": ["\n"],
                "num_predict": 64,
                "presence_penalty": 0.1,
                "frequency_penalty": 0.2,
            },
        )
    )
    assert chat.system == (Text(text="Be brief."), Text(text="Rhyme."))
    assert [(message.role, message.parts) for message in chat.messages] == [
        (
            Role.USER,
            (
                Text(text="What is it?"),
                Image(source=Source(kind="data", value=PNG, media_type="image/png")),
            ),
        ),
        (Role.ASSISTANT, (Reasoning(text="Hm."), Text(text="A dot."))),
        (Role.USER, (Text(text="Sure?"),)),
    ]
    assert chat.tools == (Tool(name="weather", schema=WEATHER),)
    assert chat.format == Format(kind="schema", schema=WEATHER)
    assert chat.thinking == Thinking(effort="max", show=True)
    assert chat.sampling == Sampling(
        temperature=0,
        top_p=0.5,
        top_k=4,
        seed=7,
        stop=("\n",),
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=3,
    )
    assert (chat.max_output_tokens, chat.stream, chat.extras) == (64, False, {})


def test_what_only_ollama_knows_is_kept_by_name() -> None:
    chat = READ(body(keep_alive="5m", truncate=False, options={"num_ctx": 8192, "min_p": 0.1}))
    kept = {"keep_alive": "5m", "truncate": False, "options": {"num_ctx": 8192, "min_p": 0.1}}
    assert chat.extras == kept


def test_it_streams_unless_told_not_to() -> None:
    assert [READ(body(**told)).stream for told in ({}, {"stream": True}, {"stream": None})] == [True] * 3
    assert [Ollama().decode(body(**told)).stream for told in ({}, {"stream": False})] == [True, False]


@pytest.mark.parametrize(
    ("members", "thinking", "format_"),
    [
        ({"think": True, "format": ""}, Thinking(enabled=True, show=True), None),
        ({"think": False, "format": "json"}, Thinking(enabled=False), Format(kind="json")),
        ({"think": "low", "format": None}, Thinking(effort="low", show=True), None),
        ({}, None, None),
    ],
)
def test_thinking_and_format(
    members: dict[str, Any], thinking: Thinking | None, format_: Format | None
) -> None:
    chat = READ(body(**members))
    assert (chat.thinking, chat.format) == (thinking, format_)


@pytest.mark.parametrize("cap", [-2, -1, 0, None])
def test_no_cap_is_none(cap: int | None) -> None:
    asked = body(options={"num_predict": cap})
    assert READ(asked).max_output_tokens is None
    assert Ollama().decode(asked).max_output_tokens is None


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n0000", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"BM1234", "image/bmp"),
        (b"RIFF\0\0\0\0AVI ", "application/octet-stream"),
        (b"", "application/octet-stream"),
    ],
)
def test_a_picture_says_what_it_is_by_its_first_bytes(head: bytes, kind: str) -> None:
    import base64  # noqa: PLC0415  # used here only

    data = base64.b64encode(head).decode()
    (part,) = READ(body({"role": "user", "images": [data]})).messages[0].parts
    assert isinstance(part, Audio if kind == "audio/wav" else Image)
    assert part.source == Source(kind="data", value=data, media_type=kind)


def loop(*results: dict[str, Any], calls: list[dict[str, Any]]) -> tuple[Message, ...]:
    return READ(body(HI, {"role": "assistant", "tool_calls": calls}, *results)).messages[1:]


def test_results_find_their_calls() -> None:
    rain = {"role": "tool", "content": "rain", "tool_name": "weather"}
    noon = {"role": "tool", "content": "noon", "tool_name": "clock"}
    sun = {"role": "tool", "content": "sun", "tool_name": "weather"}
    calls = [call("weather", city="Paris"), call("weather", city="Rome"), call("clock")]
    asked, *answered = loop(rain, noon, sun, calls=calls)
    assert [part.id for part in asked.parts if isinstance(part, ToolCall)] == [
        "call_1_0",
        "call_1_1",
        "call_1_2",
    ]
    assert [part.arguments for part in asked.parts if isinstance(part, ToolCall)] == [
        '{"city":"Paris"}',
        '{"city":"Rome"}',
        "{}",
    ]
    assert [message.parts for message in answered] == [
        (ToolResult(call_id="call_1_0", parts=(Text(text="rain"),)),),
        (ToolResult(call_id="call_1_2", parts=(Text(text="noon"),)),),
        (ToolResult(call_id="call_1_1", parts=(Text(text="sun"),)),),
    ]


def test_ids_come_before_names_and_names_before_order() -> None:
    calls = [call("a", "x"), call("a", "y"), call("b", "z")]
    results = [
        {"role": "tool", "content": "1", "tool_call_id": "y", "tool_name": "a"},
        {"role": "tool", "content": "2"},
        {"role": "tool", "content": "3", "tool_name": "b"},
    ]
    answered = [part for message in loop(*results, calls=calls)[1:] for part in message.parts]
    assert [part.call_id for part in answered if isinstance(part, ToolResult)] == ["y", "x", "z"]


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"model": None}, "model"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role"),
        ({"messages": [{"role": "robot"}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": ["hi"]}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "images": ["data:image/png;base64,xx"]}]}, "messages[0].images[0]"),
        ({"messages": [{"role": "tool", "content": "rain"}]}, "messages[0]"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "messages[0].tool_calls[0].function"),
        (
            {
                "messages": [
                    {
                        "role": "assistant",
                        "tool_calls": [{"function": {"name": "a", "arguments": "{}"}}],
                    }
                ]
            },
            "messages[0].tool_calls[0].function.arguments",
        ),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type"),
        ({"tools": [{"type": "function"}]}, "tools[0].function"),
        ({"tools": [{"function": {}}]}, "tools[0].function.name"),
        ({"format": "xml"}, "format"),
        ({"format": 7}, "format"),
        ({"think": "hard"}, "think"),
        ({"think": 1}, "think"),
        ({"options": {"temperature": "hot"}}, "options.temperature"),
        ({"options": {"stop": [1]}}, "options.stop"),
        ({"_debug_render_only": True}, "_debug_render_only"),
    ],
)
def test_what_is_wrong_is_named(members: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        READ(json.dumps({"model": "m", "messages": [HI]} | members).encode())
    assert caught.value.param == param


def test_a_result_of_a_tool_that_was_not_called_is_refused() -> None:
    with pytest.raises(BadRequestError, match="answers no tool call"):
        loop({"role": "tool", "content": "1", "tool_name": "b"}, calls=[call("a")])


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "tool", "system"]) | JSON},
        optional={"content": st.text() | JSON, "images": JSON, "tool_calls": JSON, "thinking": JSON},
    ),
    max_size=4,
)


@given(
    st.fixed_dictionaries(
        {"model": st.just("m") | JSON, "messages": MESSAGES | JSON},
        optional=dict.fromkeys(("tools", "format", "think", "options", "stream", "keep_alive"), JSON),
    )
)
def test_anything_is_read_or_refused(members: dict[str, Any]) -> None:
    sent = json.dumps(members).encode()
    try:
        chat = READ(sent)
        asked = Ollama().decode(sent)
    except BadRequestError:
        return
    assert (asked.model, asked.stream, asked.max_output_tokens) == (
        chat.model,
        chat.stream,
        chat.max_output_tokens,
    )
