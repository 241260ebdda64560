import datetime as dt
from decimal import Decimal

import pytest

from wye.catalog.figure import Figure
from wye.catalog.prices import Entry, Period, PriceList
from wye.core.money import Rates, Service
from wye.core.usage import Usage
from wye.economics.sentinel import Candidate, Decision, listed, order, watch

FIRST, SECOND = dt.date(2026, 1, 1), dt.date(2026, 6, 1)


def _entry(name: str, *periods: tuple[str, str, dt.date | None]) -> Entry:
    made = tuple(Period(Rates(Decimal(one), Decimal(other)), start) for one, other, start in periods)
    return Entry(name, (name,), periods=made)


PRICES = PriceList(
    FIRST,
    "a list",
    {
        "x": (
            _entry("dear", ("5", "30", None), ("1", "4", SECOND)),
            _entry("cheap", ("2", "10", None)),
            _entry("steady", ("9", "9", None)),
        )
    },
)


def _candidate(name: str) -> Candidate:
    return Candidate(f"x/{name}", listed(PRICES, "x", name))


BOTH = Decision("auto", (_candidate("dear"), _candidate("cheap")))
STEADY = Decision("routes.steady", (_candidate("steady"), _candidate("cheap")))


def test_a_price_that_falls_turns_the_choice_and_says_what_that_saves() -> None:
    report = watch([BOTH, STEADY], FIRST, SECOND)
    assert [change.name for change in report.changed] == ["price.x/dear.input", "price.x/dear.output"]
    assert [change.share for change in report.changed] == [Decimal("-0.8"), Decimal(4) / Decimal(30) - 1]
    assert report.recomputed == ("auto",)
    (flip,) = report.flips
    assert (flip.decision, flip.before, flip.after) == ("auto", "x/cheap", "x/dear")
    assert flip.because == ("price.x/dear.input", "price.x/dear.output")
    # 3,000 in and 500 out: 0.005 instead of 0.011 USD.
    assert flip.saves == 1 - Decimal("0.005") / Decimal("0.011")


def test_before_its_day_nothing_has_changed() -> None:
    report = watch([BOTH], FIRST, dt.date(2026, 5, 31))
    assert (report.changed, report.recomputed, report.flips) == ((), (), ())


def test_a_change_that_turns_nothing_is_recomputed_and_no_flip() -> None:
    small = Usage(input_tokens=1, output_tokens=0)
    alone = Decision("routes.alone", (_candidate("dear"),), small)
    report = watch([alone], FIRST, SECOND)
    assert report.recomputed == ("routes.alone",)
    assert report.flips == ()


def test_an_unknown_price_is_never_the_cheapest() -> None:
    unknown = Candidate("x/none", listed(PRICES, "x", "none"))
    told = order(Decision("auto", (unknown, _candidate("cheap"))), FIRST)
    assert told.cheapest == "x/cheap"
    assert told.costs["x/none"] is None
    assert order(Decision("auto", (unknown,)), FIRST).cheapest is None
    assert order(Decision("auto", ()), FIRST).cheapest is None


def test_a_price_in_another_currency_is_not_compared() -> None:
    price = PRICES.find("x", "cheap", FIRST)
    assert price is not None
    euros = Candidate("x/euro", lambda _: type(price)(price.rates, FIRST, "a list", "EUR"))
    assert order(Decision("auto", (euros,)), FIRST).cheapest is None


def test_a_service_tier_that_came_to_be_known_is_no_change() -> None:
    rates = Rates(Decimal(2), Decimal(10))
    entry = Entry(
        "m", ("m",), periods=(Period(rates), Period(rates, SECOND, services=(Service("batch", rates),)))
    )
    book = PriceList(FIRST, "a list", {"x": (entry,)})
    decision = Decision("auto", (Candidate("x/m", listed(book, "x", "m")),))
    assert watch([decision], FIRST, SECOND).changed == ()


def test_verdicts_are_asked_again_when_anything_changed() -> None:
    def verdict(day: dt.date) -> str:
        return "stay on the API" if day < SECOND else "buy"

    def rent(day: dt.date) -> dict[str, Figure]:
        value = Decimal(3) if day < SECOND else Decimal(1)
        return {"gpu.H100.rent.spot": Figure(value, "USD/GPU-hour", "a list", day)}

    (flip,) = watch([], FIRST, SECOND, {"breakeven": verdict}, rent).flips
    assert (flip.before, flip.after, flip.because) == ("stay on the API", "buy", ("gpu.H100.rent.spot",))
    asked: list[dt.date] = []

    def never(day: dt.date) -> str:
        asked.append(day)
        return ""

    assert watch([STEADY], FIRST, SECOND, {"breakeven": never}).flips == ()
    assert asked == []


def test_days_out_of_order_are_refused() -> None:
    with pytest.raises(ValueError, match="is before"):
        watch([], SECOND, FIRST)
