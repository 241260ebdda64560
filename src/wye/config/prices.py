"""Prices as `wye.yaml` writes them: what of one is a slip of the pen, and the price that it makes."""

import datetime as dt
import re
from decimal import Decimal

import msgspec

from wye.config.draft import Draft
from wye.config.problems import Path
from wye.config.upstreams import PriceSettings, PriceTierSettings
from wye.core.money import Price, Rates, Service, Tier

SOURCE = "wye.yaml"
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_RATES = ("input", "output", "cache_read", "cache_write", "cache_write_1h")
_LEAST, _MOST = Decimal("0.0005"), Decimal(10_000)
"""For a million tokens: what is less is for one, what is more for a billion. In any currency."""
_MULTIPLE = 20


def check_price(draft: Draft, path: Path, price: PriceSettings) -> None:
    """Check a price."""
    _check_rates(draft, path, price)
    above = 0
    for number, tier in enumerate(price.tiers):
        at = (*path, "tiers", number)
        _check_rates(draft, at, tier)
        if tier.above_input_tokens <= above:
            draft.say(
                (*at, "above_input_tokens"), f"must be above {above:,}, where the tier before it begins"
            )
        above = tier.above_input_tokens
    for name, multiple in price.services.items():
        if not multiple.is_finite() or not 0 < multiple <= _MULTIPLE:
            what = f"must be above 0 and up to {_MULTIPLE}"
            draft.say((*path, "services", name), what, "It is what the rates are times: 0.5 for half")
    if not _CURRENCY.match(price.currency):
        draft.say((*path, "currency"), "not a currency code", "Write three letters, as in USD")
    if price.as_of is not None:
        try:
            dt.date.fromisoformat(price.as_of)
        except ValueError:
            draft.say((*path, "as_of"), "not a date", "Write it as 2026-11-01")


def _check_rates(draft: Draft, path: Path, given: PriceSettings | PriceTierSettings) -> None:
    for field in _RATES:
        rate = getattr(given, field)
        if rate is None:
            continue
        if not rate.is_finite() or rate < 0:
            draft.say((*path, field), "must not be negative")
        elif rate and not _LEAST <= rate <= _MOST:
            draft.say((*path, field), f"{rate:f} is hard to believe", "It is money for a million tokens")


def priced(given: PriceSettings | None, on: dt.date | None = None) -> Price | None:
    """Return the price in force on a day (default: today, UTC); None = none is given, or not yet in force."""
    if given is None:
        return None
    today = dt.datetime.now(dt.UTC).date()
    start = today if given.as_of is None else dt.date.fromisoformat(given.as_of)
    if start > (on or today):
        return None
    rates, tiers = _rates(given), tuple(Tier(one.above_input_tokens, _rates(one)) for one in given.tiers)
    services = tuple(
        Service(
            name,
            _times(rates, multiple),
            tuple(Tier(tier.above_input_tokens, _times(tier.rates, multiple)) for tier in tiers),
        )
        for name, multiple in given.services.items()
    )
    return Price(rates, start, SOURCE, given.currency, tiers, services=services)


def _rates(given: PriceSettings | PriceTierSettings) -> Rates:
    return Rates(**{field: getattr(given, field) for field in _RATES})


def _times(rates: Rates, multiple: Decimal) -> Rates:
    told = msgspec.structs.asdict(rates)
    return Rates(**{field: rate * multiple for field, rate in told.items() if rate is not None})
