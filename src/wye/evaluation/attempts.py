"""The register of attempts to certify a route: each further one has less confidence to spend.

Whoever tries ten gates and keeps the one that passes has tried ten times. So every attempt on a route, with
whatever gate, strategy, grid, ε, judge or revision, is registered before a label is read, and the j-th gets
δ_j = 6δ/(π²j²): they add up to δ however many there will be (a union bound; Σ 1/j² = π²/6).
"""

import fcntl
import math
import os
import time
from pathlib import Path

import msgspec

from wye.routing.state import StateError


class Attempt(msgspec.Struct, frozen=True):
    """One line of the register."""

    route: str
    number: int
    """From 1."""
    delta: float
    """δ of the route, for all attempts together."""
    plan: str
    """Hash of all that was fixed before: data, ε, settings, features, gate, judge, revisions."""
    at: float
    """Unix seconds."""

    @property
    def own_delta(self) -> float:
        """What this attempt may spend."""
        return 6 * self.delta / (math.pi * self.number) ** 2


class RegisterError(StateError):
    """The register cannot be trusted, or cannot be written: nothing may be certified."""


class Register:
    """An append-only file, one JSON line an attempt."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def attempts(self, route: str = "") -> list[Attempt]:
        """Return the attempts on `route`, or all. Raises `RegisterError`."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            message = f"cannot read the register of attempts {self._path}: {error.strerror}"
            raise RegisterError(message) from error
        try:
            known = [msgspec.json.decode(line, type=Attempt) for line in lines]
        except msgspec.DecodeError as error:
            message = f"{self._path} is damaged ({error}): restore it; without it nothing can be certified"
            raise RegisterError(message) from error
        return [attempt for attempt in known if attempt.route == route or not route]

    def begin(self, route: str, delta: float, plan: str) -> Attempt:
        """Register an attempt; it is on the disk when this returns. Raises `RegisterError`.

        The same plan registers anew: the same labels looked at twice are two looks.
        """
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)  # two at once would both be the j-th
                attempt = self._next(route, delta, plan)
                os.write(fd, msgspec.json.encode(attempt) + b"\n")
                os.fsync(fd)
            finally:
                os.close(fd)
        except OSError as error:
            message = f"cannot write the register of attempts {self._path}: {error.strerror}"
            raise RegisterError(message) from error
        return attempt

    def _next(self, route: str, delta: float, plan: str) -> Attempt:
        earlier = self.attempts(route)
        if any(attempt.delta != delta for attempt in earlier):
            message = f"route '{route}' began with another delta, which holds for all attempts on it"
            raise RegisterError(message)
        return Attempt(route, len(earlier) + 1, delta, plan, time.time())

    def expected_false(self) -> float:
        """Return how many false certificates to expect, at most, over all routes: the sum of their δ."""
        return sum({attempt.route: attempt.delta for attempt in self.attempts()}.values())
