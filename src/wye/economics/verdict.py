"""The plain sentence: what to do at this volume, and when to look again."""

import math
from collections.abc import Iterator
from decimal import Decimal

from wye.economics.study import Against, Pair, Study
from wye.economics.wording import dollars, percent, volume

_SURE = 0.5


def sentence(study: Study) -> str:
    """Say in one sentence what the study comes to, beside its first baseline."""
    against = study.closed[0]
    name, tokens = against.baseline.name, study.question.demand.tokens
    if against.stay is None or against.stay.total is None:
        return f"The price of {name} is not known, so nothing can be said of it."
    pair = _pair(against, study.first)
    costs = _costs(study, against, pair)
    lane, which, least = min(costs, key=lambda one: one[2])
    others = " and ".join(f"{other} {dollars(total)}" for what, other, total in costs if what != lane)
    beside = f", where {others}" if others else ""
    at = f"At {volume(tokens)} tokens a month"
    if lane == "own":
        told = (
            "" if pair.volumes is None else f"; they pay from {volume(pair.volumes.stays)} at today's prices"
        )
        told += _later(study, pair)
        return f"{at}, own machines are cheapest: {dollars(least)} with {which}{beside}{told}."
    return f"{at}, stay on the API: {dollars(least)} with {which}{beside}; {_again(study, pair, name)}."


def _pair(against: Against, title: str) -> Pair:
    return next(pair for pair in against.pairs if pair.title == title)


def _costs(study: Study, against: Against, pair: Pair) -> list[tuple[str, str, Decimal]]:
    """Return (lane, what it is, USD) of what is known; the hosted lane's cheapest."""
    assert against.stay is not None  # noqa: S101  # a closed baseline
    assert against.stay.total is not None  # noqa: S101  # and its price is known
    name = against.baseline.name
    part = study.ranges["displaced"].middle
    rest = f" for {percent(part)} and {name} for the rest" if part < 1 else ""
    found = [("closed", f"{name} alone" if rest else name, against.stay.total)]
    there = [(total, api) for api, one in against.hosted if (total := one.total) is not None]
    if there:
        total, api = min(there)
        found.append(("hosted", f"{api}{rest}", total))
    if pair.sum is not None and (mine := pair.sum.total) is not None:
        found.append(("own", f"own machines ({pair.title}){rest}", mine))
    return found


def _again(study: Study, pair: Pair, name: str) -> str:
    """Say when own machines pay against the baseline."""
    stays = math.inf if pair.volumes is None else pair.volumes.stays
    if math.isinf(stays):
        told = f"own machines ({pair.title}) never pay against {name}"
    elif study.question.demand.tokens < stays:
        told = f"revisit own machines, against {name}, above {volume(stays)} at today's prices"
    else:
        told = f"own machines pay against {name} alone, from {volume(stays)} at today's prices"
    told += _later(study, pair)
    models = {choice.title: choice.plant.model for choice in study.question.choices}
    owned = [
        one.paid.stays
        for one in study.closed[0].pairs
        if one.paid is not None and models[one.title] == models[pair.title]
    ]
    if owned and min(owned) < stays:
        told += f", or {'above ' if math.isinf(stays) else ''}{volume(min(owned))} if you already own the GPU"
    return told


def _later(study: Study, pair: Pair) -> str:
    """Say the median of the draws beside today's figure: prices fall, and few inputs err to the good."""
    if pair.result is None:
        return ""
    return f" (P50 over {study.question.months} months: {volume(pair.result.breakeven.p50)})"


def remarks(study: Study) -> Iterator[str]:
    """Yield what a reader must know besides: what is assumed, unknown, or decides less than it seems."""
    question = study.question
    yield from (f"Left out: {one}." for one in question.left_out)
    pair = _pair(study.closed[0], study.first)
    if pair.result is not None:
        spread = pair.result.breakeven
        told = f"{volume(spread.p10)}, {volume(spread.p50)} and {volume(spread.p90)} (P10, P50, P90)"
        yield (
            f"In doubt: {study.first} stays cheaper than {study.closed[0].baseline.name} from {told}; never "
            f"in {percent(pair.result.never)} of {question.draws:,} draws over {question.months} months."
        )
    if study.ranges["displaced"].known and study.ranges["displaced"].middle == 1:
        yield "All traffic is counted as moved. Say --displace 65% if the open model may take only that much."
    for one in study.hosted:
        mine = _pair(one, study.first)
        if mine.volumes is None:
            yield f"The price of {one.baseline.name} is not known."
        elif mine.result is not None and mine.result.never >= _SURE:
            yield (
                f"Against {one.baseline.name}, the open model at somebody else's, own machines never pay "
                f"in {percent(mine.result.never)} of draws: have them for privacy, latency or own tunes."
            )
    price = study.closed[0].baseline.price
    if question.demand.curve and price is not None and price.tiers:
        yield (
            f"{study.closed[0].baseline.name} has another price for requests above "
            f"{price.tiers[0].above_input_tokens:,} tokens of input: all are priced by their mean length."
        )
    if question.demand.peak == 1 and not question.demand.curve:
        yield "Traffic is taken to be even. Say --peak 6 if the busiest hour is six times the mean one."
    for choice in question.choices:
        if choice.plant.estimate and choice.title == study.first:
            yield f"What {choice.title} can do with {choice.plant.model} is an estimate: measure it on yours."
