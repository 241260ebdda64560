"""How good certificates are: draw labels from a pool whose truth is known, many times, and count the false.

The pool is frozen: its rows, the predictions and the thresholds exist before a label is drawn, with
replacement, so that the mean over the pool is the truth that a certificate speaks of. A certificate is false
when any setting that it accepts has E[L] > 0 there.
"""

import math
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from wye.evaluation.betting import peak_log_capital
from wye.routing.watch.loss import Scale, Scores

Places = npt.NDArray[np.int64]

DRAWS = 2000
_AT_ONCE = 50
_TRUE_SLACK = 1e-12
_BOUND = 0.99
"""Confidence of the lower bound on a false rate."""


class Certified(msgspec.Struct, frozen=True):
    """What 2,000 certificates came to."""

    epsilon: float
    delta: float
    labels: int
    draws: int
    strong_share: float
    """Mean over the draws; 1 where nothing was certified."""
    oracle_share: float
    """Of the cheapest setting that is in truth good enough."""
    false_rate: float
    false_rate_lower: float
    """One-sided 99 % lower bound of the false rate: it must not exceed δ."""
    boundary_false_rates: dict[str, float]
    """Of made-up settings with E[L] = 0, where a false certificate is the easiest."""


def settings(gain: Scores) -> Scores:
    """Return the settings' thresholds, the safest first, from the fitted rows' own predictions alone."""
    shares = np.linspace(0.7, 0.02, 69)
    return np.quantile(gain, 1 - shares)


class Terms(NamedTuple):
    """What is certified, with how much, how often."""

    epsilon: float
    delta: float
    labels: int
    draws: int = DRAWS


class Pool(NamedTuple):
    """Frozen rows: both models' scores, and the predicted gain of the strong one."""

    strong: Scores
    weak: Scores
    gain: Scores


def certified(pool: Pool, thresholds: Scores, terms: Terms, rng: np.random.Generator) -> Certified:
    """Certify again and again, each time with fresh labels of the pool. `thresholds`: the safest first."""
    to_strong = pool.gain[:, None] >= thresholds[None, :]
    chosen = np.where(to_strong, pool.strong[:, None], pool.weak[:, None])
    scale = Scale(terms.epsilon)
    losses = scale.losses(pool.strong[:, None], chosen)
    shares = np.append(to_strong.mean(axis=0), 1.0)  # the last: nothing accepted
    truth = losses.mean(axis=0)
    accepted = _walks(scale.scaled(losses), scale.null, terms, rng)
    wrong = np.concatenate(([False], np.logical_or.accumulate(truth > _TRUE_SLACK)))
    false = int(wrong[accepted].sum())
    good = np.flatnonzero(truth <= _TRUE_SLACK)
    return Certified(
        epsilon=terms.epsilon,
        delta=terms.delta,
        labels=terms.labels,
        draws=terms.draws,
        strong_share=float(shares[accepted - 1].mean()),
        oracle_share=float(shares[good].min()) if len(good) else 1.0,
        false_rate=false / terms.draws,
        false_rate_lower=lower_bound(false, terms.draws),
        boundary_false_rates=_boundaries(scale, terms, rng),
    )


def _walks(scaled: Scores, null: float, terms: Terms, rng: np.random.Generator) -> Places:
    """Return how many settings each draw accepts before the first failure."""
    needed = math.log(1 / terms.delta)
    rows, count = scaled.shape
    result = []
    for begin in range(0, terms.draws, _AT_ONCE):
        many = min(_AT_ONCE, terms.draws - begin)
        drawn = scaled[rng.integers(0, rows, (terms.labels, many))].reshape(terms.labels, many * count)
        passed = peak_log_capital(drawn, null, terms.delta).reshape(many, count) >= needed
        result.append(np.where(passed.all(axis=1), count, np.argmin(passed, axis=1)))
    return np.concatenate(result)


def _boundaries(scale: Scale, terms: Terms, rng: np.random.Generator) -> dict[str, float]:
    """Return how often settings are accepted that lose exactly what is allowed, and no less."""
    worst, best = 1 - scale.epsilon, -scale.epsilon
    pools = {
        "many small gains, few large losses": ((worst, best), (scale.epsilon, worst)),
        "all or nothing": ((worst, -1.0), (1.0, worst)),
        "mostly nothing": ((worst, -1.0, 0.0), (0.05, 0.05 * worst, 2.0)),
    }
    rates = {}
    for name, (values, odds) in pools.items():
        chances = np.array(odds) / sum(odds)
        drawn = scale.scaled(rng.choice(np.array(values), (terms.labels, terms.draws), p=chances))
        peaks = peak_log_capital(drawn, scale.null, terms.delta)
        rates[name] = float((peaks >= math.log(1 / terms.delta)).mean())
    return rates


def lower_bound(hits: int, tries: int) -> float:
    """Return the exact (Clopper-Pearson) one-sided 99 % lower bound of a rate."""
    if not hits:
        return 0.0
    low, high = 0.0, hits / tries
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _at_least(hits, tries, middle) > 1 - _BOUND else (middle, high)
    return low


def _at_least(hits: int, tries: int, rate: float) -> float:
    """Return the binomial probability of `hits` or more."""
    if rate <= 0:
        return 0.0
    logs = [
        math.lgamma(tries + 1)
        - math.lgamma(count + 1)
        - math.lgamma(tries - count + 1)
        + count * math.log(rate)
        + (tries - count) * math.log1p(-rate)
        for count in range(hits)
    ]
    return 1 - sum(map(math.exp, logs))
