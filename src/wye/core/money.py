"""Prices (rates) and costs (amounts of money)."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from wye.core.usage import Usage

MILLION = Decimal(1_000_000)


class Rates(msgspec.Struct, frozen=True, omit_defaults=True):
    """Money per million tokens, in the price's currency. `None` = not known or not sold."""

    input: Decimal | None = None
    output: Decimal | None = None
    cache_read: Decimal | None = None
    """Falls back to `input` when unset: a provider that caches without a discount."""
    cache_write: Decimal | None = None
    """Falls back to `input` when unset."""
    cache_write_1h: Decimal | None = None
    """Written to stay for an hour. Falls back to `cache_write` when unset."""
    input_audio: Decimal | None = None
    """Sound. Falls back to `input` when unset."""
    output_audio: Decimal | None = None
    """Sound. Falls back to `output` when unset."""
    image: Decimal | None = None
    """A picture that is made: money for one, not for a million."""


class Tier(msgspec.Struct, frozen=True):
    """Rates for the *whole* request once its input exceeds `above_input_tokens`."""

    above_input_tokens: int
    rates: Rates


class Service(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rates of a service tier."""

    name: str
    """`batch`, `flex`, `priority`."""
    rates: Rates
    tiers: tuple[Tier, ...] = ()


class Window(msgspec.Struct, frozen=True):
    """Other rates between two hours of the day, UTC. Ends before it starts = over midnight."""

    start: dt.time
    end: dt.time
    """Exclusive."""
    rates: Rates

    def holds(self, at: dt.time) -> bool:
        """Say whether `at` (UTC, naive) lies in the window."""
        if self.end < self.start:
            return at >= self.start or at < self.end
        return self.start <= at < self.end


STANDARD = frozenset({"", "standard", "default", "auto", "on_demand"})
"""How upstreams call the service that a price list's own rates are for."""


class Price(msgspec.Struct, frozen=True):
    """A dated price list entry of one model at one provider."""

    rates: Rates
    as_of: dt.date
    source: str
    currency: str = "USD"
    tiers: tuple[Tier, ...] = ()
    """Ascending by `above_input_tokens`."""
    windows: tuple[Window, ...] = ()
    """Peak and off-peak hours; the last that holds counts. A price has tiers or windows."""
    services: tuple[Service, ...] = ()
    """Service tiers whose rates are known."""
    services_source: str = ""
    """Where those rates come from; empty = `source`."""

    def served(self, service: str) -> "Price | None":
        """Return the price of a service tier, `batch` say; None = its rates are not known.

        Where the standard rates jump and the tier's jump is not known, no rate is known beyond.
        """
        if service in STANDARD:
            return self
        told = next((one for one in self.services if one.name == service), None)
        if told is None:
            return None
        known = {tier.above_input_tokens for tier in told.tiers}
        beyond = [
            Tier(tier.above_input_tokens, Rates())
            for tier in self.tiers
            if tier.above_input_tokens not in known
        ]
        return Price(
            rates=told.rates,
            as_of=self.as_of,
            source=self.services_source or self.source,
            currency=self.currency,
            tiers=tuple(sorted((*told.tiers, *beyond), key=lambda tier: tier.above_input_tokens)),
        )

    def rates_for(self, input_tokens: int, at: dt.time | None = None) -> Rates:
        """Return the rates of a request with `input_tokens` of input that began at `at`, UTC.

        Without a time the dearest hour counts, so that no estimate is too low.
        """
        rates = self.rates
        for window in self.windows:
            if window.holds(at) if at is not None else _dearer(window.rates, rates):
                rates = window.rates
        for tier in self.tiers:
            if input_tokens > tier.above_input_tokens:
                rates = tier.rates
        return rates


class Cost(msgspec.Struct, frozen=True):
    """Money spent, with where the rate came from. `amount` None = unknown, never zero."""

    amount: Decimal | None
    currency: str = "USD"
    basis: str = ""
    """`price list`, `machine hour`, or why the amount is unknown."""
    as_of: dt.date | None = None
    source: str = ""


def total(costs: Iterable[Cost]) -> Cost:
    """Add costs up. One that is unknown, or in another currency, makes the sum unknown."""
    parts = tuple(costs)
    first = parts[0]
    if len(parts) == 1:
        return first
    if unknown := next((part for part in parts if part.amount is None), None):
        return unknown
    if any(part.currency != first.currency for part in parts):
        return Cost(None, basis="answers priced in several currencies")
    bases = ", ".join(dict.fromkeys(part.basis for part in parts))
    amount = sum((part.amount for part in parts if part.amount is not None), Decimal(0))
    return Cost(amount, first.currency, f"{len(parts)} answers by {bases}", first.as_of, first.source)


def _dearer(left: Rates, right: Rates) -> bool:
    return (left.output or 0, left.input or 0) > (right.output or 0, right.input or 0)


def buckets(usage: Usage) -> dict[str, int]:
    """Return how many tokens fall under each rate, by its name in `Rates`. Every token is in one of them."""
    read, written, heard = usage.cache_read_tokens, usage.cache_write_tokens, usage.input_audio_tokens
    return {
        "input": usage.input_tokens - read - written - heard,
        "cache_read": read,
        "cache_write": written - usage.cache_write_1h_tokens,
        "cache_write_1h": usage.cache_write_1h_tokens,
        "output": usage.output_tokens - usage.output_audio_tokens,
        "input_audio": heard,
        "output_audio": usage.output_audio_tokens,
    }


def token_cost(usage: Usage, price: Price, at: dt.time | None = None, service: str | None = None) -> Cost:
    """Price `usage` of a request that began at `at` (UTC) by `price`. Every token lands in one bucket.

    `service` overrides the service tier that the usage tells. A bucket that holds tokens but has no rate
    makes the whole cost unknown, and so does a tier without known rates, and what is not tokens.
    """
    tier = usage.service if service is None else service
    if tier not in STANDARD:
        served = price.served(tier)
        if served is None:
            return _unknown(price, f"no rates are known for the service tier `{tier}`")
        price = served
    if usage.apart:
        return _unknown(price, f"{usage.apart} have a price of their own")
    rates = price.rates_for(usage.input_tokens, at)
    write = rates.input if rates.cache_write is None else rates.cache_write
    charged = {
        "input": rates.input,
        "cache_read": rates.input if rates.cache_read is None else rates.cache_read,
        "cache_write": write,
        "cache_write_1h": write if rates.cache_write_1h is None else rates.cache_write_1h,
        "output": rates.output,
        "input_audio": rates.input if rates.input_audio is None else rates.input_audio,
        "output_audio": rates.output if rates.output_audio is None else rates.output_audio,
    }
    total = Decimal(0)
    for name, tokens in buckets(usage).items():
        if tokens == 0:
            continue
        rate = charged[name]
        if rate is None or tokens < 0:
            return _unknown(
                price, "no rate for a kind of token used" if rate is None else "inconsistent usage"
            )
        total += tokens * rate
    total /= MILLION
    if usage.images:
        if rates.image is None or usage.images < 0:
            return _unknown(price, "no rate for pictures" if rates.image is None else "inconsistent usage")
        total += usage.images * rates.image
    basis = "price list" if tier in STANDARD else f"price list, {tier}"
    return Cost(total, price.currency, basis, price.as_of, price.source)


def _unknown(price: Price, basis: str) -> Cost:
    return Cost(None, price.currency, basis, price.as_of, price.source)
