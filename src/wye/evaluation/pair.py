"""Two heads fitted on the same labelled rows: how likely the strong and the weak model are right."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wye.evaluation import columns
from wye.evaluation.bends import STANDARD_WIDTH, Bends, bends
from wye.evaluation.columns import Prompts
from wye.evaluation.fitting import Line, Matrix, fit, fit_together, stacked
from wye.routing.features.surface import NAMES
from wye.routing.quality import Head, Space
from wye.routing.watch.loss import Scores

FEWEST = 100
"""Rows that a model needs elsewhere before it tells anything about here."""
_TIER = 1 / 3
"""Of the models elsewhere: the best third stand for a strong one, the others for a weak one."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """Rows as arrays: what may be known of them, and the two models' scores."""

    prompts: Prompts
    strong: Scores
    weak: Scores
    groups: npt.NDArray[np.int64]
    """Clusters of near-duplicates."""
    category: Matrix
    """One-hot; no columns where it may not be used."""
    transfer: Matrix
    """Logits of heads fitted elsewhere, a column each; see `Elsewhere`."""
    gate: Matrix
    """What gates saw; no columns where there are none."""

    def at(self, places: npt.NDArray[np.int64]) -> "Sheet":
        """Return some of the rows."""
        return Sheet(
            prompts=self.prompts.at(places),
            strong=self.strong[places],
            weak=self.weak[places],
            groups=self.groups[places],
            category=self.category[places],
            transfer=self.transfer[places],
            gate=self.gate[places],
        )

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.strong)


class Elsewhere(NamedTuple):
    """Heads of other models on other prompts: what is known before the first label."""

    known: Space | None
    lines: list[Line]
    means: list[float]
    """Each model's mean score on its own rows."""

    def logits(self, prompts: Prompts) -> Matrix:
        """Return each head's logit of each prompt."""
        if self.known is None or not self.lines:
            return np.zeros((len(prompts.dense), 0), dtype=np.float32)
        placed = self.known.place(prompts.dense)
        return np.stack([line.logits(placed) for line in self.lines], axis=1).astype(np.float32)

    def gain(self, logits: Matrix) -> Scores:
        """Return by how much a strong model may be better than a weak one, for each row of `logits`.

        The models elsewhere in two tiers; with fewer than two, or none, nothing is told apart: zeros.
        """
        if len(self.lines) < 2:  # noqa: PLR2004  # one model is no comparison
            return np.zeros(len(logits))
        ranked = np.argsort(self.means)
        best = max(round(len(ranked) * _TIER), 1)
        chances = 0.5 * (1 + np.tanh(0.5 * logits.astype(np.float64)))
        strong, weak = chances[:, ranked[-best:]], chances[:, ranked[:-best]]
        return np.asarray(strong.mean(axis=1) - weak.mean(axis=1), dtype=np.float64)


def elsewhere(sources: Sequence[tuple[Prompts, Sequence[Scores]]]) -> Elsewhere:
    """Fit a head for each model of each source: its prompts, and each model's scores (NaN = not run)."""
    if not sources:
        return Elsewhere(None, [], [])
    dense = np.concatenate([prompts.dense for prompts, _ in sources])
    known = columns.space(Prompts(dense, np.zeros((len(dense), 0), np.float32), sources[0][0].meaning))
    lines, means = [], []
    for prompts, models in sources:
        placed = known.place(prompts.dense)
        for scores in models:
            run = ~np.isnan(scores)
            if int(run.sum()) >= FEWEST:
                lines.append(fit(placed[run], scores[run]))
                means.append(float(scores[run].mean()))
    return Elsewhere(known, lines, means)


def cold(prompts: Prompts) -> Scores:
    """Return a guess at the gain without any label anywhere: there is more to win where more is asked."""
    looks = prompts.dense[:, prompts.meaning :]
    asked = looks[:, NAMES.index("length")] + looks[:, NAMES.index("length of a sentence")]
    return asked.astype(np.float64)


class Manner(NamedTuple):
    """What a fit assumes beforehand."""

    correlation: float
    """Of the two heads' weights: what is hard for one model is hard for the other."""
    curved: bool
    """Prompts that mean the same are alike, beyond what a line over their meanings says."""


PLAIN, RICH = Manner(0.0, curved=False), Manner(0.6, curved=True)
_FOLDS = 4
_NATS = 1.0
"""By which held-out scores must be likelier for what assumes more: below, they cannot tell."""


class Pair(NamedTuple):
    """What labelled rows taught."""

    known: Space
    reference: Sheet
    """The fitted rows: other columns are scaled as theirs are."""
    strong: Line
    weak: Line
    curves: Bends | None
    """Of meanings; None = plain."""
    bends: Bends | None
    """Of looks and of what gates saw; None = fitted without gates."""

    def chances(self, sheet: Sheet) -> tuple[Scores, Scores]:
        """Return the strong and the weak model's chance to be right on each row."""
        rows = self.columns(sheet)
        return self.strong.chances(rows), self.weak.chances(rows)

    def gain(self, sheet: Sheet) -> Scores:
        """Return how much better the strong model is expected to be on each row."""
        strong, weak = self.chances(sheet)
        return strong - weak

    def heads(self, strong: str, weak: str) -> list[Head]:
        """Return both lines, named, as what a router loads; what gates saw and categories are left out."""
        prompts = self.reference.prompts
        named = ((strong, self.strong), (weak, self.weak))
        return [columns.head(name, line, prompts, self.known, self.curves) for name, line in named]

    def columns(self, sheet: Sheet) -> Matrix:
        """Return rows as the columns that the lines were fitted on, the blocks of a router's head first."""
        reference = self.reference
        blocks = [(self.known.place(sheet.prompts.dense), 1.0), (sheet.prompts.grams, columns.GRAMS**0.5)]
        if self.curves is not None:
            meaning = sheet.prompts.dense[:, : sheet.prompts.meaning]
            blocks.append((self.curves.columns(meaning), columns.CURVES**0.5))
        blocks.append((sheet.category, columns.CATEGORY**0.5))
        others = [(sheet.transfer, reference.transfer, columns.TRANSFER)]
        if self.bends is not None:
            others.append((sheet.gate, reference.gate, columns.GATE))
            blocks.append((self.bends.columns(_seen(sheet, reference)), columns.BENDS**0.5))
        for part, of, variance in others:
            if part.shape[1]:
                blocks.append((columns.standard(part, of), (variance / part.shape[1]) ** 0.5))
        return stacked(blocks)


def fit_pair(labelled: Sheet, *, gated: bool, manner: Manner = PLAIN) -> Pair:
    """Fit both heads; `gated`: with what gates saw."""
    known, curves, bent = columns.space(labelled.prompts), None, None
    if manner.curved:
        known, curves = columns.bend(labelled.prompts, known)
    if gated:
        seen = _seen(labelled, labelled)
        bent = bends(seen, STANDARD_WIDTH * seen.shape[1])
    nothing = Line(np.zeros(0, dtype=np.float32), 0.0)
    unfitted = Pair(known, labelled, nothing, nothing, curves, bent)
    scores = np.stack((labelled.strong, labelled.weak), axis=1)
    strong, weak = fit_together(unfitted.columns(labelled), scores, manner.correlation)
    return unfitted._replace(strong=strong, weak=weak)


def suited(labelled: Sheet, *, gated: bool) -> Manner:
    """Return the manner that these rows call for: plain, unless rich says more of held-out rows.

    Held out are whole clusters, in four folds; what counts is the log-likelihood of both models' scores.
    """
    if len(labelled) < FEWEST:
        return PLAIN
    _, which = np.unique(labelled.groups, return_inverse=True)
    fold = (np.random.default_rng(0).permutation(int(which.max(initial=-1)) + 1) % _FOLDS)[which]
    likelier = 0.0
    for number in range(_FOLDS):
        rest, held = labelled.at(np.flatnonzero(fold != number)), labelled.at(np.flatnonzero(fold == number))
        if not len(rest) or not len(held):
            return PLAIN  # fewer clusters than folds
        for manner, sign in ((RICH, 1), (PLAIN, -1)):
            chances = fit_pair(rest, gated=gated, manner=manner).chances(held)
            likelier += sign * sum(map(_log_likelihood, chances, (held.strong, held.weak)))
    return RICH if likelier > _NATS else PLAIN


def _log_likelihood(chances: Scores, scores: Scores) -> float:
    return float(np.sum(scores * np.log(chances) + (1 - scores) * np.log1p(-chances)))


def _seen(sheet: Sheet, reference: Sheet) -> Matrix:
    """Return looks and what gates saw, standardised as the reference's rows would be."""
    parts = [
        np.concatenate([one.prompts.dense[:, one.prompts.meaning :], one.gate], axis=1)
        for one in (sheet, reference)
    ]
    return columns.standard(*parts)
