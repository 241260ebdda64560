import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

from wye.catalog.prices import Entry, Period, PriceList
from wye.catalog.second import Row, SecondList, differ, disagreements, shared, unlike
from wye.core.money import Rates, Service, Tier

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
import build_second

DAY = dt.date(2026, 11, 22)


def test_the_alarm_rings_above_a_hundredth() -> None:
    assert not differ(Decimal(100), Decimal(101))
    assert differ(Decimal(100), Decimal("101.01"))
    assert differ(Decimal("101.01"), Decimal(100))
    assert differ(Decimal(0), Decimal("0.01"))
    assert not differ(None, Decimal(1))


def _both(rates: Rates, other: Rates, tier: Rates, other_tier: Rates) -> tuple[PriceList, SecondList]:
    entry = Entry("m", ("m",), periods=(Period(rates, tiers=(Tier(200_000, tier),)),))
    second = SecondList(DAY, "b", {"x": {"m": Row(other, (Tier(200_000, other_tier),))}})
    return PriceList(DAY, "a", {"x": (entry,)}), second


def test_every_rate_that_two_sources_tell_differently_is_named() -> None:
    one, two = Decimal(1), Decimal(2)
    lists = _both(Rates(one, two), Rates(one, one), Rates(two, two, one), Rates(two, two, two))
    assert list(shared(*lists, DAY)) == [("x", "m")]
    output, read = disagreements(*lists, DAY)
    assert (output.rate, output.first, output.second, output.share) == ("output", two, one, Decimal("0.5"))
    assert read.rate == "cache_read above 200,000"


def test_what_the_two_sources_that_come_with_wye_say() -> None:
    prices, second = PriceList.load(), SecondList.load()
    both = list(shared(prices, second, DAY))
    assert len(both) > 250
    differing = {(one.provider, one.model) for one in disagreements(prices, second, DAY)}
    assert ("mistral", "mistral-large-4") in differing
    assert ("openai", "gpt-5.5") not in differing
    assert len(differing) < len(both) / 10


def test_batch_and_flex_cost_the_same_or_are_named() -> None:
    one, two = Decimal(1), Decimal(2)
    batch = Service("batch", Rates(one, two, one), (Tier(9, Rates(two)),))
    flex = Service("flex", Rates(one, two, two), (Tier(9, Rates(one)),))
    rows = {"m": Row(Rates(two), services=(batch, flex)), "n": Row(Rates(two), services=(batch,))}
    read, above = unlike(SecondList(DAY, "b", {"x": rows}))
    assert (read.rate, read.first, read.second) == ("cache_read", one, two)
    assert (above.model, above.rate, above.first, above.second) == ("m", "input above 9", two, one)
    assert ("google", "gemini-3.5-flash") in {(one.provider, one.model) for one in unlike(SecondList.load())}


def test_a_row_is_read_with_its_tiers_and_services() -> None:
    told = {
        "input_cost_per_token": 5e-06,
        "output_cost_per_token": 3e-05,
        "input_cost_per_token_above_272k_tokens": 1e-05,
        "output_cost_per_token_above_272k_tokens": 4.5e-05,
        "input_cost_per_token_batches": 2.5e-06,
        "output_cost_per_token_batches": 1.5e-05,
        "input_cost_per_token_above_272k_tokens_batches": 5e-06,
        "input_cost_per_token_flex": 2.5e-06,  # no output: not known
        "cache_creation_input_token_cost_above_1hr": 1e-05,
    }
    row = build_second.row(told)
    assert row is not None
    assert row.rates == Rates(Decimal(5), Decimal(30), cache_write_1h=Decimal(10))
    assert row.tiers == (Tier(272_000, Rates(Decimal(10), Decimal(45))),)
    (batch,) = row.services
    assert (batch.name, batch.rates) == ("batch", Rates(Decimal("2.5"), Decimal(15)))
    assert batch.tiers[0].rates == Rates(Decimal(5))


def test_pictures_are_sold_by_the_piece() -> None:
    row = SecondList.load().row("stability", "sd3.5-large")
    assert row is not None
    assert row.rates.image == Decimal("0.065")
    assert build_second.row({"mode": "chat"}) is None
