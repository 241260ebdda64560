"""The month, heaviest hours first."""

import pytest

from wye.economics.demand import Demand, of_month
from wye.economics.duration import at_least, levels, picture


@pytest.mark.parametrize("peak", [1.0, 1.5, 6.0, 40.0])
def test_a_day_has_the_peak_that_was_asked_for(peak: float) -> None:
    curve = levels(of_month(1e9, peak=peak))
    assert curve[0].load == pytest.approx(peak, rel=0.01)
    assert sum(level.hours for level in curve) == pytest.approx(730)
    assert sum(level.load * level.hours for level in curve) / 730 == pytest.approx(1)
    assert list(curve) == sorted(curve, key=lambda level: -level.load)


def test_the_ledgers_hours_are_taken_as_they_are() -> None:
    curve = levels(Demand(1, 1, 1, curve=(30.0, 10.0, 0.0, 0.0)))
    assert [(level.load, level.hours) for level in curve] == [(3, 182.5), (1, 182.5), (0, 182.5), (0, 182.5)]
    assert at_least(curve, 1.0) == 0.5


@pytest.mark.parametrize("peak", [0.5, 51.0])
def test_a_peak_that_no_day_has(peak: float) -> None:
    with pytest.raises(ValueError, match=rf"a peak of {peak:g} means is no day's: give 1 to 50"):
        levels(of_month(1e9, peak=peak))


def test_the_picture_falls_from_left_to_right_and_shows_what_is_owned() -> None:
    lines = picture(levels(of_month(1e9, peak=6)), owned=1.5, width=40, height=8)
    assert len(lines) == 10
    assert lines[0].startswith("  6.0 │▇")
    assert lines[6].endswith("← own machines: 1.5")
    assert "─" in lines[6]
    assert not lines[7].endswith("█")
    assert len(picture(levels(of_month(1e9)))) == 10
