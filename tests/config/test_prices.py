import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from wye.config.load import ConfigError, from_bytes
from wye.config.prices import priced
from wye.config.upstreams import PriceSettings
from wye.core.money import token_cost
from wye.core.usage import Usage

DAY = dt.date(2026, 11, 23)
TIER = "{above_input_tokens: 9, input: 1, output: 1}"


def settings(price: str) -> PriceSettings:
    text = f"deployments:\n  d: {{provider: openai, model: gpt-5.5, price: {price}}}\n"
    found = from_bytes(text.encode(), Path("wye.yaml"), {}).settings.deployments["d"].price
    assert found is not None
    return found


def test_a_price_counts_from_its_day() -> None:
    given = settings("{input: 4, output: 20, as_of: 2026-11-01}")
    price = priced(given, DAY)
    assert price is not None
    assert (price.rates.input, price.as_of, price.source) == (4, dt.date(2026, 11, 1), "wye.yaml")
    assert priced(given, dt.date(2026, 10, 31)) is None
    assert priced(None) is None


def test_service_tiers_are_multiples_and_the_others_are_unknown() -> None:
    price = priced(settings("{input: 4, output: 20, cache_write_1h: 8, services: {batch: 0.5, priority: 2}}"))
    assert price is not None
    usage = Usage(1_000_000, 100_000, cache_write_tokens=500_000, cache_write_1h_tokens=500_000)
    assert token_cost(usage, price).amount == 8
    assert token_cost(usage, price, service="batch").amount == 4
    assert token_cost(usage, price, service="priority").amount == 16
    assert token_cost(usage, price, service="flex").amount is None
    assert price.services[0].rates.cache_read is None


def test_long_input_may_have_rates_of_its_own() -> None:
    first = "{above_input_tokens: 272000, input: 10, output: 45}"
    second = "{above_input_tokens: 500000, input: 20, output: 90}"
    price = priced(
        settings(f"{{input: 5, output: 30, tiers: [{first}, {second}], services: {{batch: 0.5}}}}")
    )
    assert price is not None
    for tokens, asked in ((272_000, "1.36"), (272_001, "2.72001"), (1_000_000, "20")):
        assert token_cost(Usage(tokens), price).amount == Decimal(asked)
        assert token_cost(Usage(tokens), price, service="batch").amount == Decimal(asked) / 2


@pytest.mark.parametrize(
    ("price", "path", "words"),
    [
        (
            "{input: 1, output: 1, tiers: [{above_input_tokens: 9, input: -1, output: 1}]}",
            "price.tiers[0].input",
            "must not be negative",
        ),
        (
            f"{{input: 1, output: 1, tiers: [{TIER}, {TIER}]}}",
            "price.tiers[1].above_input_tokens",
            "must be above 9",
        ),
        ("{input: -1, output: 1}", "price.input", "must not be negative"),
        ("{input: 1, output: 1, cache_write_1h: -2}", "price.cache_write_1h", "must not be negative"),
        ("{input: 0.000005, output: 0.00003}", "price.input", "0.000005 is hard to believe. It is money for"),
        ("{input: 5000000, output: 1}", "price.input", "hard to believe"),
        ("{input: 1, output: 1, services: {batch: 0}}", "price.services.batch", "must be above 0"),
        ("{input: 1, output: 1, services: {batch: 50}}", "price.services.batch", "0.5 for half"),
        ("{input: 1, output: 1, currency: dollars}", "price.currency", "three letters"),
        ("{input: 1, output: 1, as_of: soon}", "price.as_of", "not a date"),
    ],
)
def test_a_slip_of_the_pen_names_its_field(price: str, path: str, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        settings(price)
    assert any(path in problem.path and words in str(problem) for problem in refused.value.problems)


def test_what_costs_nothing_may_be_said() -> None:
    price = priced(settings("{input: 0, output: 0}"))
    assert price is not None
    assert token_cost(Usage(1, 1), price).amount == Decimal(0)
