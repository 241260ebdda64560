"""Labels by conversation, in memory: bounded, and each account's share is its own.

Where there is no room, it is the account with most conversations that loses the one of its own that was quiet
longest: who begins thousands of them pushes out nobody else's.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

import msgspec

from wye.core.label import Labels

Mark = tuple[str, bytes]
"""(account, by what the conversation is known again)."""


class Known(msgspec.Struct):
    """What is known of a conversation. Moments are those of one clock, in seconds."""

    at: float
    """Of the last turn."""
    labels: Labels
    noted: float
    """When they were written down, just these."""


class Conversations:
    """Belongs to the event loop. Every step takes the same time, however many there are."""

    def __init__(self) -> None:
        self._known: OrderedDict[Mark, Known] = OrderedDict()
        """Quiet longest first."""
        self._owned: dict[str, OrderedDict[bytes, None]] = {}
        """Account -> its own, in the same order."""
        self._by_size: dict[int, dict[str, None]] = {}
        """How many an account has -> the accounts that have so many."""
        self._largest = 0

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[tuple[Mark, Known]]:
        yield from self._known.items()

    def get(self, mark: Mark, since: float) -> Known | None:
        """Return what is known of a conversation that had a turn after `since`."""
        known = self._known.get(mark)
        return None if known is None or known.at <= since else known

    def put(self, mark: Mark, known: Known, since: float, most: int) -> None:
        """Remember it. What had no turn after `since` is forgotten, then what is more than `most`."""
        account, name = mark
        owned = self._owned.setdefault(account, OrderedDict())
        before = len(owned)
        self._known[mark] = known
        self._known.move_to_end(mark)
        owned[name] = None
        owned.move_to_end(name)
        self._counted(account, before, len(owned))
        self._forget(self._quiet(since))
        while len(self._known) > most:
            loser = next(iter(self._by_size[self._largest]))
            self._forget([(loser, next(iter(self._owned[loser])))])

    def _quiet(self, since: float) -> list[Mark]:
        quiet = []
        for mark, known in self._known.items():
            if known.at > since:
                break
            quiet.append(mark)
        return quiet

    def _forget(self, marks: Iterable[Mark]) -> None:
        for mark in marks:
            account, name = mark
            owned = self._owned[account]
            del self._known[mark], owned[name]
            self._counted(account, len(owned) + 1, len(owned))
            if not owned:
                del self._owned[account]

    def _counted(self, account: str, before: int, after: int) -> None:
        """Note how many an account has, which is one more or one fewer than before."""
        if before == after:
            return
        if before:
            there = self._by_size[before]
            del there[account]
            if not there:
                del self._by_size[before]
        if after:
            self._by_size.setdefault(after, {})[account] = None
        if after > self._largest or self._largest not in self._by_size:
            self._largest = after
