import math
from decimal import Decimal

import pytest

from wye.economics.wording import dollars, number, percent, volume


@pytest.mark.parametrize(
    ("tokens", "told"),
    [(697e6, "697M"), (1_072e6, "1.07B"), (999.9e6, "1B"), (42, "42"), (8_100, "8.1k"), (math.inf, "never")],
)
def test_volumes(tokens: float, told: str) -> None:
    assert volume(tokens) == told


def test_what_is_not_known_is_not_nothing() -> None:
    assert volume(None) == dollars(None) == "unknown"


def test_money_shares_and_figures() -> None:
    assert [dollars(Decimal(one)) for one in ("0", "0.001", "4.519", "1234.5", "-99.5")] == [
        "$0",
        "<$0.01",
        "$4.52",
        "$1,234",
        "-$99.50",
    ]
    assert percent(0.655) == "65.5 %"
    assert [number(one) for one in (0.25, 4_800, math.inf)] == ["0.25", "4,800", "never"]
