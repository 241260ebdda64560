"""The price list as dated figures by name, to show, compare and watch: `price.openai/gpt-5.5.input`."""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from wye.catalog.figure import Figure
from wye.catalog.prices import PriceList
from wye.core.money import Price, Rates

_LICENCE = re.compile(r"\(([\w.-]+)\)")


def rates_of(price: Price) -> dict[str, Figure]:
    """Return every rate of a price by name: `input`, `output above 272,000`, `batch input`, ..."""
    return dict(_rates(price))


def _rates(price: Price) -> Iterator[tuple[str, Figure]]:
    yield from _named(price.rates, price, "", "")
    for tier in price.tiers:
        yield from _named(tier.rates, price, "", f" above {tier.above_input_tokens:,}")
    for window in price.windows:
        yield from _named(window.rates, price, "", f" {window.start:%H:%M}-{window.end:%H:%M} UTC")
    for service in price.services:
        told = msgspec.structs.replace(price, source=price.services_source or price.source)
        yield from _named(service.rates, told, f"{service.name} ", "")
        for tier in service.tiers:
            yield from _named(tier.rates, told, f"{service.name} ", f" above {tier.above_input_tokens:,}")


def _named(rates: Rates, price: Price, before: str, after: str) -> Iterator[tuple[str, Figure]]:
    licence = _LICENCE.search(price.source)
    for field in Rates.__struct_fields__:
        value: Decimal | None = getattr(rates, field)
        if value is not None:
            unit = f"{price.currency}/{'picture' if field == 'image' else 'Mtoken'}"
            yield (
                f"{before}{field}{after}",
                Figure(value, unit, price.source, price.as_of, licence[1] if licence else ""),
            )


def prices_on(prices: PriceList, day: dt.date) -> dict[str, Figure]:
    """Return every rate of every model on a day, by name."""
    found: dict[str, Figure] = {}
    for provider, entries in prices.providers.items():
        for entry in entries:
            price = prices.of(entry, day)
            if price is not None:
                told = rates_of(price).items()
                found |= {f"price.{provider}/{entry.id}.{name}": figure for name, figure in told}
    return found


class Change(msgspec.Struct, frozen=True):
    """A figure that differs between two days, or two books. None = not known there."""

    name: str
    before: Figure | None
    after: Figure | None

    @property
    def share(self) -> Decimal | None:
        """Return by how much it changed, as a share of what it was; None = that cannot be said."""
        if self.before is None or self.after is None or not self.before.value:
            return None
        return self.after.value / self.before.value - 1


def changes(before: Mapping[str, Figure], after: Mapping[str, Figure]) -> tuple[Change, ...]:
    """Return what differs in value or unit, in order of name."""
    names = sorted({*before, *after})
    pairs = ((name, before.get(name), after.get(name)) for name in names)
    return tuple(Change(*pair) for pair in pairs if _what(pair[1]) != _what(pair[2]))


def _what(figure: Figure | None) -> tuple[Decimal, str] | None:
    return None if figure is None else (figure.value, figure.unit)
