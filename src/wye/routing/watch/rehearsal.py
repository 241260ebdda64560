"""What a monitor will do, simulated before it is relied upon: when it sees a drop, how often it errs.

Losses are drawn with replacement from those of the certificate's own rows. A drop of so many points: so many
more of the rows that could still become worse lose everything. The mean run length is simulated at the
boundary, where the guarantee (at least the plan's) is the hardest to keep: losses are worsened in the same
way until their mean is exactly what is allowed.
"""

import msgspec
import numpy as np

from wye.routing.watch.loss import Scores
from wye.routing.watch.monitor import STAKES, Monitor, Plan

RUNS = 1000
_MOST = 20_000
"""Rows that a run is followed for."""
_RUN_LENGTHS = 6
"""At the boundary a run is followed for so many times the plan's run length."""

ZEROEVAL = np.repeat(np.array([-1.0, -0.02, 0.0, 0.98]), [18, 821, 155, 19])
"""Losses of a route that was certified at ε = .02 on ZeroEval: two stages, a third strong, 1,013 rows."""


class Rehearsal(msgspec.Struct, frozen=True):
    """What came of it."""

    drop: float
    good: int
    """Rows before the drop."""
    rows: float | None
    """From the drop to the alarm, at the median of runs; None = more than are followed."""
    rows_90: float | None
    """At nine of ten runs."""
    false: float
    """Share of runs that fired before the drop."""
    run_length: float
    """Mean rows to a false alarm at the boundary; runs are cut off, so it is understated."""
    runs: int


def rehearse(  # noqa: PLR0913  # what is simulated, and how often
    plan: Plan, losses: Scores, drop: float, *, good: int = 3000, runs: int = RUNS, seed: int = 0
) -> Rehearsal:
    """Simulate a drop of `drop` points of score after `good` rows. Every row is shadowed.

    Raises `ValueError` for a drop that these losses have no room for.
    """
    worst = 1 - plan.epsilon
    room = float(np.mean(worst - losses))
    if not 0 < drop <= room:
        message = f"a drop must be above 0 and at most {room:.3f} here: no score can fall further"
        raise ValueError(message)
    rng = np.random.default_rng(seed)
    book = _Book(plan, losses, rng, runs)
    early = np.zeros(runs, dtype=bool)
    for _ in range(good):
        early |= book.turn(0.0)
    book.fresh(early)  # what was noticed falsely is begun anew, as a certificate earned again would be
    late = _until(book, drop / room, _MOST)
    edge = max(plan.allowed - float(losses.mean()), 0.0) / room
    most = int(_RUN_LENGTHS * plan.run_length)
    lengths = _until(_Book(plan, losses, rng, runs), edge, most)
    median, ninety = (float(np.quantile(late, part)) for part in (0.5, 0.9))
    return Rehearsal(
        drop,
        good,
        median if median < _MOST else None,
        ninety if ninety < _MOST else None,
        float(early.mean()),
        float(lengths.mean()),
        runs,
    )


class _Book:
    """Many monitors at once, each with rows of its own."""

    def __init__(self, plan: Plan, losses: Scores, rng: np.random.Generator, runs: int) -> None:
        self._scale = Monitor(plan).scale
        self._level = plan.run_length
        self._losses = losses
        self._rng = rng
        self.runs = runs
        self._stakes = np.array(STAKES)[:, None]
        self._sums = np.zeros((len(STAKES), runs))

    def turn(self, share: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        """Draw a row a run, `share` of which lose everything; return which alarms stand."""
        drawn = self._rng.choice(self._losses, self.runs)
        drawn = np.where(self._rng.random(self.runs) < share, self._scale.worst, drawn)
        self._sums = (1 + self._sums) * (1 + self._stakes * (self._scale.scaled(drawn) - self._scale.null))
        return np.asarray(self._sums.mean(axis=0) >= self._level)

    def fresh(self, which: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> None:
        """Begin some runs anew."""
        self._sums[:, which] = 0


def _until(book: _Book, share: float, most: int) -> Scores:
    """Return after how many rows each run fires, `most` at most."""
    fired = np.full(book.runs, float(most))
    for row in range(1, most + 1):
        now = book.turn(share) & (fired == most)
        fired[now] = row
        if not (fired == most).any():
            break
    return fired
