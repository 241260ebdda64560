"""A second opinion on prices (`data/second.json`, written by `scripts/build_second.py`).

No request is priced by it. It raises an alarm where two sources disagree.
"""

import datetime as dt
import functools
import importlib.resources
from collections.abc import Iterator
from decimal import Decimal

import msgspec

from wye.catalog.prices import PriceList
from wye.core.money import Price, Rates, Service, Tier

TOLERANCE = Decimal("0.01")
"""What two sources may differ by, as a share, before anybody is alarmed."""


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """A model's price, as the second source has it."""

    rates: Rates
    tiers: tuple[Tier, ...] = ()
    services: tuple[Service, ...] = ()


class SecondList(msgspec.Struct, frozen=True, omit_defaults=True):
    """All rows: provider -> lower-cased model -> row."""

    as_of: dt.date
    source: str
    providers: dict[str, dict[str, Row]]
    retired: dict[str, dict[str, dt.date]] = {}
    """provider -> lower-cased model -> the day on which its provider ends or ended it."""

    @staticmethod
    @functools.cache
    def load() -> "SecondList":
        """Return the table that comes with wye."""
        data = importlib.resources.files("wye.catalog").joinpath("data/second.json").read_bytes()
        return msgspec.json.decode(data, type=SecondList)

    def row(self, provider: str, model: str) -> Row | None:
        """Return what a model costs; None = not told."""
        return self.providers.get(provider, {}).get(model.lower())


class Disagreement(msgspec.Struct, frozen=True):
    """A rate that two sources tell differently. None = that source does not tell it."""

    provider: str
    model: str
    rate: str
    """As in `Rates`; with `above 272000` where it is a tier's."""
    first: Decimal
    second: Decimal

    @property
    def share(self) -> Decimal:
        """Return by how much the second differs, as a share of the first, or of itself if that is nothing."""
        return abs(self.second - self.first) / (self.first or self.second)


def differ(left: Decimal | None, right: Decimal | None) -> bool:
    """Say whether two figures, where both are told, differ by more than the tolerance."""
    if left is None or right is None or left == right:
        return False
    return abs(left - right) > TOLERANCE * min(left, right)


def shared(prices: PriceList, second: SecondList, on: dt.date) -> Iterator[tuple[str, str]]:
    """Yield (provider, model) that both sources price by the token on a day."""
    for provider, rows in second.providers.items():
        for model, row in rows.items():
            price = prices.find(provider, model, on)
            if price is not None and row.rates.input is not None and price.rates.input is not None:
                yield provider, model


def disagreements(prices: PriceList, second: SecondList, on: dt.date) -> tuple[Disagreement, ...]:
    """Return every rate that the two sources tell differently by more than a hundredth, on a day."""
    found = []
    for provider, model in shared(prices, second, on):
        row, price = second.providers[provider][model], prices.find(provider, model, on)
        if price is None or price.windows:  # the second source knows no hours of the day
            continue
        for name, one, other in _pairs(price, row):
            if differ(one, other):
                found.append(Disagreement(provider, model, name, one, other))
    return tuple(found)


def unlike(second: SecondList) -> tuple[Disagreement, ...]:
    """Return the rates of flex that are not batch's: who sells both asks the same, so one is mistaken."""
    found = []
    for provider, rows in second.providers.items():
        for model, row in rows.items():
            tiers = {one.name: one for one in row.services}
            if "batch" not in tiers or "flex" not in tiers:
                continue
            for name, one, other in _pairs(tiers["batch"], tiers["flex"]):
                if differ(one, other):
                    found.append(Disagreement(provider, model, name, one, other))
    return tuple(found)


def _pairs(left: Row | Service | Price, right: Row | Service) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Yield (rate, left, right) of what both tell, with the tiers that both have."""
    jumps = {tier.above_input_tokens: tier.rates for tier in right.tiers}
    both = [("", left.rates, right.rates)]
    both += [
        (f" above {tier.above_input_tokens:,}", tier.rates, jumps[tier.above_input_tokens])
        for tier in left.tiers
        if tier.above_input_tokens in jumps
    ]
    for where, one, other in both:
        for name in ("input", "output", "cache_read", "cache_write", "cache_write_1h"):
            told, said = getattr(one, name), getattr(other, name)
            if told is not None and said is not None:
                yield f"{name}{where}", told, said
