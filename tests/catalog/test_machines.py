from decimal import Decimal

import pytest

from wye.catalog.machines import Machines, Power, Purchase, bill


def test_rented_machines_cost_their_hours_the_spare_ones_too() -> None:
    month = bill(Machines("gpu", count=2, spare=1, rent_hour=Decimal("2.50"), fte=Decimal("0.1")))
    assert month.machines == Decimal("2.50") * 730 * 3
    assert month.people == Decimal(20_000) / 12
    assert month.total == month.machines + month.people


def test_an_annuity_pays_the_price_back_with_interest() -> None:
    purchase = Purchase(Decimal(300_000), months=36, residual=Decimal("0.25"), interest=Decimal("0.08"))
    owed = purchase.price
    for _ in range(36):
        owed = owed * (1 + purchase.interest / 12) - purchase.month()
    assert float(owed) == pytest.approx(float(purchase.price * purchase.residual), abs=0.01)


def test_without_interest_it_is_written_off_in_a_straight_line() -> None:
    assert Purchase(Decimal(3600), 36, Decimal(0), Decimal(0)).month() == 100


def test_energy_under_load_is_what_is_saved_by_idling() -> None:
    power = Power(Decimal(10), Decimal(3), pue=Decimal(2), kwh=Decimal("0.10"))
    month = bill(Machines("node", count=1, spare=1, power=power))
    assert month.energy == 7 * 2 * 73
    assert month.idle_energy == 2 * 3 * 2 * 73
    assert month.spent(Decimal(0)) == month.idle_energy
    assert month.spent(Decimal(1)) == month.total


def test_another_count_may_be_asked_for() -> None:
    machines = Machines("gpu", count=2, spare=1, rent_hour=Decimal(1), upkeep_month=Decimal(5))
    assert bill(machines, 4).machines == 5 * 730
    assert bill(machines, 4).upkeep == 25
