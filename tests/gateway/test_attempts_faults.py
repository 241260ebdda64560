"""Faults of upstreams under load: no request is lost while somebody works, and few attempts are wasted."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fake_upstream import DONE, FINISH, USAGE, Call, FakeUpstream, Script, delta
from running import Answered, Running, running

PATIENCE = {"first_byte": 0.5, "total": 2}
"""With what never comes. Whoever works may take as long as a busy machine needs."""
HELD = {"fine": 0, "stuck": False}
"""What scripts wait for: so many fine answers; the test."""
TRIOS = ("errors", "hangs", "storm", "half", "resets", "flaps")
FAULTS = ("errors", "hangs", "slow", "storm", "half", "resets", "flaps")


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    scripts(upstream)

    def deployment(model: str, **fields: Any) -> dict[str, Any]:
        return {
            "model": model,
            "base_url": f"http://127.0.0.1:{upstream.port}/v1",
            "lane": "own",
            "networks": ["127.0.0.0/8"],
        } | fields

    deployments = {fault: deployment(fault) for fault in (*FAULTS, "stuck")}
    for fault in ("hangs", "slow"):
        deployments[fault]["timeouts"] = PATIENCE
    deployments |= {"good": deployment("ok"), "spare": deployment("ok")}
    deployments["ebbing"] = deployment("ebbs", retries=0)
    deployments |= {"tardy": deployment("tardy"), "tardy-2": deployment("late")}
    deployments["quick"] = deployment("ok")
    deployments["outside"] = deployment("outside", lane="closed")
    for number in range(3):
        deployments[f"replica{number}"] = deployment("shared", base_url=_base(upstream, number))
        for fault in TRIOS:
            place = f"http://127.0.0.1:{upstream.port}/{number}/v1"
            deployments[f"{fault}-{number}"] = deployment(
                f"trio-{fault}", base_url=place, timeouts={"first_byte": 1}
            )
    trios = {
        f"{fault}-first": {"candidates": [fault, "good"], "rules": _order(fault, "good")} for fault in FAULTS
    }
    routes = trios | {
        "returns": {"candidates": ["ebbing", "good"], "rules": _order("ebbing", "good")},
        "hedged": {
            "candidates": ["tardy", "quick"],
            "rules": _order("tardy", "quick"),
            "hedge": {"after_ms": 100, "share": 1},
        },
        "guarded": {
            "candidates": ["tardy-2", "outside"],
            "rules": _order("tardy-2", "outside"),
            "hedge": {"after_ms": 100, "share": 1},
        },
        "rarely": {
            "candidates": ["tardy-2", "quick"],
            "rules": _order("tardy-2", "quick"),
            "hedge": {"after_ms": 100, "share": 0.25},
        },
    }
    with running(
        tmp_path_factory.mktemp("gateway"), {"deployments": deployments, "routes": routes}
    ) as gateway:
        yield gateway


def _base(upstream: FakeUpstream, number: int) -> str:
    return f"http://127.0.0.1:{upstream.port if number else 9}/v1"  # nobody listens on port 9


def _one_of_three(fault: Script, good: Script) -> Script:
    """The first replica plays `fault`, the others work."""

    async def play(call: Call) -> None:
        await (fault if call.head.startswith(b"POST /0/") else good)(call)

    return play


def _order(*names: str) -> list[dict[str, Any]]:
    return [{"use": list(names)}]


def scripts(upstream: FakeUpstream) -> None:  # noqa: C901  # a list of scripts, not a program
    async def fine(call: Call) -> None:
        if call.json.get("stream"):
            await call.stream([delta("fine"), FINISH, USAGE, DONE])
        else:
            await call.answer()

    upstream.script("ok")(fine)
    upstream.script("shared")(fine)

    @upstream.script("errors")
    async def errors(call: Call) -> None:
        await call.answer(500, {})

    @upstream.script("hangs")
    async def hangs(_: Call) -> None:
        await asyncio.sleep(30)

    @upstream.script("slow")
    async def slow(call: Call) -> None:
        await asyncio.sleep(0.7)
        await fine(call)

    @upstream.script("storm")
    async def storm(call: Call) -> None:
        await call.answer(429, {}, "Retry-After: 60\r\n")

    @upstream.script("half")
    async def half(call: Call) -> None:
        await call.begin_stream()
        await call.event(b": nothing yet\n\n")
        call.reset()

    @upstream.script("resets")
    async def resets(call: Call) -> None:
        call.reset()

    @upstream.script("flaps")
    async def flaps(call: Call) -> None:
        if upstream.seen[call.name] % 10 < 5:
            await call.answer(503, {})
        else:
            await fine(call)

    for fault in TRIOS:
        upstream.script(f"trio-{fault}")(_one_of_three(upstream.scripts[fault], fine))

    @upstream.script("ebbs")
    async def ebbs(call: Call) -> None:
        if upstream.seen["ebbs"] <= 3:
            await call.answer(429, {}, "Retry-After: 2\r\n")
        else:
            while upstream.seen["ok"] < HELD["fine"]:  # noqa: ASYNC110  # the test is another thread
                await asyncio.sleep(0.02)
            await fine(call)

    @upstream.script("tardy")
    async def tardy(call: Call) -> None:
        await asyncio.sleep(30)
        await fine(call)

    @upstream.script("late")
    async def late(call: Call) -> None:
        await asyncio.sleep(1.5)
        await fine(call)

    @upstream.script("stuck")
    async def stuck(call: Call) -> None:
        while HELD["stuck"]:  # noqa: ASYNC110  # the test is another thread
            await asyncio.sleep(0.02)
        await fine(call)


def burst(
    gateway: Running, model: str, count: int, side_by_side: int = 6, *, stream: bool = True
) -> list[Answered]:
    with ThreadPoolExecutor(side_by_side) as pool:
        return list(pool.map(lambda number: gateway.chat(model, stream=stream, **said(number)), range(count)))


def said(number: int) -> dict[str, Any]:
    """A conversation of its own: others would sit where their first turn was served."""
    return {"messages": [{"role": "user", "content": f"hi {number}"}]}


def attempts(gateway: Running, answered: Answered) -> list[tuple[str, str]]:
    return [(a["deployment"], a["cause"]) for a in gateway.record(answered)["attempts"]]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("fault", FAULTS)
def test_no_request_is_lost_while_somebody_works(gateway: Running, fault: str, *, stream: bool) -> None:
    answered = burst(gateway, f"{fault}-first", 24, stream=stream)
    assert [one.status for one in answered] == [200] * 24
    if stream:
        assert all(DONE in one.body for one in answered)


def test_few_attempts_are_wasted_on_one_of_three_that_is_down(gateway: Running) -> None:
    answered = burst(gateway, "shared", 120)
    assert {one.status for one in answered} == {200}
    made = [one for request in answered for one in attempts(gateway, request)]
    assert len(made) <= 1.2 * len(answered), Counter(made)
    served = Counter(one.headers["x-wye-deployment"] for one in answered)
    assert set(served) == {"replica1", "replica2"}
    assert 'wye_resting{deployment="replica0"} 1.0' in gateway.metrics()
    assert min(served.values()) >= 30


@pytest.mark.parametrize("fault", TRIOS)
def test_whatever_is_wrong_with_it(gateway: Running, fault: str) -> None:
    answered = burst(gateway, f"trio-{fault}", 150)
    assert {one.status for one in answered} == {200}
    made = [one for request in answered for one in attempts(gateway, request)]
    assert len(made) <= 1.12 * len(answered), Counter(made)


def test_one_that_recovers_is_tried_by_one_request_and_comes_back(
    gateway: Running, upstream: FakeUpstream
) -> None:
    assert [gateway.chat("returns").headers["x-wye-deployment"] for _ in range(2)] == ["good", "good"]
    first = gateway.record(gateway.chat("returns"))
    assert first["decision"]["candidates"][-1]["reason"].startswith("down: asked to be left alone, resting")
    time.sleep(2.1)  # as long as it asked for
    gateway.chat("returns")  # tried, and refused again
    time.sleep(2.1)
    gateway.chat("returns")
    time.sleep(2.1)
    HELD["fine"] = upstream.seen["ok"] + 5
    at_once = burst(gateway, "returns", 6)
    served = Counter(one.headers["x-wye-deployment"] for one in at_once)
    assert served == {"good": 5, "ebbing": 1}
    assert gateway.chat("returns").headers["x-wye-deployment"] == "ebbing"


def test_a_hedge_is_served_when_it_is_sooner(gateway: Running, upstream: FakeUpstream) -> None:
    before = upstream.closed["tardy"]
    for stream in (True, False):
        began = time.monotonic()
        answered = gateway.chat("hedged", stream=stream)
        assert time.monotonic() - began < 20
        assert (answered.status, answered.headers["x-wye-deployment"]) == (200, "quick")
        record = gateway.record(answered)
        tried = [(a["deployment"], a["cause"], a.get("error", "")) for a in record["attempts"]]
        assert tried == [("tardy", "first", "cut short"), ("quick", "hedge", "")]
    _until(lambda: upstream.closed["tardy"] == before + 2)
    assert 'wye_in_flight{deployment="tardy"} 0.0' in gateway.metrics()


def test_a_hedge_stays_inside_what_is_permitted(gateway: Running, upstream: FakeUpstream) -> None:
    inside = gateway.chat("guarded", {"x-wye-label": "phi"})
    assert (inside.status, inside.headers["x-wye-deployment"]) == (200, "tardy-2")
    assert upstream.seen["outside"] == 0
    assert gateway.chat("guarded").headers["x-wye-deployment"] == "outside"


def test_no_more_are_hedged_than_may_be(gateway: Running) -> None:
    answered = burst(gateway, "rarely", 8)
    causes = Counter(cause for one in answered for _, cause in attempts(gateway, one))
    assert causes == {"first": 8, "hedge": 2}


def test_a_client_that_hangs_up_ends_both(gateway: Running, upstream: FakeUpstream) -> None:
    before, calls = upstream.closed["tardy"], upstream.seen["tardy"]
    connection = gateway.connect()
    connection.request(
        "POST",
        "/v1/chat/completions",
        b'{"model":"hedged","stream":true,"messages":[{"role":"user","content":"hi"}]}',
        {"Content-Type": "application/json"},
    )
    _until(lambda: upstream.seen["tardy"] > calls)
    connection.close()
    _until(lambda: upstream.closed["tardy"] == before + 1)
    for name in ("tardy", "quick"):
        _until(lambda: f'wye_in_flight{{deployment="{name}"}} 0.0' in gateway.metrics())  # noqa: B023  # called at once


def test_a_slow_deployment_stalls_nobody_else(gateway: Running, upstream: FakeUpstream) -> None:
    HELD["stuck"] = True
    with ThreadPoolExecutor(16) as pool:
        try:
            waiting = [pool.submit(gateway.chat, "stuck") for _ in range(16)]
            _until(lambda: upstream.seen["stuck"] == 16)
            assert {one.status for one in burst(gateway, "good", 20)} == {200}
            assert not any(one.done() for one in waiting)
        finally:
            HELD["stuck"] = False
        assert {one.result().status for one in waiting} == {200}


def _until(holds: Any) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
