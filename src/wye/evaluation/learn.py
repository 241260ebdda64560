"""Learn a routing revision from labelled prompts: heads of quality and of length for models, and settings.

A revision is a candidate until a person activates it: nothing here changes what serves. Rows are split by
hashes, those that belong together on one side: what is learnt from does not certify (`sides`).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from wye.evaluation import columns, pair
from wye.evaluation.columns import Prompts
from wye.evaluation.curves import Figures, calibration_error, figures, order
from wye.evaluation.dataset import DatasetError, Result, Row
from wye.evaluation.draws import settings
from wye.evaluation.fitting import Matrix, fit, stacked
from wye.evaluation.pair import Manner, Sheet
from wye.evaluation.sides import Grouped
from wye.routing.features import extractor
from wye.routing.length import LengthHead
from wye.routing.quality import Quality, Space
from wye.routing.revision import Pace, Revision, Trace, Weights
from wye.routing.tasks import Tasks
from wye.routing.watch.loss import Scores

CHARS_PER_TOKEN = 4.0
"""Of English prose, for models of which nothing more is known."""
_FOLDS = 4
_PSEUDO = 20.0
"""Rows that a model's mean over all tasks counts as, beside the rows of one task."""
_NOTHING = Result()


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """What to learn, and from what."""

    route: str
    strong: str
    weak: str
    """As labels call them: models, or deployments' ids."""
    everything: bool = False
    """Learn from all rows: then none of them can certify."""
    spent: tuple[Trace, ...] = ()
    """Of rows that attempts to certify have seen: they, and what belongs to them, teach nothing."""
    paces: Mapping[str, Pace] = {}
    """Model -> how it counts and talks, as the ledger says."""


class HeldOut(msgspec.Struct, frozen=True):
    """How good such heads are on rows that they were not fitted on, whole clusters at a time."""

    figures: Figures
    error_strong: float
    """ECE."""
    error_weak: float


class Taught(NamedTuple):
    """What was learnt; `wye.routing.revision.write` makes a revision of it."""

    facts: Revision
    weights: Weights
    rows: int
    """How many taught."""
    trace: Trace
    """Of them."""
    kept_back: int
    """Rows left for certificates."""
    held_out: HeldOut | None
    """None = too few labels to say."""


def learn(rows: Sequence[Row], lesson: Lesson, tasks: Tasks, now: float) -> Taught:
    """Learn from rows. Raises `DatasetError` if there are too few with scores of both models."""
    grouped = Grouped(rows)
    gone = grouped.known(lesson.spent)
    teaching: list[int] = np.flatnonzero(~gone & (lesson.everything | grouped.teaching())).tolist()
    learnt_from = [rows[place] for place in teaching]
    _check(learnt_from, lesson, len(rows))
    prompts = columns.extract([row.prompt for row in learnt_from])
    class_ = Class(learnt_from, prompts, grouped.groups[teaching])
    manner = class_.manner(lesson)
    weights = class_.weights(lesson, manner)
    gain = _gain(weights, learnt_from, lesson)
    facts = Revision(
        route=lesson.route,
        strong=lesson.strong,
        weak=lesson.weak,
        models=(),
        thresholds=tuple(sorted(set(settings(gain).tolist()))),
        features="",
        heads="",
        rows="",
        labels={head.model: int((~np.isnan(class_.scores(head.model))).sum()) for head in weights.heads},
        tasks=_by_task(class_, [head.model for head in weights.heads], tasks),
        paces=dict(lesson.paces),
        made_at=now,
    )
    trace, kept_back = grouped.trace(teaching), len(rows) - int(gone.sum()) - len(teaching)
    return Taught(facts, weights, len(teaching), trace, kept_back, _held_out(class_, lesson, manner))


def score(row: Row, model: str) -> float:
    """Return a model's score: people's or tests', else a judge's; NaN = there is none."""
    result = row.results.get(model, _NOTHING)
    known = result.judged if result.quality is None else result.quality
    return np.nan if known is None else known


class Class:
    """Rows that teach, as arrays."""

    def __init__(self, rows: Sequence[Row], prompts: Prompts, groups: npt.NDArray[np.int64]) -> None:
        self.rows = rows
        self.prompts = prompts
        self.groups = groups

    def scores(self, model: str) -> Scores:
        """Return a model's scores; NaN = it was not run."""
        return np.array([score(row, model) for row in self.rows], dtype=np.float64)

    def at(self, places: Sequence[int]) -> "Class":
        """Return some of the rows."""
        chosen = np.array(places, dtype=np.int64)
        return Class([self.rows[place] for place in places], self.prompts.at(chosen), self.groups[chosen])

    def manner(self, lesson: Lesson) -> Manner:
        """Return what these rows call for."""
        return pair.suited(self._sheet(lesson), gated=False)

    def pair(self, lesson: Lesson, manner: Manner) -> Weights:
        """Fit the heads of the strong and of the weak model."""
        fitted = pair.fit_pair(self._sheet(lesson), gated=False, manner=manner)
        return Weights(fitted.known, fitted.heads(lesson.strong, lesson.weak), [])

    def weights(self, lesson: Lesson, manner: Manner) -> Weights:
        """Fit every head there are scores or lengths enough for."""
        known, pair_heads, _ = self.pair(lesson, manner)
        flat = np.zeros(len(known.landmarks), dtype=np.float32)
        heads, lengths = [*pair_heads], []
        names = sorted({name for row in self.rows for name in row.results})
        blocks = stacked([(known.place(self.prompts.dense), 1.0), (self.prompts.grams, columns.GRAMS**0.5)])
        for model in names:
            scores = self.scores(model)
            run = ~np.isnan(scores)
            if model not in {lesson.strong, lesson.weak} and int(run.sum()) >= pair.FEWEST:
                line = fit(blocks[run], scores[run])
                head = columns.head(model, line, self.prompts.at(np.flatnonzero(run)), known)
                heads.append(head._replace(near=flat))
        for model in names:
            length = self._length(model, known, lesson.paces.get(model, Pace()))
            if length is not None:
                lengths.append(length)
        return Weights(known, heads, lengths)

    def _sheet(self, lesson: Lesson) -> Sheet:
        strong, weak = self.scores(lesson.strong), self.scores(lesson.weak)
        both = np.flatnonzero(~np.isnan(strong) & ~np.isnan(weak))
        none: Matrix = np.zeros((len(both), 0), dtype=np.float32)
        return Sheet(self.prompts.at(both), strong[both], weak[both], self.groups[both], none, none, none)

    def _length(self, model: str, known: Space, pace: Pace) -> LengthHead | None:
        """Fit how long a model's answers are: ridge regression of the logarithm of their tokens."""
        chars = [row.results.get(model, _NOTHING).output_chars for row in self.rows]
        written = np.array([place for place, count in enumerate(chars) if count], dtype=np.int64)
        if len(written) < pair.FEWEST:
            return None
        tokens = np.array([chars[place] or 0 for place in written]) / (
            pace.bytes_per_token or CHARS_PER_TOKEN
        )
        logs = np.log(np.maximum(tokens, 1))
        mean, noise = float(logs.mean()), float(logs.var()) + 1e-6
        placed = known.place(self.prompts.dense[written]).astype(np.float64)
        told = placed.T @ placed + noise * np.eye(placed.shape[1])
        line = np.linalg.solve(told, placed.T @ (logs - mean))
        spread = float((logs - mean - placed @ line).std())
        return LengthHead(
            model, line.astype(np.float32), mean, spread, float(tokens.min()), float(tokens.max())
        )


def _check(rows: Sequence[Row], lesson: Lesson, count: int) -> None:
    known = {name for row in rows for name in row.results}
    if missing := [name for name in (lesson.strong, lesson.weak) if name not in known]:
        message = f"no scores of {', '.join(missing)} here; there are: {', '.join(sorted(known)) or 'none'}"
        raise DatasetError(message)
    both = sum(not np.isnan(score(row, lesson.strong) + score(row, lesson.weak)) for row in rows)
    if both < pair.FEWEST:
        message = (
            f"{both} of {count} rows have scores of both models and are for learning: "
            f"{pair.FEWEST} are the least"
        )
        raise DatasetError(message)


def _gain(weights: Weights, rows: Sequence[Row], lesson: Lesson) -> Scores:
    """Return the gain of each row as a router will see it."""
    return np.array([right[0] - right[1] for right in _right(weights, rows, lesson)], dtype=np.float64)


def _right(weights: Weights, rows: Sequence[Row], lesson: Lesson) -> list[tuple[float, float]]:
    quality, extract = Quality(weights.space, weights.heads), extractor()
    found = [quality.estimate(extract(row.prompt))[0] for row in rows]
    return [(one[lesson.strong].right, one[lesson.weak].right) for one in found]


def _held_out(class_: Class, lesson: Lesson, manner: Manner) -> HeldOut:
    rng = np.random.default_rng(0)
    both = np.flatnonzero(~np.isnan(class_.scores(lesson.strong) + class_.scores(lesson.weak)))
    _, which = np.unique(class_.groups, return_inverse=True)
    fold = (rng.permutation(int(which.max()) + 1) % _FOLDS)[which]
    right = np.zeros((len(class_.rows), 2))
    for number in range(_FOLDS):
        held = [int(place) for place in both if fold[place] == number]
        rest = [int(place) for place in both if fold[place] != number]
        if held and rest:
            right[held] = _right(class_.at(rest).pair(lesson, manner), class_.at(held).rows, lesson)
    strong, weak = class_.scores(lesson.strong)[both], class_.scores(lesson.weak)[both]
    ranked = order(right[both, 0] - right[both, 1], rng)
    return HeldOut(
        figures(strong, weak, ranked),
        calibration_error(right[both, 0], strong),
        calibration_error(right[both, 1], weak),
    )


def _by_task(class_: Class, names: Sequence[str], tasks: Tasks) -> dict[str, dict[str, float]]:
    """Return each model's mean score by task, drawn towards its mean over all where rows are few."""
    kinds = np.array([tasks(row.prompt) for row in class_.rows])
    found: dict[str, dict[str, float]] = {}
    for name in names:
        scores = class_.scores(name)
        run = ~np.isnan(scores)
        mean = float(scores[run].mean())
        for kind in sorted(set(kinds[run].tolist())):
            of = scores[run & (kinds == kind)]
            shrunk = (float(of.sum()) + _PSEUDO * mean) / (len(of) + _PSEUDO)
            found.setdefault(kind, {})[name] = round(shrunk, 4)
    return found
