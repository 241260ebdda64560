"""What kind of work a prompt is: the class whose examples are nearest, in units of how far examples scatter.

Classes differ in their mean and share one covariance, so that the score of a class is linear in the features
and a class of one's own needs no training: the mean of its examples is all there is to it. Source: Hastie,
Tibshirani, Friedman, "The Elements of Statistical Learning", section 4.3 (linear discriminant analysis,
covariance shrunk towards a multiple of the unit matrix).

What a prompt means is taken from its first and last words: there stands what is to be done; between them
stands with what. How it looks is taken from all of it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wye.routing.features import Extractor, Features, extractor

Matrix = npt.NDArray[np.float32]

_HEAD, _TAIL = 90, 60
"""Characters at a prompt's ends."""
_DATA = "data/tasks.npz"


class Means(NamedTuple):
    """What `scripts/build_tasks.py` learnt from the examples in `scripts/tasks`."""

    names: tuple[str, ...]
    """The class of each row; a class may have several."""
    means: Matrix
    """Rows of dense features."""
    precision: Matrix
    """Inverse of the covariance that all classes share."""
    scatter: float
    """Mean squared distance, in those units, of an example from its class's mean."""


class Tasks:
    """Tells what kind of work a prompt is."""

    def __init__(self, examples: Mapping[str, Sequence[str]] | None = None) -> None:
        """Know the built-in classes, and one more for each of `examples`: name -> prompts of that kind.

        What that takes is loaded when it is first asked: where clients name models nobody needs it.
        """
        self._examples = dict(examples or {})
        self._known: _Rows | None = None

    def __call__(self, prompt: str, features: Features | None = None) -> str:
        """Return the name of the class that a prompt belongs to; `features` are the prompt's, if known."""
        rows = self._known
        if rows is None:
            rows = self._known = _rows(self._examples)
        scores = rows.weights @ telling(extractor(), prompt, features) + rows.constants
        return rows.names[int(scores.argmax())]


class _Rows(NamedTuple):
    names: tuple[str, ...]
    weights: Matrix
    constants: Matrix


def _rows(examples: Mapping[str, Sequence[str]]) -> _Rows:
    known = load()
    means, spare = [*known.means], [0.0] * len(known.means)
    for prompts in examples.values():
        means.append(np.mean([telling(extractor(), prompt) for prompt in prompts], axis=0))
        spare.append(known.scatter / len(prompts))
    rows = np.stack(means)
    weights = (rows @ known.precision).astype(np.float32)
    # The mean of few examples lies farther out than what it estimates: that must not count against it.
    lengths = (weights * rows).sum(axis=1) - np.array(spare, dtype=np.float32)
    return _Rows((*known.names, *examples), weights, (-0.5 * lengths).astype(np.float32))


BUILT_IN = Tasks()
"""Nothing but the built-in classes."""


def telling(extract: Extractor, prompt: str, features: Features | None = None) -> Matrix:
    """Return the dense features by which kinds of work are told apart."""
    whole = extract(prompt) if features is None else features
    if len(prompt) <= _HEAD + _TAIL:
        return whole.dense
    meaning = extract.mean(f"{prompt[:_HEAD]}\n{prompt[-_TAIL:]}")
    return np.concatenate((meaning, whole.dense[extract.meaning :]))


@cache
def fingerprint() -> str:
    """Return what changes with the built-in classes: what was drawn by others holds for none of these."""
    data = files(__package__).joinpath(_DATA).read_bytes()
    return hashlib.sha256(b"%d:%d:%b" % (_HEAD, _TAIL, data)).hexdigest()[:16]


@cache
def load() -> Means:
    """Read the built-in classes once a process."""
    with files(__package__).joinpath(_DATA).open("rb") as file, np.load(file) as data:
        names = tuple(data["names"].tobytes().decode().split("\n"))
        return Means(names, data["means"], data["precision"], float(data["scatter"]))
