"""A race: whoever is not served gives back what it holds, whatever happens to the client meanwhile."""

import asyncio
from typing import Any

import pytest

from wye.config.strategies import HedgeSettings
from wye.core.errors import UpstreamError
from wye.gateway.hedge import Hedge
from wye.gateway.job import Answer, Failure
from wye.gateway.race import race

FIRST, SECOND = (Answer(200, name, None, None, None) for name in (b"first", b"second"))  # type: ignore[arg-type]  # a race looks at neither


def hedge() -> Hedge:
    return Hedge(HedgeSettings(after_ms=1, share=1))


async def after(seconds: float, outcome: Answer | Failure) -> Answer | Failure:
    await asyncio.sleep(seconds)
    return outcome


async def reluctant(gone: asyncio.Event) -> Answer | Failure:
    """Take a while to be cut short."""
    try:
        await asyncio.sleep(60)
    finally:
        gone.set()
        await asyncio.sleep(0)
    return FIRST


async def test_the_sooner_is_served_and_the_other_cut_short() -> None:
    discarded: list[Answer] = []
    gone = asyncio.Event()
    won = await race(reluctant(gone), hedge(), lambda: after(0.0, SECOND), discarded.append)
    assert (won, discarded, gone.is_set()) == (SECOND, [], True)


async def test_of_two_failures_the_first_is_told() -> None:
    failures = [Failure(UpstreamError(name)) for name in ("first", "second")]
    discarded: list[Answer] = []
    won = await race(after(0.05, failures[0]), hedge(), lambda: after(0.0, failures[1]), discarded.append)
    assert won is failures[0]
    assert discarded == []


async def test_a_client_that_leaves_while_the_loser_is_cut_short_is_given_nothing() -> None:
    discarded: list[Answer] = []
    gone = asyncio.Event()
    racing: asyncio.Task[Any] = asyncio.ensure_future(
        race(reluctant(gone), hedge(), lambda: after(0.0, SECOND), discarded.append)
    )
    await gone.wait()  # the second one has won
    racing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await racing
    assert discarded == [SECOND]


async def test_who_is_told_twice_to_end_waits_for_what_losers_note() -> None:
    noted, gone = [], asyncio.Event()

    async def slow_to_note() -> Answer | Failure:
        try:
            await asyncio.sleep(60)
        finally:
            gone.set()
            await asyncio.sleep(0.05)
            noted.append("what it cost")
        return FIRST

    racing: asyncio.Task[Any] = asyncio.ensure_future(
        race(slow_to_note(), hedge(), lambda: after(60, SECOND), lambda _: None)
    )
    await asyncio.sleep(0.02)
    racing.cancel()
    await gone.wait()
    racing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await racing
    assert noted == ["what it cost"]


async def failing() -> Answer | Failure:
    await asyncio.sleep(0.005)
    message = "a defect"
    raise LookupError(message)


async def test_a_defect_in_one_attempt_leaves_the_other_and_is_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    won = await race(after(0.05, FIRST), hedge(), failing, lambda _: None)
    assert won is FIRST
    assert "a defect" in caplog.text
    caplog.clear()
    with pytest.raises(LookupError):
        await race(failing(), hedge(), failing, lambda _: None)
