"""Who tries a deployment that has rested: only a request that is really sent there."""

import asyncio
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from fake_upstream import Call, FakeUpstream
from gateway.test_watched import job
from routing.facts import deployment
from running import Running, running
from wye.core.errors import BudgetError, RateLimitError
from wye.gateway.aside import Aside
from wye.gateway.attempts import Attempts
from wye.gateway.gate import Gate
from wye.gateway.health import Health
from wye.gateway.job import Job
from wye.gateway.keys import Caller
from wye.gateway.limits import Limits
from wye.gateway.limitstore import MemoryStore
from wye.gateway.target import target
from wye.ledger.keystore import Budget, Window
from wye.providers.egress import Egress
from wye.providers.transport.transport import Transport

PLAYS = {"patient": "fine", "slowly": "fine"}
"""What each model does; tests change it."""


class Clock:
    now = 1e6

    def __call__(self) -> float:
        return self.now


def due(clock: Clock) -> Health:
    """A deployment has rested, and is to be tried."""
    health = Health(now=clock)
    health.failed("house", 1.0)
    assert health.reason_down("house")
    clock.now += 2
    return health


def asking(gate: Gate, caller: Caller) -> Job:
    made = Aside(*msgspec.structs.astuple(job(candidates=("house",))))
    made.caller, made.targets = caller, {"house": target(deployment("house", None), gate)}
    return made


async def refused(health: Health, one: Job, error: type[Exception]) -> None:
    egress = Egress()
    transport = Transport(egress)
    try:
        with pytest.raises(error):
            await Attempts(egress, transport, Limits(MemoryStore(lambda *_: Decimal(0))), health).run(one)
    finally:
        await transport.aclose()


async def test_a_key_without_budget_is_no_trial() -> None:
    health = due(Clock())
    poor = Caller("k1", "k1", budget=Budget(Decimal(0), Window.TOTAL))
    await refused(health, asking(Gate("house", 4, 8, 1.0), poor), BudgetError)
    assert health.reason_down("house") == ""


async def test_a_full_queue_is_no_trial() -> None:
    health, gate = due(Clock()), Gate("house", 1, 0, 1.0)
    assert gate.try_enter()
    await refused(health, asking(gate, Caller("k1", "k1")), RateLimitError)
    assert health.reason_down("house") == ""


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    async def play(call: Call) -> None:
        plays = PLAYS[call.json["model"]]
        if plays == "slow":
            await asyncio.sleep(0.5)
            plays = "broken"
        if plays == "fine":
            await call.answer()
        elif plays == "busy":
            await call.answer(429, {}, "Retry-After: 1\r\n")
        elif plays == "broken":
            await call.answer(500, {})
        else:
            await call.answer(400, {"error": {"message": "no such temperature"}})

    for name in (*PLAYS, "other"):
        upstream.script(name)(play)
    PLAYS["other"] = "fine"
    here: dict[str, Any] = {
        "base_url": f"http://127.0.0.1:{upstream.port}/v1",
        "lane": "own",
        "networks": ["127.0.0.0/8"],
    }
    deployments = {name: here | {"model": name, "retries": 0} for name in PLAYS}
    deployments["slowly"]["retries"] = 4
    hedge = {"after_ms": 50, "share": 1}
    routes = {
        "trial": {"rules": [{"use": ["patient", "other"]}]},
        "hedged": {"rules": [{"use": ["slowly", "other"]}], "hedge": hedge},
    }
    settings = {"deployments": deployments, "routes": routes}
    with running(tmp_path_factory.mktemp("gateway"), settings) as gateway:
        yield gateway


def test_an_answer_that_blames_the_request_ends_the_rest(gateway: Running) -> None:
    PLAYS["patient"] = "busy"
    assert gateway.chat("trial").headers["x-wye-deployment"] == "other"
    time.sleep(1.1)
    PLAYS["patient"] = "blames"
    assert gateway.chat("trial").status == 400
    PLAYS["patient"] = "fine"
    assert gateway.chat("trial").headers["x-wye-deployment"] == "patient"


def test_after_a_hedge_nobody_else_is_left_and_retries_go_on(gateway: Running) -> None:
    """Else a client would be told of a failure that one more attempt would have made good."""
    PLAYS.update(slowly="slow", other="broken")
    told = gateway.chat("hedged")
    assert told.status == 502
    causes = [one["cause"] for one in gateway.record(told)["attempts"]]
    assert sorted(causes) == ["first", "hedge", *["retry"] * 4]
    PLAYS["other"] = "fine"
