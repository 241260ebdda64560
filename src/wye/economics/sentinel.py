"""The sentinel: when a dated price changes, which decisions does that turn?

Prices are append-only, so any two days can be compared: what a request would have cost on each, who was the
cheapest, and what a verdict (break-even, say) was. Pure: it is given prices and returns what flips.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

import msgspec

from wye.catalog.figure import Figure
from wye.catalog.listing import Change, changes, rates_of
from wye.catalog.prices import PriceList
from wye.core.money import Price, token_cost
from wye.core.usage import Usage

TYPICAL = Usage(input_tokens=3_000, output_tokens=500)
"""A request where nobody says what is typical."""

Find = Callable[[dt.date], Price | None]
"""What a candidate costs on a day; None = not known."""
Verdict = Callable[[dt.date], str]
"""A decision by the prices of a day, in words: "stay on the API"."""


class Candidate(msgspec.Struct, frozen=True):
    """One that a route may choose."""

    id: str
    price: Find


class Decision(msgspec.Struct, frozen=True):
    """A choice among candidates for a request of a typical size."""

    name: str
    """Of the route."""
    candidates: tuple[Candidate, ...]
    usage: Usage = TYPICAL


class Order(msgspec.Struct, frozen=True):
    """What a decision comes to on a day. USD for one request; None = no price is known."""

    cheapest: str | None
    costs: dict[str, Decimal | None]


class Flip(msgspec.Struct, frozen=True):
    """A decision that turns between two days."""

    decision: str
    before: str
    after: str
    because: tuple[str, ...] = ()
    """Names of the figures that changed, of the candidates that are involved."""
    saves: Decimal | None = None
    """Share of the cost that the new choice saves against keeping the old one; None = not known."""


class Report(msgspec.Struct, frozen=True):
    """What happened between two days."""

    since: dt.date
    until: dt.date
    changed: tuple[Change, ...]
    recomputed: tuple[str, ...]
    """Decisions that a change touches."""
    flips: tuple[Flip, ...]


def order(decision: Decision, day: dt.date) -> Order:
    """Return who is cheapest on a day. An unknown price, or one that is not in USD, never is."""
    costs: dict[str, Decimal | None] = {}
    for candidate in decision.candidates:
        price = candidate.price(day)
        usable = price is not None and price.currency == "USD"
        costs[candidate.id] = token_cost(decision.usage, price).amount if price and usable else None
    known = [(cost, name) for name, cost in costs.items() if cost is not None]
    return Order(min(known)[1] if known else None, costs)


def watch(
    decisions: Iterable[Decision],
    since: dt.date,
    until: dt.date,
    verdicts: Mapping[str, Verdict] | None = None,
    figures: Callable[[dt.date], Mapping[str, Figure]] | None = None,
) -> Report:
    """Return what changed from `since` to `until`, and which decisions and `verdicts` turn by it.

    Decisions whose candidates' prices all stayed are not recomputed. `figures` gives what else verdicts go by
    (rents, power); they are recomputed whenever anything changed. Raises `ValueError` for days out of order.
    """
    if until < since:
        message = f"`to` {until} is before `from` {since}"
        raise ValueError(message)
    changed: dict[str, Change] = {}
    touched: list[str] = []
    flips: list[Flip] = []
    for decision in decisions:
        mine = _changes(decision.candidates, since, until)
        if not mine:
            continue
        changed |= mine
        touched.append(decision.name)
        flips += _flip(decision, since, until, mine)
    if figures is not None:
        changed |= {change.name: change for change in changes(figures(since), figures(until))}
    for name, verdict in (verdicts or {}).items() if changed else ():
        touched.append(name)
        before, after = verdict(since), verdict(until)
        if before != after:
            flips.append(Flip(name, before, after, tuple(sorted(changed))))
    return Report(
        since, until, tuple(changed[name] for name in sorted(changed)), tuple(touched), tuple(flips)
    )


def _changes(candidates: Iterable[Candidate], since: dt.date, until: dt.date) -> dict[str, Change]:
    """Return the standard rates that changed, by name; service tiers aside, which come to be known late."""

    def rates(candidate: Candidate, day: dt.date) -> dict[str, Figure]:
        price = candidate.price(day)
        if price is None:
            return {}
        plain = msgspec.structs.replace(price, services=())
        return {f"price.{candidate.id}.{name}": figure for name, figure in rates_of(plain).items()}

    found = (
        change
        for candidate in candidates
        for change in changes(rates(candidate, since), rates(candidate, until))
    )
    return {change.name: change for change in found}


def _flip(decision: Decision, since: dt.date, until: dt.date, mine: Mapping[str, Change]) -> Sequence[Flip]:
    before, after = order(decision, since), order(decision, until)
    if before.cheapest == after.cheapest:
        return ()
    kept = after.costs.get(before.cheapest or "")
    best = after.costs.get(after.cheapest or "")
    saves = 1 - best / kept if kept and best is not None else None
    involved = {before.cheapest, after.cheapest}
    because = tuple(
        name for name in sorted(mine) if any(name.startswith(f"price.{one}.") for one in involved)
    )
    return (Flip(decision.name, before.cheapest or "nobody", after.cheapest or "nobody", because, saves),)


def listed(prices: PriceList, provider: str, model: str) -> Find:
    """Return what a model of a price list costs on a day, as a candidate's price."""
    return lambda day: prices.find(provider, model, day)
