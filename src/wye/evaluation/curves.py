"""How good a router is: what of the gap between two models it recovers, for what share of strong calls.

With s and w the scores of the strong and the weak model, rows sorted by a predictor, the dearest first, and
the first k of n sent to the strong model:

    PGR(k)  = Σ over the k of (s - w) / Σ over all of (s - w)      0 = all weak, 1 = all strong
    APGR    = area under PGR over the strong share k/n             .5 = random
    CPT(x)  = the smallest strong share with PGR >= x
    share at quality x = the smallest strong share with a mean score of at least x times the strong model's

Source: Ong et al., "RouteLLM: learning to route LLMs with preference data", arXiv 2406.18665, section 2.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from wye.routing.watch.loss import Scores

_CALIBRATION_BINS = 10


class Figures(NamedTuple):
    """What one curve comes to."""

    apgr: float
    cpt50: float
    cpt80: float
    share99: float
    """Strong share at 99 % of the strong model's quality."""
    share95: float


def order(predicted: Scores, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return the rows' places, the highest prediction first; ties in random order."""
    return np.lexsort((rng.random(len(predicted)), -predicted))


def figures(strong: Scores, weak: Scores, ranked: npt.NDArray[np.int64]) -> Figures:
    """Return the figures of rows that are sent to the strong model in the order `ranked`.

    Where the strong model is no better on the whole, PGR means nothing and its figures are NaN.
    """
    won = np.concatenate(([0.0], np.cumsum((strong - weak)[ranked])))
    share = np.linspace(0, 1, len(won))
    quality = won + weak.sum()
    gap = won[-1]
    at = [_first(share, quality >= part * strong.sum()) for part in (0.99, 0.95)]
    if gap <= 0:
        return Figures(np.nan, np.nan, np.nan, *at)
    recovered = won / gap
    area = float(np.sum((recovered[1:] + recovered[:-1]) / 2 * np.diff(share)))
    return Figures(area, *(_first(share, recovered >= part) for part in (0.5, 0.8)), *at)


def _first(share: Scores, reached: npt.NDArray[np.bool_]) -> float:
    # Sums of many scores miss the last step by a rounding error: all strong always reaches it.
    return float(share[int(np.argmax(reached))]) if reached.any() else 1.0


def random_figures(strong: Scores, weak: Scores) -> Figures:
    """Return what a random choice comes to: its expected curve is a straight line."""
    high, low = float(strong.mean()), float(weak.mean())

    def share(quality: float) -> float:
        return min(max((quality * high - low) / (high - low), 0.0), 1.0) if high > low else 0.0

    return Figures(0.5, 0.5, 0.8, share(0.99), share(0.95))


def oracle_figures(strong: Scores, weak: Scores, rng: np.random.Generator) -> Figures:
    """Return what could be reached by someone who knows both scores beforehand."""
    return figures(strong, weak, order(strong - weak, rng))


def calibration_error(chance: Scores, right: Scores) -> float:
    """Return the expected calibration error (ECE): bins of equal width, weighted by their rows."""
    bins = np.minimum((chance * _CALIBRATION_BINS).astype(int), _CALIBRATION_BINS - 1)
    off = np.bincount(bins, weights=chance - right, minlength=_CALIBRATION_BINS)
    return float(np.abs(off).sum() / max(len(chance), 1))


def resampled(groups: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return places of rows drawn with replacement, whole clusters at a time."""
    _, which = np.unique(groups, return_inverse=True)
    by_group = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which))
    starts = np.concatenate(([0], ends[:-1]))
    drawn = rng.integers(0, len(ends), len(ends))
    sizes = ends[drawn] - starts[drawn]
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    places: npt.NDArray[np.int64] = by_group[np.repeat(starts[drawn], sizes) + within]
    return places
