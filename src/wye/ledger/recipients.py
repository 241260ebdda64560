"""To whom requests were sent, what for and how often: what a record of processing is made of."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from wye.core.record import Record

_NOT_SENT = "skip"
"""The cause of an attempt that sent nothing."""


@dataclass(slots=True)
class Recipient:
    """A deployment that got requests, and what the ledger knows of that. Times are Unix seconds."""

    deployment: str
    lane: str
    """Empty = the ledger does not say."""
    requests: int = 0
    attempts: int = 0
    sent_bytes: int = 0
    first: float = 0.0
    last: float = 0.0
    labels: Counter[str] = field(default_factory=Counter)
    """Label -> requests."""
    purposes: Counter[str] = field(default_factory=Counter)
    """Kind of work, or why a request was the gateway's own -> requests."""
    subjects: set[str] = field(default_factory=set)
    """Tags of those whose data it was, up to `MOST_SUBJECTS`."""


MOST_SUBJECTS = 1_000_000


@dataclass(slots=True)
class Processing:
    """All of a span of time."""

    requests: int = 0
    refused: int = 0
    """Requests that no upstream got: the policy, a limit or a defect forbade it."""
    first: float | None = None
    last: float | None = None
    labels: Counter[str] = field(default_factory=Counter)
    recipients: dict[str, Recipient] = field(default_factory=dict)


def processing(records: Iterable[Record]) -> Processing:
    """Sum up records, in any order."""
    done = Processing()
    for record in records:
        done.requests += 1
        done.first = record.at if done.first is None else min(done.first, record.at)
        done.last = record.at if done.last is None else max(done.last, record.at)
        done.labels.update(record.labels)
        lanes = lanes_of(record)
        sent = [attempt for attempt in record.attempts if attempt.cause != _NOT_SENT]
        done.refused += not sent
        for name in dict.fromkeys(attempt.deployment for attempt in sent):
            one = done.recipients.get(name)
            if one is None:
                one = done.recipients[name] = Recipient(name, lanes.get(name, ""), first=record.at)
            one.lane = one.lane or lanes.get(name, "")
            mine = [attempt for attempt in sent if attempt.deployment == name]
            one.requests += 1
            one.attempts += len(mine)
            one.sent_bytes += sum(attempt.request_bytes for attempt in mine)
            one.first, one.last = min(one.first, record.at), max(one.last, record.at)
            one.labels.update(record.labels)
            one.purposes[_purpose(record)] += 1
            if record.subject and len(one.subjects) < MOST_SUBJECTS:
                one.subjects.add(record.subject)
    return done


def lanes_of(record: Record) -> dict[str, str]:
    """Return deployment -> lane, as far as the record says."""
    named = record.decision.candidates if record.decision is not None else ()
    found = {one.deployment: one.lane.value for one in named if one.lane is not None}
    return found | ({record.deployment: record.lane.value} if record.lane is not None else {})


def _purpose(record: Record) -> str:
    if record.shadow_of:
        return record.decision.strategy if record.decision else "shadow"
    return (record.decision.task if record.decision else "") or record.operation
