"""Which prompts are nearly the same: they must stay on one side of a split, and count once in a certificate.

MinHash over shingles of words, with fixed hash functions, banded into buckets. A prompt has two signatures:
the whole, and what comes before its choices, since one question may be asked with four choices here and with
ten there. Shingles that many prompts share say nothing: instructions repeated on every row would make one
cluster of all. Source: Broder, "On the resemblance and containment of documents", 1997; banding: Leskovec,
Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4.
"""

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# Traces of spent rows are kept (`sides`): made with others than these, they know nothing again.
SHINGLE = 3
"""Words."""
HASHES, BANDS = 64, 16
ALIKE = 0.6
"""Estimated Jaccard similarity from which on two prompts count as one."""
_COMMON_SHARE, _COMMON_LEAST = 0.005, 20
"""A shingle in more than this share of all prompts, and in more than so many, is left out."""
_FEWEST = 4
"""Shingles that a part needs before its signature says anything."""
_WORD = re.compile(r"\w+|[^\w\s]")
_CHOICES = re.compile(r"(?m)^\s{0,3}\(?A[.)]\s")
_MERSENNE = (1 << 31) - 1
_FIXED = np.random.default_rng(20_261_122)
_FACTOR = _FIXED.integers(1, _MERSENNE, HASHES, dtype=np.uint64)
_OFFSET = _FIXED.integers(0, _MERSENNE, HASHES, dtype=np.uint64)

Signature = npt.NDArray[np.uint64]
Likeness = npt.NDArray[np.uint8]
"""Signatures (rows x hashes), the lowest byte of each hash: enough to tell whether two are alike."""


def clusters(prompts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return each prompt's cluster: the place of the first prompt that belongs to it."""
    return Shingled(prompts).clusters()


class Signed(NamedTuple):
    """Signatures of some prompts; one that has choices has two, one that says little has none."""

    places: npt.NDArray[np.int64]
    likeness: Likeness


class Shingled:
    """Prompts as sets of shingles."""

    def __init__(self, prompts: Sequence[str]) -> None:
        self._plain = [" ".join(prompt.lower().split()) for prompt in prompts]
        self._whole = [_shingles(prompt) for prompt in prompts]
        cut = (_CHOICES.split(prompt, maxsplit=1)[0] for prompt in prompts)
        self._stems = [
            _shingles(stem) if len(stem) < len(prompt) else frozenset()
            for stem, prompt in zip(cut, prompts, strict=True)
        ]
        seen = Counter(shingle for shingles in self._whole for shingle in shingles)
        most = max(_COMMON_LEAST, _COMMON_SHARE * len(prompts))
        self.common = frozenset(shingle for shingle, count in seen.items() if count > most)
        """Shingles that many of these prompts share."""

    def clusters(self) -> npt.NDArray[np.int64]:
        """Return each prompt's cluster: the place of the first prompt that belongs to it."""
        parent = list(range(len(self._plain)))
        first: dict[str, int] = {}
        for place, plain in enumerate(self._plain):
            _unite(parent, first.setdefault(plain, place), place)
        asked = [stem or whole for stem, whole in zip(self._stems, self._whole, strict=True)]
        for parts in (self._whole, asked):
            _join([part - self.common for part in parts], parent)
        return np.array([_root(parent, place) for place in range(len(parent))], dtype=np.int64)

    def signed(self, common: frozenset[int], places: Sequence[int]) -> Signed:
        """Return signatures of some of the prompts, without `common` shingles: of these, or of others."""
        owners, found = [], []
        for place in places:
            for shingles in (self._whole[place], self._stems[place]):
                if len(part := shingles - common) >= _FEWEST:
                    owners.append(place)
                    found.append(_signature(part).astype(np.uint8))
        likeness = np.stack(found) if found else np.zeros((0, HASHES), dtype=np.uint8)
        return Signed(np.array(owners, dtype=np.int64), likeness)

    def like(self, others: Likeness, common: frozenset[int]) -> npt.NDArray[np.bool_]:
        """Tell which prompts are alike to one of `others`, which were signed without `common`."""
        alike = np.zeros(len(self._plain), dtype=np.bool_)
        if not len(others):
            return alike
        places, own = self.signed(common, range(len(self._plain)))
        width = np.dtype(f"u{HASHES // BANDS}")
        bands = zip(own.view(width).T, others.view(width).T, strict=True)
        near = np.any([np.isin(one, other) for one, other in bands], axis=0)
        for at in np.flatnonzero(near):
            alike[places[at]] |= bool((np.count_nonzero(others == own[at], axis=1) >= ALIKE * HASHES).any())
        return alike


def _shingles(text: str) -> frozenset[int]:
    words = _WORD.findall(text.lower())
    return frozenset(
        zlib.crc32(" ".join(words[place : place + SHINGLE]).encode(errors="replace"))
        for place in range(max(len(words) - SHINGLE + 1, 1))
    )


def _signature(shingles: frozenset[int]) -> Signature:
    values = np.fromiter(shingles, dtype=np.uint64, count=len(shingles)) % np.uint64(_MERSENNE)
    mixed: Signature = (values[:, None] * _FACTOR + _OFFSET) % np.uint64(_MERSENNE)
    least: Signature = mixed.min(axis=0)
    return least


def _join(parts: Sequence[frozenset[int]], parent: list[int]) -> None:
    """Unite what is alike among the members of any bucket, each compared with those that began a cluster."""
    signatures = {place: _signature(part) for place, part in enumerate(parts) if len(part) >= _FEWEST}
    width = HASHES // BANDS
    for band in range(BANDS):
        buckets: defaultdict[bytes, list[int]] = defaultdict(list)
        for place, signature in signatures.items():
            first = buckets[signature[band * width : (band + 1) * width].tobytes()]
            for other in first:
                if _root(parent, other) == _root(parent, place):
                    break
                if np.count_nonzero(signatures[other] == signature) >= ALIKE * HASHES:
                    _unite(parent, other, place)
                    break
            else:
                first.append(place)


def _root(parent: list[int], place: int) -> int:
    while parent[place] != place:
        parent[place] = parent[parent[place]]
        place = parent[place]
    return place


def _unite(parent: list[int], one: int, other: int) -> None:
    low, high = sorted((_root(parent, one), _root(parent, other)))
    parent[high] = low
