import datetime as dt
from decimal import Decimal

import msgspec

from wye.catalog.checkup import stale
from wye.catalog.figure import Figure
from wye.catalog.throughput import shipped

DAY = dt.date(2026, 11, 22)


def test_a_figure_is_stale_after_ninety_days() -> None:
    def figure(days: int) -> Figure:
        return Figure(Decimal(1), "W", "x", DAY - dt.timedelta(days=days))

    (found,) = stale({"old": figure(91), "young": figure(90)}, (), DAY)
    assert (found.name, found.source, found.figures) == ("old", "x", 1)
    assert len(stale({"old": figure(91), "young": figure(90)}, (), DAY, days=10)) == 2


def test_rows_of_throughput_are_summed_up_by_source_and_month() -> None:
    row = shipped()[0]
    old = msgspec.structs.replace(row.output_rate, as_of=dt.date(2026, 1, 7))
    rows = [msgspec.structs.replace(row, output_rate=old)] * 3
    (found,) = stale({}, rows, DAY)
    assert (found.name, found.figures) == ("throughput 2026-01", 3)
