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


class Tier(msgspec.Struct, frozen=True):
    """Rates for the *whole* request once its input exceeds `above_input_tokens`."""

    above_input_tokens: int
    rates: Rates


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


def token_cost(usage: Usage, price: Price, at: dt.time | None = None) -> Cost:
    """Price `usage` of a request that began at `at` (UTC) by `price`. Every token lands in one bucket.

    A bucket that holds tokens but has no rate makes the whole cost unknown, and so does what is not tokens.
    """
    if usage.apart:
        basis = f"{usage.apart} have a price of their own"
        return Cost(None, price.currency, basis, price.as_of, price.source)
    rates = price.rates_for(usage.input_tokens, at)
    heard, spoken = usage.input_audio_tokens, usage.output_audio_tokens
    fresh = usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens - heard
    brief = usage.cache_write_tokens - usage.cache_write_1h_tokens
    write = rates.input if rates.cache_write is None else rates.cache_write
    buckets = (
        (fresh, rates.input),
        (usage.cache_read_tokens, rates.input if rates.cache_read is None else rates.cache_read),
        (brief, write),
        (usage.cache_write_1h_tokens, write if rates.cache_write_1h is None else rates.cache_write_1h),
        (usage.output_tokens - spoken, rates.output),
        (heard, rates.input if rates.input_audio is None else rates.input_audio),
        (spoken, rates.output if rates.output_audio is None else rates.output_audio),
    )
    total = Decimal(0)
    for tokens, rate in buckets:
        if tokens == 0:
            continue
        if rate is None or tokens < 0:
            basis = "no rate for a kind of token used" if rate is None else "inconsistent usage"
            return Cost(None, price.currency, basis, price.as_of, price.source)
        total += tokens * rate
    return Cost(total / MILLION, price.currency, "price list", price.as_of, price.source)
