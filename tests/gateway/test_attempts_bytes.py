"""The bytes of each attempt: what the ledger says was sent and received is what the upstream saw."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchanges import play_chat, play_messages
from fake_upstream import CHAT, DONE, FINISH, USAGE, Call, FakeUpstream, delta
from gateway.test_shadow import ask, certified, records, until
from gateway.test_shadow import settings as shadowed
from running import Running, running

Traffic = dict[str, list[tuple[int, int]]]
"""Deployment -> (bytes to it, bytes from it) of each exchange, in order of size."""

CUT = {"resets", "hangs", "slow", "stops"}
"""Where the upstream's side of an answer ends, or was never, read."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[FakeUpstream]:
    fake = FakeUpstream()
    fake.scripts |= {"chat": play_chat, "claude": play_messages}

    @fake.script("500")
    async def failing(call: Call) -> None:
        await call.answer(500, {"error": {"message": "no"}})

    @fake.script("resets")
    async def resets(call: Call) -> None:
        call.reset()

    @fake.script("hangs")
    async def hangs(_: Call) -> None:
        await asyncio.sleep(30)

    @fake.script("slow")
    async def slow(call: Call) -> None:
        await asyncio.sleep(3)
        await call.answer()

    @fake.script("stops")
    async def stops(call: Call) -> None:
        await call.begin_stream()
        await call.event(delta("Hel"))
        call.reset()

    @fake.script("large")
    async def large(call: Call) -> None:
        await call.stream([delta("x" * 50_000)] * 20 + [FINISH, USAGE, DONE])

    yield fake
    fake.stop()


def settings(upstream: FakeUpstream) -> dict[str, Any]:
    def there(model: str, **fields: Any) -> dict[str, Any]:
        address = {"base_url": f"http://127.0.0.1:{upstream.port}/v1", "networks": ["127.0.0.0/8"]}
        return address | {"model": model, "lane": "own", "retries": 0} | fields

    short = {"first_byte": 0.3, "idle": 0.3, "total": 0.3}
    return {
        "deployments": {
            "chat": there("chat"),
            "claude": there("claude", protocol="anthropic_messages"),
            "500": there("500", retries=1),
            "resets": there("resets"),
            "hangs": there("hangs", timeouts=short),
            "slow": there("slow"),
            "stops": there("stops"),
            "large": there("large"),
        },
        "aliases": {"chain": ["500", "resets", "hangs", "chat"]},
        "routes": {
            "hedged": {
                "candidates": ["slow", "chat"],
                "rules": [{"use": ["slow", "chat"]}],
                "hedge": {"after_ms": 20, "share": 1},
            }
        },
    }


def seen(upstream: FakeUpstream) -> Traffic:
    found: Traffic = defaultdict(list)
    for call in upstream.calls:
        if call.name.startswith("GET "):
            continue  # the gateway asks its own machines how they are: that is no request's
        found[call.name].append((len(call.head) + len(call.body), call.sent))
    return {name: sorted(sizes) for name, sizes in found.items()}


def recorded(gateway: Running) -> Traffic:
    found: Traffic = defaultdict(list)
    for record in records(gateway):
        for one in record.get("attempts", ()):
            if one["cause"] != "skip":
                found[one["deployment"]].append((one.get("request_bytes", 0), one.get("response_bytes", 0)))
    return {name: sorted(sizes) for name, sizes in found.items()}


def settled(gateway: Running, count: int) -> None:
    """Wait until so many requests are on record."""
    until(lambda: len(records(gateway)) >= count)


def test_each_attempt_is_on_record_with_the_bytes_the_upstream_saw(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    with running(tmp_path, settings(upstream)) as gateway:
        answers = [
            gateway.chat(model, stream=stream, pad="p" * size)
            for model in ("chat", "claude", "chain", "hedged", "500", "resets", "hangs", "stops", "large")
            for stream in (False, True)
            for size in ((0, 300_000) if model in {"chat", "claude", "chain"} else (0,))
            if not (model in {"stops", "large"} and not stream)
        ]
        assert sum(answer.status == 200 for answer in answers) >= 14
        settled(gateway, len(answers))
        time.sleep(0.2)  # the cut ones have to reach the upstream
        here, there = recorded(gateway), seen(upstream)
    assert here.keys() == there.keys() == {*settings(upstream)["deployments"]}
    for name, exchanges in there.items():
        # In all: what died on a connection that was used again is sent once more, by the same attempt.
        assert sum(sent for sent, _ in here[name]) == sum(received for received, _ in exchanges), name
        if name not in CUT:
            assert here[name] == exchanges, name
    assert all(received == 0 for name in ("resets", "hangs", "slow") for _, received in here[name])


def test_shadows_and_judges_are_counted_too(price: dict[str, Any], tmp_path: Path) -> None:
    fake = FakeUpstream()

    async def says(call: Call) -> None:
        said = '{"first": 9, "second": 9}' if call.name == "referee" else "The answer is 4."
        choice = {"index": 0, "message": {"role": "assistant", "content": said}, "finish_reason": "stop"}
        await call.answer(body=CHAT | {"choices": [choice]})

    fake.scripts |= dict.fromkeys(("big", "small", "referee"), says)
    certified(tmp_path)
    names = {"house": "small", "frontier": "big", "claude-referee": "referee"}
    config = shadowed(fake, price)
    with running(tmp_path, config) as gateway:
        for number in range(3):
            assert ask(gateway, number).status == 200
        settled(gateway, 6)
        here, there = recorded(gateway), seen(fake)
    fake.stop()
    assert {names[name]: sizes for name, sizes in here.items()} == there
    assert len(there["small"]) == len(there["big"]) == 3
