"""What a month will have cost when it ends, with an interval, from what its days have cost so far.

A linear regression on the day's cost: a level, a straight trend, and a difference for each day of the week,
the latter two drawn towards none (Gaussian priors, as in ridge regression), so that two weeks are enough to
begin with. How steep trends are, and how unlike weekends, is not known before: regressions that expect little
of either, and much, are averaged by how well each explains the days. The interval is that of the
posterior predictive of the days left: what the coefficients may be, and how much single days scatter (Bishop,
Pattern Recognition and Machine Learning, 3.3 to 3.5), widened by Student's t for few days. Days are taken to
scatter independently, and nothing new to happen.
"""

import calendar
import datetime as dt
import math
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

LEAST_DAYS = 3
"""Whole days, without which nothing is forecast."""
MOST_DAYS = 56
"""What is older says little of this month."""
SHARE = 0.8
_QUANTILE = 1.2816
"""Of the normal distribution, for the 10th and 90th percentile."""
_LEVEL = 10.0
_WEEKDAYS = (0.02, 0.4)
_TRENDS = (0.005, 0.015)
"""Standard deviations of what days of the week, the level and a day's growth may be, in mean days' costs."""
_LEAST_NOISE = 1e-4
_ROUNDS = 8
_DAY = 86_400.0

Array = npt.NDArray[np.float64]


class Forecast(msgspec.Struct, frozen=True):
    """A month's bill, in its currency. What is not known of past costs is in none of it."""

    so_far: float
    expected: float
    low: float
    """Tenth percentile."""
    high: float
    """Ninetieth percentile."""
    days: int
    """Whole days that this was learnt from."""


def month_end(
    costs: Mapping[dt.date, float], now: dt.datetime, first: dt.date | None = None
) -> Forecast | None:
    """Forecast the month of `now` (UTC) from each day's cost; a day that is left out cost nothing.

    `first`: the first day that is known of; default: the first in `costs`. None when fewer than `LEAST_DAYS`
    are whole.
    """
    today = now.date()
    start = today.replace(day=1)
    end = today.replace(day=calendar.monthrange(today.year, today.month)[1])
    begun = min(costs, default=today) if first is None else first
    known = [today - dt.timedelta(days=back) for back in range(min((today - begun).days, MOST_DAYS), 0, -1)]
    so_far = sum(cost for day, cost in costs.items() if start <= day <= today)
    if len(known) < LEAST_DAYS:
        return None
    values = np.array([costs.get(day, 0.0) for day in known])
    scale = float(values.mean())
    if not scale:
        return Forecast(so_far, so_far, so_far, so_far, len(known))
    left = [today + dt.timedelta(days=ahead) for ahead in range((end - today).days + 1)]
    midnight = dt.datetime.combine(today, dt.time(), dt.UTC)
    weights = np.ones(len(left))
    weights[0] = 1 - (now - midnight).total_seconds() / _DAY
    mean, deviation = _predicted(_features(known, today), values / scale, _features(left, today), weights)
    width = scale * deviation * _student(len(known) - 1)
    expected = so_far + scale * max(mean, 0.0)
    return Forecast(so_far, expected, max(expected - width, so_far), expected + width, len(known))


def _features(days: list[dt.date], today: dt.date) -> Array:
    """Return a row a day: level, trend in days from today, and which day of the week it is."""
    rows = np.zeros((len(days), 9))
    for row, day in zip(rows, days, strict=True):
        row[0] = 1.0
        row[1] = (day - today).days
        row[2 + day.weekday()] = 1.0
    return rows


def _predicted(known: Array, values: Array, left: Array, weights: Array) -> tuple[float, float]:
    """Return mean and standard deviation of the weighted sum of the days that are left."""
    fits = [_fit(known, values, trend, weekday) for trend in _TRENDS for weekday in _WEEKDAYS]
    direction = weights @ left
    means = np.array([direction @ fit.coefficients for fit in fits])
    scatter = float((weights**2).sum())
    variances = np.array([direction @ fit.covariance @ direction + fit.noise * scatter for fit in fits])
    likely = np.array([fit.evidence for fit in fits])
    likely = np.exp(likely - likely.max())
    likely /= likely.sum()
    mean = float(likely @ means)
    return mean, math.sqrt(float(likely @ (variances + (means - mean) ** 2)))


class _Fit(NamedTuple):
    coefficients: Array
    covariance: Array
    noise: float
    """Variance of a day."""
    evidence: float
    """Logarithm of how likely the days are, whatever the coefficients."""


def _fit(known: Array, values: Array, trend: float, weekday: float) -> _Fit:
    deviations = np.array([_LEVEL, trend, *[weekday] * 7])
    prior = np.diag(deviations**-2)
    noise = max(float(values.var()), _LEAST_NOISE)
    for _ in range(_ROUNDS):  # how much days scatter is learnt from what the fit leaves
        covariance = np.linalg.inv(prior + known.T @ known / noise)
        coefficients = covariance @ known.T @ values / noise
        explained = float(np.trace(covariance @ known.T @ known)) / noise
        rest = float(((values - known @ coefficients) ** 2).sum())
        noise = max(rest / max(len(values) - explained, 1.0), _LEAST_NOISE)
    spread = (known * deviations**2) @ known.T + noise * np.eye(len(values))
    evidence = -0.5 * float(np.linalg.slogdet(spread)[1] + values @ np.linalg.solve(spread, values))
    return _Fit(np.asarray(coefficients, np.float64), np.asarray(covariance, np.float64), noise, evidence)


def _student(freedom: int) -> float:
    """Return the 90th percentile of Student's t, to the first order in 1/freedom (Fisher's expansion)."""
    return _QUANTILE + (_QUANTILE**3 + _QUANTILE) / (4 * freedom)
