"""Bounded concurrency and a bounded queue in front of one deployment."""

import asyncio
import time
from collections import deque

from wye.core.errors import RateLimitError

_SMOOTHING = 0.1
"""Weight of the latest request in the running mean of service time."""


class Gate:
    """Lets `concurrency` requests in and queues `queue` more, first come first served.

    A deployment keeps its gate over a change of configuration, so what is under way stays counted.
    """

    __slots__ = ("_mean_seconds", "_waiters", "active", "concurrency", "name", "queue", "queue_seconds")

    def __init__(self, name: str, concurrency: int, queue: int, queue_seconds: float) -> None:
        self.name = name
        self.active = 0
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._mean_seconds = 1.0
        self.resize(concurrency, queue, queue_seconds)

    def resize(self, concurrency: int, queue: int, queue_seconds: float) -> None:
        """Take on new limits; `queue_seconds` is the longest wait."""
        self.concurrency = concurrency
        self.queue = queue
        self.queue_seconds = queue_seconds
        self._wake()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self._waiters)

    @property
    def idle(self) -> bool:
        """Nobody is in and nobody waits."""
        return not self.active and not self._waiters

    @property
    def mean_seconds(self) -> float:
        """How long requests lately stayed in, on average."""
        return self._mean_seconds

    def try_enter(self) -> bool:
        """Enter at once if there is room and nobody waits."""
        if self.active < self.concurrency and not self._waiters:
            self.active += 1
            return True
        return False

    async def enter(self) -> None:
        """Enter, waiting in the queue if need be. Raises `RateLimitError` saying when to come back."""
        if self.try_enter():
            return
        if len(self._waiters) >= self.queue:
            raise self._busy(why="its queue is full")
        turn = asyncio.get_running_loop().create_future()
        self._waiters.append(turn)
        try:
            async with asyncio.timeout(self.queue_seconds):
                await turn
        except TimeoutError:
            self._give_up(turn)
            raise self._busy(why=f"no turn came within {self.queue_seconds:g} s") from None
        except asyncio.CancelledError:
            self._give_up(turn)
            raise

    def leave(self, entered: float) -> None:
        """Leave; `entered` is the `time.perf_counter()` of entering."""
        self.active -= 1
        self._mean_seconds += _SMOOTHING * (time.perf_counter() - entered - self._mean_seconds)
        self._wake()

    def _wake(self) -> None:
        while self._waiters and self.active < self.concurrency:
            turn = self._waiters.popleft()
            if not turn.done():
                self.active += 1  # the place passes on here, so nobody can slip in between
                turn.set_result(None)

    def _give_up(self, turn: asyncio.Future[None]) -> None:
        if turn.done() and not turn.cancelled():
            self.active -= 1  # the turn came in the same moment
            self._wake()
        elif turn in self._waiters:
            self._waiters.remove(turn)

    def _busy(self, *, why: str) -> RateLimitError:
        seconds = max(1.0, self._mean_seconds * (len(self._waiters) + 1) / self.concurrency)
        message = f"deployment '{self.name}' is busy: {why}; try again in {seconds:.0f} s"
        return RateLimitError(message, retry_after=seconds)
