"""What a client is not told of an answer is named: in the headers where it comes whole, and in the record."""

from collections.abc import Iterator
from typing import Any

import pytest

from exchanges import MESSAGE
from fake_upstream import Call, FakeUpstream
from running import Running, running
from wye.protocols.wire.sse import DATA

SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
LOST = ["answer.opaque", "answer.stop_sequence"]


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    @upstream.script("searches")
    async def searches(call: Call) -> None:
        content = [SEARCH, *MESSAGE["content"]]
        await call.answer(
            body=MESSAGE | {"content": content, "stop_reason": "stop_sequence", "stop_sequence": "!"}
        )

    settings: dict[str, Any] = {
        "deployments": {
            "searches": {
                "model": "searches",
                "protocol": "anthropic_messages",
                "base_url": f"http://127.0.0.1:{upstream.port}/v1",
                "lane": "own",
                "networks": ["127.0.0.0/8"],
            }
        }
    }
    with running(tmp_path_factory.mktemp("gateway"), settings) as gateway:
        yield gateway


def test_a_whole_answer(gateway: Running) -> None:
    asked = {"model": "searches", "input": "hi"}
    answered = gateway.ask("POST", "/v1/responses", asked)
    assert answered.headers["x-wye-lost"] == ", ".join(LOST)
    assert gateway.record(answered)["lost"] == LOST
    chat = gateway.chat("searches", seed=3)
    assert chat.headers["x-wye-lost"] == "seed, answer.opaque"


def test_a_whole_answer_told_as_a_stream(gateway: Running) -> None:
    answered = gateway.ask("POST", "/v1/responses", {"model": "searches", "input": "hi", "stream": True})
    assert DATA in answered.body
    assert gateway.record(answered)["lost"] == LOST


def test_what_the_upstream_is_told_beyond_the_request(gateway: Running) -> None:
    assert gateway.record(gateway.chat("searches"))["added"] == ["max_tokens=8192"]
    assert "added" not in gateway.record(gateway.chat("searches", max_tokens=5))


def test_a_request_in_vain_is_recorded_with_its_model(gateway: Running) -> None:
    refused = gateway.ask("POST", "/v1/chat/completions", {"model": "searches", "messages": 5})
    assert (refused.status, gateway.record(refused)["asked"]) == (400, "searches")
    path = "/v1beta/models/searches:embedContent"
    assert gateway.record(gateway.ask("POST", path, {}))["asked"] == "searches"


def test_its_own_protocol_is_told_everything(gateway: Running) -> None:
    message = {"role": "user", "content": "hi"}
    answered = gateway.ask(
        "POST", "/v1/messages", {"model": "searches", "max_tokens": 9, "messages": [message]}
    )
    assert "x-wye-lost" not in answered.headers
    assert answered.json["content"][0] == SEARCH
