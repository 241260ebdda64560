"""Two attempts side by side: the first to begin an answer is served."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from wye.gateway.hedge import Hedge
from wye.gateway.job import Answer, Failure

Attempting = Coroutine[Any, Any, Answer | Failure]


async def race(
    first: Attempting,
    hedge: Hedge,
    second: Callable[[], Attempting | None],
    discard: Callable[[Answer], None],
) -> Answer | Failure:
    """Return what `first` gives, or `second` if that is sooner to begin; of two failures the first one's.

    `second` is made when it is needed. Who loses is cut short, or, if its answer is there already, given to
    `discard`. So are both when the client goes away.
    """
    hedge.asked()
    running = [asyncio.ensure_future(first)]
    won: Answer | Failure | None = None
    try:
        await asyncio.wait(running, timeout=hedge.seconds)
        if not running[0].done() and hedge.take() and (other := second()) is not None:
            running.append(asyncio.ensure_future(other))
        left = set(running)
        while left and not isinstance(won, Answer):
            done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
            answers = [task.result() for task in running if task in done]
            won = next((one for one in answers if isinstance(one, Answer)), won)
        return won if won is not None else running[0].result()
    finally:
        for task in running:
            task.cancel()
        try:
            await asyncio.wait(running)
        except asyncio.CancelledError:  # nobody is there for the answer that has won either
            won = None
            raise
        finally:
            for ended in filter(None, map(_answer, running)):
                if ended is not won:
                    discard(ended)


def _answer(task: "asyncio.Task[Answer | Failure]") -> Answer | None:
    """Return what a task ended with, if that is an answer."""
    if not task.done() or task.cancelled() or task.exception() is not None:
        return None
    ended = task.result()
    return ended if isinstance(ended, Answer) else None
