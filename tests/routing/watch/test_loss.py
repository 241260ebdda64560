import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.routing.watch.loss import Scale, ScoreError

scores = st.floats(0, 1)


@given(st.floats(0, 0.99), scores, scores)
def test_scaled_losses_are_in_bounds(epsilon: float, strong: float, chosen: float) -> None:
    scale = Scale(epsilon)
    z = scale.scaled(scale.losses(np.array([strong]), np.array([chosen])))
    assert -1e-12 <= z[0] <= 1 + 1e-12


def test_a_route_exactly_as_good_as_it_has_to_be_has_the_mean_of_the_null() -> None:
    scale = Scale(0.02)
    losses = scale.losses(np.array([1.0]), np.array([0.98]))
    assert scale.scaled(losses)[0] == pytest.approx(scale.null)
    assert scale.null == pytest.approx(1 / 1.98)


@pytest.mark.parametrize("wrong", [-0.1, 1.1, float("nan")])
def test_scores_outside_0_to_1_are_refused(wrong: float) -> None:
    with pytest.raises(ScoreError, match="must be in"):
        Scale(0.02).losses(np.array([1.0]), np.array([wrong]))


@pytest.mark.parametrize("epsilon", [-0.01, 1.0])
def test_an_epsilon_that_means_nothing_is_refused(epsilon: float) -> None:
    with pytest.raises(ValueError, match="epsilon"):
        Scale(epsilon)


def test_a_missing_score_counts_as_the_worst_it_can_be() -> None:
    scale = Scale(0.02)
    assert scale.loss(1.0, None, served_strong=False) == scale.loss(None, 1.0, served_strong=False) == 0.98
    assert scale.loss(None, None, served_strong=True) == 0.0
    assert scale.loss(1.0, 0.0, served_strong=True) == pytest.approx(-0.02)
    assert scale.loss(1.0, 0.5, served_strong=False) == pytest.approx(0.48)
    with pytest.raises(ScoreError):
        scale.loss(1.0, 1.5, served_strong=False)


def test_more_may_be_allowed_where_a_score_stands_in_for_another() -> None:
    scale = Scale(0.02, 0.1)
    assert scale.scaled(np.array([0.1]))[0] == pytest.approx(scale.null)
    with pytest.raises(ValueError, match="no bound"):
        Scale(0.02, -1.0)
