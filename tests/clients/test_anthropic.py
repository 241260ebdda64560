"""The official Anthropic SDK, unmodified, whoever answers. More of it: tests/system/test_anthropic_sdk.py."""

from collections.abc import Iterator

import anthropic
import pytest
from anthropic.types import MessageParam, ToolParam

from clients.conftest import PROTOCOLS
from exchanges import SCHEMA

TOOL: ToolParam = {"name": "weather", "description": "The weather.", "input_schema": SCHEMA}
ANYBODY = pytest.mark.parametrize("model", PROTOCOLS)


@pytest.fixture
def client(url: str) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=url, api_key="unused", max_retries=0) as client:
        yield client


@ANYBODY
def test_a_message_and_a_stream(client: anthropic.Anthropic, model: str) -> None:
    messages: list[MessageParam] = [{"role": "user", "content": "Hi"}]
    answer = client.messages.create(model=model, max_tokens=64, messages=messages)
    assert [block.text for block in answer.content if block.type == "text"] == ["Hello."]
    assert answer.stop_reason == "end_turn"
    usage = answer.usage
    assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (60, 40, 20)
    with client.messages.stream(model=model, max_tokens=64, messages=messages) as stream:
        assert "".join(stream.text_stream) == "Hello."
        assert stream.get_final_message().usage.output_tokens == 20


@ANYBODY
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop(client: anthropic.Anthropic, model: str, *, stream: bool) -> None:
    turns: list[MessageParam] = [{"role": "user", "content": "Weather in Paris and Rome?"}]
    if stream:
        with client.messages.stream(model=model, max_tokens=64, messages=turns, tools=[TOOL]) as events:
            first = events.get_final_message()
    else:
        first = client.messages.create(model=model, max_tokens=64, messages=turns, tools=[TOOL])
    assert first.stop_reason == "tool_use"
    calls = [block for block in first.content if block.type == "tool_use"]
    assert [call.input for call in calls] == [{"city": "Paris"}, {"city": "Rome"}]
    turns.append({"role": "assistant", "content": first.content})
    turns.append(
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"} for call in calls
            ],
        }
    )
    last = client.messages.create(model=model, max_tokens=64, messages=turns, tools=[TOOL])
    assert [block.text for block in last.content if block.type == "text"] == ["Hello."]


def test_a_rate_limit_says_when_to_come_back(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.RateLimitError) as refused:
        client.messages.create(model="busy", max_tokens=4, messages=[{"role": "user", "content": "Hi"}])
    assert refused.value.response.headers["retry-after"] == "7"
    assert refused.value.type == "rate_limit_error"


def test_an_overload_is_known_as_one(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.APIStatusError) as shed:
        client.messages.create(model="overloaded", max_tokens=4, messages=[{"role": "user", "content": "Hi"}])
    assert (shed.value.status_code, shed.value.type) == (529, "overloaded_error")
    assert shed.value.response.headers["anthropic-ratelimit-requests-limit"] == "50"
