import datetime as dt
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from wye.core.money import MILLION, Price, Rates, Service, Tier, buckets, token_cost
from wye.core.usage import Usage

DAY = dt.date(2026, 11, 22)
BASE = Rates(Decimal(5), Decimal(30), Decimal("0.5"))
TIERED = Price(BASE, DAY, "test", tiers=(Tier(272_000, Rates(Decimal(10), Decimal(45), Decimal(1))),))


def test_every_token_lands_in_one_bucket() -> None:
    price = Price(Rates(Decimal(1), Decimal(1), Decimal(1), Decimal(1)), DAY, "test")
    cost = token_cost(Usage(100, 50, 30, 20, 10), price)
    assert cost.amount == Decimal("0.00015")
    assert (cost.basis, cost.as_of, cost.source) == ("price list", DAY, "test")


def test_a_tier_prices_the_whole_request() -> None:
    assert token_cost(Usage(272_000, 0), TIERED).amount == Decimal("1.36")
    assert token_cost(Usage(272_001, 1), TIERED).amount == Decimal("2.720055")


def test_cache_reads_are_cheaper_and_fall_back() -> None:
    assert token_cost(Usage(1_000_000, 0, 1_000_000), TIERED).amount == Decimal(1)
    plain = Price(Rates(Decimal(2), Decimal(2)), DAY, "test")
    assert token_cost(Usage(10, 0, 10), plain).amount == Decimal("0.00002")


def test_a_cache_for_an_hour_is_dearer_and_falls_back() -> None:
    usage = Usage(1_000_000, 0, cache_write_tokens=1_000_000, cache_write_1h_tokens=400_000)
    claude = Rates(Decimal(5), Decimal(25), Decimal("0.5"), Decimal("6.25"), Decimal(10))
    assert token_cost(usage, Price(claude, DAY, "test")).amount == Decimal("7.75")
    without = Rates(Decimal(5), Decimal(25), cache_write=Decimal("6.25"))
    assert token_cost(usage, Price(without, DAY, "test")).amount == Decimal("6.25")


def test_unknown_is_never_zero() -> None:
    no_output = Price(Rates(input=Decimal(1)), DAY, "test")
    assert token_cost(Usage(5, 0), no_output).amount == Decimal("0.000005")
    assert token_cost(Usage(5, 1), no_output).amount is None
    assert token_cost(Usage(5, 0, 9), TIERED).amount is None


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_more_tokens_never_cost_less(tokens_in: int, out: int, more: int) -> None:
    small, large = token_cost(Usage(tokens_in, out), TIERED), token_cost(Usage(tokens_in + more, out), TIERED)
    assert small.amount is not None
    assert large.amount is not None
    assert small.amount <= large.amount


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Any usage whose parts fit into its totals."""
    read, written, heard, fresh = (draw(st.integers(0, 400_000)) for _ in range(4))
    spoken, said = draw(st.integers(0, 100_000)), draw(st.integers(0, 100_000))
    return Usage(
        input_tokens=read + written + heard + fresh,
        output_tokens=spoken + said,
        cache_read_tokens=read,
        cache_write_tokens=written,
        reasoning_tokens=draw(st.integers(0, said)),
        cache_write_1h_tokens=draw(st.integers(0, written)),
        input_audio_tokens=heard,
        output_audio_tokens=spoken,
        service=draw(st.sampled_from(["", "batch"])),
    )


@given(usages())
def test_every_value_of_a_usage_lands_in_exactly_one_bucket(usage: Usage) -> None:
    found = buckets(usage)
    assert set(found) == set(Rates.__struct_fields__) - {"image"}
    assert min(found.values()) >= 0
    assert sum(found.values()) == usage.input_tokens + usage.output_tokens
    inputs = ("input", "cache_read", "cache_write", "cache_write_1h", "input_audio")
    assert sum(found[name] for name in inputs) == usage.input_tokens
    # Told apart by rates of which no two sums agree, the cost says how much was in each.
    rates = {name: Decimal(10) ** (8 * place) for place, name in enumerate(found)}
    price = Price(Rates(**rates), DAY, "test", services=(Service("batch", Rates(**rates)),))
    cost = token_cost(usage, price)
    assert cost.amount is not None
    assert cost.amount * MILLION == sum(found[name] * rate for name, rate in rates.items())


def test_a_service_tier_has_its_own_rates_or_none() -> None:
    half = Service("batch", Rates(Decimal("2.5"), Decimal(15)))
    price = Price(BASE, DAY, "test", tiers=TIERED.tiers, services=(half,), services_source="elsewhere")
    usage = Usage(100_000, 10_000, service="batch")
    cost = token_cost(usage, price)
    assert (cost.amount, cost.basis, cost.source) == (Decimal("0.40"), "price list, batch", "elsewhere")
    assert token_cost(usage, TIERED).amount is None
    assert token_cost(usage, TIERED).basis == "no rates are known for the service tier `batch`"
    assert token_cost(Usage(300_000, 1, service="batch"), price).amount is None  # its jump is not known
    assert token_cost(usage, price, service="").amount == Decimal("0.80")
    assert price.served("standard") is price
    assert price.served("flex") is None


def test_pictures_are_sold_by_the_piece() -> None:
    price = Price(Rates(image=Decimal("0.065")), DAY, "test")
    assert token_cost(Usage(images=3), price).amount == Decimal("0.195")
    assert token_cost(Usage(images=1), TIERED).amount is None
    assert token_cost(Usage(1, images=1), price).amount is None
    assert token_cost(Usage(images=-1), price).amount is None
