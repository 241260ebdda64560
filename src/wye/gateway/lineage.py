"""Where labels come from, and where they go: a label sticks to its conversation and to what came of it.

The rules:

- What a request was labelled with holds for the rest of its conversation, as far as its key does not say so
  each time anyway; so does what its answer raised. Of another account's conversations nobody learns anything.
- A conversation is known again by `x-wye-session`, else, once it goes on from an answer, by how it begins.
- It is remembered for some thousands of conversations and some hours, a fair share of them for each account
  (`wye.gateway.conversations`), and over a restart (`wye.ledger.remembered`): a label that cannot be written
  down lets no request pass. What was forgotten is as if it were new, unless config names labels for what goes
  on and is not remembered.
"""

import logging
import math
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from wye.config.lineage import LineageSettings
from wye.core.errors import LedgerError
from wye.core.label import Labels
from wye.gateway.conversations import Conversations, Known, Mark
from wye.gateway.inspection import NOTHING, Raised
from wye.gateway.listening import Listening
from wye.gateway.responses import Responses
from wye.gateway.runtime import Snapshot
from wye.gateway.session import Session
from wye.ledger.entry import Entry, sticking
from wye.ledger.remembered import FILE, Remembered, RememberedFile
from wye.policy.cedar.asking import Action

log = logging.getLogger("wye")

_HOUR = 3_600.0
_NOTED_ANEW = 16
"""So many times in `lineage.hours` a conversation that goes on is written down anew; a restart lets it live
that much longer, so that none is forgotten too early."""
_FEW_LINES = 1_000
_NEVER = -math.inf
_GOES_ON = re.compile(
    rb'"(?:role|type)"\s*:\s*"(?:assistant|model|tool|function_call|function_call_output|reasoning)"'
)
"""What only stands in a request that brings an earlier answer."""


class Lineage:
    """Labels by conversation. Belongs to the event loop."""

    def __init__(
        self,
        file: RememberedFile,
        settings: LineageSettings,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Take up what `file` remembers."""
        self._file = file
        self._clock, self._wall = clock, wall
        self._known = Conversations()
        now, today, seconds = clock(), wall(), settings.hours * _HOUR
        for one in file.found:
            age = max(0.0, today - one.at - seconds / _NOTED_ANEW)
            known = Known(now - age, frozenset(one.labels), _NEVER)
            self._known.put((one.account, one.mark), known, now - seconds, settings.conversations)
        file.found.clear()

    @classmethod
    def open(cls, state_dir: Path, settings: LineageSettings) -> Self:
        """Return what the state directory remembers. Raises `LedgerError` if that cannot be read."""
        return cls(RememberedFile(state_dir / FILE), settings)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def of(self, session: Session, settings: LineageSettings) -> Raised:
        """Return the labels that the conversation of a request has from before."""
        goes_on = _goes_on(session)
        if not goes_on and not session.arrival.session:
            return NOTHING
        mark = self._mark(session)
        known = mark and self._known.get(mark, self._clock() - settings.hours * _HOUR)
        if known:
            return Raised(known.labels, tuple(f"{label}=session" for label in sorted(known.labels)))
        if not goes_on:
            return NOTHING
        forgotten = frozenset(settings.forgotten)
        return Raised(forgotten, tuple(f"{label}=session:forgotten" for label in sorted(forgotten)))

    def learn(self, session: Session, labels: Labels, settings: LineageSettings) -> None:
        """Remember what a conversation is labelled with, beside what it was before.

        Raises `LedgerError` if a restart would forget it; until then it is remembered all the same.
        """
        if not labels and not settings.forgotten:
            return
        mark = self._mark(session)
        if mark is None:
            return
        now, seconds = self._clock(), settings.hours * _HOUR
        before = self._known.get(mark, now - seconds)
        noted = _NEVER
        if before is not None:
            labels |= before.labels
            noted = before.noted if labels == before.labels else _NEVER
        known = Known(now, labels, noted)
        self._known.put(mark, known, now - seconds, settings.conversations)
        if now - noted > seconds / _NOTED_ANEW:
            self._note(mark, known, settings)

    def _mark(self, session: Session) -> Mark | None:
        named = session.conversation()
        return None if named is None else (named[0], self._file.mark(*named))

    def _note(self, mark: Mark, known: Known, settings: LineageSettings) -> None:
        """Write it down for the next start."""
        now = self._clock()
        self._file.append(self._line(mark, known, now))
        known.noted = now
        if self._file.lines > max(_FEW_LINES, 4 * settings.conversations):  # 50 ms, every 60,000th time
            self._file.rewrite([self._line(*one, now) for one in self._known])

    def _line(self, mark: Mark, known: Known, now: float) -> Remembered:
        return Remembered(*mark, int(self._wall() - (now - known.at)), tuple(sorted(known.labels)))

    def idle(self, now: Snapshot) -> bool:
        """Whether no conversation can have labels that its request does not bring."""
        return not self._known and not now.settings.lineage.forgotten

    async def labelled(
        self, now: Snapshot, session: Session, before: Labels, labels: Labels, entry: Entry
    ) -> Labels:
        """Return `labels` with all that the conversation and the content add, and note where each is from.

        `before` = the labels of the stored answer that it goes on from.
        """
        settings = now.settings.lineage
        kept = self.of(session, settings)
        origins = [*_named(now, session, before), *(one for one in kept.origins)]
        labels |= kept.labels
        carried = sticking(
            origins
        )  # what is found besides is noted, though it be the default: that may change
        if now.inspection is not None and now.inspection.matters(labels, carried):
            raised = await now.inspection.request(session.request.body, carried)
            labels |= raised.labels
            origins += raised.origins
        entry.origins = tuple(origins)
        self.learn(session, entry.carried - session.caller.labels, settings)
        return labels

    def listening(
        self, now: Snapshot, session: Session, labels: Labels, entry: Entry, responses: Responses
    ) -> Listening | None:
        """Return who looks at the answer; None = nobody needs to."""
        inspection, carried = now.inspection, entry.carried
        if inspection is None or not inspection.settings.answers or not inspection.matters(labels, carried):
            return None
        settings = now.settings.lineage

        def learn(found: Labels) -> None:
            if now.policy.reads.action:
                _forbid(now, session, labels | found, entry)
            try:
                self.learn(session, found, settings)
            except LedgerError as error:  # it was said already; the next turn tries again
                log.error("%s", error.message)  # noqa: TRY400  # the message says it all
            if entry.response:  # an upstream holds it: whoever goes on from it brings nothing else
                responses.held(entry.response, session.caller, entry)

        return Listening(inspection, carried, entry, learn)


def _forbid(now: Snapshot, session: Session, labels: Labels, entry: Entry) -> None:
    """Do nothing with an answer that its labels forbid, some of which came up in it."""
    asking = now.asking(session.arrival, session.caller, len(session.request.body))
    if not now.permits(Action.STORE, labels, entry.deployment, asking):
        entry.withheld, session.keep_days = True, 0
    entry.told = entry.told and now.permits(Action.EXPORT, labels, entry.deployment, asking)


def _goes_on(session: Session) -> bool:
    return bool(session.request.previous) or _GOES_ON.search(session.request.body) is not None


def _named(now: Snapshot, session: Session, before: Labels) -> list[str]:
    """Return where labels that somebody named come from."""
    sources = (
        ("key", session.caller.labels),
        ("route", now.router.labels(session.request.model)),
        ("header", session.arrival.labels()),
        ("response", before),
    )
    return [f"{label}={source}" for source, labels in sources for label in sorted(labels)]
