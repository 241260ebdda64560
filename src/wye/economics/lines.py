"""What a month costs in each lane over volumes: what pictures draw."""

import math
from decimal import Decimal

import msgspec
import numpy as np

from wye.economics.breakeven import hosted, own, stay
from wye.economics.study import Study

_DECADE = 10.0
_LEAST = 1_000.0


class Lines(msgspec.Struct, frozen=True):
    """USD a month at each volume, of the study's first baseline and setting. None = unknown."""

    volumes: tuple[float, ...]
    """Tokens a month, ascending by a constant factor."""
    closed: tuple[float | None, ...]
    hosted: tuple[float | None, ...]
    own: tuple[float | None, ...]
    names: dict[str, str]
    """Lane → what stands for it. A lane that nothing stands for is missing."""


def lines(study: Study, points: int) -> Lines:
    """Reckon the lanes from a tenth of the least volume that matters to ten times the greatest."""
    question, now = study.question, study.assumed
    base = study.closed[0].baseline
    matter = [question.demand.tokens]
    for pair in study.closed[0].pairs:
        if pair.title == study.first and pair.volumes is not None:
            matter += [one for one in pair.volumes if math.isfinite(one) and one > 0]
    low, high = max(min(matter) / _DECADE, _LEAST), max(matter) * _DECADE
    volumes = tuple(float(one) for one in np.geomspace(low, high, points))
    totals = {api: one.total for api, one in study.closed[0].hosted}
    known = [(total, api) for api, total in totals.items() if total is not None]
    cheapest = min(known)[1] if known else ""
    api = next((one for one in question.hosted if one.name == cheapest), None)
    found: dict[str, list[float | None]] = {"closed": [], "hosted": [], "own": []}
    for volume in volumes:
        factor = volume / question.demand.tokens
        demand = msgspec.structs.replace(
            now.demand,
            requests=now.demand.requests * factor,
            input_tokens=now.demand.input_tokens * factor,
            output_tokens=now.demand.output_tokens * factor,
        )
        found["closed"].append(_number(stay(demand, base).total))
        there = None if api is None else hosted(demand, base, api, now.share, now.work).total
        found["hosted"].append(_number(there))
        found["own"].append(_number(own(demand, base, now.plant, now.share, now.work).total))
    names = {"closed": base.name, "hosted": cheapest, "own": study.first}
    kept = {lane: name for lane, name in names.items() if any(one is not None for one in found[lane])}
    return Lines(volumes, tuple(found["closed"]), tuple(found["hosted"]), tuple(found["own"]), kept)


def _number(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)
