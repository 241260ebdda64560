import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.evaluation.curves import (
    calibration_error,
    figures,
    oracle_figures,
    order,
    random_figures,
    resampled,
)

STRONG = np.array([1.0, 1, 1, 1, 0])
WEAK = np.array([0.0, 0, 1, 1, 0])


def test_figures_of_a_curve_that_can_be_drawn_by_hand() -> None:
    best = figures(STRONG, WEAK, np.array([0, 1, 2, 3, 4]))
    # Recovered 0, 1/2, 1, 1, 1, 1 at shares 0, .2, ..., 1.
    assert best.apgr == pytest.approx(0.2 * (0.25 + 0.75 + 3))
    assert (best.cpt50, best.cpt80) == (0.2, 0.4)
    assert (best.share99, best.share95) == (0.4, 0.4)
    worst = figures(STRONG, WEAK, np.array([4, 3, 2, 1, 0]))
    assert worst.apgr == pytest.approx(1 - best.apgr)
    assert worst.cpt50 == pytest.approx(0.8)


def test_a_weak_model_that_is_better_leaves_no_gap_to_recover() -> None:
    reached = figures(WEAK, STRONG, np.arange(5))
    assert np.isnan(reached.apgr)
    assert reached.share99 == 0


def test_random_order_comes_near_the_straight_line() -> None:
    rng = np.random.default_rng(2)
    strong, weak = (rng.random(20_000) < 0.8).astype(float), (rng.random(20_000) < 0.6).astype(float)
    drawn, expected = figures(strong, weak, order(np.zeros(20_000), rng)), random_figures(strong, weak)
    assert drawn == pytest.approx(expected, abs=0.05)
    assert oracle_figures(strong, weak, rng).apgr > 1


def test_ties_are_broken_at_random_not_by_place() -> None:
    rng = np.random.default_rng(3)
    orders = [order(np.array([1.0, 1, 1, 2]), rng).tolist() for _ in range(50)]
    assert {found[0] for found in orders} == {3}
    assert {found[1] for found in orders} == {0, 1, 2}


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40))
def test_any_scores_have_figures_in_range(scores: list[tuple[float, float]]) -> None:
    strong, weak = np.array(scores).T
    reached = figures(strong, weak, np.arange(len(scores)))
    assert all(np.isnan(value) or 0 <= value <= 1 for value in reached[1:])


def test_calibration_error_is_the_mean_gap_between_chance_and_rate() -> None:
    right = np.array([1.0, 0, 1, 0])
    assert calibration_error(np.full(4, 0.5), right) == 0
    assert calibration_error(np.full(4, 0.9), right) == pytest.approx(0.4)
    assert calibration_error(np.array([1.0, 0, 1, 0]), right) == 0


def test_resampling_takes_whole_clusters() -> None:
    groups = np.array([7, 3, 7, 7, 3, 9])
    for seed in range(20):
        drawn = groups[resampled(groups, np.random.default_rng(seed))]
        counts = {group: int((drawn == group).sum()) for group in (7, 3, 9)}
        assert counts[7] % 3 == counts[3] % 2 == 0
        assert counts[7] // 3 + counts[3] // 2 + counts[9] == 3
