"""A guess before there are labels: what was hard for other models on other prompts, and for whom.

`data/cold.npz` holds two lines over the dense features, of the best third of the models of public sets and of
the others (`scripts/build_cold.py`). They know no model of yours, so that their means are drawn towards what
few labels there are, over all of them and for each task. A guess ranks prompts; it certifies nothing.
"""

import math
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

from wye.evaluation import pair
from wye.evaluation.curves import calibration_error, figures, order
from wye.evaluation.dataset import DatasetError, Row
from wye.evaluation.draws import settings
from wye.evaluation.fitting import Matrix, chance
from wye.evaluation.learn import HeldOut, Lesson, Taught, score
from wye.evaluation.sides import Grouped
from wye.routing.features import extractor
from wye.routing.features.extract import BUCKETS
from wye.routing.quality import Head, Quality, Space
from wye.routing.revision import Revision, Weights
from wye.routing.tasks import BUILT_IN
from wye.routing.watch.loss import Scores

FEWEST = 20
"""Rows that say how good a guess is."""
_PSEUDO = 20.0
"""Rows that the guess counts as, beside labels."""
_MOST_SHIFT = 3.0
"""Of a logit: labels that are all right, or all wrong, are few."""
_NOTE = "a guess: learnt from what other models made of public test sets, with {labels} labels of this route"


class Cold(NamedTuple):
    """What `data/cold.npz` holds."""

    mean: Matrix
    scale: Matrix
    lines: Matrix
    """Of a strong and of a weak model (2 x dense)."""
    constants: Matrix
    thresholds: Scores


@cache
def load() -> Cold:
    """Read it once a process."""
    with files(__package__).joinpath("data/cold.npz").open("rb") as file, np.load(file) as data:
        return Cold(*(data[name] for name in Cold._fields))


def teaching(rows: Sequence[Row], lesson: Lesson) -> list[Row]:
    """Return the rows with both scores that may teach."""
    return [rows[place] for place in _teaching(Grouped(rows), rows, lesson)]


def _teaching(grouped: Grouped, rows: Sequence[Row], lesson: Lesson) -> list[int]:
    may = ~grouped.known(lesson.spent) & (lesson.everything | grouped.teaching())
    return [
        place
        for place in np.flatnonzero(may).tolist()
        if not math.isnan(score(rows[place], lesson.strong) + score(rows[place], lesson.weak))
    ]


def guess(rows: Sequence[Row], lesson: Lesson, now: float) -> Taught:
    """Make a revision of no labels, or of few. Raises `DatasetError` for rows of other models."""
    known = {name for row in rows for name in row.results}
    if rows and (missing := sorted({lesson.strong, lesson.weak} - known)):
        message = f"no scores of {', '.join(missing)} here; there are: {', '.join(sorted(known)) or 'none'}"
        raise DatasetError(message)
    grouped = Grouped(rows)
    places = _teaching(grouped, rows, lesson)
    few = [rows[place] for place in places]
    plain = _weights(lesson, (0.0, 0.0))
    before = _right(plain, few, lesson)
    scores = np.array([(score(row, lesson.strong), score(row, lesson.weak)) for row in few]).reshape(-1, 2)
    shifts = (_shift(before[:, 0], scores[:, 0]), _shift(before[:, 1], scores[:, 1]))
    weights = _weights(lesson, shifts)
    kinds = np.array([BUILT_IN(row.prompt) for row in few])
    after = _right(weights, few, lesson)
    priors = {
        str(kind): {
            name: round(_shift(after[kinds == kind, place], scores[kinds == kind, place]), 4)
            for place, name in enumerate((lesson.strong, lesson.weak))
        }
        for kind in np.unique(kinds)
    }
    gain = after[:, 0] - after[:, 1]
    facts = Revision(
        route=lesson.route,
        strong=lesson.strong,
        weak=lesson.weak,
        models=(),
        thresholds=_thresholds(gain),
        features="",
        heads="",
        rows="",
        labels=dict.fromkeys((lesson.strong, lesson.weak), len(few)),
        priors=priors,
        paces=dict(lesson.paces),
        notes=(_NOTE.format(labels=len(few)),),
        made_at=now,
    )
    kept_back = int((~grouped.known(lesson.spent)).sum()) - len(few)
    return Taught(facts, weights, len(few), grouped.trace(places), kept_back, _held_out(before, scores))


def _weights(lesson: Lesson, shifts: tuple[float, float]) -> Weights:
    """Return the two lines as heads of the route's two models, with their constants shifted."""
    cold = load()
    wide = len(cold.mean)
    nowhere: Matrix = np.zeros((0, wide), dtype=np.float32)
    # Nothing is unlike what a guess was made of: it knows nothing of this route at all.
    space = Space(cold.mean, cold.scale, nowhere, nowhere[:, 0], 0.0, math.inf)
    names = (lesson.strong, lesson.weak)
    heads = [
        Head(name, line, np.zeros(BUCKETS, np.float32), float(constant) + shift, nowhere, nowhere[:, 0])
        for name, line, constant, shift in zip(names, cold.lines, cold.constants, shifts, strict=True)
    ]
    return Weights(space, heads, [])


def _right(weights: Weights, rows: Sequence[Row], lesson: Lesson) -> Scores:
    quality, extract = Quality(weights.space, weights.heads), extractor()
    found = [quality.estimate(extract(row.prompt))[0] for row in rows]
    pairs = [(one[lesson.strong].right, one[lesson.weak].right) for one in found]
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)


def _shift(expected: Scores, scores: Scores) -> float:
    """Return what to add to logits so that their mean is the scores', drawn towards the expected one."""
    if not len(scores):
        return 0.0
    mean = float(expected.mean())
    drawn = (float(scores.sum()) + _PSEUDO * mean) / (len(scores) + _PSEUDO)
    logits = np.log(expected / (1 - expected))
    low, high = -_MOST_SHIFT, _MOST_SHIFT
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if float(chance(logits + middle).mean()) < drawn else (low, middle)
    return (low + high) / 2


def _thresholds(gain: Scores) -> tuple[float, ...]:
    """Return the settings, by the rows there are, or by the public sets' where they are too few to tell."""
    if len(gain) >= FEWEST:
        return tuple(sorted(set(settings(gain).tolist())))
    return tuple(load().thresholds.tolist())


def _held_out(right: Scores, scores: Scores) -> HeldOut | None:
    """Say how good the guess was on the labels, before it was drawn towards them."""
    if len(scores) < FEWEST:
        return None
    ranked = order(right[:, 0] - right[:, 1], np.random.default_rng(0))
    return HeldOut(
        figures(scores[:, 0], scores[:, 1], ranked),
        calibration_error(right[:, 0], scores[:, 0]),
        calibration_error(right[:, 1], scores[:, 1]),
    )


def enough(rows: Sequence[Row], lesson: Lesson) -> bool:
    """Tell whether there are labels enough to learn from them alone."""
    return len(teaching(rows, lesson)) >= pair.FEWEST
