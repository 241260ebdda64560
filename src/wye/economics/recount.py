"""The same traffic on another number of machines: what they would have cost, and whether it would fit."""

from decimal import Decimal

import msgspec

from wye.catalog.machines import HOURS_A_MONTH, Machines, bill
from wye.economics.history import History, conditions
from wye.economics.slots import hours
from wye.ledger.reader import Filter

_HOUR = 3600
_MICRO = 1_000_000


class Recount(msgspec.Struct, frozen=True):
    """Machines of one kind over a time, USD."""

    name: str
    count: int
    """Machines that serve."""
    would: int
    """How many there would be."""
    hours: float
    was: Decimal
    would_be: Decimal
    utilisation: float
    """Of the slots' time that requests held, in 0..1."""
    utilisation_would_be: float
    crowded: int
    """Hours in which requests held more than all slots there would be."""
    beyond: float
    """Share of the time held that would have found no slot within its hour: to wait, or to spill."""


def recount(
    history: History, filter_: Filter, machines: Machines, deployments: dict[str, int], would: int
) -> Recount | None:
    """Reckon with `would` machines that serve. `deployments`: id -> slots of all machines; None = no traffic.

    Slots are held as `slots.hours` reckons, so that it agrees with how the bill is divided. Without a time
    asked for, it is the hours from the first request to the last.
    """
    where, parameters = conditions(filter_)
    [(first, last)] = history.rows(
        f'SELECT min("at"), max("at") FROM request WHERE {where}',  # noqa: S608  # our own names
        parameters,
    )
    if first is None:
        return None
    since = first // _HOUR * _HOUR if filter_.since is None else filter_.since
    until = (last // _HOUR + 1) * _HOUR if filter_.until is None else filter_.until
    busy_hours = [
        (hour.seconds, sum(n for team, n in hour.busy.items() if filter_.team in {None, team}) / _MICRO)
        for hour in hours(history, deployments, "team", since, until)
    ]
    held = sum(seconds for _, seconds in busy_hours)
    if not held:
        return None
    slots = sum(deployments.values())
    fewer = slots * would / machines.count
    time = sum(length for length, _ in busy_hours)
    over = [max(seconds - fewer * length, 0.0) for length, seconds in busy_hours]
    # Where more was held than there are slots, a machine queued: it is full, and no more (`allocate`).
    busy = sum(min(seconds, slots * length) for length, seconds in busy_hours) / (slots * time)
    busier = (held - sum(over)) / (fewer * time)
    part = Decimal(time / _HOUR) / HOURS_A_MONTH
    return Recount(
        name=machines.name,
        count=machines.count,
        would=would,
        hours=time / _HOUR,
        was=bill(machines).spent(Decimal(busy)) * part,
        would_be=bill(machines, would).spent(Decimal(busier)) * part,
        utilisation=busy,
        utilisation_would_be=busier,
        crowded=sum(1 for seconds in over if seconds > 0),
        beyond=sum(over) / held,
    )
