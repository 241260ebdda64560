"""The official Anthropic SDK, unmodified: against the embedded model, and upstreams of both protocols."""

import json
from collections.abc import Iterator
from typing import Any

import anthropic
import pytest
from anthropic.types import MessageParam, ToolParam

from exchanges import CALLS, SCHEMA, SIGNATURE, play_chat, play_messages
from fake_upstream import FakeUpstream
from running import KEY, Running, running

MESSAGES: list[MessageParam] = [{"role": "user", "content": "What is 2 + 2?"}]
TOOLS: list[ToolParam] = [{"name": "weather", "description": "The weather.", "input_schema": SCHEMA}]
EMBEDDED = "embedded/smollm2-135m"


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()
    fake.scripts |= {"anthropic": play_messages, "openai": play_chat}
    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    def deployment(model: str, protocol: str) -> dict[str, Any]:
        url = f"http://127.0.0.1:{upstream.port}/v1"
        return {
            "model": model,
            "base_url": url,
            "protocol": protocol,
            "lane": "own",
            "networks": ["127.0.0.0/8"],
        }

    settings = {
        "embedded": {"enabled": True},
        "deployments": {
            "anthropic": deployment("anthropic", "anthropic_messages"),
            "openai": deployment("openai", "openai_chat"),
        },
    }
    with running(tmp_path_factory.mktemp("sdk"), settings) as gateway:
        yield gateway


@pytest.fixture
def client(gateway: Running) -> Iterator[anthropic.Anthropic]:
    url = f"http://127.0.0.1:{gateway.port}"
    with anthropic.Anthropic(base_url=url, api_key="unused", max_retries=0) as client:
        yield client


def test_a_message(client: anthropic.Anthropic) -> None:
    answer = client.messages.create(model=EMBEDDED, messages=MESSAGES, max_tokens=16, system="Be brief.")
    (block,) = answer.content
    assert block.type == "text"
    assert block.text
    assert answer.stop_reason in {"end_turn", "max_tokens"}
    assert 0 < answer.usage.output_tokens <= 16
    assert answer.usage.input_tokens > 0


def test_a_message_cut_short(client: anthropic.Anthropic) -> None:
    answer = client.messages.create(
        model=EMBEDDED, messages=[{"role": "user", "content": "Count to fifty."}], max_tokens=3
    )
    assert (answer.stop_reason, answer.usage.output_tokens) == ("max_tokens", 3)


def test_a_stream(client: anthropic.Anthropic) -> None:
    with client.messages.stream(model=EMBEDDED, messages=MESSAGES, max_tokens=8) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text
    assert final.content[0].type == "text"
    assert final.content[0].text == text
    assert 0 < final.usage.output_tokens <= 8
    raw = list(client.messages.create(model=EMBEDDED, messages=MESSAGES, max_tokens=4, stream=True))
    assert (raw[0].type, raw[-1].type) == ("message_start", "message_stop")


def test_headers_say_who_answered(client: anthropic.Anthropic) -> None:
    raw = client.messages.with_raw_response.create(model=EMBEDDED, messages=MESSAGES, max_tokens=4)
    assert raw.headers["x-wye-deployment"] == EMBEDDED
    assert raw.parse()._request_id == raw.headers["request-id"]  # how the SDK documents it


def test_a_count_of_tokens(client: anthropic.Anthropic) -> None:
    assert client.messages.count_tokens(model="anthropic", messages=MESSAGES).input_tokens == 42
    raw = client.messages.with_raw_response.count_tokens(model=EMBEDDED, messages=MESSAGES)
    assert raw.headers["x-wye-estimate"] == "tokens"
    assert raw.parse().input_tokens > 10


def test_models(client: anthropic.Anthropic) -> None:
    assert {"auto", EMBEDDED} <= {model.id for model in client.models.list()}
    assert client.models.retrieve("auto").display_name == "auto"


def test_errors_raise_what_the_sdk_promises(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError, match="smollm2") as missing:
        client.messages.create(model="smollm", messages=MESSAGES, max_tokens=4)
    assert missing.value.type == "not_found_error"
    assert missing.value.request_id
    with pytest.raises(anthropic.BadRequestError, match="at least one message"):
        client.messages.create(model="auto", messages=[], max_tokens=4)
    with pytest.raises(anthropic.PermissionDeniedError, match="web pages"):
        client.messages.create(
            model="auto", messages=MESSAGES, max_tokens=4, extra_headers={"origin": "https://evil.example"}
        )
    with pytest.raises(anthropic.NotFoundError):
        client.models.retrieve("nobody")
    with pytest.raises(anthropic.NotFoundError):
        client.messages.batches.list()


@pytest.mark.parametrize("model", ["anthropic", "openai"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_loop_whoever_answers(
    client: anthropic.Anthropic, upstream: FakeUpstream, model: str, *, stream: bool
) -> None:
    def ask(turns: list[MessageParam]) -> anthropic.types.Message:
        if not stream:
            return client.messages.create(model=model, max_tokens=64, messages=turns, tools=TOOLS)
        with client.messages.stream(model=model, max_tokens=64, messages=turns, tools=TOOLS) as events:
            return events.get_final_message()

    turns: list[MessageParam] = [{"role": "user", "content": "Weather in Paris and Rome?"}]
    first = ask(turns)
    assert first.stop_reason == "tool_use"
    calls = [block for block in first.content if block.type == "tool_use"]
    assert [(call.id, call.input) for call in calls] == [(call["id"], call["input"]) for call in CALLS]
    turns += [
        {"role": "assistant", "content": first.content},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": call.id, "content": "sunny"} for call in calls
            ],
        },
    ]
    last = ask(turns)
    assert last.content[0].type == "text"
    assert last.content[0].text == "Hello."
    sent = json.dumps(upstream.calls[-1].json)
    assert (SIGNATURE in sent) == (model == "anthropic")


async def test_the_async_client_with_a_token(gateway: Running) -> None:
    url = f"http://127.0.0.1:{gateway.port}"
    async with anthropic.AsyncAnthropic(base_url=url, auth_token="unused", max_retries=0) as client:
        stream = await client.messages.create(model=EMBEDDED, messages=MESSAGES, max_tokens=4, stream=True)
        assert [event.type async for event in stream][-1] == "message_stop"


def test_keys_by_either_header(tmp_path_factory: pytest.TempPathFactory, upstream: FakeUpstream) -> None:
    deployment = {
        "model": "openai",
        "base_url": f"http://127.0.0.1:{upstream.port}/v1",
        "lane": "own",
        "networks": ["127.0.0.0/8"],
    }
    settings = {"deployments": {"openai": deployment}}
    with running(tmp_path_factory.mktemp("keys"), settings, {"WYE_BOOTSTRAP_KEY": KEY}) as gateway:
        url = f"http://127.0.0.1:{gateway.port}"
        for client in (
            anthropic.Anthropic(base_url=url, max_retries=0, api_key=KEY),
            anthropic.Anthropic(base_url=url, max_retries=0, auth_token=KEY),
            anthropic.Anthropic(
                base_url=url, max_retries=0, api_key=KEY, default_headers={"authorization": f"Bearer {KEY}"}
            ),
        ):
            with client:
                answer = client.messages.create(model="openai", messages=MESSAGES, max_tokens=4)
                assert answer.stop_reason == "end_turn"
        with (
            anthropic.Anthropic(base_url=url, api_key="wrong", max_retries=0) as client,
            pytest.raises(anthropic.AuthenticationError) as refused,
        ):
            client.messages.create(model="openai", messages=MESSAGES, max_tokens=4)
        assert refused.value.request_id
        assert refused.value.type == "authentication_error"
        assert gateway.ask("HEAD", "/").status == 200
        listed = gateway.ask("GET", "/v1/models", headers={"anthropic-version": "2023-06-01"})
        assert (listed.status, listed.error["type"]) == (401, "authentication_error")
