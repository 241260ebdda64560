from decimal import Decimal

import pytest

from wye.routing.band import HALF_LIFE, Tally, saving


def test_what_a_gate_saves() -> None:
    assert saving(0.5, Decimal(10), Decimal(4)) == 1
    assert saving(0.5, Decimal(10), Decimal(6)) == -1


def test_what_was_seen_takes_the_place_of_what_was_expected_and_fades() -> None:
    now = 0.0
    tally = Tally(lambda: now)
    assert tally.agrees(0.6) == 0.6
    assert tally.cost is None
    for _ in range(80):
        tally.note(Decimal("0.002"), agreed=False)
    assert tally.agrees(0.6) == pytest.approx(0.12)
    assert float(tally.cost or 0) == pytest.approx(0.002)
    now = 4 * HALF_LIFE
    assert tally.agrees(0.6) == pytest.approx(0.48)
    assert float(tally.cost or 0) == pytest.approx(0.002)
    now = 5 * HALF_LIFE
    assert tally.cost is None


def test_an_unknown_cost_is_not_counted_as_none() -> None:
    tally = Tally(lambda: 0.0)
    for _ in range(10):
        tally.note(None, agreed=True)
    assert tally.cost is None
    assert tally.agrees(0.0) == pytest.approx(1 / 3)
