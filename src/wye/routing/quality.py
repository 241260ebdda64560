"""How likely each model is to answer a prompt well: Bayesian logistic heads over its features.

A head is the mode of a posterior over weights, fitted offline; what it does not know shows in the variance
of its logit, and pulls its probability towards one half. Directions in which the rows told little keep the
prior's variance. A prompt unlike any that the heads were fitted on is flagged: what they say of it is a
guess, and whoever routes should not save on it.

Source: Bishop, "Pattern Recognition and Machine Learning", sections 4.4 and 4.5.2 (MacKay's probit rule).
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wye.routing.features.extract import Features

Numbers = npt.NDArray[np.float32]

_PROBIT = math.pi / 8
_NONE: Numbers = np.zeros((0, 0), dtype=np.float32)


def gaussian(rows: Numbers, others: Numbers, width: float) -> Numbers:
    """Return exp(-|row - other|² / width): for one row one number each of `others`, for rows a row each."""
    own = (rows * rows).sum(axis=-1)[..., None]
    squares = own + (others * others).sum(axis=1) - 2 * (rows @ others.T)
    kernel: Numbers = np.exp(np.maximum(squares, 0) / np.float32(-width))
    return kernel


class Space(NamedTuple):
    """What the dense features of fitted rows look like; shared by all heads."""

    mean: Numbers
    scale: Numbers
    """Features times this, after taking away the mean, have the prior's standard deviation."""
    axes: Numbers
    """Orthonormal directions in which fitted rows differ most (rank x dense)."""
    inverse: Numbers
    """One over the variance of the rows along each of them."""
    rest: float
    """One over the mean variance along all other directions."""
    limit: float
    """Squared distance beyond which a prompt is unlike the fitted rows."""
    landmarks: Numbers = _NONE
    """What some of the fitted rows mean (landmarks x meaning): the first dense features, as they are."""
    width: float = 1.0
    """Squared distance at which a landmark's kernel is down to 1/e."""

    def place(self, dense: Numbers) -> Numbers:
        """Return dense features centred and scaled; of one prompt or of rows."""
        return (dense - self.mean) * self.scale

    def distance(self, placed: Numbers) -> Numbers:
        """Return the squared (Mahalanobis) distance from the fitted rows' mean, for each row or for one."""
        along = placed @ self.axes.T
        squares = along * along
        rest = np.maximum((placed * placed).sum(axis=-1) - squares.sum(axis=-1), 0)
        distance: Numbers = squares @ self.inverse + rest * np.float32(self.rest)
        return distance

    def near(self, dense: Numbers) -> Numbers:
        """Return how near each landmark is, in (0, 1], to raw dense features; of one prompt or of rows."""
        return gaussian(dense[..., : self.landmarks.shape[1]], self.landmarks, self.width)


class Head(NamedTuple):
    """One model's."""

    model: str
    dense: Numbers
    grams: Numbers
    """One weight a bucket; a prompt's buckets count together as a vector of length 1."""
    constant: float
    axes: Numbers
    """Directions in which the posterior is narrower than the prior (rank x dense)."""
    gain: Numbers
    """By how much of 1 the variance along each is down."""
    near: Numbers = _NONE.ravel()
    """One weight a landmark: what a line over the dense features cannot say."""


class Estimate(NamedTuple):
    """Of one model and one prompt."""

    right: float
    """Probability, or expected score, in (0, 1)."""
    variance: float
    """Of the logit, from what dense features leave open."""


class Quality:
    """Heads that were fitted together."""

    def __init__(self, space: Space, heads: Sequence[Head]) -> None:
        self._space = space
        self._models = [head.model for head in heads]
        self._dense = np.stack([head.dense for head in heads])
        # Bucket-major: a prompt's buckets pick rows, and each row has all heads.
        self._grams = np.ascontiguousarray(np.stack([head.grams for head in heads], axis=1))
        self._constant = np.array([head.constant for head in heads], dtype=np.float32)
        self._axes = np.stack([head.axes for head in heads])
        self._gain = np.stack([head.gain for head in heads])
        self._near = np.stack([head.near for head in heads])

    def estimate(self, features: Features) -> tuple[dict[str, Estimate], bool]:
        """Return what to expect of each model, and whether the prompt is like those fitted on."""
        placed = self._space.place(features.dense)
        logits = self._dense @ placed + self._constant
        if self._near.size:
            logits = logits + self._near @ self._space.near(features.dense)
        if len(features.grams):
            counts = np.bincount(features.grams, minlength=len(self._grams))[features.grams]
            # Σ over distinct buckets of count² is Σ over occurrences of count.
            logits = logits + self._grams[features.grams].sum(axis=0) / math.sqrt(float(counts.sum()))
        along = self._axes @ placed
        variance = np.maximum(placed @ placed - (self._gain * along * along).sum(axis=1), 0)
        known = bool(self._space.distance(placed) <= self._space.limit)
        found = zip(self._models, logits.tolist(), variance.tolist(), strict=True)
        return {model: Estimate(_moderated(logit, wide), wide) for model, logit, wide in found}, known


def _moderated(logit: float, variance: float) -> float:
    """Return the mean of the logistic function under a Gaussian of this mean and variance, nearly."""
    return 0.5 * (1 + math.tanh(0.5 * logit / math.sqrt(1 + _PROBIT * variance)))
