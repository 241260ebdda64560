"""What of the catalogue cannot be relied on: sources that disagree, and figures that are old."""

import datetime as dt
from collections.abc import Iterable, Mapping

import msgspec

from wye.catalog.figure import Figure
from wye.catalog.throughput import Throughput

STALE_DAYS = 90


class Stale(msgspec.Struct, frozen=True):
    """Figures of one name or source that nobody has looked up for long."""

    name: str
    as_of: dt.date
    source: str
    figures: int = 1


def stale(
    figures: Mapping[str, Figure], rows: Iterable[Throughput], on: dt.date, days: int = STALE_DAYS
) -> tuple[Stale, ...]:
    """Return the figures older than `days` on a day: by name, or by source and month."""
    limit = on - dt.timedelta(days=days)
    found = [
        Stale(name, figure.as_of, figure.source) for name, figure in figures.items() if figure.as_of < limit
    ]
    groups: dict[tuple[str, str], list[dt.date]] = {}
    for row in rows:
        figure = row.output_rate
        if figure.as_of < limit:
            groups.setdefault((figure.source, f"{figure.as_of:%Y-%m}"), []).append(figure.as_of)
    found += [
        Stale(f"throughput {month}", min(days_), source, len(days_))
        for (source, month), days_ in sorted(groups.items())
    ]
    return tuple(found)
