import datetime as dt
import hashlib
import importlib.resources
from decimal import Decimal

import pytest

from wye.catalog.figure import Figure
from wye.catalog.figures import Named, on, shipped

WRITTEN = {65: "055b3cba7333325c874c81b0fe08007fc000470fac57e089488545aaea0e6551"}
"""How many lines the file had, and their SHA-256: add a row for each time it grows, and change none."""


def test_no_line_that_was_written_is_overwritten() -> None:
    data = importlib.resources.files("wye.catalog").joinpath("data/figures.jsonl").read_bytes()
    lines = data.splitlines(keepends=True)
    assert len(lines) == max(WRITTEN), "add how many lines there are now, and their digest, to WRITTEN"
    for count, digest in WRITTEN.items():
        assert hashlib.sha256(b"".join(lines[:count])).hexdigest() == digest


def test_every_figure_says_what_it_is_and_where_it_comes_from() -> None:
    for line in shipped():
        assert line.name
        assert line.unit
        assert line.source
        assert line.value > 0
        assert (line.low or line.value) <= line.value <= (line.high or line.value), line.name


def _line(name: str, value: str, day: dt.date) -> Named:
    return Named(Decimal(value), "USD", "a list", day, name=name)


OLD, NEW = dt.date(2026, 1, 1), dt.date(2026, 6, 1)


@pytest.mark.parametrize(
    ("day", "value"), [(dt.date(2026, 5, 31), "1"), (NEW, "2"), (dt.date(2027, 1, 1), "2")]
)
def test_a_figure_counts_from_its_own_day(day: dt.date, value: str) -> None:
    for lines in ([_line("a", "1", OLD), _line("a", "2", NEW)], [_line("a", "2", NEW), _line("a", "1", OLD)]):
        assert on(day, lines=lines)["a"].value == Decimal(value)


def test_before_any_figure_the_first_counts() -> None:
    lines = [_line("a", "1", OLD), _line("a", "2", NEW)]
    assert on(dt.date(2020, 1, 1), lines=lines)["a"].value == 1


def test_an_override_wins_from_its_own_day() -> None:
    mine = {"a": Figure(Decimal(3), "USD", "wye.yaml", NEW)}
    lines = [_line("a", "1", OLD)]
    assert on(dt.date(2026, 5, 31), mine, lines)["a"].value == 1
    assert on(NEW, mine, lines)["a"].value == 3
    assert on(NEW, mine, lines)["a"].source == "wye.yaml"
