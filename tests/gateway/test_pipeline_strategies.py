"""Strategies of a real gateway: the faster upstream is found, a canary sticks, a hook orders."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from fake_upstream import DONE, FINISH, Call, FakeUpstream, delta
from running import Running, running

HOOK = """\
def least_said(asked, offers):
    assert asked.prompt
    return [o.deployment for o in offers if o.lane == "own"] if "secretly" in asked.prompt else []
"""
SECONDS = 60


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    def after(seconds: float) -> Any:
        async def slow(call: Call) -> None:
            await asyncio.sleep(seconds)
            await call.stream([delta("hi"), FINISH, DONE])

        return slow

    upstream.scripts["quick"] = after(0.01)
    upstream.scripts["slow"] = after(0.15)

    def deployment(model: str, lane: str) -> dict[str, Any]:
        address = f"http://127.0.0.1:{upstream.port}/v1"
        return {"base_url": address, "lane": lane, "model": model, "networks": ["127.0.0.0/8"]}

    settings = {
        "deployments": {
            "a/slow": deployment("slow", "own"),
            "b/quick": deployment("quick", "hosted"),
            "c/any": deployment("any", "own"),
        },
        "routes": {
            "fast": {"candidates": ["a/slow", "b/quick"], "objective": {"best": "fastest"}},
            "trial": {"rules": [{"name": "t", "use": ["c/any"], "canary": {"b/quick": 40}}]},
            "ours": {"hook": "a_hook_to_serve:least_said"},
        },
    }
    folder = tmp_path_factory.mktemp("strategies")
    (folder / "a_hook_to_serve.py").write_text(HOOK)
    with running(folder, settings, {"PYTHONPATH": str(folder)}) as gateway:
        yield gateway


def test_the_faster_one_is_found_by_streams(gateway: Running) -> None:
    served: list[str] = []
    deadline = time.monotonic() + SECONDS
    while served[-3:] != ["b/quick"] * 3:
        assert time.monotonic() < deadline, served
        answered = gateway.chat("fast", stream=True)
        assert answered.status == 200, answered.body
        served.append(answered.headers["x-wye-deployment"])
        if served[-1] == "b/quick":
            time.sleep(0.2)  # a time to first token counts from the next tick on
    assert "a/slow" in served


def test_a_canary_sticks_to_its_conversations(gateway: Running) -> None:
    served: Counter[str] = Counter()
    for number in range(15):
        headers = {"x-wye-session": f"talk-{number}"}
        turns = {gateway.chat("trial", headers, stream=True).headers["x-wye-deployment"] for _ in range(2)}
        assert len(turns) == 1
        served += Counter(turns)
    assert served.keys() == {"b/quick", "c/any"}


def test_a_hook_is_asked_and_the_record_says_so(gateway: Running) -> None:
    message = [{"role": "user", "content": "say it secretly"}]
    record = gateway.record(gateway.chat("ours", stream=True, messages=message))
    assert record["lane"] == "own"
    assert record["decision"]["reasons"][-1] == "hook 'a_hook_to_serve:least_said'"
    assert {
        "deployment": "b/quick",
        "lane": "hosted",
        "reason": "left out by the hook 'a_hook_to_serve:least_said'",
    } in record["decision"]["excluded"]
    passed_over = gateway.record(gateway.chat("ours", stream=True))
    assert passed_over["decision"]["reasons"][-1].endswith("passed over: it would leave nobody")
