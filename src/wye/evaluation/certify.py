"""Find the cheapest setting of a route that is certainly good enough: fixed-sequence Learn-then-Test.

Settings come in an order fixed without the calibration rows, the safest first; the first of all, everything
to the strong model, needs no test. They are tested in that order, each at level δ, until one fails. The
chance that any setting accepted on the way is in truth worse than allowed is at most δ, so that choosing
among them is free.

Assumes that the rows are exchangeable with the traffic that the certificate shall speak of, and one row a
conversation or cluster of near-duplicates. Source: Angelopoulos, Bates, Candès, Jordan, Lei, "Learn then
Test", arXiv 2110.01052, section 3.2 (fixed sequence testing), with the betting bound of `betting`.
"""

import hashlib
import hmac
import math
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from wye.evaluation.betting import peak_log_capital
from wye.routing.watch.loss import Scale, Scores


class Row(msgspec.Struct, frozen=True):
    """A labelled request."""

    id: str
    conversation: str
    """Rows of one conversation, or near-duplicates of one prompt, have the same: one of them counts."""
    strong: float
    """The strong model's score, in [0, 1]."""
    chosen: tuple[float, ...]
    """The score of whoever each setting would have chosen, the safest setting first."""


class Test(msgspec.Struct, frozen=True):
    """What became of one setting."""

    setting: int
    log_capital: float
    """At its peak; accepted at `log(1/delta)`."""
    accepted: bool


class Outcome(msgspec.Struct, frozen=True):
    """What may be claimed."""

    setting: int | None
    """The last one accepted; None = only the strong model."""
    rows: int
    """That were tested: one a conversation."""
    tests: tuple[Test, ...]
    """In the order they were made; the last one failed, unless all were accepted."""


def data_hash(rows: Iterable[Row]) -> str:
    """Return the hash of a set of rows, whatever their order."""
    lines = sorted(msgspec.json.encode(row) for row in rows)
    return hashlib.sha256(b"\n".join(lines)).hexdigest()


def in_order(rows: Sequence[Row], data: str) -> list[Row]:
    """Return one row a conversation, in an order that nobody can choose: by HMAC of data hash and id.

    Trying seeds until one passes would raise the error many times over.
    """
    key = bytes.fromhex(data)
    ranked = sorted(rows, key=lambda row: hmac.digest(key, row.id.encode(), "sha256"))
    seen: set[str] = set()
    return [row for row in ranked if row.conversation not in seen and not seen.add(row.conversation)]  # type: ignore[func-returns-value]  # adds, and is falsy


def certify(rows: Sequence[Row], *, epsilon: float, delta: float) -> Outcome:
    """Walk the settings up and stop at the first failure. `rows`: in their final order, one a conversation.

    Raises `ScoreError` for a score outside [0, 1].
    """
    if not rows:
        return Outcome(None, 0, ())
    strong = np.array([row.strong for row in rows])
    chosen = np.array([row.chosen for row in rows])
    return walk(strong, chosen, epsilon=epsilon, delta=delta)


def walk(strong: Scores, chosen: Scores, *, epsilon: float, delta: float) -> Outcome:
    """As `certify`, of arrays: `strong` (rows), `chosen` (rows x settings)."""
    scale = Scale(epsilon)
    needed = math.log(1 / delta)
    peaks = peak_log_capital(scale.scaled(scale.losses(strong[:, None], chosen)), scale.null, delta)
    tests: list[Test] = []
    accepted: int | None = None
    for setting, peak in enumerate(peaks.tolist()):
        tests.append(Test(setting, peak, peak >= needed))
        if peak < needed:
            break
        accepted = setting
    return Outcome(accepted, len(strong), tuple(tests))
