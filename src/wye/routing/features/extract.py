"""A prompt as numbers: the weighted mean of its tokens' rows, how it looks, and hashed n-grams.

Source of the mean: Arora, Liang, Ma, "A simple but tough-to-beat baseline for sentence embeddings", ICLR
2017. Nothing of a prompt is kept: no cache of words, no table that grows.
"""

from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wye.routing.features import surface, table, tokens

_HEAD, _TAIL = 1536, 768
"""Characters of a prompt that are looked at: its beginning, and its end, where the question tends to be."""
_TOKENS = 512
BUCKETS = 2048
"""Of hashed n-grams; a power of two."""
_SHIFT = np.uint64(64 - BUCKETS.bit_length() + 1)
_FIRST, _SECOND = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
"""Odd multipliers with well mixed bits (Knuth's multiplicative hashing)."""


class Features(NamedTuple):
    """What is known of one prompt."""

    dense: npt.NDArray[np.float32]
    """The mean of rows, of length 1 or 0; then the surface."""
    grams: npt.NDArray[np.int64]
    """Buckets of its unigrams and bigrams, with repeats."""


class Extractor:
    """Turns prompts into features. Safe to share: it keeps nothing of them."""

    def __init__(self) -> None:
        self._table = table.load()
        count = len(self._table.rows)
        self._rarity = (np.log1p(np.arange(count)) / np.log(count)).astype(np.float32)

    @property
    def dimensions(self) -> int:
        """How many dense numbers there are."""
        return self._table.dimensions + len(surface.NAMES)

    @property
    def meaning(self) -> int:
        """How many of them, from the first on, say what the prompt means."""
        return self._table.dimensions

    def __call__(self, prompt: str) -> Features:
        """Return the features of a prompt of any length."""
        text = prompt if len(prompt) <= _HEAD + _TAIL else f"{prompt[:_HEAD]}\n{prompt[-_TAIL:]}"
        found = tokens.words(text)
        known = self._table
        ids = np.array(tokens.places(found, known.place)[:_TOKENS], dtype=np.int64)
        looks = surface.surface(text, len(prompt), found, self._rarity[ids])
        return Features(np.concatenate((self._mean(ids), looks)), grams(ids))

    def mean(self, text: str) -> npt.NDArray[np.float32]:
        """Return what a short text means, as the first of the dense features would."""
        ids = tokens.places(tokens.words(text), self._table.place)[:_TOKENS]
        return self._mean(np.array(ids, dtype=np.int64))

    def _mean(self, ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        known = self._table
        mean = (known.weight[ids] @ known.rows[ids].astype(np.float32)) * known.step
        length = float(np.sqrt(mean @ mean))
        return mean / length if length else mean


@cache
def extractor() -> Extractor:
    """Return the one that all share. The first call takes some 50 ms."""
    return Extractor()


def grams(ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the buckets of each id, and of each pair of neighbours."""
    mixed = ids.astype(np.uint64) * _FIRST
    pairs = (mixed[:-1] ^ (mixed[1:] >> np.uint64(17))) * _SECOND
    return (np.concatenate((mixed, pairs)) >> _SHIFT).astype(np.int64)
