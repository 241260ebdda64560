"""What is noticed while the gateway runs, whatever else is slow or broken."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.test_runtime import THERE, Clock, in_force, nobody, runtime
from routing.granted import grant
from wye.config.settings import Settings
from wye.gateway import reload
from wye.gateway.learnt import LearntRoutes
from wye.gateway.reload import Reload
from wye.gateway.runtime import Runtime


class SlowFleet:
    """Looks around for as long as the test lasts."""

    def __init__(self) -> None:
        self.looking = asyncio.Event()

    async def look(self, _: Settings) -> None:
        self.looking.set()
        await asyncio.sleep(600)


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reload, "WATCH_SECONDS", 0.01)


@contextlib.contextmanager
def going_on(*works: Any) -> Iterator[None]:
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            assert not task.done()
            task.cancel()


async def until_strong(made: Runtime) -> None:
    async with asyncio.timeout(10):
        while in_force(made):  # noqa: ASYNC110  # it is a file and a clock that change
            await asyncio.sleep(0.01)


def certified(tmp_path: Path, clock: Clock) -> Runtime:
    grant(tmp_path, expires=clock.now + 10)
    made = runtime(LearntRoutes(tmp_path, clock))
    made.load(Settings(), THERE, nobody)
    assert in_force(made)
    return made


async def test_a_certificate_expires_while_somebody_still_looks_for_engines(tmp_path: Path) -> None:
    clock, fleet = Clock(), SlowFleet()
    made = certified(tmp_path, clock)
    one: Any = Reload(None, made, fleet)  # type: ignore[arg-type]  # a slow one
    with going_on(one.look_again(), one.relearn()):
        await fleet.looking.wait()
        clock.now += 10
        await until_strong(made)


async def test_a_defect_while_looking_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock, changed, times = Clock(), LearntRoutes.changed, iter(range(100))
    made = certified(tmp_path, clock)

    def at_first_a_defect(learnt: LearntRoutes) -> bool:
        if next(times) < 2:
            message = "a defect"
            raise LookupError(message)
        return changed(learnt)

    monkeypatch.setattr(LearntRoutes, "changed", at_first_a_defect)
    with going_on(Reload(None, made, SlowFleet()).relearn()):  # type: ignore[arg-type]  # nobody looks
        clock.now += 10
        await until_strong(made)
    assert caplog.text.count("a defect") >= 2
