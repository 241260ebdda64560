"""How long each model's answer will be: log-normal heads over dense features.

A model that talks more is dearer at the same rates, and how much more differs by prompt.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wye.routing.quality import Numbers

_MOST = 50.0
"""Logarithm of more tokens than there are."""


class LengthHead(NamedTuple):
    """One model's."""

    model: str
    dense: Numbers
    """Of the logarithm of the answer's tokens, over features as a `Space` places them."""
    constant: float
    spread: float
    """Standard deviation of the logarithm around that."""
    least: float
    most: float
    """Tokens of the shortest and longest answer it was fitted on: no guess goes beyond."""


class Lengths:
    """Heads that were fitted together."""

    def __init__(self, heads: Sequence[LengthHead]) -> None:
        self._heads = [head._replace(dense=np.zeros(0, np.float32)) for head in heads]
        self._dense = np.stack([head.dense for head in heads]) if heads else np.zeros((0, 0), np.float32)

    def expect(self, placed: Numbers) -> dict[str, float]:
        """Return the mean number of output tokens of each model."""
        if not self._heads:
            return {}
        return {
            head.model: min(max(_exp(head.constant + line + head.spread**2 / 2), head.least), head.most)
            for head, line in zip(self._heads, (self._dense @ placed).tolist(), strict=True)
        }


def _exp(value: float) -> float:
    return math.exp(min(value, _MOST))  # a prompt unlike any may lead anywhere
