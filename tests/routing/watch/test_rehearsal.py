import numpy as np
import pytest

from wye.routing.watch.monitor import Plan
from wye.routing.watch.rehearsal import ZEROEVAL, rehearse


def test_a_drop_of_three_points_after_3000_good_rows_is_noticed_within_450() -> None:
    """The stated figures, on the losses of a certified route: median <= 450, mean run length >= 2,000."""
    came = rehearse(Plan(epsilon=0.02, run_length=2000), ZEROEVAL, 0.03, good=3000, runs=400)
    assert came.rows is not None
    assert came.rows <= 450
    assert came.run_length >= 2000
    assert came.false < 0.05


def test_a_collapse_is_noticed_sooner_than_a_drop() -> None:
    plan = Plan(epsilon=0.02, run_length=500)
    small, large = (rehearse(plan, ZEROEVAL, drop, good=200, runs=60) for drop in (0.05, 0.4))
    assert small.rows is not None
    assert large.rows is not None
    assert large.rows < small.rows / 3


@pytest.mark.parametrize("drop", [0.0, 2.0])
def test_a_drop_without_room_is_refused(drop: float) -> None:
    with pytest.raises(ValueError, match="drop must be"):
        rehearse(Plan(0.02), np.array([0.0, -0.02]), drop)
