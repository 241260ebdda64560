"""The official Ollama client, unmodified, against a running gateway: the embedded model and scripted ones."""

from collections.abc import Iterator, Sequence
from typing import Any

import ollama
import pytest

from exchanges import MESSAGE, block, event, message_end, message_start
from fake_upstream import CHAT, DONE, FINISH, Call, FakeUpstream, chunk
from running import KEY, Running, running

QUESTION: Sequence[ollama.Message] = [ollama.Message(role="user", content="What is 2 + 2?")]
EMBEDDED = "embedded/smollm2-135m"
SCHEMA = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}


def weather(city: str) -> str:
    """Tell the weather.

    Args:
        city: where

    """
    return f"Rain in {city}."


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()
    scripts(fake)
    yield fake
    fake.stop()


def scripts(upstream: FakeUpstream) -> None:
    asked = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    pieces = ['{"city":', ' "Paris"}']

    @upstream.script("chat")
    async def chat(call: Call) -> None:
        if any(message["role"] == "tool" for message in call.json["messages"]):
            await call.answer()
        elif call.json.get("stream"):
            opened = chunk(choices=[{"index": 0, "delta": {"tool_calls": [asked | {"index": 0}]}}])
            filled = [
                chunk(
                    choices=[
                        {"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": one}}]}}
                    ]
                )
                for one in pieces
            ]
            await call.stream([opened, *filled, FINISH, DONE])
        else:
            function = {"name": "weather", "arguments": "".join(pieces)}
            message = {"role": "assistant", "content": None, "tool_calls": [asked | {"function": function}]}
            choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
            await call.answer(body=CHAT | {"choices": [choice]})

    @upstream.script("claude")
    async def claude(call: Call) -> None:
        if not call.json.get("stream"):
            use = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}}
            await call.answer(body=MESSAGE | {"content": [use], "stop_reason": "tool_use"})
            return
        thought = block(
            0,
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "thinking_delta", "thinking": "Hm."},
        )
        text = block(1, {"type": "text", "text": ""}, {"type": "text_delta", "text": "Four."})
        await call.stream([message_start() + thought, text, message_end()])

    @upstream.script("breaks")
    async def breaks(call: Call) -> None:
        await call.stream(
            [message_start(), event("error", error={"type": "overloaded_error", "message": "full"})]
        )


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    def deployment(model: str, **fields: Any) -> dict[str, Any]:
        base = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "lane": "own", "model": model}
        return base | {"networks": ["127.0.0.0/8"], "retries": 0} | fields

    settings = {
        "embedded": {"enabled": True},
        "deployments": {
            "chat": deployment("chat"),
            "claude": deployment("claude", protocol="anthropic_messages"),
            "breaks": deployment("breaks", protocol="anthropic_messages"),
        },
    }
    with running(tmp_path_factory.mktemp("ollama"), settings) as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Running) -> Iterator[ollama.Client]:
    with ollama.Client(host=f"http://127.0.0.1:{gateway.port}") as client:
        yield client


def test_an_answer(client: ollama.Client) -> None:
    answer = client.chat(EMBEDDED, QUESTION, options={"num_predict": 8, "temperature": 0, "num_ctx": 2048})
    assert answer.message.content
    assert answer.done
    assert answer.done_reason in ("stop", "length")
    assert answer.eval_count is not None
    assert 0 < answer.eval_count <= 8
    assert answer.prompt_eval_count
    assert answer.total_duration


def test_a_stream(client: ollama.Client) -> None:
    parts = list(client.chat(EMBEDDED, QUESTION, options={"num_predict": 6}, stream=True))
    assert "".join(part.message.content or "" for part in parts)
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    assert parts[-1].eval_duration
    assert parts[-1].total_duration


def test_structured_output(client: ollama.Client) -> None:
    answer = client.chat(EMBEDDED, QUESTION, format=SCHEMA, options={"num_predict": 32})
    assert '"answer"' in (answer.message.content or "")


@pytest.mark.parametrize("model", ["chat", "claude"])
def test_a_tool_loop(client: ollama.Client, upstream: FakeUpstream, model: str) -> None:
    asked: list[Any] = [ollama.Message(role="user", content="Weather in Paris?")]
    answer = client.chat(model, asked, tools=[weather])
    assert answer.message.tool_calls
    (called,) = answer.message.tool_calls
    assert (called.function.name, called.function.arguments) == ("weather", {"city": "Paris"})
    result = ollama.Message(role="tool", content=weather(**called.function.arguments), tool_name="weather")
    client.chat(model, [*asked, answer.message, result], tools=[weather])
    sent = upstream.calls[-1].json["messages"]
    if model == "chat":
        assert sent[-1] == {
            "role": "tool",
            "tool_call_id": sent[-2]["tool_calls"][0]["id"],
            "content": "Rain in Paris.",
        }
    else:
        (told,) = sent[-1]["content"]
        assert told["tool_use_id"] == sent[-2]["content"][0]["id"]
        assert told["content"] == "Rain in Paris."


def test_a_streamed_call_comes_whole(client: ollama.Client) -> None:
    parts = list(client.chat("chat", QUESTION, tools=[weather], stream=True))
    calls = [call for part in parts for call in part.message.tool_calls or ()]
    assert [(call.function.name, call.function.arguments) for call in calls] == [
        ("weather", {"city": "Paris"})
    ]
    assert parts[-1].done_reason == "stop"


def test_thoughts(client: ollama.Client) -> None:
    parts = list(client.chat("claude", QUESTION, think="low", stream=True))
    assert "".join(part.message.thinking or "" for part in parts) == "Hm."
    assert "".join(part.message.content or "" for part in parts) == "Four."


def test_a_text_is_gone_on_with(client: ollama.Client) -> None:
    parts = list(client.generate("claude", "What is 2+2?", stream=True))
    assert "".join(part.response or "" for part in parts) == "Four."
    assert parts[-1].done


def test_errors_raise_what_the_client_promises(client: ollama.Client) -> None:
    with pytest.raises(ollama.ResponseError, match="There is no model") as caught:
        client.chat("nobody", QUESTION)
    assert caught.value.status_code == 404
    with pytest.raises(ollama.ResponseError, match="There is no model"):
        list(client.chat("nobody", QUESTION, stream=True))
    with pytest.raises(ollama.ResponseError, match="'breaks' is overloaded") as caught:
        list(client.chat("breaks", QUESTION, stream=True))
    assert caught.value.status_code == 503
    with pytest.raises(ollama.ResponseError, match="named in wye"):
        client.pull("auto")


def test_what_there_is(client: ollama.Client) -> None:
    assert {"auto", "embedded/smollm2-135m", "claude"} <= {model.model for model in client.list().models}
    shown = client.show("embedded/smollm2-135m")
    assert "completion" in (shown.capabilities or [])
    assert (shown.modelinfo or {})["wye.context_length"] == 2048


async def test_the_async_client_with_a_key(upstream: FakeUpstream, tmp_path_factory: Any) -> None:
    base = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "lane": "own", "networks": ["127.0.0.0/8"]}
    folder, settings = tmp_path_factory.mktemp("keyed"), {"deployments": {"plain": base | {"model": "plain"}}}
    with running(folder, settings, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        host = f"http://127.0.0.1:{gateway.port}"
        async with ollama.AsyncClient(host=host, headers={"authorization": f"Bearer {KEY}"}) as keyed:
            assert (await keyed.chat("plain", QUESTION)).message.content == "Hello."
        async with ollama.AsyncClient(host=host) as stranger:
            with pytest.raises(ollama.ResponseError) as caught:
                await stranger.chat("plain", QUESTION)
        assert caught.value.status_code == 401
