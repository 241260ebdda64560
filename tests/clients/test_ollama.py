"""Ollama's Python client, unmodified, whoever answers. More of it: tests/system/test_ollama_sdk.py."""

from collections.abc import Iterator
from typing import Any

import ollama
import pytest

from clients.conftest import EMBEDDED, PROTOCOLS

ANYBODY = pytest.mark.parametrize("model", PROTOCOLS)
HI = [{"role": "user", "content": "Hi"}]


@pytest.fixture
def client(url: str) -> Iterator[ollama.Client]:
    with ollama.Client(host=url) as client:
        yield client


def weather(city: str) -> str:
    """Tell the weather of a city.

    Args:
        city: where.

    """
    return f"sunny in {city}"


@ANYBODY
def test_a_chat_and_a_stream(client: ollama.Client, model: str) -> None:
    answer = client.chat(model, HI)
    assert answer.message.content == "Hello."
    assert (answer.done, answer.done_reason) == (True, "stop")
    assert (answer.prompt_eval_count, answer.eval_count) == (100, 20)
    assert "".join(piece.message.content or "" for piece in client.chat(model, HI, stream=True)) == "Hello."


@ANYBODY
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop(client: ollama.Client, model: str, *, stream: bool) -> None:
    turns: list[Any] = [{"role": "user", "content": "Weather in Paris and Rome?"}]
    if stream:
        messages = [piece.message for piece in client.chat(model, turns, tools=[weather], stream=True)]
    else:
        messages = [client.chat(model, turns, tools=[weather]).message]
    calls = [call for message in messages for call in message.tool_calls or []]
    text = "".join(message.content or "" for message in messages)
    thoughts = "".join(message.thinking or "" for message in messages)
    assert [call.function.arguments for call in calls] == [{"city": "Paris"}, {"city": "Rome"}]
    turns.append({"role": "assistant", "content": text, "thinking": thoughts, "tool_calls": calls})
    for call in calls:
        told = weather(**call.function.arguments)
        turns.append({"role": "tool", "tool_name": call.function.name, "content": told})
    assert client.chat(model, turns, tools=[weather]).message.content == "Hello."


def test_models_and_errors(client: ollama.Client) -> None:
    assert {"auto", EMBEDDED} <= {model.model for model in client.list().models}
    with pytest.raises(ollama.ResponseError) as missing:
        client.chat("nobody", HI)
    assert missing.value.status_code == 404
