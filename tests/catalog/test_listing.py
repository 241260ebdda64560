import datetime as dt
from decimal import Decimal

from wye.catalog.figure import Figure
from wye.catalog.listing import changes, prices_on, rates_of
from wye.catalog.prices import PriceList

PRICES = PriceList.load()
DAY = dt.date(2026, 11, 22)


def test_every_rate_of_a_price_is_named() -> None:
    price = PRICES.find("openai", "gpt-5.5", DAY)
    assert price is not None
    rates = rates_of(price)
    assert rates["input"].value == 5
    assert rates["output above 272,000"].value == 45
    assert rates["batch cache_read"].value == Decimal("0.25")
    assert "LiteLLM" in rates["batch input"].source
    assert {figure.unit for figure in rates.values()} == {"USD/Mtoken"}
    assert {figure.licence for figure in rates.values()} == {"MIT"}


def test_hours_of_the_day_are_named() -> None:
    price = PRICES.find("deepseek", "deepseek-v4-pro", DAY)
    assert price is not None
    assert any(name.startswith("output ") and name.endswith(" UTC") for name in rates_of(price))


def test_prices_of_a_day_are_figures_by_name() -> None:
    found = prices_on(PRICES, DAY)
    assert found["price.anthropic/claude-opus-4-8.cache_write_1h"].value == 10
    assert len(found) > 3_000


def test_changes_are_of_value_or_unit() -> None:
    def figure(value: str, unit: str = "USD", source: str = "x") -> Figure:
        return Figure(Decimal(value), unit, source, DAY)

    before = {"a": figure("1"), "b": figure("2"), "c": figure("0"), "d": figure("5")}
    after = {"a": figure("1.0", source="y"), "b": figure("3"), "c": figure("1"), "e": figure("1", "EUR")}
    found = {change.name: change for change in changes(before, after)}
    assert set(found) == {"b", "c", "d", "e"}
    assert found["b"].share == Decimal("0.5")
    assert found["c"].share is None
    assert (found["d"].after, found["e"].before) == (None, None)
