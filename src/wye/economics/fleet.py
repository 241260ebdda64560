"""How many machines for this traffic at this service level, and what of it an API should take.

Three ways to serve a month: machines for its busiest hour, an API for everything, or as many machines as pay
and an API for whoever finds all their slots taken. Each must keep the same 95th percentile of the time to the
first token *in its busiest hour*; for the mix that is over all requests, the API's slower ones among them.
Quality is the same where the API serves the same model: that is for who names it to see to.
"""

from decimal import Decimal
from typing import Literal

import msgspec
import numpy as np

from wye.catalog.machines import HOURS_A_MONTH, Machines, bill
from wye.economics.breakeven import Api, rate
from wye.economics.demand import Demand
from wye.economics.duration import Level, levels
from wye.economics.queueing import LogNormal, Station, first_token, lost

TAIL = 0.95
MOST = 10_000
"""Machines. More are a mistake in the figures."""
_SECONDS_A_MONTH = HOURS_A_MONTH * 3_600
_POINTS = 2_000

Way = Literal["peak", "peak+1", "mix", "api"]


class Engine(msgspec.Struct, frozen=True):
    """One machine, serving a model at the pace the service level asks for."""

    slots: int
    """Requests side by side."""
    prefill: LogNormal
    """Seconds to the first token of a request that has a slot."""
    answer: LogNormal
    """Seconds from then on."""
    itl_ms: float
    """Between two tokens, with all slots in use."""
    source: str
    estimate: bool = False

    @property
    def capacity(self) -> float:
        """Return requests a second."""
        return self.slots / (self.prefill.mean + self.answer.mean)


class Spill(msgspec.Struct, frozen=True):
    """The API that takes what machines do not."""

    api: Api
    first_token: LogNormal
    """Seconds."""


class Case(msgspec.Struct, frozen=True):
    """What is asked."""

    demand: Demand
    machines: Machines
    """`count` and `spare` are not read."""
    engine: Engine
    spill: Spill | None
    """None = machines alone."""
    ttft: float
    """Seconds, at the 95th percentile of the busiest hour."""
    burst: float = 1.0

    def station(self, count: int) -> Station:
        """Return the slots of `count` machines."""
        return Station(self.engine.slots * count, self.engine.prefill, self.engine.answer, self.burst)

    def arrivals(self, level: Level) -> float:
        """Return requests a second."""
        return self.demand.requests / _SECONDS_A_MONTH * level.load


class Option(msgspec.Struct, frozen=True):
    """One way to serve the month. Money is USD a month; None = unknown."""

    way: Way
    serving: int
    spare: int
    own: float
    """Share of the requests that own machines serve."""
    utilisation: float
    """Of their slots, in the mean hour."""
    ttft: float
    """Seconds, 95th percentile of the busiest hour, over all requests."""
    spilled: Decimal | None
    """What the API bills."""
    machines: Decimal = Decimal(0)
    """Rent or annuity, idle power, upkeep and people: what does not depend on the traffic."""
    energy: Decimal = Decimal(0)
    """Drawn for what they served."""

    @property
    def total(self) -> Decimal | None:
        """Return the sum; None where the API's price is unknown."""
        return None if self.spilled is None else self.machines + self.energy + self.spilled


class Plan(msgspec.Struct, frozen=True):
    """Every way, and which is cheapest."""

    curve: tuple[Level, ...]
    peak: Option
    peak_spare: Option
    """The same with one machine more, for when one fails."""
    mixes: tuple[Option, ...]
    """By machines, from one on; empty without an API."""
    api: Option | None
    one_down: Option | None = None
    """The mix while one of its machines is down."""

    @property
    def mix(self) -> Option | None:
        """Return the cheapest mix that keeps the service level; None = none does, or a price is unknown."""
        return min((one for one in self.mixes if one.total is not None), key=_total, default=None)

    def best(self, ttft: float) -> Option | None:
        """Return the cheapest way that keeps `ttft`; where none does, None."""
        every = [self.peak, self.mix, self.api]
        fit = [one for one in every if one is not None and one.total is not None and one.ttft <= ttft]
        return min(fit, key=_total, default=None)


def _total(option: Option) -> Decimal:
    return option.total or Decimal(0)


def plan(case: Case) -> Plan:
    """Size each way.

    Raises `ValueError` where no number of machines keeps the service level, and for prices not in USD.
    """
    curve = levels(case.demand)
    count = sized(case, curve[0])
    mixes, api, price = [], None, None
    if case.spill is not None:
        price = rate(case.spill.api, case.demand)
        api = _served(case, curve, 0, price)
        mixes = [_served(case, curve, number, price) for number in _counts(count)]
    found = Plan(
        curve=curve,
        peak=_peak(case, curve, count, 0),
        peak_spare=_peak(case, curve, count, 1),
        mixes=tuple(one for one in mixes if one.ttft <= case.ttft),
        api=api,
    )
    mix = found.mix
    if mix is None:
        return found
    return msgspec.structs.replace(found, one_down=_served(case, curve, mix.serving - 1, price))


def _counts(most: int) -> list[int]:
    """Return each number of machines to look at, of many machines only some."""
    step = max(1, most // 100)
    return sorted({*range(step, most + 1, step), 1, most})


def sized(case: Case, busiest: Level) -> int:
    """Return how few machines keep the service level in the busiest hour. Raises `ValueError`."""
    alone = case.engine.prefill.quantile(TAIL)
    if alone > case.ttft:
        message = (
            f"no number of machines begins {TAIL:.0%} of answers within {case.ttft:g} s: "
            f"reading the prompt alone takes {alone:.2g} s; allow more, or take a faster machine"
        )
        raise ValueError(message)
    arriving = case.arrivals(busiest)
    low = max(0, int(arriving / case.engine.capacity))  # too few: they would never catch up
    high = low + 1
    while high > MOST or not _keeps(case, high, arriving):
        low, high = high, high * 2
        if high > MOST:
            message = f"more than {MOST:,} machines would be needed: look at tokens and throughput"
            raise ValueError(message)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _keeps(case, middle, arriving) else (middle, high)
    return high


def _keeps(case: Case, count: int, arriving: float) -> bool:
    return first_token(case.station(count), arriving, TAIL) <= case.ttft


def _peak(case: Case, curve: tuple[Level, ...], count: int, spare: int) -> Option:
    station = case.station(count + spare)
    mean = case.demand.requests / _SECONDS_A_MONTH
    busy = station.utilisation(mean)
    ttft = first_token(case.station(count), case.arrivals(curve[0]), TAIL)
    way: Way = "peak+1" if spare else "peak"
    return _option(case, Option(way, count, spare, 1.0, busy, ttft, Decimal(0)))


def _served(case: Case, curve: tuple[Level, ...], count: int, price: Decimal | None) -> Option:
    """Return what happens with `count` machines, whose slots spill to the API when all are taken."""
    assert case.spill is not None  # noqa: S101  # the caller looked
    if count:
        station = case.station(count)
        gone = [lost(station, case.arrivals(level)) for level in curve]
    else:
        gone = [1.0] * len(curve)
    weights = [level.load * level.hours / HOURS_A_MONTH for level in curve]
    spilled = min(1.0, sum(share * weight for share, weight in zip(gone, weights, strict=True)))
    ttft = mixed(case.engine.prefill, case.spill.first_token, gone[0], TAIL)
    mean = case.demand.requests / _SECONDS_A_MONTH * (1 - spilled)
    busy = case.station(count).utilisation(mean) if count else 0.0
    cost = None if price is None else price * Decimal(case.demand.tokens * spilled)
    way: Way = "mix" if count else "api"
    return _option(case, Option(way, count, 0, 1 - spilled, busy, ttft, cost))


def _option(case: Case, of: Option) -> Option:
    """Fill in what the machines of an option cost."""
    if not of.serving:
        return of
    month = bill(msgspec.structs.replace(case.machines, spare=of.spare), of.serving)
    # Spare machines serve, too: all of them share what energy the work takes.
    drawn = month.energy * Decimal(of.utilisation) * (of.serving + of.spare) / of.serving
    return msgspec.structs.replace(of, machines=month.total - month.energy, energy=drawn)


def mixed(own: LogNormal, other: LogNormal, gone: float, share: float) -> float:
    """Return the quantile of times of which a part (`gone`) are the other's."""
    if gone >= 1:
        return other.quantile(share)
    if gone <= 0:
        return own.quantile(share)
    edges = sorted((own.quantile(share), other.quantile(share)))
    # A mixture's quantile lies between those of its parts.
    times = np.linspace(edges[0], edges[1], _POINTS)
    below = (1 - gone) * own.below(times) + gone * other.below(times)
    return float(times[min(_POINTS - 1, int(np.searchsorted(below, share)))])


def doubled(case: Case) -> Case:
    """Return the case at twice the volume, in the same shape."""
    demand = case.demand
    return msgspec.structs.replace(
        case,
        demand=msgspec.structs.replace(
            demand,
            requests=demand.requests * 2,
            input_tokens=demand.input_tokens * 2,
            output_tokens=demand.output_tokens * 2,
        ),
    )
