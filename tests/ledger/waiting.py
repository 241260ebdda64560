"""Waiting for what another process does."""

import time
from collections.abc import Callable


def until(true: Callable[[], bool]) -> None:
    """Return once `true`; a machine may be busy."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
