"""A tool loop with the embedded model, which calls none itself, by the official SDKs of both protocols."""

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from running import Running, running

EMBEDDED = "embedded/smollm2-135m"
QUESTION = "What is the weather in Paris?"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "name of the city"}},
    "required": ["city"],
}
WEATHER = {"name": "get_weather", "description": "Get the weather of a city."}
TOOLS: list[Any] = [{"type": "function", "function": WEATHER | {"parameters": SCHEMA}}]
CLAUDE_TOOLS: list[Any] = [WEATHER | {"input_schema": SCHEMA}]
RESULT = "18 degrees and sunny"
COLD = {"temperature": 0}
NAMED = {"type": "function", "function": {"name": "get_weather"}}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    settings = {"embedded": {"enabled": True, "embeddings": False}}
    with running(tmp_path_factory.mktemp("emulated"), settings) as gateway:
        yield gateway


@pytest.fixture
def chat(gateway: Running) -> Iterator[openai.OpenAI]:
    url = f"http://127.0.0.1:{gateway.port}/v1"
    with openai.OpenAI(base_url=url, api_key="unused", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(gateway: Running) -> Iterator[anthropic.Anthropic]:
    url = f"http://127.0.0.1:{gateway.port}"
    with anthropic.Anthropic(base_url=url, api_key="unused", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("choice", ["auto", "required", NAMED])
def test_a_loop_in_chat(chat: openai.OpenAI, gateway: Running, choice: Any) -> None:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    raw = chat.chat.completions.with_raw_response.create(
        model=EMBEDDED, messages=messages, tools=TOOLS, tool_choice=choice, temperature=0, max_tokens=200
    )
    assert raw.headers["x-wye-emulated"] == "tools"
    (first,) = raw.parse().choices
    assert first.finish_reason == "tool_calls"
    assert first.message.content is None
    assert first.message.tool_calls
    call = first.message.tool_calls[0]
    assert call.type == "function"
    assert call.function.name == "get_weather"
    assert "Paris" in json.loads(call.function.arguments)["city"]
    messages += [first.message, {"role": "tool", "tool_call_id": call.id, "content": RESULT}]
    (last,) = chat.chat.completions.create(
        model=EMBEDDED, messages=messages, tools=TOOLS, temperature=0, max_tokens=200
    ).choices
    assert last.finish_reason == "stop"
    assert "18" in (last.message.content or "")
    record = gateway.ask("GET", f"/v1/wye/requests/{raw.headers['x-wye-decision']}").json
    assert record["emulated"] == ["tools"]
    assert "lost" not in record


def test_a_streamed_loop_in_chat(chat: openai.OpenAI) -> None:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    stream = chat.chat.completions.create(
        model=EMBEDDED, messages=messages, tools=TOOLS, temperature=0, max_tokens=200, stream=True
    )
    chunks = [chunk.choices[0] for chunk in stream]
    pieces = [call for chunk in chunks for call in chunk.delta.tool_calls or []]
    assert chunks[-1].finish_reason == "tool_calls"
    assert pieces[0].function is not None
    assert pieces[0].function.name == "get_weather"
    arguments = "".join(one.function.arguments or "" for one in pieces if one.function and one.index == 0)
    assert "city" in json.loads(arguments)


def test_a_loop_in_messages(claude: anthropic.Anthropic) -> None:
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    raw = claude.messages.with_raw_response.create(
        model=EMBEDDED, messages=messages, tools=CLAUDE_TOOLS, max_tokens=200, extra_body=COLD
    )
    assert raw.headers["x-wye-emulated"] == "tools"
    first = raw.parse()
    assert first.stop_reason == "tool_use"
    block = first.content[0]
    assert block.type == "tool_use"
    assert "city" in block.input  # type: ignore[operator]  # typed as an object
    result = {"type": "tool_result", "tool_use_id": block.id, "content": RESULT}
    messages += [{"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    with claude.messages.stream(
        model=EMBEDDED, messages=messages, tools=CLAUDE_TOOLS, max_tokens=200, extra_body=COLD
    ) as stream:
        text = "".join(stream.text_stream)
        last = stream.get_final_message()
    assert last.stop_reason == "end_turn"
    assert "18" in text


def test_without_tools_nothing_is_emulated(chat: openai.OpenAI) -> None:
    raw = chat.chat.completions.with_raw_response.create(
        model=EMBEDDED, messages=[{"role": "user", "content": QUESTION}], max_tokens=4
    )
    assert "x-wye-emulated" not in raw.headers
