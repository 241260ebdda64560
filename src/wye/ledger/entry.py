"""A request's entry in the ledger while the request is under way."""

import time
from decimal import Decimal

import msgspec

from wye.core.decision import Decision, Verdict
from wye.core.label import Labels
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Attempt, Outcome, Record
from wye.core.request import Request
from wye.core.usage import Usage

MAX_CONTENT_BYTES = 1_048_576
"""Of a prompt, and of an answer, that is kept where config says so; the rest is cut off."""


class Entry:
    """Gathers what becomes known of a request. `seal()` makes it the record, once.

    Every moment is `time.perf_counter()`; the record holds milliseconds since arrival.
    """

    __slots__ = (
        "at",
        "attempts",
        "billed",
        "charged",
        "cost",
        "decision",
        "deployment",
        "error",
        "first_byte",
        "id",
        "kept",
        "key",
        "labels",
        "lane",
        "lost",
        "operation",
        "outcome",
        "parent",
        "protocol",
        "request",
        "request_bytes",
        "request_id",
        "response_bytes",
        "sealed",
        "started",
        "status",
        "team",
        "trace",
        "usage",
        "verdict",
    )

    def __init__(self, id_: str, request_id: str, protocol: str, operation: str) -> None:
        self.id = id_
        self.request_id = request_id
        self.protocol = protocol
        self.operation = operation
        self.at = time.time()
        self.started = time.perf_counter()
        self.first_byte: float | None = None
        self.key = self.team = self.deployment = self.error = self.trace = self.parent = ""
        self.kept: bytearray | None = None
        """The answer's bytes, where content is stored; None = it is not."""
        self.labels: Labels = frozenset()
        self.lane: Lane | None = None
        self.lost: tuple[str, ...] = ()
        self.request: Request | None = None
        self.verdict: Verdict | None = None
        self.decision: Decision | None = None
        self.attempts: list[Attempt] = []
        self.usage: Usage | None = None
        self.cost: Cost | None = None
        self.charged: Decimal | None = None
        self.billed = False
        """An attempt that gave no answer may be billed all the same."""
        self.outcome = Outcome.HANGUP
        self.status = 0
        self.request_bytes = 0
        self.response_bytes = 0
        self.sealed = False

    def elapsed_ms(self, moment: float) -> float:
        """Milliseconds from arrival to `moment`, to the microsecond."""
        return round((moment - self.started) * 1000, 3)

    def charge(self, amount: Decimal | None) -> None:
        """Add what an attempt took from the key's budget, in USD; None = there is no budget."""
        if amount is not None:
            self.charged = amount + (self.charged or 0)

    def keep(self, answer: bytes) -> None:
        """Keep a piece of the answer, if content is stored."""
        if self.kept is not None and len(self.kept) < MAX_CONTENT_BYTES:
            self.kept += answer[: MAX_CONTENT_BYTES - len(self.kept)]

    def seal(self) -> Record:
        """Make the record. What is still unknown stays unknown."""
        self.sealed = True
        request, verdict = self.request, self.verdict
        return Record(
            id=self.id,
            at=self.at,
            request_id=self.request_id,
            protocol=self.protocol,
            operation=self.operation,
            asked=request.model if request else "",
            outcome=self.outcome,
            status=self.status,
            duration_ms=self.elapsed_ms(time.perf_counter()),
            key=self.key,
            team=self.team,
            labels=tuple(sorted(self.labels)),
            request_bytes=self.request_bytes,
            response_bytes=self.response_bytes,
            stream=request.stream if request else False,
            policy_revision=verdict.revision if verdict else "",
            ceiling=verdict.ceiling if verdict else False,
            permitted=verdict.permitted if verdict else frozenset(),
            decision=self.decision,
            attempts=tuple(self.attempts),
            deployment=self.deployment,
            lane=self.lane,
            usage=self.usage,
            lost=self.lost,
            ttft_ms=None if self.first_byte is None else self.elapsed_ms(self.first_byte),
            cost=self.cost,
            charged=self.charged,
            error=self.error,
            trace=self.trace,
            parent=self.parent,
            content="" if self.kept is None else _content(request, self.kept),
        )


def _content(request: Request | None, answer: bytearray) -> str:
    """Return prompt and answer as they crossed the wire, as one JSON object."""
    asked = request.body[:MAX_CONTENT_BYTES] if request else b""
    texts = {"request": asked.decode("utf-8", "replace"), "answer": answer.decode("utf-8", "replace")}
    return msgspec.json.encode(texts).decode()
