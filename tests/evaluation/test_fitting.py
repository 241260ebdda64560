import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wye.evaluation.fitting import chance, fit, fit_together, spread, stacked


def made(seed: int, count: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    columns = rng.normal(size=(count, width)).astype(np.float32)
    weights = rng.normal(size=width)
    return columns, (rng.random(count) < chance(columns @ weights + 0.5)).astype(float), weights


def slope(columns: np.ndarray, right: np.ndarray, weights: np.ndarray, constant: float) -> np.ndarray:
    """Of the log posterior: zero at its mode."""
    off = right - chance(columns @ weights.astype(float) + constant)
    return columns.T @ off - weights


@given(st.integers(0, 1000), st.integers(1, 300), st.integers(1, 40))
@settings(max_examples=40, deadline=None)
def test_what_is_fitted_is_the_mode_of_the_posterior(seed: int, count: int, width: int) -> None:
    columns, right, _ = made(seed, count, width)
    line = fit(columns, right)
    assert np.abs(slope(columns, right, line.weights, line.constant)).max() < 0.02 + 1e-4 * count


def test_many_rows_find_the_truth() -> None:
    columns, right, weights = made(1, 20_000, 5)
    line = fit(columns, right)
    assert line.weights == pytest.approx(weights, abs=0.1)
    assert line.constant == pytest.approx(0.5, abs=0.1)


def test_few_or_one_sided_rows_stay_finite() -> None:
    columns = np.ones((3, 4), dtype=np.float32)
    for right in (np.ones(3), np.zeros(3)):
        line = fit(columns, right)
        assert 0 < line.chances(columns)[0] < 1
    nothing = fit(np.zeros((0, 4), dtype=np.float32), np.zeros(0))
    assert nothing.chances(columns).tolist() == [0.5, 0.5, 0.5]


def test_a_low_rank_variance_is_never_understated() -> None:
    columns, right, _ = made(2, 200, 10)
    line = fit(columns, right)
    weight = line.chances(columns) * (1 - line.chances(columns))
    exact = np.linalg.inv((columns * weight[:, None]).T @ columns + np.eye(10))
    rows = np.random.default_rng(3).normal(size=(50, 10)).astype(np.float32)
    truth = np.einsum("ij,jk,ik->i", rows, exact, rows)
    for rank in (3, 10):
        axes, gain = spread(columns, line, rank)
        low_rank = (rows**2).sum(axis=1) - ((rows @ axes.T) ** 2 @ gain)
        assert (low_rank >= truth - 1e-3).all()
        assert rank == 3 or low_rank == pytest.approx(truth, abs=1e-3)


def test_blocks_stand_side_by_side_in_their_scales() -> None:
    ones = np.ones((2, 1), dtype=np.float32)
    assert stacked([(ones, 2.0), (ones[:, :0], 1.0), (ones, 0.5)]).tolist() == [[2, 0.5], [2, 0.5]]


def test_heads_that_are_fitted_together_lend_each_other_what_they_know() -> None:
    """The mode under correlated weights: the slope of its log posterior is nothing, in any head."""
    columns, right, _ = made(4, 300, 12)
    both = np.stack((right, np.where(np.arange(300) < 40, right, 0.5)), axis=1)
    lines = fit_together(columns, both, 0.6)
    inverse = np.linalg.inv(np.array([[1, 0.6], [0.6, 1]]))
    weights = np.stack([line.weights for line in lines], axis=1).astype(float)
    off = both - np.stack([line.chances(columns) for line in lines], axis=1)
    assert np.abs(columns.T @ off - weights @ inverse).max() < 0.1
    apart = [fit(columns, both[:, head]) for head in (0, 1)]
    near, far = (np.linalg.norm(one[0].weights - one[1].weights) for one in (lines, apart))
    assert near < far
