"""Money for people."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.cli.answer import Reply, money
from wye.core.money import Cost


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        ("0", "USD", "$0.00"),
        ("12.345", "USD", "$12.34"),
        ("0.000041234", "USD", "$0.0000412"),
        ("0.1", "EUR", "0.1 EUR"),
        ("0.0500", "USD", "$0.05"),
    ],
)
def test_amounts(amount: str, currency: str, shown: str) -> None:
    assert money(Cost(Decimal(amount), currency)) == shown


def test_unknown_is_never_zero() -> None:
    assert money(Cost(None, basis="no price is known")) == "cost unknown: no price is known"
    assert money(Cost(None)) == "cost unknown"


@given(st.decimals(min_value="1e-12", max_value="1e9", allow_nan=False, allow_infinity=False))
def test_what_costs_something_is_never_shown_as_nothing(amount: Decimal) -> None:
    shown = Decimal(money(Cost(amount)).removeprefix("$"))
    assert shown > 0
    assert abs(shown - amount) <= amount / 100


def test_a_footer_leaves_out_what_is_not_known() -> None:
    assert Reply(seconds=0.5).footer() == "0.50 s"
