"""Where expressions can match at all: one pass over a text for all of them, so that each is tried at few places.

Hyperscan walks the text once with a superset of every expression (`superset.py`), and `re` decides at the places
it names: the matches are those of `re`, the time is not. Without it (a machine it does not know, a missing wheel)
each expression walks the text itself, some five times slower, and finds the same.
"""

import re
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, NamedTuple, Protocol

from wye.policy.detectors.superset import FIGURE, FOLDS, encoded, superset

try:
    import hyperscan
except ImportError:  # no wheel for this machine: the same results, slower
    hyperscan = None  # type: ignore[assignment]  # a module or nothing

_LARGEST: Final = 1 << 20
"""Bytes read in one pass; offsets of more are not worth their memory."""


_TOGETHER: Final = 60
"""Expressions an engine takes: by ten a KB takes 5 % longer, and all at once cost a second and 110 MB at the start."""


class Lead(NamedTuple):
    """What stands at most `reach` characters behind the place where a match of `regex` begins; None = `regex` itself.

    For expressions too large for an engine, and for those that many share a lead with. `head` is the one character
    that a match begins with, with what must not stand before it: it is quicker to find than all places are to try.
    """

    regex: re.Pattern[str]
    lead: re.Pattern[str] | None = None
    reach: int = 0
    head: re.Pattern[str] | None = None


class Seen(Protocol):
    """A text that has been looked at."""

    text: str
    lowered: str
    sifted: bool
    """Whether only expressions that have a place in it are asked."""

    def among(self, ids: AbstractSet[int]) -> Iterable[int]:
        """Return which expressions with these `ids` can match anywhere."""
        ...

    def find(self, regex: re.Pattern[str]) -> Iterable[re.Match[str]]:
        """Return what `regex.finditer(text)` would."""
        ...


class Plain:
    """A text nobody has looked at: every expression walks it."""

    __slots__ = ("lowered", "text")
    sifted = False

    def __init__(self, text: str) -> None:
        self.text = text
        self.lowered = text.lower()

    def among(self, ids: AbstractSet[int]) -> Iterable[int]:
        """Return all: nobody knows."""
        return ids

    def find(self, regex: re.Pattern[str]) -> Iterable[re.Match[str]]:
        """Return the matches."""
        return regex.finditer(self.text)


class Sifted:
    """A text with the places where a match can begin, by expression.

    By its `id`, that is: to hash an expression takes longer than to find that it has no place.
    """

    __slots__ = ("_heads", "_regions", "lowered", "text")
    sifted = True

    def __init__(
        self,
        text: str,
        regions: dict[int, list[tuple[int, int]]],
        heads: Mapping[int, re.Pattern[str]],
    ) -> None:
        self.text = text
        self.lowered = text.lower()
        self._regions = regions
        self._heads = heads

    def among(self, ids: AbstractSet[int]) -> Iterable[int]:
        """Return those that have a place to look at."""
        return ids & self._regions.keys()

    def find(self, regex: re.Pattern[str]) -> Iterable[re.Match[str]]:
        """Return the matches."""
        regions = self._regions.get(id(regex))
        if regions is None:
            return ()
        head = self._heads.get(id(regex))
        if head is None:
            return _matches(regex.match, self.text, regions)
        return _headed(head, regex.match, self.text, regions)


def _matches(
    match: Callable[[str, int], re.Match[str] | None], text: str, regions: list[tuple[int, int]]
) -> list[re.Match[str]]:
    regions.sort()
    matches: list[re.Match[str]] = []
    place = 0
    for start, stop in regions:
        place = max(place, start)
        while place < stop:
            found = match(text, place)
            if found is None:
                place += 1
            else:
                matches.append(found)
                place = found.end()
    return matches


def _headed(
    head: re.Pattern[str],
    match: Callable[[str, int], re.Match[str] | None],
    text: str,
    regions: list[tuple[int, int]],
) -> list[re.Match[str]]:
    """Return what `_matches` does, tried where `head` is."""
    regions.sort()
    matches: list[re.Match[str]] = []
    place = 0
    for start, stop in regions:
        for one in head.finditer(text, max(place, start), stop):
            at = one.start()
            if at >= place and (found := match(text, at)):
                matches.append(found)
                place = found.end()
        place = max(place, stop)
    return matches


class Sieve:
    """A set of expressions. `read` is safe to share between threads; making one takes a second and a half."""

    def __init__(self, leads: Iterable[Lead]) -> None:
        self._blind: list[re.Pattern[str]] = []
        """Expressions without a superset: they walk every text."""
        self._for: list[list[tuple[int, int]]] = []
        """By number of what the engines look for: whose lead it is (its `id`), and how far before it a match begins."""
        self._heads: dict[int, re.Pattern[str]] = {}
        self._kept: list[re.Pattern[str]] = []
        """So that no `id` is used again."""
        self._engines: list[Any] = []
        self._local = threading.local()
        if hyperscan is not None:
            self._compile(leads)

    def read(self, text: str) -> Seen:
        """Look at `text` once for all expressions."""
        if not self._engines or not text or len(text) > _LARGEST:
            return Plain(text)
        if not text.isascii() and any(fold in text for fold in FOLDS):
            return Plain(text)
        events: list[tuple[int, int, int]] = []
        data = encoded(text)
        if FIGURE in data:
            return Plain(text)
        for engine, scratch in zip(self._engines, self._scratches(), strict=True):
            engine.scan(data, match_event_handler=_note, context=events.append, scratch=scratch)
        regions: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for number, start, end in events:
            for regex, reach in self._for[number]:
                regions[regex].append((start - reach if start > reach else 0, end))
        for blind in self._blind:
            regions[id(blind)] = [(0, len(text) + 1)]
        return Sifted(text, regions, self._heads)

    def _compile(self, leads: Iterable[Lead]) -> None:
        by_lead: dict[re.Pattern[str], list[tuple[re.Pattern[str], int]]] = {}
        for regex, lead, reach, head in dict.fromkeys(leads):
            if head is not None:
                self._heads[id(regex)] = head
            by_lead.setdefault(lead or regex, []).append((regex, reach))
        made = [superset(lead) for lead in by_lead]
        self._for = [[(id(regex), reach) for regex, reach in some] for some in by_lead.values()]
        self._kept = [regex for some in by_lead.values() for regex, _ in some]
        for first in range(0, len(made), _TOGETHER):
            self._take(made, range(len(made))[first : first + _TOGETHER])

    def _take(self, made: list[bytes], numbers: Sequence[int]) -> None:
        """Compile the expressions with these `numbers`; by themselves where they are too large together."""
        try:
            self._engines.append(_engine([made[number] for number in numbers], numbers))
        except hyperscan.error:
            if len(numbers) == 1:
                self._blind += [one for one in self._kept if id(one) in dict(self._for[numbers[0]])]
                return
            for number in numbers:
                self._take(made, [number])

    def _scratches(self) -> list[Any]:
        """Return this thread's own working memory, which two scans at once must not share."""
        try:
            found: list[Any] = self._local.scratches
        except AttributeError:
            found = self._local.scratches = [engine.scratch.clone() for engine in self._engines]
        return found


def _note(number: int, start: int, end: int, _flags: int, note: Any) -> None:  # noqa: ANN401  # the engine's callback
    note((number, start, end))


def _engine(made: list[bytes], numbers: Sequence[int]) -> Any:  # noqa: ANN401  # the engine may be missing, and its type with it
    engine = hyperscan.Database()
    engine.compile(
        expressions=made,
        ids=list(numbers),
        elements=len(made),
        flags=[hyperscan.HS_FLAG_SOM_LEFTMOST] * len(made),
    )
    return engine
