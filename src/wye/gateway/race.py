"""Two attempts side by side: the first to begin an answer is served."""

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from typing import Any

from wye.gateway.hedge import Hedge
from wye.gateway.job import Answer, Failure

log = logging.getLogger("wye")

Attempting = Coroutine[Any, Any, Answer | Failure]


async def race(
    first: Attempting,
    hedge: Hedge,
    second: Callable[[], Attempting | None],
    discard: Callable[[Answer], None],
) -> Answer | Failure:
    """Return what `first` gives, or `second` if that is sooner to begin; of two failures the first one's.

    `second` is made when it is needed. Who loses is cut short, or, if its answer is there already, given to
    `discard`. So are both when the client goes away. An attempt that ends in a defect leaves it to the other.
    """
    hedge.asked()
    running = [asyncio.ensure_future(first)]
    won: Answer | None = None
    try:
        await asyncio.wait(running, timeout=hedge.seconds)
        if not running[0].done() and hedge.take() and (other := second()) is not None:
            running.append(asyncio.ensure_future(other))
        left = set(running)
        while left and not isinstance(won, Answer):
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            won = next(filter(None, [_answer(task) for task in running if task in done]), None)
        return won if won is not None else running[0].result()
    finally:
        for task in running:
            task.cancel()
        try:
            await all_ended(running)
        except asyncio.CancelledError:  # nobody is there for the answer that has won either
            won = None
            raise
        finally:
            for ended in filter(None, map(_answer, running)):
                if ended is not won:
                    discard(ended)
            for task in running[0 if won is not None else 1 :]:  # else the first one's is raised
                if not task.cancelled() and (error := task.exception()) is not None:
                    log.error("one of two attempts failed in a way nobody foresaw", exc_info=error)


async def all_ended(tasks: Collection["asyncio.Task[Any]"]) -> None:
    """Wait until all have ended, which have been told to; also if told to end itself meanwhile.

    Else what they note when they end, their usage and cost, would come after the record is sealed.
    """
    told: asyncio.CancelledError | None = None
    while left := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(left)
        except asyncio.CancelledError as error:
            told = error
    if told is not None:
        raise told


def _answer(task: "asyncio.Task[Answer | Failure]") -> Answer | None:
    """Return what a task ended with, if that is an answer."""
    if not task.done() or task.cancelled() or task.exception() is not None:
        return None
    ended = task.result()
    return ended if isinstance(ended, Answer) else None
