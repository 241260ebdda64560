"""Engines that say how full they are, and requests that spill while they are."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from fake_upstream import DONE, FINISH, Call, FakeUpstream, delta
from running import Running, running


class Engine:
    """What the scripted engine says of itself."""

    running = waiting = 0
    slots: list[bool] | None = None
    held = False
    starting = True

    @contextlib.contextmanager
    def holding(self) -> Iterator[None]:
        """Let it work until the end of the block."""
        self.held = True
        try:
            yield
        finally:
            self.held = False


@pytest.fixture(scope="module")
def engine(upstream: FakeUpstream) -> Engine:
    says = Engine()

    @upstream.script("GET /metrics")
    async def metrics(call: Call) -> None:
        assert b"\r\nauthorization: Bearer engine-key\r\n" in call.head
        if says.slots is not None:
            await call.answer(501, {"error": "no metrics"})
            return
        text = (
            f'vllm:num_requests_running{{a="b"}} {says.running}\nvllm:num_requests_waiting {says.waiting}\n'
        )
        await call.answer(body=text.encode(), kind="text/plain")

    @upstream.script("GET /slots")
    async def slots(call: Call) -> None:
        await call.answer(body=[{"is_processing": busy} for busy in says.slots or ()])

    @upstream.script("GET /late/metrics")
    async def late(call: Call) -> None:
        if says.starting:
            await call.answer(503, {"error": "loading"})
        else:
            await call.answer(body=b"vllm:num_requests_running 9\nvllm:num_requests_waiting 9\n")

    @upstream.script("work")
    async def work(call: Call) -> None:
        while says.held:  # noqa: ASYNC110  # the test is another thread
            await asyncio.sleep(0.02)
        await call.answer()

    @upstream.script("swift")
    async def swift(call: Call) -> None:
        await call.stream([delta("ok"), FINISH, DONE])

    return says


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    assert engine.running == 0
    place = {
        "base_url": f"http://127.0.0.1:{upstream.port}/v1",
        "lane": "own",
        "networks": ["127.0.0.0/8"],
        "api_key_env": "ENGINE_KEY",
    }
    deployments = {
        "gpu": place | {"model": "work"},
        "narrow": place | {"model": "work", "concurrency": 2, "machine_hour": 0.5},
        "late": place | {"model": "work", "base_url": f"http://127.0.0.1:{upstream.port}/late/v1"},
        "spare": place | {"model": "swift", "base_url": f"http://localhost:{upstream.port}/other/v1"},
    }
    order = {"rules": [{"use": ["gpu", "spare"]}]}
    routes: dict[str, Any] = {"merit": order, "gates": {"rules": [{"use": ["narrow", "spare"]}]}}
    settings = {"deployments": deployments, "routes": routes}
    with running(tmp_path_factory.mktemp("gateway"), settings, {"ENGINE_KEY": "engine-key"}) as gateway:
        yield gateway


def first(gateway: Running, route: str) -> str:
    """Who the next request would go to, without disturbing whoever is busy."""
    answered = gateway.chat(route, stream=True, max_tokens=1)
    return answered.headers["x-wye-deployment"]


def until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def saturated(gateway: Running, deployment: str) -> bool:
    return f'wye_saturated{{deployment="{deployment}"}} 1.0' in gateway.metrics()


def asked(upstream: FakeUpstream, path: str) -> int:
    return upstream.seen[f"GET {path}"]


def test_an_engine_that_nobody_uses_is_left_alone(gateway: Running, upstream: FakeUpstream) -> None:
    before = asked(upstream, "/metrics")
    time.sleep(2.2)
    assert asked(upstream, "/metrics") == before
    assert gateway.metrics()


def test_what_machines_cost_an_hour_is_a_gauge(gateway: Running) -> None:
    shown = [line for line in gateway.metrics().splitlines() if line.startswith("wye_machine_hourly_cost{")]
    assert shown == ['wye_machine_hourly_cost{deployment="narrow"} 0.5']


def test_a_measured_queue_spills_and_comes_back(
    gateway: Running, upstream: FakeUpstream, engine: Engine
) -> None:
    engine.running, engine.waiting = 2, 6
    with ThreadPoolExecutor(3) as pool, engine.holding():
        busy = [pool.submit(gateway.chat, "gpu") for _ in range(3)]
        until(lambda: asked(upstream, "/metrics") > 0 and saturated(gateway, "gpu"))
        spilt = gateway.chat("merit", stream=True)
        assert spilt.headers["x-wye-deployment"] == "spare"
        record = gateway.record(spilt)
        assert "spills to 'spare': 'gpu' is saturated, all of 2 are busy" in record["decision"]["reasons"]
        assert [a["cause"] for a in record["attempts"]] == ["first"]
    assert all(one.result().status == 200 for one in busy)
    # Nobody here uses it any more, others do: it is asked all the same, until it has let up.
    assert first(gateway, "merit") == "spare"
    engine.running = engine.waiting = 0
    until(lambda: first(gateway, "merit") == "gpu")


def test_slots_are_believed(gateway: Running, upstream: FakeUpstream, engine: Engine) -> None:
    engine.slots = [True, False]
    with ThreadPoolExecutor(3) as pool, engine.holding():
        busy = [pool.submit(gateway.chat, "gpu") for _ in range(3)]
        until(lambda: asked(upstream, "/slots") > 0 and saturated(gateway, "gpu"))
        assert first(gateway, "merit") == "spare"
    assert all(one.result().status == 200 for one in busy)


def test_a_queue_in_front_of_it_spills_at_once(gateway: Running, engine: Engine) -> None:
    with ThreadPoolExecutor(3) as pool, engine.holding():
        waiting = [pool.submit(gateway.chat, "narrow") for _ in range(3)]
        until(lambda: 'wye_queued{deployment="narrow"} 1.0' in gateway.metrics())
        answered = gateway.chat("gates", stream=True)
        assert answered.headers["x-wye-deployment"] == "spare"
        assert saturated(gateway, "narrow")
    assert "is saturated, 1 wait for it" in json.dumps(gateway.record(answered)["decision"]["reasons"])
    assert all(one.result().status == 200 for one in waiting)


def test_an_engine_that_does_not_say_is_soon_asked_again(
    gateway: Running, upstream: FakeUpstream, engine: Engine
) -> None:
    with ThreadPoolExecutor(1) as pool, engine.holding():
        busy = pool.submit(gateway.chat, "late")
        until(lambda: asked(upstream, "/late/metrics") > 1)
        engine.starting = False
        until(lambda: saturated(gateway, "late"))
    assert busy.result().status == 200
