"""Kilowatt-hours and carbon of a history, as ranges: what is not known stays unknown, and is counted.

- Machines of wye.yaml that say what they draw: from what they draw beyond idling to all they draw, by the
  time that requests held their slots, and the building's share (PUE).
- Closed models: EcoLogits' estimate (`catalog.energy`).
- Open models at a processor: the least and most joules a token that were measured of the model, on any GPU,
  by the catalogue's range of PUE. Nobody says where they run: carbon spans the grids of the US and the world.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from wye.catalog import throughput
from wye.catalog.energy import Footprint, Range, footprints
from wye.catalog.hardware import hardware
from wye.config.economy import MachineSettings
from wye.config.machines import owned, served
from wye.config.settings import Settings
from wye.economics.history import History, conditions
from wye.economics.showback import Group, column
from wye.ledger.reader import Filter

_JOULES_A_KWH = 3_600_000
_GRIDS = ("us", "world")


class Drawn(msgspec.Struct, frozen=True):
    """What a group's requests drew. Ranges are from least to most; None = nothing is known of any."""

    group: str
    requests: int
    """That were answered."""
    kwh: Range | None
    kg_co2: Range | None
    unknown: int
    """Requests of which no energy is known: they are in no sum."""
    unknown_carbon: int
    """Requests of which no carbon is known."""


class Rate(NamedTuple):
    """What a deployment draws, by request, token of answer and second of a slot."""

    kwh_request: Range = (0.0, 0.0)
    kwh_token: Range = (0.0, 0.0)
    kwh_second: Range = (0.0, 0.0)
    kg_request: Range | None = (0.0, 0.0)
    """None = carbon is not known."""
    kg_token: Range = (0.0, 0.0)
    kg_second: Range = (0.0, 0.0)


class _Used(NamedTuple):
    group: str
    deployment: str
    requests: int
    counted: int
    tokens: int
    seconds: float


def drawn(
    history: History,
    by: Group,
    filter_: Filter,
    settings: Settings,
    projects: Mapping[str, str] | None = None,
) -> list[Drawn]:
    """Return what each group drew, sorted by name."""
    where, parameters = conditions(filter_)
    held = "list_filter(tried, lambda t: t.deployment = deployment AND t.status BETWEEN 200 AND 299)"
    rows = history.rows(
        f"""
        SELECT coalesce({column(by)}::VARCHAR, ''), deployment, count(*), count(*) FILTER (counted),
               coalesce(sum(output_tokens) FILTER (counted), 0)::BIGINT,
               coalesce(sum(list_sum(list_transform({held}, lambda t: t.duration_ms))), 0) / 1000
        FROM request WHERE {where} AND deployment <> '' AND attempts > 0 GROUP BY 1, 2
        """,  # noqa: S608  # our own names
        parameters,
    )
    used = [_Used(*row) for row in rows]
    rates = {name: rate_of(name, settings) for name in {one.deployment for one in used}}
    groups: dict[str, list[_Used]] = {}
    for one in used:
        name = (projects or {}).get(one.group, "") if by == "project" else one.group
        groups.setdefault(name, []).append(one)
    return [_summed(name, groups[name], rates) for name in sorted(groups)]


def rate_of(name: str, settings: Settings) -> Rate | None:
    """Return what a deployment draws; None = nothing is known of it."""
    given = settings.deployments.get(name)
    for machines, kind in settings.machines.items():
        serving = served(settings, machines)
        if any(one.id == name for one in serving):
            return _machines(machines, kind, sum(one.slots for one in serving))
    provider, _, model = name.partition("/")
    if given is not None:
        provider, model = given.provider or "", given.model
    found = footprints().find(provider, model)
    return _estimated(found) if found is not None else _measured(model)


def _machines(name: str, given: MachineSettings, slots: int) -> Rate | None:
    machines = owned(name, given)
    if machines.power is None or given.power is None:
        return None
    power = machines.power
    share = machines.count * float(power.pue) / slots / 3_600
    kwh = (float(power.kw - power.idle_kw) * share, float(power.kw) * share)
    carbon = given.power.kg_co2_kwh
    if carbon is None and (known := hardware().carbon.get(machines.region)) is not None:
        carbon = known.value
    if carbon is None:
        return Rate(kwh_second=kwh, kg_request=None)
    return Rate(kwh_second=kwh, kg_second=_times(kwh, float(carbon)))


def _estimated(found: Footprint) -> Rate:
    return Rate(
        kwh_request=found.kwh_request,
        kwh_token=found.kwh_token,
        kg_request=found.kg_co2_request,
        kg_token=found.kg_co2_token,
    )


def _measured(model: str) -> Rate | None:
    joules = [float(row.joules.value) for row in throughput.measured(model) if row.joules is not None]
    if not joules:
        return None
    known = hardware()
    pue = known.pue
    low, high = (
        float(pue.value if pue.low is None else pue.low),
        float(pue.value if pue.high is None else pue.high),
    )
    kwh = (min(joules) * low / _JOULES_A_KWH, max(joules) * high / _JOULES_A_KWH)
    grids = [float(known.carbon[grid].value) for grid in _GRIDS]
    return Rate(kwh_token=kwh, kg_token=(kwh[0] * min(grids), kwh[1] * max(grids)))


def _summed(name: str, used: list[_Used], rates: Mapping[str, Rate | None]) -> Drawn:
    kwh, kg = [], []
    unknown = unknown_carbon = 0
    for one in used:
        rate = rates[one.deployment]
        # By tokens only what was counted is known; by time, all of it.
        by_time = rate is not None and rate.kwh_second[1] > 0
        count = one.requests if by_time else one.counted
        lost = one.requests if rate is None else one.requests - count
        unknown += lost
        unknown_carbon += one.requests if rate is None or rate.kg_request is None else lost
        if rate is None or not count:
            continue
        kwh.append(_total(rate.kwh_request, rate.kwh_token, rate.kwh_second, one, count))
        if rate.kg_request is not None:
            kg.append(_total(rate.kg_request, rate.kg_token, rate.kg_second, one, count))
    requests = sum(one.requests for one in used)
    return Drawn(name, requests, _added(kwh), _added(kg), unknown, unknown_carbon)


def _total(request: Range, token: Range, second: Range, used: _Used, count: int) -> Range:
    low, high = (
        count * request[end] + used.tokens * token[end] + used.seconds * second[end] for end in (0, 1)
    )
    return low, high


def _added(ranges: Iterable[Range]) -> Range | None:
    found = list(ranges)
    return (sum(low for low, _ in found), sum(high for _, high in found)) if found else None


def _times(values: Range, factor: float) -> Range:
    return values[0] * factor, values[1] * factor
