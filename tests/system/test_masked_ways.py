"""Masking by every way a request leaves: what upstreams see, what the client gets, and what is left behind.

Straight, retry, fallback to another protocol, hedge, cascade with its gate, `auto` with its shadow and judge;
clients of four protocols and upstreams of three. None of it is `own`, so that all of it has to be masked.
"""

import asyncio
import itertools
import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from exchanges import MESSAGE, message_end, message_start, text_block
from fake_upstream import CHAT, DONE, FINISH, Call, FakeUpstream, delta
from gateway.gated import SEVERAL, certify
from gateway.test_telemetry import Collector, collecting
from routing.granted import grant
from running import Answered, Running, running
from wye.config.strategies import GateSettings
from wye.policy.masking.tokens import CODE
from wye.routing.certificate import Arm

SAID = 'Write to Jane Doe, jane.doe@example.com, of 219-09-9999, at "once".'
VALUES = ("Jane Doe", "jane.doe@example.com", "219-09-9999")
PHI, PUBLIC = {"x-wye-label": "phi"}, {"x-wye-label": "public"}
COUNTS = {"email": 1, "person": 1, "ssn": 1}
PIECE = 7
SECONDS = 5.0
NUMBERS = itertools.count(1)
MADE_HERE = re.compile(rb'"(?:id|responseId|created|created_at|item_id|completed_at)": ?"?[^",}]*"?')
"""What differs from answer to answer anyway."""


def last(call: Call) -> str:
    """What an upstream of any protocol was asked last."""
    body = call.json
    if "contents" in body:
        return "".join(part["text"] for part in body["contents"][-1]["parts"])
    said = body["messages"][-1]["content"]
    return said if isinstance(said, str) else "".join(part["text"] for part in said)


def told(call: Call) -> str:
    return f"I do: {last(call)} {last(call)!r}"


def pieces(text: str) -> list[str]:
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


async def echo(call: Call) -> None:
    """Say again what was asked, in the protocol and the way it was asked."""
    said, path = told(call), call.head.split(b"\r\n", 1)[0]
    if call.name == "slow":
        await asyncio.sleep(0.5)
    if b"enerateContent" in path:
        parts = [{"content": {"role": "model", "parts": [{"text": one}]}, "index": 0} for one in pieces(said)]
        parts[-1]["finishReason"] = "STOP"
        if b"streamGenerate" in path:
            await call.stream(
                b"data: %b\r\n\r\n" % json.dumps({"candidates": [one]}).encode() for one in parts
            )
        else:
            whole = {
                "content": {"role": "model", "parts": [{"text": said}]},
                "finishReason": "STOP",
                "index": 0,
            }
            await call.answer(body={"candidates": [whole]})
    elif path.endswith(b"/messages HTTP/1.1"):
        if call.json.get("stream"):
            await call.stream([message_start(), text_block(0, *pieces(said)), message_end()])
        else:
            await call.answer(body=MESSAGE | {"content": [{"type": "text", "text": said}]})
    elif call.json.get("stream"):
        await call.stream([*map(delta, pieces(said)), FINISH, DONE])
    else:
        message = {"role": "assistant", "content": said}
        await call.answer(
            body=CHAT | {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
        )


async def broken(call: Call) -> None:
    """Fail, and say of whom."""
    await call.answer(500, {"error": {"message": f"cannot: {last(call)}"}})


async def refusing(call: Call) -> None:
    error = {"type": "invalid_request_error", "message": f"will not: {last(call)}"}
    await call.answer(
        400, {"type": "error", "error": error} if call.name == "no-claude" else {"error": error}
    )


async def referee(call: Call) -> None:
    said = '{"first": 9, "second": 9}'
    choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
    await call.answer(body=CHAT | {"choices": [choice]})


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()
    fake.scripts |= dict.fromkeys(("small", "big", "second", "slow", "claude", "twin"), echo)
    fake.scripts |= {"broken": broken, "referee": referee, "no": refusing, "no-claude": refusing}
    yield fake
    fake.stop()


@pytest.fixture(scope="module")
def traces() -> Iterator[Collector]:
    with collecting() as collector:
        yield collector


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, traces: Collector, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    price = {"input": 0.02, "output": 0.1, "as_of": "2026-11-22"}
    dear = {"input": 2, "output": 10, "as_of": "2026-11-22"}

    def deployment(model: str, **more: Any) -> dict[str, Any]:
        url = f"http://127.0.0.1:{upstream.port}/v1"
        about = {"model": model, "base_url": url, "networks": ["127.0.0.0/8"], "retries": 0, "price": price}
        return about | {"lane": "hosted"} | more

    settings = {
        "labels": {"phi": {"lanes": ["own", "hosted", "closed"], "mask": "all"}},
        "detection": {"timeout_ms": 10_000},
        "deployments": {
            "inside": deployment("small"),
            "outside": deployment("big", lane="closed", price=dear, profile={"strong": True}),
            "second": deployment("second", lane="closed"),
            "claude-referee": deployment("referee", lane="closed"),
            "slow": deployment("slow"),
            "broken": deployment("broken", retries=1),
            "broken-too": deployment("broken", retries=1),
            "claude": deployment("claude", protocol="anthropic_messages"),
            "twin": deployment("twin", protocol="gemini"),
            "no": deployment("no"),
            "no-claude": deployment("no-claude", protocol="anthropic_messages"),
        },
        "aliases": {"to-claude": ["broken", "claude"], "to-twin": ["broken-too", "twin"]},
        **SEVERAL,
        "telemetry": {"otlp_endpoint": f"http://127.0.0.1:{traces.port}"},
    }
    folder = tmp_path_factory.mktemp("masked")
    grant(folder / "state", strong=Arm("big", "big"), weak=Arm("small", "small"))
    certify(folder / "state", "cascade", "outside", "inside", GateSettings(ask=("second",)))
    with running(folder, settings) as gateway:
        yield gateway


def ask(gateway: Running, model: str, headers: dict[str, str], said: str, **fields: Any) -> Answered:
    return gateway.chat(model, headers, messages=[{"role": "user", "content": said}], **fields)


def codes(calls: list[Call]) -> list[set[str]]:
    """What tokens each call holds."""
    return [set(CODE.findall(call.body.decode())) for call in calls]


def clean(calls: list[Call]) -> None:
    """Check that no upstream saw a value, in its heads and bodies."""
    for call in calls:
        assert not any(value.encode() in call.head + call.body for value in VALUES), call.name


def since(upstream: FakeUpstream, before: int, wanted: list[str]) -> list[Call]:
    """Return the calls since then, once those wanted are among them: a shadow's come late."""
    deadline = time.monotonic() + SECONDS
    while Counter(wanted) - Counter(call.name for call in upstream.calls[before:]):
        assert time.monotonic() < deadline, [call.name for call in upstream.calls[before:]]
        time.sleep(0.01)
    return upstream.calls[before:]


WAYS = {
    "inside": ["small"],
    "to-claude": ["broken", "broken", "claude"],
    "to-twin": ["broken", "broken", "twin"],
    "hedge": ["big", "slow"],
    "cascade": ["second", "small"],
    "auto": ["big", "referee", "small"],
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("way", WAYS)
def test_every_way(gateway: Running, upstream: FakeUpstream, way: str, *, stream: bool) -> None:
    said, before, wanted = f"{SAID} {next(NUMBERS)}", len(upstream.calls), WAYS[way]
    if stream:  # who failed is not asked again so soon
        wanted = [name for name in wanted if name != "broken"]
    answered = ask(gateway, way, PHI, said, stream=stream)
    calls = since(upstream, before, wanted)
    clean(calls)
    assert sorted(call.name for call in calls) == wanted
    held = codes(calls)
    assert {len(one) for one in held} == {len(VALUES)}
    if way != "auto":  # its shadow is a request of its own
        assert all(one == held[0] for one in held), "one request, one token a value"
    assert answered.headers["x-wye-masked"] == "email=1, person=1, ssn=1"
    plain = ask(gateway, way, PUBLIC, said, stream=stream)
    assert said_in(answered) == said_in(plain) == f"I do: {said} {said!r}"
    if not stream:
        assert MADE_HERE.sub(b"", answered.body) == MADE_HERE.sub(b"", plain.body)
    record = gateway.record(answered)
    assert record["masked"] == COUNTS
    assert all(one["masked"] == COUNTS for one in record["attempts"])
    while "wye_shadows_waiting 0" not in gateway.metrics():
        time.sleep(0.02)


def said_in(answered: Answered) -> str:
    """The text of a Chat answer, whole or streamed."""
    assert answered.status == 200, answered.body
    if not answered.body.startswith(b"data:"):
        return str(answered.json["choices"][0]["message"]["content"])
    lines = [line[6:] for line in answered.body.decode().split("\n") if line.startswith("data: {")]
    deltas = [choice["delta"] for line in lines for choice in json.loads(line)["choices"]]
    return "".join(one.get("content") or "" for one in deltas)


CLIENTS: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"messages": [{"role": "user", "content": SAID}]},
    "/v1/messages": {"messages": [{"role": "user", "content": SAID}], "max_tokens": 99},
    "/v1/responses": {"input": SAID, "store": False},
    "/v1beta/models/{}:generateContent": {"contents": [{"role": "user", "parts": [{"text": SAID}]}]},
}


@pytest.mark.parametrize("path", CLIENTS)
@pytest.mark.parametrize("model", ["inside", "claude", "twin"])
def test_clients_and_upstreams_of_every_protocol(
    gateway: Running, upstream: FakeUpstream, model: str, path: str
) -> None:
    before = len(upstream.calls)
    body = CLIENTS[path] | ({} if "{}" in path else {"model": model})
    masked, plain = (gateway.ask("POST", path.format(model), body, label) for label in (PHI, PUBLIC))
    assert (masked.status, plain.status) == (200, 200), masked.body
    first, second = upstream.calls[before:]
    clean([first])
    assert b"219-09-9999" in second.body, "it can tell"
    assert MADE_HERE.sub(b"", masked.body) == MADE_HERE.sub(b"", plain.body)


@pytest.mark.parametrize("model", ["no", "no-claude"])
@pytest.mark.parametrize("path", CLIENTS)
def test_errors_are_in_the_clients_words(gateway: Running, path: str, model: str) -> None:
    body = CLIENTS[path] | ({} if "{}" in path else {"model": model})
    masked, plain = (gateway.ask("POST", path.format(model), body, label) for label in (PHI, PUBLIC))
    assert masked.status == plain.status == 400
    assert masked.error["message"] == plain.error["message"]
    assert SAID in masked.error["message"]
    assert "Jane" not in json.dumps(gateway.record(masked))


def test_each_request_has_its_own_tokens(gateway: Running, upstream: FakeUpstream) -> None:
    before = len(upstream.calls)
    for _ in range(2):
        ask(gateway, "inside", PHI, SAID)
    one, other = codes(upstream.calls[before:])
    assert one
    assert not one & other


def test_official_clients(gateway: Running, upstream: FakeUpstream) -> None:
    before, url = len(upstream.calls), f"http://127.0.0.1:{gateway.port}"
    with openai.OpenAI(base_url=f"{url}/v1", api_key="unused", default_headers=PHI) as chat:
        parts = chat.chat.completions.create(
            model="to-claude", messages=[{"role": "user", "content": SAID}], stream=True
        )
        assert "".join(one.choices[0].delta.content or "" for one in parts) == f"I do: {SAID} {SAID!r}"
    with (
        anthropic.Anthropic(base_url=url, api_key="unused", default_headers=PHI) as claude,
        claude.messages.stream(
            model="to-twin", messages=[{"role": "user", "content": SAID}], max_tokens=99
        ) as stream,
    ):
        assert stream.get_final_text() == f"I do: {SAID} {SAID!r}"
    clean(upstream.calls[before:])


def test_nothing_is_left_behind(gateway: Running, upstream: FakeUpstream, traces: Collector) -> None:
    """After all of the above: no value and no token in any file, log, metric or trace. Kinds only."""
    metrics, known = gateway.metrics().encode(), set().union(*codes(upstream.calls))
    assert len(known) > 100
    assert gateway.stop() == 0
    left = {path.name: path.read_bytes() for path in gateway.log.parent.rglob("*") if path.is_file()}
    left |= {"metrics": metrics, "traces": json.dumps(traces.bodies).encode()}
    assert len(left["traces"]) > 10_000
    for name, content in left.items():
        assert not any(value.encode() in content for value in VALUES), name
        assert not known & {code.decode() for code in re.findall(CODE.pattern.encode(), content)}, name
