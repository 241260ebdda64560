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

import numpy as np
import numpy.typing as npt

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


def clusters(prompts: Sequence[str]) -> npt.NDArray[np.int64]:
    """Return each prompt's cluster: the place of the first prompt that belongs to it."""
    cut = [_CHOICES.split(prompt, maxsplit=1)[0] for prompt in prompts]
    whole = [_shingles(prompt) for prompt in prompts]
    stems = [
        _shingles(stem) if len(stem) < len(prompt) else frozenset()
        for stem, prompt in zip(cut, prompts, strict=True)
    ]
    seen = Counter(shingle for shingles in whole for shingle in shingles)
    most = max(_COMMON_LEAST, _COMMON_SHARE * len(prompts))
    common = {shingle for shingle, count in seen.items() if count > most}
    parent = list(range(len(prompts)))
    _same(prompts, parent)
    for parts in (whole, [stem or all_ for stem, all_ in zip(stems, whole, strict=True)]):
        _join([part - common for part in parts], parent)
    return np.array([_root(parent, place) for place in range(len(prompts))], dtype=np.int64)


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


def _same(prompts: Sequence[str], parent: list[int]) -> None:
    first: dict[str, int] = {}
    for place, prompt in enumerate(prompts):
        _unite(parent, first.setdefault(" ".join(prompt.lower().split()), place), place)


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
