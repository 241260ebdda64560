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
    return fit_together(columns, right[:, None], 0.0)[0]


def fit_together(columns: Matrix, right: Vector, correlation: float) -> list[Line]:
    """Fit a head for each column of `right` (rows x heads), on the same rows.

    As `fit`, but that two heads' weights of one column are correlated a priori, in [0, 1): what is hard for
    one model is hard for another. Source: Bonilla, Chai, Williams, "Multi-task Gaussian process prediction",
    NIPS 2007.
    """
    count, width = columns.shape
    heads = right.shape[1]
    mean = (right.sum(axis=0) + 0.5) / (count + 1)
    constant = np.log(mean / (1 - mean))
    mix = _root(np.full((heads, heads), correlation) + (1 - correlation) * np.eye(heads))
    weights = np.zeros((width, heads))  # as independent ones: `mix` makes them what they are
    for _ in range(_STEPS if count else 0):
        expected = chance(_logits(columns, weights @ mix) + constant)
        curve = np.maximum(expected * (1 - expected), _LEAST_WEIGHT)
        off = right - expected
        slope = np.vstack((_transposed(columns, off) @ mix - weights, off.sum(axis=0) - _LOOSE * constant))
        step = _solve(columns, curve, slope, mix)
        weights += step[:-1]
        constant += step[-1]
        if float(np.abs(step).max()) < _CLOSE:
            break
    ready = (weights @ mix).astype(np.float32)
    return [Line(ready[:, head], float(constant[head])) for head in range(heads)]


def _root(covariance: Vector) -> Vector:
    """Return the symmetric square root."""
    values, vectors = np.linalg.eigh(covariance)
    root: Vector = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root


def _logits(columns: Matrix, weights: Vector) -> Vector:
    return np.asarray(columns @ weights.astype(np.float32), dtype=np.float64)


def _transposed(columns: Matrix, values: Vector) -> Vector:
    return np.asarray(columns.T @ values.astype(np.float32), dtype=np.float64)


def _solve(columns: Matrix, curve: Vector, slope: Vector, mix: Vector) -> Vector:
    """Solve (AᵀWA + P) x = slope by conjugate gradients; A has the constants' column of ones, last in x."""
    precision = np.ones((len(slope), 1))
    precision[-1] = _LOOSE
    # The constants' own curvature dwarfs the others: scale it away.
    scale = np.ones_like(slope)
    scale[-1] = 1 / np.sqrt(curve.sum(axis=0) + _LOOSE)
    x = np.zeros_like(slope)
    residual = slope * scale
    direction = residual.copy()
    size = float(np.vdot(residual, residual))
    enough = _ENOUGH * size
    for _ in range(_INNER):
        if size <= enough:
            break
        real = direction * scale
        weighted = curve * (_logits(columns, real[:-1] @ mix) + real[-1])
        told = np.vstack((_transposed(columns, weighted) @ mix, weighted.sum(axis=0)))
        product = (told + precision * real) * scale
        along = size / float(np.vdot(direction, product))
        x += along * direction
        residual = residual - along * product
        before, size = size, float(np.vdot(residual, residual))
        direction = residual + size / before * direction
    return x * scale


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
