"""Where limits are counted. In memory, for one process; several would lease shares of the same interface."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Protocol

from wye.ledger.keystore import Budget, Window

MINUTE = 60
ZERO = Decimal(0)

Spent = Callable[[str, float | None], Decimal]
"""(account, since Unix seconds or None) -> USD the ledger knows of."""


class LimitStore(Protocol):
    """Counts what accounts use. `now` is Unix seconds everywhere."""

    def take(self, counter: str, limit: int, amount: int, now: float) -> float:
        """Add `amount` to a counter unless the last minute would exceed `limit`.

        Returns 0 when taken, else the seconds until there is room (infinite: there never will be).
        """

    def give_back(self, counter: str, amount: int, taken_at: float) -> None:
        """Undo part of what was taken at `taken_at`."""

    def left(self, counter: str, limit: int, now: float) -> int:
        """Return what the last minute leaves of `limit`."""

    def remaining(self, account: str, budget: Budget, now: float) -> Decimal:
        """Return what is neither spent nor reserved of the budget in its window."""

    def reserve(self, account: str, budget: Budget, amount: Decimal, now: float) -> float | None:
        """Hold `amount` of the budget; return the start of the window it is held in, None if less remains."""

    def settle(self, account: str, budget: Budget, reserved: Decimal, actual: Decimal, start: float) -> None:
        """Turn what was reserved in the window that began at `start` into what was spent."""


def window_start(window: Window, now: float) -> float:
    """Return when the window that holds `now` began, Unix seconds; 0 = the beginning of time."""
    if window is Window.TOTAL:
        return 0.0
    moment = dt.datetime.fromtimestamp(now, dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return (moment.replace(day=1) if window is Window.MONTH else moment).timestamp()


class _Minute:
    """A sliding minute in slots of a second: no 60 seconds hold more than the limit, in bounded memory."""

    __slots__ = ("_second", "_slots", "total")

    def __init__(self) -> None:
        self._slots = [0] * (MINUTE + 1)  # the oldest second is counted while any of it is in the minute
        self._second = 0
        self.total = 0

    def advance(self, now: float) -> None:
        second = int(now)
        behind = second - self._second
        if behind <= 0:
            return  # the clock may be set back; nothing is forgotten early
        if behind > MINUTE:
            self._slots = [0] * (MINUTE + 1)
            self.total = 0
        else:
            for gone in range(self._second + 1, second + 1):
                self.total -= self._slots[gone % (MINUTE + 1)]
                self._slots[gone % (MINUTE + 1)] = 0
        self._second = second

    def add(self, amount: int) -> None:
        self._slots[self._second % (MINUTE + 1)] += amount
        self.total += amount

    def remove(self, amount: int, taken_at: float) -> None:
        second = min(int(taken_at), self._second)
        if self._second - second <= MINUTE:
            slot = second % (MINUTE + 1)
            amount = min(amount, self._slots[slot])
            self._slots[slot] -= amount
            self.total -= amount

    def wait(self, excess: int, now: float) -> float:
        """Return the seconds until `excess` of what is counted has slid out."""
        for second in range(self._second - MINUTE, self._second + 1):
            excess -= self._slots[second % (MINUTE + 1)]
            if excess <= 0:
                return max(second + MINUTE + 1 - now, 0.001)
        return float("inf")


class _Account:
    """A budget's window: what is spent and reserved in it."""

    __slots__ = ("reserved", "spent", "start")

    def __init__(self, start: float, spent: Decimal) -> None:
        self.start = start
        self.spent = spent
        self.reserved = ZERO


class MemoryStore:
    """The `LimitStore` of one process. Its size is bounded by the number of keys that have limits."""

    def __init__(self, spent: Spent) -> None:
        self._spent = spent
        self._minutes: dict[str, _Minute] = {}
        self._accounts: dict[tuple[str, Window], _Account] = {}

    def seed(self, account: str, budget: Budget, now: float) -> None:
        """Read from the ledger what an account has spent. Blocks: `KeyRing`'s `on_load` is the place."""
        name = (account, budget.window)
        if name not in self._accounts:
            start = window_start(budget.window, now)
            self._accounts.setdefault(name, _Account(start, self._spent(account, start or None)))

    def take(self, counter: str, limit: int, amount: int, now: float) -> float:
        """See `LimitStore`."""
        minute = self._minute(counter, now)
        excess = minute.total + amount - limit
        if excess <= 0:
            minute.add(amount)
            return 0.0
        return minute.wait(excess, now)

    def give_back(self, counter: str, amount: int, taken_at: float) -> None:
        """See `LimitStore`."""
        self._minutes[counter].remove(amount, taken_at)

    def left(self, counter: str, limit: int, now: float) -> int:
        """See `LimitStore`."""
        return max(limit - self._minute(counter, now).total, 0)

    def remaining(self, account: str, budget: Budget, now: float) -> Decimal:
        """See `LimitStore`."""
        current = self._account(account, budget, now)
        return budget.amount - current.spent - current.reserved

    def reserve(self, account: str, budget: Budget, amount: Decimal, now: float) -> float | None:
        """See `LimitStore`."""
        current = self._account(account, budget, now)
        if amount and current.spent + current.reserved + amount > budget.amount:
            return None
        current.reserved += amount
        return current.start

    def settle(self, account: str, budget: Budget, reserved: Decimal, actual: Decimal, start: float) -> None:
        """See `LimitStore`."""
        current = self._accounts[account, budget.window]
        if current.start == start:  # else that window is over, and what was spent in it counts no more
            current.reserved -= reserved
            current.spent += actual

    def _minute(self, counter: str, now: float) -> _Minute:
        minute = self._minutes.get(counter)
        if minute is None:
            minute = self._minutes[counter] = _Minute()
        minute.advance(now)
        return minute

    def _account(self, account: str, budget: Budget, now: float) -> _Account:
        start = window_start(budget.window, now)
        current = self._accounts.get((account, budget.window))
        if current is None:
            self.seed(account, budget, now)
            current = self._accounts[account, budget.window]
        elif start > current.start:
            current = self._accounts[account, budget.window] = _Account(start, ZERO)
        return current
