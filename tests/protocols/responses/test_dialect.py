"""A client that keeps the conversation itself, as Codex does, in a tool loop over other protocols."""

import json
from typing import Any

import pytest

from exchanges import CALLS, SIGNATURE, chat_calls_stream, thought_and_calls
from protocols.responses.sdk_types import check_stream
from wye.core.chat import Chat, Text
from wye.core.stream import Event
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.lossiness.losses import losses
from wye.protocols.responses.dialect import OpenAIResponsesDialect
from wye.protocols.translate import EventReader, UpstreamDialect, Wire

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
ASKED: dict[str, Any] = {
    "model": "m",
    "instructions": "Be brief.",
    "input": [{"type": "message", "role": "user", "content": "Weather?"}],
    "tools": [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": False}],
    "store": False,
    "stream": True,
    "include": ["reasoning.encrypted_content"],
    "parallel_tool_calls": True,
}
GEMINI: list[dict[str, Any]] = [
    {"text": "Two cities.", "thought": True},
    {"functionCall": {"name": "weather", "args": {"city": "Paris"}}, "thoughtSignature": "R2VtaW5p"},
    {"functionCall": {"name": "weather", "args": {"city": "Rome"}}},
]


def gemini_stream() -> bytes:
    content = {"role": "model", "parts": GEMINI}
    chunk = {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "modelVersion": "gemini-3-pro",
        "responseId": "r1",
    }
    return f"data: {json.dumps(chunk)}\n\n".encode()


def reasoned_stream() -> bytes:
    def chunk(**change: Any) -> bytes:
        choice = {"index": 0, "delta": change, "finish_reason": None}
        return f"data: {json.dumps({'id': 'c', 'model': 'm', 'choices': [choice]})}\n\n".encode()

    return (
        chunk(reasoning_content="Two ") + chunk(reasoning_content="cities.") + b"".join(chat_calls_stream())
    )


def all_of(reader: EventReader, stream: bytes) -> list[Event]:
    return [*reader.feed(stream), *reader.finish()]


def second_request(
    upstream: UpstreamDialect, stream: bytes, wire: Wire, lost: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return what the upstream gets once the client ran the tools that the first answer called."""
    dialect = OpenAIResponsesDialect(json.dumps(ASKED).encode())
    writer = dialect.writer(want_usage=True)
    told = check_stream(b"".join(writer.write(event) for event in all_of(upstream.reader(), stream)))
    items = told[-1]["response"]["output"]
    returned = [
        {"type": "function_call_output", "call_id": item["call_id"], "output": "sunny"}
        for item in items
        if item["type"] == "function_call"
    ]
    assert len(returned) == 2
    without_ids = [{key: one for key, one in item.items() if key not in {"id", "status"}} for item in items]
    body = json.dumps(ASKED | {"input": [*ASKED["input"], *without_ids, *returned]}).encode()
    chat = dialect.read_request(body)
    found = losses(chat, dialect.name, upstream.name, wire)
    assert (found.refuse, found.annotate) == ((), lost)
    written: dict[str, Any] = json.loads(upstream.write_request(chat, wire))
    return written


def test_anthropic_gets_its_signed_thoughts_back() -> None:
    wire = Wire(model="claude-opus-4-6", adaptive_thinking=True)
    written = second_request(AnthropicMessages(), b"".join(thought_and_calls()), wire)
    _, did, returned = written["messages"]
    assert did["content"] == [{"type": "thinking", "thinking": "Two cities.", "signature": SIGNATURE}, *CALLS]
    assert [block["tool_use_id"] for block in returned["content"]] == ["toolu_1", "toolu_2"]
    assert written["system"] == "Be brief."


def test_gemini_gets_the_signatures_of_its_calls_back() -> None:
    lost = ("reasoning", "tool_strict")  # it takes back only what is signed, and knows no loose schema
    written = second_request(GeminiDialect(), gemini_stream(), Wire(model="gemini-3-pro"), lost)
    _, did, _ = written["contents"]
    calls = [part for part in did["parts"] if "functionCall" in part]
    assert [call.get("thoughtSignature") for call in calls] == ["R2VtaW5p", None]
    assert [call["functionCall"]["args"]["city"] for call in calls] == ["Paris", "Rome"]


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_an_open_model_gets_its_thoughts_back_where_it_takes_them(field: Any) -> None:
    wire = Wire(model="deepseek-v4", reasoning_field=field)
    written = second_request(OpenAIChatDialect(), reasoned_stream(), wire)
    _, _, did, *returned = written["messages"]
    assert did[field] == "Two cities."
    assert [call["id"] for call in did["tool_calls"]] == ["toolu_1", "toolu_2"]
    assert [one["tool_call_id"] for one in returned] == ["toolu_1", "toolu_2"]


def test_instructions_alone_are_what_is_said() -> None:
    """OpenAI answers no request whose input is empty."""
    chat = Chat(model="m", messages=(), system=(Text(text="Say hi."),), protocol="openai_chat")
    sent = json.loads(OpenAIResponsesDialect().write_request(chat, Wire(model="gpt")))
    assert "instructions" not in sent
    (turn,) = sent["input"]
    assert (turn["role"], turn["content"]) == ("user", "Say hi.")
