"""Looks for what has to be masked, beside the event loop, and not for longer than a request may wait."""

import asyncio
import functools
import time
from collections.abc import Iterator, Sequence

import anyio
import anyio.to_thread

from wye.core.errors import MaskingError
from wye.policy.detectors import Detector, Finding
from wye.policy.detectors.finding import resolve

SECONDS = 5.0
"""For the texts of one request."""
THREADS = 4
"""That look. One that hangs is not waited for, and has its place as long as it does."""
PIECE = 8_192
"""Characters looked at in one go: between two pieces the clock is looked at."""
OVERLAP = 256
"""Characters of a piece that the next one begins with, so that nothing is cut in two."""


class LateError(Exception):
    """The time is over."""


class Finder:
    """Finds things in texts with a detector."""

    def __init__(self, detector: Detector, seconds: float = SECONDS) -> None:
        self._detector = detector
        self._seconds = seconds
        self._threads = anyio.CapacityLimiter(THREADS)

    async def find(self, texts: Sequence[str]) -> list[list[Finding]]:
        """Return what is found in each text. Raises `MaskingError`."""
        work = functools.partial(self._all, texts, time.monotonic() + self._seconds)
        try:
            async with asyncio.timeout(self._seconds):
                return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._threads)
        except (TimeoutError, LateError):
            message = f"looking for what has to be masked took longer than {self._seconds:g} s"
            raise MaskingError(message) from None
        except Exception as error:  # noqa: BLE001  # whatever a rule does, nothing leaves; its text may quote
            message = f"looking for what has to be masked failed ({type(error).__name__})"
            raise MaskingError(message) from None

    def _all(self, texts: Sequence[str], deadline: float) -> list[list[Finding]]:
        return [resolve(self._of(text, deadline)) for text in texts]  # pieces overlap

    def _of(self, text: str, deadline: float) -> Iterator[Finding]:
        for start, piece in pieces(text):
            if time.monotonic() >= deadline:
                raise LateError
            for one in self._detector.find(piece):
                yield Finding(one.start + start, one.end + start, one.kind, one.confidence, one.source)


def pieces(text: str) -> Iterator[tuple[int, str]]:
    """Yield a long text piece by piece, with where each begins: before the end of the one before."""
    start = 0
    while True:
        yield start, text[start : start + PIECE]
        start += PIECE - OVERLAP
        if start + OVERLAP >= len(text):
            return
