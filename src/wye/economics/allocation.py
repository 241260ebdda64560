"""Who a machine's bill is for: each hour's money by the slots' seconds that requests held.

An hour costs the same whether it serves or not, but for energy. What is fixed goes to whoever held slots, in
parts of the hour's capacity (slots times seconds); the remainder is *idle*, a line of its own. Where more
was held than there is capacity (a machine that queues), the hour is divided among those who held it. Energy
beyond idling goes to those who drew it. All lines together are exactly the bill.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import NamedTuple

import msgspec

from wye.catalog.machines import HOURS_A_MONTH, Bill

HOUR = 3_600
_MICRO = 1_000_000
_DIGITS = 12
"""After the point, of each line: as the ledger's costs."""


class Held(NamedTuple):
    """A slot, from when to when (Unix seconds), and for whom."""

    began: float
    ended: float
    group: str


class BusyHour(msgspec.Struct, frozen=True):
    """An hour of some machines, or what of it lies in the period."""

    start: int
    """Unix seconds UTC."""
    busy: Mapping[str, int]
    """Group → microseconds of slots that it held. An hour without any is idle, and costs."""
    seconds: float = HOUR


class Line(msgspec.Struct, frozen=True):
    """What a group's requests cost, USD."""

    group: str | None
    """None = idle."""
    slot_seconds: float
    allocated: Decimal
    """Its share of everything: what to go by before buying or giving back a machine."""
    marginal: Decimal
    """Energy alone: what would not have been spent without it, and what routes go by."""


class Allocation(msgspec.Struct, frozen=True):
    """A bill, divided. The lines' `allocated` add up to `total`, exactly."""

    lines: tuple[Line, ...]
    """Dearest first, idle last; idle is there even at 0."""
    total: Decimal
    utilisation: float
    """Of the capacity, that was held, in 0..1; overload counts as 1."""


def allocate(bill: Bill, slots: int, hours: Iterable[BusyHour]) -> Allocation:
    """Divide what the hours cost among the groups that held slots.

    `bill`: of a month of 730 such hours. `slots`: of all machines that serve, without spare ones.

    Raises `ValueError` for slots below 1, seconds that are no part of an hour, or negative ones held.
    """
    if slots < 1:
        message = f"{slots} slots are no machine"
        raise ValueError(message)
    by_capacity = Counter[str]()
    """Microseconds, of hours with room for all."""
    shares: dict[str, Fraction] = {}
    """Of overloaded hours: microseconds of capacity, which are fewer than were held."""
    everything = Counter[str]()
    capacity = busy = 0
    for hour in hours:
        room = slots * _micros(hour.seconds)
        wanted = sum(hour.busy.values())
        if min(hour.busy.values(), default=0) < 0 or not 0 < room <= slots * HOUR * _MICRO:
            message = f"hour {hour.start}: seconds lie in 0..3600, and what is held is not negative"
            raise ValueError(message)
        everything.update(hour.busy)
        capacity += room
        busy += min(room, wanted)
        if wanted <= room:
            by_capacity.update(hour.busy)
            continue
        for group, micros in hour.busy.items():
            shares[group] = shares.get(group, Fraction(0)) + Fraction(micros * room, wanted)
    # USD a microsecond of one slot.
    month = slots * HOURS_A_MONTH * HOUR * _MICRO
    energy = Fraction(bill.energy) / month
    fixed = (Fraction(bill.total) - Fraction(bill.energy)) / month
    total = _rounded(fixed * capacity + energy * busy)
    lines = [
        Line(group, micros / _MICRO, _rounded((fixed + energy) * part), _rounded(energy * part))
        for group, micros in everything.items()
        for part in (by_capacity[group] + shares.get(group, Fraction(0)),)
    ]
    lines.sort(key=lambda line: (-line.allocated, line.group))
    return _closed(lines, total, (capacity - busy) / _MICRO, busy / capacity if capacity else 0.0)


def _closed(lines: list[Line], total: Decimal, idle_seconds: float, utilisation: float) -> Allocation:
    """Add the line of what is idle. It takes what rounding left, or the dearest line where nothing was."""
    with localcontext(prec=60):
        rest = total - sum((line.allocated for line in lines), Decimal(0))
        if not idle_seconds and lines:
            first = lines[0]
            lines[0] = msgspec.structs.replace(first, allocated=first.allocated + rest)
            rest = Decimal(0)
    return Allocation((*lines, Line(None, idle_seconds, rest, Decimal(0))), total, utilisation)


def _micros(seconds: float) -> int:
    return round(seconds * _MICRO)


def _rounded(amount: Fraction) -> Decimal:
    """Return it with `_DIGITS` after the point, rounded down, so that lines never exceed the total."""
    scaled = amount.numerator * 10**_DIGITS // amount.denominator
    return Decimal(scaled).scaleb(-_DIGITS)


def busy_hours(
    held: Iterable[Held], since: float, until: float, within: Iterable[tuple[int, str, int]] = ()
) -> Iterator[BusyHour]:
    """Yield every hour of the period, silent ones too, with what was held in it.

    A request that spans hours is in each of them; what lies outside of the period is in none. `within`: what
    was summed up before: hours since 1970, group, microseconds, all of it in that hour and the period.
    """
    # All is counted in microseconds from here on, so that the parts of a request are the whole of it.
    first, last = _micros(since), _micros(until)
    hours: dict[int, Counter[str]] = {}
    for index, group, micros in within:
        hours.setdefault(index, Counter())[group] += micros
    step = HOUR * _MICRO
    for one in held:
        began, ended = max(_micros(one.began), first), min(_micros(one.ended), last)
        while began < ended:
            index = began // step
            edge = min(ended, (index + 1) * step)
            hours.setdefault(index, Counter())[one.group] += edge - began
            began = edge
    for index in range(first // step, -(-last // step)):
        seconds = (min(last, (index + 1) * step) - max(first, index * step)) / _MICRO
        yield BusyHour(index * HOUR, hours.get(index, {}), seconds)
