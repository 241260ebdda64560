"""The same traffic on another number of machines: what they would have cost, and whether it would fit."""

from decimal import Decimal

import msgspec

from wye.catalog.machines import HOURS_A_MONTH, Machines, bill
from wye.economics.history import History, conditions
from wye.economics.pricing import quoted
from wye.ledger.reader import Filter

_HOUR = 3600


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

    What a request held counts for the hour in which it was sent.
    """
    where, parameters = conditions(filter_)
    names = ", ".join(map(quoted, deployments))
    rows = history.rows(
        f"""
        SELECT floor(("at" + t.started_ms / 1000) / {_HOUR}), sum(t.duration_ms) / 1000
        FROM (SELECT "at", unnest(tried) AS t FROM request WHERE {where})
        WHERE t.deployment IN ({names}) AND t.cause <> 'skip'
          AND (t.status = 0 OR t.status BETWEEN 200 AND 299)
        GROUP BY 1 ORDER BY 1
        """,  # noqa: S608  # our own names, and quoted ones
        parameters,
    )
    if not rows:
        return None
    begins = rows[0][0] * _HOUR if filter_.since is None else filter_.since
    ends = (rows[-1][0] + 1) * _HOUR if filter_.until is None else filter_.until
    hours = max((ends - begins) / _HOUR, 1.0)
    held = [seconds for _, seconds in rows]
    slots = sum(deployments.values())
    room = slots * would / machines.count
    over = [max(seconds - room * _HOUR, 0.0) for seconds in held]
    busy = min(sum(held) / (slots * _HOUR * hours), 1.0)
    busier = min((sum(held) - sum(over)) / (room * _HOUR * hours), 1.0)
    part = Decimal(hours) / HOURS_A_MONTH
    return Recount(
        name=machines.name,
        count=machines.count,
        would=would,
        hours=hours,
        was=bill(machines).spent(Decimal(busy)) * part,
        would_be=bill(machines, would).spent(Decimal(busier)) * part,
        utilisation=busy,
        utilisation_would_be=busier,
        crowded=sum(1 for seconds in over if seconds > 0),
        beyond=sum(over) / sum(held) if sum(held) else 0.0,
    )
