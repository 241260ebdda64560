"""What becomes of a break-even when nothing is known exactly: many draws of every uncertain input.

Inputs are drawn independently. The same seed gives the same draws, whatever inputs there are beside.
"""

import zlib
from collections.abc import Mapping
from typing import NamedTuple

import msgspec
import numpy as np

from wye.catalog.machines import bill
from wye.core.lane import Lane
from wye.core.money import MILLION, Rates
from wye.economics.breakeven import SECONDS_A_MONTH, Api, Floats, Plant, Share, rate, rates, volumes
from wye.economics.demand import Demand
from wye.economics.inputs import Range

DRAWS = 10_000
SEED = 20_261_122
HORIZON = 24
"""Months over which prices fall."""
_SOME = 1e-12


class Case(msgspec.Struct, frozen=True):
    """One comparison: a baseline, an open model, who hosts it, and own machines."""

    demand: Demand
    baseline: Api
    """Whose price is known."""
    plant: Plant
    hosted: Api | None = None
    share: Share = Share()
    months: int = HORIZON


class Outcome(NamedTuple):
    """What draws come to: tokens a month, and USD a month at the demand's volume."""

    first: Floats
    stays: Floats
    """Against the baseline; `inf` = never."""
    closed: Floats
    hosted: Floats | None
    own: Floats


class Spread(msgspec.Struct, frozen=True):
    """Percentiles of a figure. `inf` = never."""

    p10: float
    p50: float
    p90: float


class Result(msgspec.Struct, frozen=True):
    """What the draws say."""

    breakeven: Spread
    """Tokens a month from which own machines stay cheaper."""
    never: float
    """Share of draws in which they never are."""
    own_saves: Spread
    """USD a month at this volume, beside the baseline for everything."""
    own_pays: float
    """Share of draws in which they are cheaper at this volume."""
    hosted_saves: Spread | None
    draws: int
    seed: int


def simulate(
    case: Case, inputs: Mapping[str, Range], draws: int = DRAWS, seed: int = SEED
) -> tuple[Result, Outcome]:
    """Draw every input and reckon each draw. Raises `ValueError` when the baseline's price is unknown."""
    found = outcome(case, {name: one.draw(_normal(name, seed, draws)) for name, one in inputs.items()})
    saves = found.closed - found.own
    result = Result(
        breakeven=spread(found.stays),
        never=float(np.mean(np.isinf(found.stays))),
        own_saves=spread(saves),
        own_pays=float(np.mean(saves > 0)),
        hosted_saves=None if found.hosted is None else spread(found.closed - found.hosted),
        draws=draws,
        seed=seed,
    )
    return result, found


def _normal(name: str, seed: int, draws: int) -> Floats:
    return np.random.default_rng((seed, zlib.crc32(name.encode()))).standard_normal(draws)


def spread(values: Floats) -> Spread:
    """Return the percentiles; between something and never lies no number, so it is the higher of two."""
    return Spread(*(float(one) for one in np.percentile(values, (10, 50, 90), method="higher")))


def outcome(case: Case, x: Mapping[str, Floats]) -> Outcome:
    """Reckon a case for arrays of every input, as `breakeven` does for one number of each."""
    demand, plant = case.demand, case.plant
    told = demand.input_tokens / demand.tokens
    said = (1 - told) * (1 - demand.reasoning)
    fallen = _fallen(x["price_decline"], case.months)
    # Tokens of the open model for one of the baseline's, were everything moved.
    open_told = told * x["tokenizer"]
    open_spoken = said * x["tokenizer"] * x["verbosity"] / (1 - x["reasoning"])
    grown = open_told + open_spoken
    closed = (
        _rate(case.baseline, demand, x, np.full_like(grown, told), np.full_like(grown, 1 - told)) * fallen
    )
    elsewhere = case.baseline if case.baseline.lane is Lane.HOSTED else case.hosted
    hosted = None
    if elsewhere is not None and rate(elsewhere, demand) is not None:
        hosted = _rate(elsewhere, demand, x, open_told, open_spoken) * fallen
    if case.baseline.lane is Lane.HOSTED:
        assert hosted is not None  # noqa: S101  # the baseline's price is known
        closed = hosted
        line = hosted * x["displaced"]
        aside = np.zeros_like(closed)
    else:
        closed = closed * (1 - x["discount"])
        aside = closed * x["aside"]
        line = closed * x["displaced"] - aside
    fixed, machine, energy = _stairs(plant, x)
    moved = grown * x["displaced"]
    used = x["utilisation"] / x["peak"] if plant.utilisation is None else x["utilisation"]
    room = plant.throughput * x["throughput"] * used * SECONDS_A_MONTH
    with np.errstate(divide="ignore", invalid="ignore"):
        takes = room / moved
    first, stays = volumes(line - energy * moved, fixed, machine, takes)
    volume = demand.tokens
    number = np.ceil(volume / takes * (1 - _SOME))
    rest = closed * (1 - x["displaced"]) + aside
    return Outcome(
        first,
        stays,
        closed * volume,
        None if hosted is None else (rest + hosted * x["displaced"]) * volume,
        (rest + energy * moved) * volume + fixed + number * machine,
    )


def _fallen(decline: Floats, months: int) -> Floats:
    """Return the mean price of the coming months, in parts of today's, at a yearly decline."""
    monthly = (1 - decline) ** (1 / 12)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = (1 - monthly**months) / (months * (1 - monthly))
    return np.where(monthly == 1, 1.0, mean)


def _rate(api: Api, demand: Demand, x: Mapping[str, Floats], told: Floats, spoken: Floats) -> Floats:
    """Return USD for `told` and `spoken` tokens. Raises `ValueError` where a price is unknown."""
    found = rates(api, demand)
    if found is None or rate(api, demand) is None:
        message = f"the price of {api.name} is not known"
        raise ValueError(message)
    now, later = (_priced(one, x["cached"], told, spoken) for one in found)
    return (now * (1 - x["batch"]) + later * x["batch"]) / float(MILLION)


def _priced(each: Rates, cached: Floats, told: Floats, spoken: Floats) -> Floats:
    fresh, out = float(each.input or 0), float(each.output or 0)
    read = fresh if each.cache_read is None else float(each.cache_read)
    return told * ((1 - cached) * fresh + cached * read) + spoken * out


def _stairs(plant: Plant, x: Mapping[str, Floats]) -> tuple[Floats, Floats, Floats]:
    """Return `breakeven.stairs` with the drawn price of machines and number of engineers."""
    machines = plant.machines
    none, one = bill(machines, 0), bill(machines, 1)
    kept = float(none.idle_energy + none.upkeep)
    people = x["on_call"] * float(machines.fte_year / 12)
    fixed = float(none.machines) * x["machine_price"] + kept + people
    machine = float(one.machines - none.machines) * x["machine_price"]
    machine = machine + float(one.idle_energy + one.upkeep) - kept
    return fixed, machine, float(one.energy) / (plant.throughput * x["throughput"] * SECONDS_A_MONTH)
