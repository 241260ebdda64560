"""Prompts as columns that heads are fitted on, in blocks, each with the width of its weights' prior."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wye.evaluation.bends import Bends, bends
from wye.evaluation.fitting import Line, Matrix, Spread, spread
from wye.routing.features import Extractor
from wye.routing.features.extract import BUCKETS
from wye.routing.quality import Head, Space

MEANING, LOOKS, GRAMS, CATEGORY, TRANSFER, GATE, BENDS = 0.05, 0.1, 0.2, 0.3, 0.02, 1.0, 0.5
CURVES = 0.25
"""Prior variance of a logit that each block gives a typical row. Set on the public sets, for all alike."""
NEARNESS = 0.3
"""Squared distance between two meanings, in [0, 4], at which what holds of one hardly tells of the other."""
_FLAT = 1e-3
_RANK = 32
_UNLIKE = 0.999
"""Quantile of the fitted rows' own distances, times `_SLACK`, from which on a prompt is unlike them."""
_SLACK = 1.5


class Prompts(NamedTuple):
    """What is known of prompts, row by row."""

    dense: Matrix
    grams: Matrix
    """Counts of buckets, scaled to length 1."""
    meaning: int
    """How many of the dense columns say what a prompt means; the others, how it looks."""

    def at(self, places: npt.NDArray[np.int64]) -> "Prompts":
        """Return some of the rows."""
        return Prompts(self.dense[places], self.grams[places], self.meaning)


def extract(prompts: Sequence[str], *, grams: bool = True) -> Prompts:
    """Return what is known of prompts. Without `grams` there are none: 8 KB less a row."""
    extractor = Extractor()
    dense = np.zeros((len(prompts), extractor.dimensions), dtype=np.float32)
    counts = np.zeros((len(prompts), BUCKETS if grams else 0), dtype=np.float32)
    for place, prompt in enumerate(prompts):
        features = extractor(prompt)
        dense[place] = features.dense
        if grams:
            counts[place] = np.bincount(features.grams, minlength=BUCKETS)
    counts /= np.maximum(np.sqrt((counts * counts).sum(axis=1, keepdims=True)), 1)
    return Prompts(dense, counts, extractor.meaning)


def space(prompts: Prompts) -> Space:
    """Return what the dense columns of these rows look like."""
    mean = prompts.dense.mean(axis=0)
    centred = prompts.dense - mean
    looks = prompts.dense.shape[1] - prompts.meaning
    scale = np.empty(len(mean), dtype=np.float32)
    # Rows that mean things have a length near 1 together; looks differ in kind, so each has its own width.
    spread_of_meaning = np.sqrt((centred[:, : prompts.meaning] ** 2).sum(axis=1).mean()) + _FLAT
    scale[: prompts.meaning] = np.sqrt(MEANING) / spread_of_meaning
    scale[prompts.meaning :] = np.sqrt(LOOKS / looks) / (centred[:, prompts.meaning :].std(axis=0) + 0.05)
    placed = centred * scale
    values, vectors = np.linalg.eigh(np.cov(placed, rowvar=False))
    axes = vectors[:, ::-1][:, :_RANK].T.astype(np.float32)
    inverse = 1 / np.maximum(values[::-1][:_RANK], _FLAT * values[-1])
    rest = 1 / max(float(values[:-_RANK].mean()), _FLAT * float(values[-1]))
    result = Space(mean, scale, axes, inverse.astype(np.float32), rest, np.inf)
    limit = float(np.quantile(result.distance(placed), _UNLIKE)) * _SLACK
    return result._replace(limit=limit)


def bend(prompts: Prompts, known: Space) -> tuple[Space, Bends]:
    """Return the space with landmarks among these rows' meanings, and what makes columns of them."""
    bent = bends(prompts.dense[:, : prompts.meaning], NEARNESS)
    return known._replace(landmarks=bent.landmarks, width=bent.width), bent


def head(model: str, line: Line, prompts: Prompts, known: Space, bent: Bends | None = None) -> Head:
    """Return a line over the blocks dense, grams and, where `known` has landmarks, `bent` for a router."""
    placed = known.place(prompts.dense)
    wide = placed.shape[1]
    dense = Line(line.weights[:wide], line.constant)
    narrow: Spread = spread(placed, dense, _RANK)
    grams = line.weights[wide : wide + BUCKETS] * np.float32(np.sqrt(GRAMS))
    near = np.zeros(len(known.landmarks), dtype=np.float32)
    if bent is not None:
        curves = line.weights[wide + BUCKETS : wide + BUCKETS + len(near)]
        near = bent.whiten @ (curves * np.float32(np.sqrt(CURVES)))
    return Head(model, dense.weights, grams, line.constant, narrow.axes, narrow.gain, near)


def one_hot(names: Sequence[str], known: Sequence[str]) -> Matrix:
    """Return a column for each known category; others have none."""
    places = {name: place for place, name in enumerate(known)}
    result = np.zeros((len(names), len(known)), dtype=np.float32)
    for row, name in enumerate(names):
        if name in places:
            result[row, places[name]] = 1
    return result


def standard(columns: Matrix, of: Matrix) -> Matrix:
    """Return columns centred and scaled as those of the rows `of` would be to mean 0 and deviation 1."""
    scaled: Matrix = (columns - of.mean(axis=0)) / (of.std(axis=0) + _FLAT)
    return scaled
