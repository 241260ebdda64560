"""One question, all answers: every baseline against every hosted model and every setting of own machines.

Two views stand side by side. *Today*: list prices as they are, every other input in the middle of its range.
*In doubt*: every input drawn from its range, prices falling over the horizon.
"""

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TypeVar

import msgspec

from wye.catalog.throughput import plain
from wye.core.lane import Lane
from wye.core.money import Rates, Tier, Window
from wye.economics.breakeven import Api, Plant, Share, Sum, Volumes, Work, breakeven, hosted, own, rate, stay
from wye.economics.demand import Demand
from wye.economics.inputs import Range, inputs, override
from wye.economics.montecarlo import DRAWS, HORIZON, SEED, Case, Result, simulate
from wye.economics.plants import Choice
from wye.economics.tornado import Tornado, tornado

T = TypeVar("T", Tier, Window)


class Question(msgspec.Struct, frozen=True):
    """What is asked."""

    demand: Demand
    baselines: tuple[Api, ...]
    """Closed ones; at least one."""
    hosted: tuple[Api, ...]
    choices: tuple[Choice, ...]
    left_out: tuple[str, ...] = ()
    """Machines that were asked for and are not among them, and why."""
    share: Share = Share()
    given: Mapping[str, tuple[float, ...]] = {}
    """Inputs and their ranges, as `inputs.override` takes them."""
    measured: Mapping[str, str] = {}
    """Inputs that were counted, and where."""
    months: int = HORIZON
    draws: int = DRAWS
    seed: int = SEED


class Pair(msgspec.Struct, frozen=True):
    """A baseline and a setting of own machines. None = the baseline's price is unknown."""

    title: str
    volumes: Volumes | None
    """Today."""
    paid: Volumes | None
    """Today, had the machines been paid for: what is left is power, upkeep and people. Rented ones: None."""
    sum: Sum | None
    """At the demand's volume; None beside a hosted baseline."""
    result: Result | None
    """In doubt."""


class Against(msgspec.Struct, frozen=True):
    """A baseline, and what stands against it."""

    baseline: Api
    stay: Sum | None
    """None for a hosted baseline, which is no alternative for everything."""
    hosted: tuple[tuple[str, Sum], ...]
    pairs: tuple[Pair, ...]


class Study(msgspec.Struct, frozen=True):
    """All answers."""

    question: Question
    closed: tuple[Against, ...]
    hosted: tuple[Against, ...]
    ranges: Mapping[str, Range]
    """Of the first setting; others differ in utilisation and on-call."""
    first: str
    """Title of the setting that the tornado and the sentence go by."""
    assumed: "Assumed"
    """What is taken for granted today, for that setting."""
    tornado: Tornado | None


class Assumed(msgspec.Struct, frozen=True):
    """Everything in the middle of its range."""

    demand: Demand
    share: Share
    work: Work
    plant: Plant
    discount: float


def study(question: Question) -> Study:
    """Answer a question. Raises `ValueError` for an input that cannot be, and for mixed currencies."""
    demand = question.demand
    by_title = {}
    for choice in question.choices:
        found = inputs(demand, choice.plant, question.share, question.measured)
        by_title[choice.title] = override(found, question.given)
    # A hosted model plays its part of the draws where its price is known: the cheapest of them.
    priced = sorted(
        ((each, one) for one in question.hosted if (each := rate(one, demand)) is not None),
        key=lambda pair: pair[0],
    )
    cheapest = priced[0][1] if priced else None
    closed = tuple(_against(one, cheapest, question, by_title) for one in question.baselines)
    elsewhere = tuple(_against(one, None, question, by_title) for one in question.hosted)
    first = _first(question, closed[0])
    chosen = next(one for one in question.choices if one.title == first)
    turned = None
    if rate(question.baselines[0], demand) is not None:
        case = _case(question, question.baselines[0], chosen.plant, cheapest)
        turned = tornado(case, by_title[first])
    assumed = _assumed(question, chosen.plant, by_title[first])
    return Study(question, closed, elsewhere, by_title[first], first, assumed, turned)


def _against(
    baseline: Api, hosted_api: Api | None, question: Question, by_title: Mapping[str, Mapping[str, Range]]
) -> Against:
    is_hosted = baseline.lane is Lane.HOSTED
    any_of_them = _assumed(question, question.choices[0].plant, by_title[question.choices[0].title])
    base = _discounted(baseline, any_of_them.discount)
    pairs = []
    for choice in question.choices:
        ranges = by_title[choice.title]
        now = _assumed(question, choice.plant, ranges)
        case = _case(question, baseline, choice.plant, hosted_api)
        known = rate(baseline, question.demand) is not None and question.demand.tokens
        paid = _paid(now.plant)
        pairs.append(
            Pair(
                choice.title,
                breakeven(now.demand, base, now.plant, now.share, now.work),
                None if paid is None else breakeven(now.demand, base, paid, now.share, now.work),
                None if is_hosted else own(now.demand, base, now.plant, now.share, now.work),
                simulate(case, ranges, question.draws, question.seed)[0] if known else None,
            )
        )
    there = () if is_hosted else question.hosted
    now = any_of_them
    return Against(
        base,
        None if is_hosted else stay(now.demand, base),
        tuple((api.name, hosted(now.demand, base, api, now.share, now.work)) for api in there),
        tuple(pairs),
    )


def _case(question: Question, baseline: Api, plant: Plant, hosted_api: Api | None) -> Case:
    return Case(question.demand, baseline, plant, hosted_api, question.share, question.months)


def _assumed(question: Question, plant: Plant, ranges: Mapping[str, Range]) -> Assumed:
    x = {name: one.middle for name, one in ranges.items()}
    demand = msgspec.structs.replace(question.demand, cached=x["cached"], batch=x["batch"], peak=x["peak"])
    spoken = (1 - demand.reasoning) * x["tokenizer"] * x["verbosity"] / (1 - x["reasoning"])
    used = "max_utilisation" if plant.utilisation is None else "utilisation"
    return Assumed(
        demand,
        Share(x["displaced"], x["aside"]),
        Work(x["tokenizer"], spoken),
        msgspec.structs.replace(
            _priced(plant, x["machine_price"], x["on_call"]),
            throughput=plant.throughput * x["throughput"],
            **{used: x["utilisation"]},
        ),
        x["discount"],
    )


def _priced(plant: Plant, factor: float, on_call: float) -> Plant:
    machines = plant.machines
    if on_call != float(machines.fte):
        machines = msgspec.structs.replace(machines, fte=Decimal(repr(on_call)))
    if factor != 1:
        times = Decimal(repr(factor))
        rent, bought = machines.rent_hour, machines.purchase
        machines = msgspec.structs.replace(
            machines,
            rent_hour=None if rent is None else rent * times,
            purchase=None if bought is None else msgspec.structs.replace(bought, price=bought.price * times),
        )
    return msgspec.structs.replace(plant, machines=machines)


def _paid(plant: Plant) -> Plant | None:
    if plant.machines.purchase is None:
        return None
    return msgspec.structs.replace(plant, machines=msgspec.structs.replace(plant.machines, purchase=None))


def _discounted(api: Api, discount: float) -> Api:
    """Return a closed model's price with what a contract takes off."""
    if not discount or api.price is None or api.lane is not Lane.CLOSED:
        return api
    factor = 1 - Decimal(repr(discount))

    def less(rates: Rates) -> Rates:
        told = {name: getattr(rates, name) for name in rates.__struct_fields__}
        return Rates(**{name: None if value is None else value * factor for name, value in told.items()})

    price = api.price
    cut = msgspec.structs.replace(
        price,
        rates=less(price.rates),
        tiers=_each(price.tiers, less),
        windows=_each(price.windows, less),
        services=tuple(
            msgspec.structs.replace(one, rates=less(one.rates), tiers=_each(one.tiers, less))
            for one in price.services
        ),
    )
    return msgspec.structs.replace(api, price=cut)


def _each(parts: tuple[T, ...], less: Callable[[Rates], Rates]) -> tuple[T, ...]:
    return tuple(msgspec.structs.replace(one, rates=less(one.rates)) for one in parts)


def _first(question: Question, against: Against) -> str:
    """Return the setting to speak of: of those that run the hosted model, if any, the first to pay."""
    same = {plain(api.name) for api in question.hosted}
    model = {choice.title: plain(choice.plant.model) for choice in question.choices}
    alike = [pair for pair in against.pairs if model[pair.title] in same] or list(against.pairs)
    return min(alike, key=lambda pair: math.inf if pair.volumes is None else pair.volumes.stays).title
