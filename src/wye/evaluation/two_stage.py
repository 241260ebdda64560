"""Ask the weak model first, let cheap models say whether they agree, and only then decide.

What a gate may see of a row is what it has paid for: the weak model's answer and length, and the gates' own.
Where a gate costs more than it saves it is not asked: only prompts in an ambiguous band of the first
prediction are gated, and the band that is cheapest on the fitted rows may be empty.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wye.evaluation.dataset import Result, Row
from wye.routing.finals import same
from wye.routing.watch.loss import Choices, Scores

_ROUNDING = 1e-9
_NOTHING = Result()


def gate_columns(rows: Sequence[Row], weak: str, gates: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return what gates know of each row (rows x columns): who agrees, who had no answer, and lengths."""
    return np.array([_columns(row, weak, gates) for row in rows], dtype=np.float32)


def _columns(row: Row, weak: str, gates: Sequence[str]) -> list[float]:
    results = [row.results.get(model, _NOTHING) for model in (weak, *gates)]
    answers = [result.answer for result in results]
    agree = [same(answers[0], other) for other in answers[1:]]
    among = [same(a, b) for place, a in enumerate(answers[1:], 1) for b in answers[place + 1 :]]
    lengths = [float(np.log1p(result.output_chars or 0)) for result in results]
    return [
        *map(float, agree),
        *map(float, among),
        float(sum(agree)),
        float(all(agree)),
        float(not any(agree) and any(among)),
        float(not any(agree) and not any(among)),
        *(float(answer is None) for answer in answers),
        *lengths,
        *(length - lengths[0] for length in lengths[1:]),
        float(np.std(lengths)),
    ]


def agreement(columns: npt.NDArray[np.float32], gates: int) -> npt.NDArray[np.float32]:
    """Return those of `gate_columns` that say which gates agree with the weak model."""
    return columns[:, :gates]


class Costs(NamedTuple):
    """Of one call, in units of a call to the strong model."""

    weak: float
    gates: float
    """All gates together."""


class Band(NamedTuple):
    """Where the first prediction is not enough."""

    low: float
    """Predicted gains below go to the weak model at once."""
    high: float
    """And from here on to the strong model at once, which then costs no weak call."""
    threshold: float
    """In the band: the second prediction from which on the strong model is called, too."""


ALL_STRONG = Band(-np.inf, -np.inf, 0.0)


class Spent(NamedTuple):
    """What a band comes to."""

    cost: float
    """Mean, in units of a call to the strong model."""
    quality: float
    """Mean score."""
    strong_share: float
    gated_share: float


class Predicted(NamedTuple):
    """Rows: both models' scores, and the gain predicted of each before and after gates were asked."""

    strong: Scores
    weak: Scores
    first: Scores
    second: Scores

    def chosen(self, band: Band) -> tuple[Choices, Choices]:
        """Return which rows the strong model serves, and which were gated."""
        gated = (self.first >= band.low) & (self.first < band.high)
        return np.where(gated, self.second >= band.threshold, self.first >= band.high), gated


def spent(rows: Predicted, band: Band, costs: Costs) -> Spent:
    """Return what rows cost under a band, and how well they are served."""
    to_strong, gated = rows.chosen(band)
    cost = to_strong + costs.weak * (~to_strong | gated) + costs.gates * gated
    return Spent(
        float(cost.mean()),
        float(np.where(to_strong, rows.strong, rows.weak).mean()),
        float(to_strong.mean()),
        float(gated.mean()),
    )


def cheapest(rows: Predicted, costs: Costs, quality: float) -> Band:
    """Return the band that reaches a mean score of `quality` at the least cost on these rows.

    All to the strong model, without a gate, if nothing reaches it for less.
    """
    edges = [-np.inf, *np.quantile(rows.first, np.linspace(0.05, 0.95, 13)).tolist(), np.inf]
    best = ALL_STRONG
    least = spent(rows, best, costs).cost
    for place, low in enumerate(edges):
        for high in edges[place:]:
            band = _reaching(rows, low, high, quality)
            if band is None:
                continue
            cost = spent(rows, band, costs).cost
            if cost < least:
                best, least = band, cost
    return best


def rethreshold(rows: Predicted, band: Band, quality: float) -> Band:
    """Return the same band with the threshold that reaches a mean score of `quality` on these rows.

    All to the strong model, without a gate, if the band cannot reach it: too much was decided before it.
    """
    return _reaching(rows, band.low, band.high, quality) or ALL_STRONG


def _reaching(rows: Predicted, low: float, high: float, quality: float) -> Band | None:
    """Return the band with the highest threshold whose mean score is enough; None = there is none."""
    gated = (rows.first >= low) & (rows.first < high)
    served = np.where(rows.first >= high, rows.strong, rows.weak)[~gated]
    strong, weak, second = rows.strong[gated], rows.weak[gated], rows.second[gated]
    ranked = np.argsort(-second, kind="stable")
    total = weak.sum() + np.concatenate(([0.0], np.cumsum((strong - weak)[ranked])))
    enough = np.flatnonzero(total >= quality * len(rows.strong) - float(served.sum()) - _ROUNDING)
    if not len(enough):
        return None
    count = int(enough[0])
    return Band(low, high, float(second[ranked[count - 1]]) if count else np.inf)
