import math

import numpy as np
import pytest

from wye.evaluation.betting import peak_log_capital
from wye.routing.watch.loss import Scale

SCALE = Scale(0.02)
DELTA = 0.05
RUNS = 4000
ROWS = 300


def null_rows(rng: np.random.Generator, kind: str) -> np.ndarray:
    """Z of routes exactly as good as they have to be: rows x runs, each with mean m."""
    m, shape = SCALE.null, (ROWS, RUNS)
    if kind == "all or nothing":
        return (rng.random(shape) < m).astype(float)
    if kind == "rare and dear":
        # Mostly as good as the strong model, seldom a total loss: L is -ε, or 1 - ε with probability ε.
        lost = rng.random(shape) < SCALE.epsilon
        return SCALE.scaled(np.where(lost, 1 - SCALE.epsilon, -SCALE.epsilon))
    return np.clip(m + 0.2 * (rng.beta(2, 2, shape) - 0.5), 0, 1)


@pytest.mark.parametrize("kind", ["all or nothing", "rare and dear", "smooth"])
def test_at_the_boundary_the_error_is_at_most_delta(kind: str) -> None:
    """The guarantee, simulated: with 4,000 runs three standard errors are 1.03 points."""
    rows = null_rows(np.random.default_rng(7), kind)
    assert rows.mean() == pytest.approx(SCALE.null, abs=0.002)
    false = np.mean(peak_log_capital(rows, SCALE.null, DELTA) >= math.log(1 / DELTA))
    assert false <= DELTA + 3 * math.sqrt(DELTA * (1 - DELTA) / RUNS)
    assert false > 0.002  # a test that never rejects would guarantee it too


def test_a_route_that_is_better_is_found() -> None:
    rng = np.random.default_rng(1)
    right_where_strong_is = np.where(rng.random((1000, 200)) < 0.83, -0.02, 0.0)
    found = peak_log_capital(SCALE.scaled(right_where_strong_is), SCALE.null, DELTA) >= math.log(1 / DELTA)
    assert found.mean() > 0.99


def test_no_row_can_ruin_it() -> None:
    worst = np.ones((50, 1))
    assert np.isfinite(peak_log_capital(worst, SCALE.null, DELTA)).all()
    best_then_worst = np.concatenate([np.zeros((50, 1)), np.ones((50, 1))])
    assert np.isfinite(peak_log_capital(best_then_worst, SCALE.null, DELTA)).all()


def test_bets_depend_on_earlier_rows_alone() -> None:
    """What comes later changes no capital that was there before: peaks of a prefix are a lower bound."""
    rng = np.random.default_rng(3)
    rows = rng.random((100, 5)) * 0.9
    later = rows.copy()
    later[60:] = 1.0
    peak = peak_log_capital(np.concatenate([rows[:60], np.full((40, 5), SCALE.null)]), SCALE.null, DELTA)
    assert np.all(peak_log_capital(later, SCALE.null, DELTA) >= peak - 1e-12)
