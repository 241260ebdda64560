"""Where labels come from, and where they go: a label sticks to its conversation and to what came of it.

The rules:

- What a request was labelled with holds for the rest of its conversation, as far as its key does not say so
  each time anyway; so does what its answer raised. Of another account's conversations nobody learns anything.
- A conversation is known again by `x-wye-session`, else, once it goes on from an answer, by how it begins.
- It is in memory, for some thousands of conversations and some hours. What was forgotten is as if it were
  new, unless config names labels for what goes on and is not remembered.
"""

import re
import time
from collections import OrderedDict
from collections.abc import Callable

from wye.config.lineage import LineageSettings
from wye.core.label import Labels
from wye.gateway.inspection import NOTHING, Raised
from wye.gateway.listening import Listening
from wye.gateway.responses import Responses
from wye.gateway.runtime import Snapshot
from wye.gateway.session import Session
from wye.ledger.entry import Entry

NO_LABELS: Labels = frozenset()
Mark = tuple[str, bytes]
_HOUR = 3_600.0
_GOES_ON = re.compile(
    rb'"(?:role|type)"\s*:\s*"(?:assistant|model|tool|function_call|function_call_output|reasoning)"'
)
"""What only stands in a request that brings an earlier answer."""


class Lineage:
    """Labels by conversation. Belongs to the event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[Mark, tuple[float, Labels]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def of(self, session: Session, settings: LineageSettings) -> Raised:
        """Return the labels that the conversation of a request has from before."""
        goes_on = _goes_on(session)
        if not goes_on and not session.arrival.session:
            return NOTHING
        mark = session.conversation()
        known = None if mark is None else self._known.get(mark)
        if known is not None and self._clock() - known[0] < settings.hours * _HOUR:
            return Raised(known[1], tuple(f"{label}=session" for label in sorted(known[1])))
        if not goes_on:
            return NOTHING
        forgotten = frozenset(settings.forgotten)
        return Raised(forgotten, tuple(f"{label}=session:forgotten" for label in sorted(forgotten)))

    def learn(self, session: Session, labels: Labels, settings: LineageSettings) -> None:
        """Remember what a conversation is labelled with, beside what it was before."""
        if not labels and not settings.forgotten:
            return
        mark = session.conversation()
        if mark is None:
            return
        now = self._clock()
        known = self._known.get(mark)
        if known is not None and now - known[0] < settings.hours * _HOUR:
            labels |= known[1]
        self._known[mark] = now, labels
        self._known.move_to_end(mark)
        while len(self._known) > settings.conversations:
            self._known.popitem(last=False)

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
        if now.inspection is not None and now.inspection.matters(labels):
            raised = await now.inspection.request(session.request.body, labels)
            labels |= raised.labels
            origins += raised.origins
        entry.origins = tuple(origins)
        self.learn(session, labels - session.caller.labels - now.default_labels, settings)
        return labels

    def listening(
        self, now: Snapshot, session: Session, labels: Labels, entry: Entry, responses: Responses
    ) -> Listening | None:
        """Return who looks at the answer; None = nobody needs to."""
        inspection = now.inspection
        if inspection is None or not inspection.settings.answers or not inspection.matters(labels):
            return None
        settings = now.settings.lineage

        def learn(found: Labels) -> None:
            self.learn(session, found, settings)
            if entry.response:  # an upstream holds it: whoever goes on from it brings nothing else
                responses.held(entry.response, session.caller, entry)

        return Listening(inspection, labels, entry, learn)


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
