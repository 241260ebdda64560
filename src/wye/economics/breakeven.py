"""Three lanes for the same traffic: a closed API, an open model that somebody hosts, and own machines.

All volumes are tokens a month *as the baseline counts them*; an open model that needs more tokens for the
same work pays for more. Only the part that may move is moved; the rest stays with the baseline.

Own machines are bought whole: n = ceil(peak tokens a second / (throughput x utilisation they may reach)),
so their cost is a flight of stairs. It may pass under the API's line and over it again: `first` is where it
first lies below, `stays` the smallest volume from which it never rises above again.
"""

from decimal import Decimal, localcontext
from typing import NamedTuple, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from wye.catalog.machines import HOURS_A_MONTH, Bill, Machines, bill
from wye.core.lane import Lane
from wye.core.money import MILLION, Price, Rates
from wye.economics.demand import Demand

SECONDS_A_MONTH = HOURS_A_MONTH * 3600
_DIGITS = 28
_SOME = 1e-12
"""Of a machine: what rounding may add to a volume that fits a machine exactly."""

Floats = npt.NDArray[np.float64]
Number = TypeVar("Number", float, Floats)


class Api(msgspec.Struct, frozen=True):
    """A model that somebody serves at a price a token."""

    name: str
    lane: Lane
    price: Price | None
    """None = unknown, and so is every sum with it."""


class Plant(msgspec.Struct, frozen=True):
    """Machines of your own, and what they can do with a model."""

    machines: Machines
    """`count` is not read: the traffic says how many serve."""
    model: str
    throughput: float
    """Tokens a second, told and spoken, of one whole machine at the speed that is promised to users."""
    max_utilisation: float = 0.7
    """Of it, that the busiest hour may use, in 0..1."""
    utilisation: float | None = None
    """Fixed instead: of the throughput, that the *mean* hour uses, whatever the peak."""
    estimate: bool = False
    source: str = ""
    """Of the throughput."""
    spread: tuple[float, float] | None = None
    """Tenth and ninetieth percentile of the throughput, in parts of it; None = not known."""
    prices: tuple[float, float] | None = None
    """The same of the machines' rent or price."""
    prices_source: str = ""


class Share(msgspec.Struct, frozen=True):
    """What moves, and what choosing costs."""

    moved: float = 1.0
    """Of all tokens, that the open model may take, in 0..1."""
    aside: float = 0.0
    """What gates, shadows and judges cost, in parts of what the baseline would cost for everything."""


class Work(msgspec.Struct, frozen=True):
    """Tokens that the open model needs for one of the baseline's."""

    told: float = 1.0
    spoken: float = 1.0


class Sum(msgspec.Struct, frozen=True):
    """What a month costs in one lane, USD. None = unknown."""

    stays: Decimal | None
    """What the baseline gets for the part that does not move."""
    aside: Decimal | None
    moved: Decimal | None
    """What the part that moves costs where it moves to."""
    machines: int = 0
    """That serve."""
    spare: int = 0

    @property
    def total(self) -> Decimal | None:
        """Return the sum; None where a part of it is unknown."""
        parts = (self.stays, self.aside, self.moved)
        known = [part for part in parts if part is not None]
        return sum(known, Decimal(0)) if len(known) == len(parts) else None


class Volumes(NamedTuple):
    """Where own machines are cheaper, tokens a month; `inf` = never."""

    first: float
    stays: float


def rate(api: Api, demand: Demand) -> Decimal | None:
    """Return USD a token of the demand's mix, by the price of a request of its mean length. None = unknown.

    Cached input has its own price, or the input's; writing caches is not counted. Where a price depends on
    the hour, the dearest counts. Raises `ValueError` for a price that is not in USD.
    """
    found = rates(api, demand)
    if found is None:
        return None
    standard, waiting = found
    with localcontext(prec=_DIGITS):
        fresh, cached, spoken = (Decimal(part) for part in mix(demand))
        now, later = (_priced(one, fresh, cached, spoken) for one in (standard, waiting))
        if now is None:
            return None
        waits = Decimal(demand.batch) if later is not None else Decimal(0)
        return (now * (1 - waits) + (later or 0) * waits) / MILLION


def rates(api: Api, demand: Demand) -> tuple[Rates, Rates] | None:
    """Return the rates of a request of the demand's mean length: now, and in a batch. None = unknown.

    Where no rates of a batch are known, waiting saves nothing. Raises `ValueError` as `rate` does.
    """
    price = api.price
    if price is None:
        return None
    if price.currency != "USD":
        message = f"{api.name} is priced in {price.currency}, and machines in USD: give its price in USD"
        raise ValueError(message)
    mean_input = int(demand.input_tokens / demand.requests) if demand.requests else 0
    standard, batch = price.rates_for(mean_input), price.served("batch")
    waiting = standard if batch is None else batch.rates_for(mean_input)
    return standard, standard if waiting.input is None or waiting.output is None else waiting


def mix(demand: Demand) -> tuple[float, float, float]:
    """Return the shares of fresh input, cached input and output in a token."""
    if not demand.tokens:
        return 0.0, 0.0, 0.0
    told = demand.input_tokens / demand.tokens
    return told * (1 - demand.cached), told * demand.cached, 1 - told


def _priced(rates: Rates, fresh: Decimal, cached: Decimal, spoken: Decimal) -> Decimal | None:
    read = rates.input if rates.cache_read is None else rates.cache_read
    total = Decimal(0)
    for share, each in ((fresh, rates.input), (cached, read), (spoken, rates.output)):
        if share and each is None:
            return None
        total += share * (each or 0)
    return total


def asked_of_open(demand: Demand, share: Share, work: Work) -> Demand:
    """Return the part of the demand that moves, in the open model's tokens."""
    return msgspec.structs.replace(
        demand,
        requests=demand.requests * share.moved,
        input_tokens=demand.input_tokens * share.moved * work.told,
        output_tokens=demand.output_tokens * share.moved * work.spoken,
    )


def room(plant: Plant, peak: float) -> float:
    """Return the model's tokens a month that one machine takes, were it to serve a demand of this peak."""
    share = plant.max_utilisation / max(peak, 1.0) if plant.utilisation is None else plant.utilisation
    return plant.throughput * share * SECONDS_A_MONTH


def needed(plant: Plant, moved: Demand) -> int:
    """Return how many machines serve `moved`, without spare ones."""
    return int(np.ceil(moved.tokens / room(plant, moved.peak) * (1 - _SOME)))


def stay(demand: Demand, baseline: Api) -> Sum:
    """Return what everything costs at the baseline."""
    each = rate(baseline, demand)
    return Sum(_times(each, demand.tokens), Decimal(0), Decimal(0))


def hosted(demand: Demand, baseline: Api, api: Api, share: Share = Share(), work: Work = Work()) -> Sum:  # noqa: B008  # immutable
    """Return what it costs to move the share to an open model that somebody hosts."""
    moved = asked_of_open(demand, share, work)
    return msgspec.structs.replace(
        _rest(demand, baseline, share), moved=_times(rate(api, moved), moved.tokens)
    )


def own(demand: Demand, baseline: Api, plant: Plant, share: Share = Share(), work: Work = Work()) -> Sum:  # noqa: B008  # immutable
    """Return what it costs to move the share to machines of your own. None of them = people cost still."""
    moved = asked_of_open(demand, share, work)
    number = needed(plant, moved)
    month = bill(plant.machines, number)
    busy = moved.tokens / (plant.throughput * SECONDS_A_MONTH * number) if number else 0.0
    return msgspec.structs.replace(
        _rest(demand, baseline, share),
        moved=month.spent(Decimal(min(1.0, busy))),
        machines=number,
        spare=plant.machines.spare,
    )


def _rest(demand: Demand, baseline: Api, share: Share) -> Sum:
    each = rate(baseline, demand)
    return Sum(
        _times(each, demand.tokens * (1 - share.moved)), _times(each, demand.tokens * share.aside), None
    )


def _times(each: Decimal | None, tokens: float) -> Decimal | None:
    if not tokens:
        return Decimal(0)
    return None if each is None else each * Decimal(tokens)


class Stairs(NamedTuple):
    """What own machines cost a month: `fixed` + `machine` for each that serves + `energy` a model's token."""

    fixed: float
    machine: float
    energy: float


def stairs(plant: Plant) -> Stairs:
    """Return the stairs of a plant, USD."""
    nothing, one = bill(plant.machines, 0), bill(plant.machines, 1)
    return Stairs(
        float(nothing.total),
        float(_standing(one) - _standing(nothing)),
        float(one.energy) / (plant.throughput * SECONDS_A_MONTH),
    )


def _standing(month: Bill) -> Decimal:
    return month.total - month.energy


def volumes(saved: Number, fixed: Number, machine: Number, takes: Number) -> tuple[Number, Number]:
    """Return (first, stays) for stairs against a line: see the module. Numbers or arrays.

    `saved`: USD a token that own machines save before they are paid. `takes`: tokens a month one of them
    takes. Between stairs n-1 and n the stairs stand at fixed + n machines, and the line reaches that at
    (fixed + n machines) / saved. The line passes step n before it ends for n >= fixed / gain, where gain =
    saved x takes - machine; the whole step lies below it for n >= (fixed + saved x takes) / gain.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        line = np.multiply(saved, takes)
        gain = line - machine
        once = np.maximum(np.ceil(fixed / gain * (1 - _SOME)), 1)
        always = np.maximum(np.ceil((fixed + line) / gain * (1 - _SOME)) - 1, 0)
        reached = (fixed + once * machine) / saved
        kept = np.where(always > 0, (fixed + always * machine) / saved, 0.0)
    pays = (np.asarray(saved) > 0) & (gain > 0) & np.isfinite(gain)
    found = np.where(pays, reached, np.inf), np.where(pays, kept, np.inf)
    if isinstance(saved, float):
        return float(found[0]), float(found[1])
    return found


def breakeven(
    demand: Demand,
    baseline: Api,
    plant: Plant,
    share: Share = Share(),  # noqa: B008  # immutable
    work: Work = Work(),  # noqa: B008  # immutable
) -> Volumes | None:
    """Return from which volume, in this mix and with this peak, own machines are cheaper. None = unknown.

    A baseline in the hosted lane is the open model, elsewhere: it does the same share of the same work, so
    what stays behind and what is spent aside are the same on both sides.
    """
    base = Share(share.moved) if baseline.lane is Lane.HOSTED else share
    moved = asked_of_open(demand, share, work)
    each = rate(baseline, moved if baseline.lane is Lane.HOSTED else demand)
    if each is None or not demand.tokens or not share.moved:
        return None if each is None else Volumes(np.inf, np.inf)
    grown = moved.tokens / demand.tokens
    """The model's tokens for one of the baseline's, all of them counted."""
    spent = grown if baseline.lane is Lane.HOSTED else base.moved - base.aside
    steps = stairs(plant)
    saved = float(each) * spent - steps.energy * grown
    takes = room(plant, demand.peak) / grown
    return Volumes(*volumes(saved, steps.fixed, steps.machine, takes))
