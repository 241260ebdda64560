"""Fit what `routing.quality` predicts with: Bayesian logistic regression, by Newton's method.

Columns come in blocks (what a prompt means, how it looks, its n-grams, its category, what a gate saw); a
block's scale is the standard deviation of its weights' prior. With columns so scaled the prior is a unit
Gaussian, and the step of Newton's method is solved by conjugate gradients, which the prior keeps well
conditioned: no matrix as wide as the n-grams is ever built.

Source: Bishop, "Pattern Recognition and Machine Learning", sections 4.3.3 and 4.5.1.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]

_STEPS, _INNER = 20, 60
_CLOSE = 2e-3
_ENOUGH = 1e-4
"""Squared residual that a step may leave: the next step mends it."""
_LEAST_WEIGHT = 1e-4
_LOOSE = 1e-3
"""Precision of the constant's prior."""


class Line(NamedTuple):
    """A logit that is linear in the columns."""

    weights: Matrix
    constant: float

    def logits(self, columns: Matrix) -> Vector:
        """Return the logit of each row."""
        return np.asarray(columns @ self.weights, dtype=np.float64) + self.constant

    def chances(self, columns: Matrix) -> Vector:
        """Return the probability of each row."""
        return chance(self.logits(columns))


def chance(logits: Vector) -> Vector:
    """Return the logistic function, without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * logits))


def fit(columns: Matrix, right: Vector) -> Line:
    """Fit one model's head: `right` are its scores in [0, 1] (rows), `columns` (rows x columns) are scaled.

    The mode of the posterior under a unit Gaussian prior of each weight. A score between 0 and 1 counts as
    that share of a right answer.
    """
    count, width = columns.shape
    mean = (float(right.sum()) + 0.5) / (count + 1)
    constant = float(np.log(mean / (1 - mean)))
    weights = np.zeros(width)
    for _ in range(_STEPS if count else 0):
        expected = chance(np.asarray(columns @ weights.astype(np.float32), np.float64) + constant)
        curve = np.maximum(expected * (1 - expected), _LEAST_WEIGHT)
        slope = _transposed(columns, right - expected) - weights
        slope_constant = float((right - expected).sum()) - _LOOSE * constant
        step, step_constant = _solve(columns, curve, slope, slope_constant)
        weights += step
        constant += step_constant
        if max(float(np.abs(step).max(initial=0)), abs(step_constant)) < _CLOSE:
            break
    return Line(weights.astype(np.float32), constant)


def _transposed(columns: Matrix, values: Vector) -> Vector:
    return np.asarray(values.astype(np.float32) @ columns, dtype=np.float64)


def _solve(columns: Matrix, curve: Vector, slope: Vector, slope_constant: float) -> tuple[Vector, float]:
    """Solve (AᵀWA + P) x = slope by conjugate gradients; A has the constant's column of ones."""
    x = np.zeros(len(slope) + 1)
    residual = np.append(slope, slope_constant)
    precision = np.append(np.ones(len(slope)), _LOOSE)
    # The constant's own curvature dwarfs the others: scale it away.
    scale = np.sqrt(np.append(np.ones(len(slope)), 1 / (curve.sum() + _LOOSE)))
    residual = residual * scale
    direction = residual.copy()
    size = residual @ residual
    enough = _ENOUGH * size
    for _ in range(_INNER):
        if size <= enough:
            break
        real = direction * scale
        seen = np.asarray(columns @ real[:-1].astype(np.float32), np.float64) + real[-1]
        weighted = curve * seen
        product = (np.append(_transposed(columns, weighted), weighted.sum()) + precision * real) * scale
        along = size / (direction @ product)
        x += along * direction
        residual = residual - along * product
        before, size = size, residual @ residual
        direction = residual + size / before * direction
    x *= scale
    return x[:-1], float(x[-1])


class Spread(NamedTuple):
    """How uncertain a fitted line is: a low-rank posterior of its weights."""

    axes: Matrix
    """Orthonormal directions in which rows have told most (rank x columns)."""
    gain: Matrix
    """By how much of 1, the prior's variance, each direction's variance is down."""


def spread(columns: Matrix, line: Line, rank: int) -> Spread:
    """Return the posterior of the weights of few columns, by its `rank` best known directions.

    Directions left out keep the prior's variance, so that a variance is never understated.
    """
    expected = line.chances(columns)
    curve = np.maximum(expected * (1 - expected), _LEAST_WEIGHT)
    told = np.asarray((columns * curve[:, None]).T @ columns, dtype=np.float64)
    values, vectors = np.linalg.eigh(told)
    best = np.argsort(values)[::-1][:rank]
    kept = np.maximum(values[best], 0)
    return Spread(vectors[:, best].T.astype(np.float32), (kept / (1 + kept)).astype(np.float32))


def stacked(blocks: Sequence[tuple[Matrix, float]]) -> Matrix:
    """Put blocks of columns side by side, each times the standard deviation of its weights' prior."""
    return np.concatenate([block * np.float32(scale) for block, scale in blocks], axis=1, dtype=np.float32)
