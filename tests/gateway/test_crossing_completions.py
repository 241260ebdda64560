"""Legacy Completions through a real gateway: as they are to who takes them, as a turn to anyone else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from exchanges import MESSAGE, message_end, message_start, text_block
from fake_upstream import DONE, Call, FakeUpstream
from running import Running, running

COUNTS = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
HEAD = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "up"}
CHOICE = {"index": 0, "text": " upon", "logprobs": None, "finish_reason": "stop"}


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    @upstream.script("native")
    async def native(call: Call) -> None:
        if call.json.get("stream"):
            said = [HEAD | {"choices": [CHOICE]}, HEAD | {"choices": [], "usage": COUNTS}]
            events = [b"data: " + json.dumps(one).encode() + b"\n\n" for one in said]
            await call.stream([*events, DONE])
        else:
            await call.answer(body=HEAD | {"choices": [CHOICE], "usage": COUNTS})

    @upstream.script("claude")
    async def claude(call: Call) -> None:
        if call.json.get("stream"):
            await call.stream([message_start(), text_block(0, " upon", " a time"), message_end("max_tokens")])
        else:
            await call.answer(body=MESSAGE)

    base = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "lane": "own", "networks": ["127.0.0.0/8"]}
    settings = {
        "deployments": {
            "native": base | {"model": "native", "also": ["openai_completions"]},
            "claude": base | {"model": "claude", "protocol": "anthropic_messages", "also": []},
        },
        "aliases": {"either": ["claude", "native"]},
    }
    with running(tmp_path_factory.mktemp("completions"), settings) as gateway:
        yield gateway


def complete(gateway: Running, model: str, **members: Any) -> Any:
    return gateway.ask("POST", "/v1/completions", {"model": model, "prompt": "Once"} | members)


def test_who_takes_them_gets_them_as_they_are(gateway: Running, upstream: FakeUpstream) -> None:
    body = b'{"prompt": ["a", [1, 2]],"model" : "native", "echo": true, "suffix":"z", "x": 1.0}'
    answered = gateway.ask("POST", "/v1/completions", body)
    assert answered.json["choices"] == [CHOICE]
    assert upstream.calls[-1].head.startswith(b"POST /v1/completions ")
    assert upstream.calls[-1].body == body
    assert "x-wye-lost" not in answered.headers
    assert gateway.record(answered)["usage"] == {"input_tokens": 3, "output_tokens": 2}


def test_a_stream_as_it_is_but_for_the_usage_nobody_asked_for(
    gateway: Running, upstream: FakeUpstream
) -> None:
    answered = complete(gateway, "native", stream=True)
    assert upstream.calls[-1].json["stream_options"] == {"include_usage": True}
    events = answered.body.split(b"\n\n")
    assert [json.loads(events[0][6:]), *events[1:]] == [HEAD | {"choices": [CHOICE]}, DONE.strip(), b""]
    assert gateway.record(answered)["usage"]["output_tokens"] == 2


def test_anyone_else_is_asked_a_turn(gateway: Running, upstream: FakeUpstream) -> None:
    answered = complete(gateway, "claude", max_tokens=7, stop="\n")
    sent = upstream.calls[-1].json
    assert sent["messages"] == [{"role": "user", "content": "Once"}]
    assert (sent["max_tokens"], sent["stop_sequences"]) == (7, ["\n"])
    assert answered.headers["x-wye-lost"] == "completion"
    assert answered.json["object"] == "text_completion"
    assert answered.json["choices"] == [CHOICE | {"text": "Hello."}]
    assert answered.json["usage"]["prompt_tokens"] == 100


def test_a_translated_stream(gateway: Running) -> None:
    answered = complete(gateway, "claude", stream=True)
    *events, done, end = (
        answered.body.decode().removeprefix(": keep-alive\n\n").split("\n\n")
    )  # if it came apart
    told = [json.loads(event.removeprefix("data: "))["choices"][0] for event in events]
    assert [(one["text"], one["finish_reason"]) for one in told] == [
        (" upon", None),
        (" a time", None),
        ("", "length"),
    ]
    assert (done, end) == ("data: [DONE]", "")


def test_what_cannot_be_said_there_goes_to_who_can(gateway: Running) -> None:
    assert complete(gateway, "either", suffix="the end").headers["x-wye-deployment"] == "native"
    refused = complete(gateway, "claude", suffix="the end")
    assert (refused.status, refused.error["code"]) == (400, "cannot_translate")
    assert "suffix" in refused.error["message"]
    assert complete(gateway, "claude", prompt=["a", "b"]).error["param"] == "prompt"
