"""Bets against a bounded mean: capital that grows only if the mean is on the other side of a bound.

For Z_1, Z_2, ... in [0, 1] with E[Z_i | past] >= m, the capital K_n = Π (1 + nu_i (m - Z_i)), with 0 <=
nu_i < 1 / (1 - m) chosen from Z_1 .. Z_(i-1) alone, is a nonnegative supermartingale that begins at 1. By
Ville's inequality it ever reaches 1/δ with probability at most δ. So once it does, E[Z] < m may be claimed
with confidence 1 - δ, whenever one looks.

Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS B 86
(2024), section 4.
"""

import numpy as np

from wye.routing.watch.loss import Scores

_PRIOR_WEIGHT = 1.0
_PRIOR_VARIANCE = 0.25
"""The largest variance that Z can have, counted as one row: bets begin small."""
_KEPT = 0.05
"""Share of the capital that is never at stake, even if the next Z is 1."""


def peak_log_capital(rows: Scores, null: float, delta: float) -> Scores:
    """Return the largest log K over all rows, for each column of Z values (rows x columns).

    The bet is the one that is best against the least effect which `delta` lets so many rows show: nu =
    sqrt(2 log(1/δ) / (n σ²)), σ² as the earlier rows have it. `len(rows)` is the horizon, fixed before a
    row is read.
    """
    horizon, columns = rows.shape
    most = (1 - _KEPT) / (1 - null)
    effort = 2 * np.log(1 / delta) / max(horizon, 1)
    weight = _PRIOR_WEIGHT
    mean = np.full(columns, null)
    squares = np.full(columns, _PRIOR_VARIANCE * _PRIOR_WEIGHT)
    log_capital = np.zeros(columns)
    peak = np.zeros(columns)
    for row in rows:
        stake = np.minimum(np.sqrt(effort * weight / squares), most)
        log_capital += np.log1p(stake * (null - row))
        np.maximum(peak, log_capital, out=peak)
        weight += 1
        off = row - mean
        mean = mean + off / weight
        squares = squares + off * (row - mean)
    return peak
