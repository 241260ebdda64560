import asyncio
import time

import pytest

from wye.core.errors import RateLimitError
from wye.gateway.gate import Gate


async def test_first_come_first_served_and_never_more_than_its_limit() -> None:
    gate = Gate("d", concurrency=2, queue=50, queue_seconds=60)
    order: list[int] = []
    most = 0

    async def visit(number: int) -> None:
        nonlocal most
        await gate.enter()
        entered = time.perf_counter()
        most = max(most, gate.active)
        order.append(number)
        await asyncio.sleep(0.001)
        gate.leave(entered)

    await asyncio.gather(*(visit(n) for n in range(50)))
    assert order == list(range(50))
    assert (most, gate.active, gate.waiting) == (2, 0, 0)


async def test_a_full_queue_says_when_to_come_back() -> None:
    gate = Gate("d", concurrency=1, queue=0, queue_seconds=5)
    assert gate.try_enter()
    with pytest.raises(RateLimitError, match="its queue is full") as caught:
        await gate.enter()
    assert caught.value.retry_after is not None
    assert caught.value.retry_after >= 1


async def test_a_turn_that_does_not_come() -> None:
    gate = Gate("d", concurrency=1, queue=5, queue_seconds=0.01)
    assert gate.try_enter()
    with pytest.raises(RateLimitError, match="no turn came"):
        await gate.enter()
    assert (gate.active, gate.waiting) == (1, 0)


async def test_who_gives_up_leaves_nothing_behind() -> None:
    gate = Gate("d", concurrency=1, queue=5, queue_seconds=5)
    assert gate.try_enter()
    waiting = [asyncio.create_task(gate.enter()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    gate.leave(time.perf_counter())  # hands the place to the second while the first is being cancelled
    await asyncio.sleep(0)
    waiting[1].cancel()  # in the very moment its turn came
    done = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(done[0], asyncio.CancelledError)
    assert gate.active == sum(1 for d in done if d is None)
    for _ in range(gate.active):
        gate.leave(time.perf_counter())
    assert (gate.active, gate.waiting) == (0, 0)


async def test_more_room_lets_the_waiting_in() -> None:
    gate = Gate("d", concurrency=1, queue=5, queue_seconds=5)
    assert gate.try_enter()
    waiting = asyncio.create_task(gate.enter())
    await asyncio.sleep(0)
    gate.resize(2, 5, 5)
    await asyncio.wait_for(waiting, 60)
    assert gate.active == 2
