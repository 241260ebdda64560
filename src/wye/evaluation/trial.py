"""One split of labelled from tested rows: what is learnt on one side, and how well it does on the other."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wye.evaluation.curves import Figures, calibration_error, figures, order
from wye.evaluation.pair import Elsewhere, Manner, Sheet, cold, fit_pair, suited
from wye.evaluation.two_stage import Band, Costs, Predicted, cheapest, rethreshold, spent
from wye.routing.watch.loss import Scores

Places = npt.NDArray[np.int64]
QUALITIES = (0.99, 0.95)
_FOLDS = 2
_COLD = 0.2
"""What the guess without any label counts beside heads of models elsewhere: as much as they do."""


class Split(NamedTuple):
    """Who is learnt from, and who is tested."""

    labelled: Sheet
    tested: Sheet


def split(sheet: Sheet, labels: int, rng: np.random.Generator) -> Split:
    """Take whole clusters in random order until there are `labels` rows; test on the other clusters."""
    ranked = _in_clusters(sheet.groups, rng)
    labelled, rest = ranked[:labels], ranked[labels:]
    return Split(sheet.at(labelled), sheet.at(rest[~np.isin(sheet.groups[rest], sheet.groups[labelled])]))


def sample(sheet: Sheet, labels: int, rng: np.random.Generator) -> Sheet:
    """Take `labels` rows, whole clusters but for the last."""
    return sheet.at(_in_clusters(sheet.groups, rng)[:labels])


def _in_clusters(groups: Places, rng: np.random.Generator) -> Places:
    _, which = np.unique(groups, return_inverse=True)
    return np.argsort(rng.permutation(int(which.max(initial=-1)) + 1)[which], kind="stable")


class Saved(NamedTuple):
    """What routing costs at one quality, in units of all calls to the strong model."""

    cost: float
    mix: float
    """What a fixed random share of strong calls of the same quality would cost."""
    gated: float
    """Share of prompts that gates were asked about."""


class Outcome(NamedTuple):
    """Of one split."""

    figures: Figures
    saved: tuple[Saved, ...]
    """For each of `QUALITIES`."""
    errors: tuple[float, float] | None
    """ECE of the strong and of the weak model's chance; None = nothing was fitted."""
    predicted: Scores
    """The gain predicted for each tested row."""


def run(parts: Split, before: Elsewhere, costs: Costs, rng: np.random.Generator) -> Outcome:
    """Learn, predict and measure."""
    labelled, tested = parts
    if not len(labelled):
        predicted = before.gain(tested.transfer) + _COLD * cold(tested.prompts)
        return _outcome(tested, predicted, _ungated(tested, predicted, costs), None, rng)
    gated = bool(tested.gate.shape[1])
    manner = suited(labelled, gated=gated)
    chances = fit_pair(labelled, gated=gated, manner=manner).chances(tested)
    predicted = chances[0] - chances[1]
    errors = (
        calibration_error(chances[0], tested.strong),
        calibration_error(chances[1], tested.weak),
    )
    saved = _gated(parts, predicted, costs, manner, rng) if gated else _ungated(tested, predicted, costs)
    return _outcome(tested, predicted, saved, errors, rng)


def _outcome(
    tested: Sheet,
    predicted: Scores,
    saved: list[Saved],
    errors: tuple[float, float] | None,
    rng: np.random.Generator,
) -> Outcome:
    reached = figures(tested.strong, tested.weak, order(predicted, rng))
    return Outcome(reached, tuple(saved), errors, predicted)


def _held_out(labelled: Sheet, manner: Manner, rng: np.random.Generator) -> Predicted:
    """Predict labelled rows from the others: what was fitted on a row would flatter it."""
    first, second = np.zeros(len(labelled)), np.zeros(len(labelled))
    fold = np.empty(len(labelled), dtype=np.int64)
    fold[_in_clusters(labelled.groups, rng)] = np.arange(len(labelled)) * _FOLDS // max(len(labelled), 1)
    for number in range(_FOLDS):
        out = np.flatnonzero(fold == number)
        rest = labelled.at(np.flatnonzero(fold != number))
        held = labelled.at(out)
        first[out] = fit_pair(rest, gated=False, manner=manner).gain(held)
        second[out] = fit_pair(rest, gated=True, manner=manner).gain(held)
    return Predicted(labelled.strong, labelled.weak, first, second)


def _ungated(tested: Sheet, gain: Scores, costs: Costs) -> list[Saved]:
    rows = Predicted(tested.strong, tested.weak, gain, gain)
    saved = []
    for part in QUALITIES:
        everyone = Band(-np.inf, np.inf, 0.0)
        threshold = rethreshold(rows, everyone, part * float(tested.strong.mean())).threshold
        saved.append(_saved(rows, Band(threshold, threshold, threshold), costs))
    return saved


def _gated(
    parts: Split, second: Scores, costs: Costs, manner: Manner, rng: np.random.Generator
) -> list[Saved]:
    """Choose the band on labelled rows, and only its threshold, as all curves do, on tested ones."""
    labelled, tested = parts
    held = _held_out(labelled, manner, rng)
    first = fit_pair(labelled, gated=False, manner=manner).gain(tested)
    rows = Predicted(tested.strong, tested.weak, first, second)
    saved = []
    for part in QUALITIES:
        band = cheapest(held, costs, part * float(labelled.strong.mean()))
        saved.append(_saved(rows, rethreshold(rows, band, part * float(tested.strong.mean())), costs))
    return saved


def _saved(rows: Predicted, band: Band, costs: Costs) -> Saved:
    reached = spent(rows, band, costs)
    high, low = float(rows.strong.mean()), float(rows.weak.mean())
    share = min(max((reached.quality - low) / (high - low), 0.0), 1.0) if high > low else 0.0
    return Saved(reached.cost, share + (1 - share) * costs.weak, reached.gated_share)
