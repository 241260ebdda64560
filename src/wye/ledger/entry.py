"""A request's entry in the ledger while the request is under way."""

import time
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Self

import msgspec

from wye.core.decision import Verdict
from wye.core.label import Labels
from wye.core.money import Cost, total
from wye.core.record import Attempt, Outcome, Record
from wye.core.request import Request

MAX_CONTENT_BYTES = 1_048_576
"""Of a prompt, and of an answer, that is kept where config says so; the rest is cut off."""
MAX_ERROR = 2_000
"""Characters of an error, part of which an upstream may have written."""


def milliseconds(seconds: float) -> float:
    """Return seconds as milliseconds, to the microsecond."""
    return round(seconds * 1_000_000) / 1000  # to round to digits goes by way of text


def sticking(origins: Iterable[str]) -> Labels:
    """Return the labels that a record's `origins` name."""
    return frozenset(origin.partition("=")[0] for origin in origins)


EXPORT = "export"
"""The action that a policy is asked for before a record is handed to a collector of traces."""


class Entry(Record, kw_only=True):
    """The record as it comes to be: what becomes known is put into the record's own fields.

    `begin()` makes one, `seal()` makes it the record, once. Every moment is `time.perf_counter()`.
    """

    started: float
    first_byte: float = 0.0
    """When the answer began; 0 = it has not."""
    tried: list[Attempt] = []
    """The attempts so far."""
    body: bytes = b""
    unpriced: str = ""
    """What was asked for that tokens at the list price do not bound; empty = nothing."""
    kept: bytearray | None = None
    """The answer's bytes, where content is stored; None = it is not."""
    withheld: bool = False
    """Nothing is stored before its labels are known, nor before who answered is, where the policy cares."""
    told: bool = True
    """The record may be handed to a collector of traces."""
    heard: bytearray | None = None
    """The answer's bytes, where somebody is to judge them; None = nobody is."""
    listener: Callable[[bytes], None] | None = None
    """Takes a streamed answer's bytes as they pass; None = nobody looks at them."""
    unheard: Callable[[], None] | None = None
    """To be called when the answer breaks off, before the record is made; None = nobody looks at it."""
    billed: bool = False
    """An attempt that gave no answer may be billed all the same."""
    aside: list[Cost] = []
    """What answers cost that nobody was served."""
    sealed: bool = False

    @classmethod
    def begin(cls, id_: str, request_id: str, protocol: str, operation: str) -> Self:
        """Return the entry of a request that arrives now. Until more is known its client hung up."""
        return cls(
            id_,
            time.time(),
            request_id,
            protocol,
            operation,
            "",
            Outcome.HANGUP,
            0,
            0.0,
            started=time.perf_counter(),
        )

    def asks(self, request: Request) -> None:
        """Note what was asked."""
        self.asked = request.model
        self.stream = request.stream
        self.body = request.body
        self.unpriced = request.unpriced

    def judged(self, labels: Labels, verdict: Verdict) -> None:
        """Note what is permitted."""
        self.labels = tuple(sorted(labels))
        self.policy_revision = verdict.revision
        self.ceiling = verdict.ceiling
        self.permitted = verdict.permitted
        self.told = EXPORT not in verdict.narrowed

    @property
    def carried(self) -> Labels:
        """Labels of what goes on from here: all that somebody named or something raised.

        Not the default, which has no origin: another default holds from the next turn on.
        """
        return sticking(self.origins)

    @property
    def unnamed(self) -> Labels:
        """The default, where it holds."""
        return frozenset(self.labels) - self.carried

    def elapsed_ms(self, moment: float) -> float:
        """Milliseconds from arrival to `moment`, to the microsecond."""
        return milliseconds(moment - self.started)

    def charge(self, amount: Decimal | None) -> None:
        """Add what an attempt took from the key's budget, in USD; None = there is no budget."""
        if amount is not None:
            self.charged = amount + (self.charged or 0)

    def cost_is(self, served: Cost) -> None:
        """Note what the answer that was served cost, and with it all that were asked for to choose it."""
        self.cost = total((served, *self.aside)) if self.aside else served

    def keep(self, answer: bytes) -> None:
        """Keep a piece of the answer, if content is stored, or somebody is to judge it."""
        if self.listener is not None:
            self.listener(answer)
        for kept in (self.kept, self.heard):
            if kept is not None and len(kept) < MAX_CONTENT_BYTES:
                kept.extend(answer[: MAX_CONTENT_BYTES - len(kept)])

    def seal(self) -> Record:
        """Make the record. What is still unknown stays unknown."""
        self.sealed = True
        self.attempts = tuple(self.tried)
        self.duration_ms = self.elapsed_ms(time.perf_counter())
        if self.first_byte:
            self.ttft_ms = self.elapsed_ms(self.first_byte)
        if self.error:
            self.error = self.error[:MAX_ERROR]
        if self.kept is not None and not self.withheld:
            self.content = _content(self.body, self.kept)
        return Record(*msgspec.structs.astuple(self)[:_FIELDS])


_FIELDS = len(Record.__struct_fields__)


def _content(asked: bytes, answer: bytearray) -> str:
    """Return prompt and answer as they crossed the wire, as one JSON object."""
    texts = {
        "request": asked[:MAX_CONTENT_BYTES].decode("utf-8", "replace"),
        "answer": answer.decode("utf-8", "replace"),
    }
    return msgspec.json.encode(texts).decode()
