"""docs/breakeven.md and docs/bands.md say what the catalogue comes to."""

import re
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest

from economics.tables import bands, breakevens, model, month, plants, times_cheaper
from wye.economics.breakeven import Share, breakeven, hosted, own, stay
from wye.economics.candidates import HOSTED

DOCS = Path(__file__).parents[2] / "docs"
TABLES = {
    "peak": ("breakeven.md", "## Sized to their peak", 0, lambda: breakevens(6, None)),
    "fixed": ("breakeven.md", "## Sized to their peak", 1, lambda: breakevens(1, 0.3)),
    "bands": ("bands.md", "# Less than", 0, bands),
    "times": ("bands.md", "# Less than", 1, times_cheaper),
}


def tables(page: str, heading: str) -> list[list[list[str]]]:
    """Return the bodies of the tables below a heading."""
    text = (DOCS / page).read_text(encoding="utf-8").partition(heading)[2]
    found = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    return [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[2:]]
        for table in found
    ]


@pytest.mark.parametrize("name", TABLES)
def test_tables_recompute(name: str) -> None:
    page, heading, place, computed = TABLES[name]
    rows: Iterable[list[str]] = computed()
    assert tables(page, heading)[place] == list(rows)


def times(share: float) -> float:
    closed = stay(month(), model("gpt-5.5")).total
    other = hosted(month(), model("gpt-5.5"), model(HOSTED), Share(share)).total
    assert closed is not None
    assert other is not None
    return float(closed / other)


def test_what_the_bands_page_says_in_words() -> None:
    page = (DOCS / "bands.md").read_text(encoding="utf-8")
    assert f"{times(1.0):.0f} times cheaper at any volume" in page
    assert f"{times(0.65):.1f} times cheaper, not {times(1.0):.0f}" in page
    demand = month(100e6, peak=6)
    closed = stay(demand, model("gpt-5.5")).total
    assert closed is not None
    sums = [own(demand, model("gpt-5.5"), plant).total for plant in plants().values()]
    alone, *staffed = [total for total in sums if total is not None]
    assert f"is {closed / alone:.0f} times cheaper" in page
    assert min(staffed) > closed
    small = stay(month(1e6, peak=6), model("gpt-5.5")).total
    assert small is not None
    always_on = [own(month(1e6, peak=6), model("gpt-5.5"), plant).total for plant in plants().values()]
    assert small < 10  # "costs less than $10"
    assert all(total is not None and total > 100 for total in always_on)  # "costs more than $100"
    found = [breakeven(month(peak=6), model("gpt-5.5"), plant) for plant in plants().values()]
    unstaffed, *with_staff = [one.stays for one in found if one is not None]
    assert 14e6 < unstaffed <= 15e6  # "it pays from 15M on"
    assert all(at > 100e6 for at in with_staff)  # "nothing of your own pays in this band"


def test_what_own_machines_are_multiples_of_in_words() -> None:
    never = {row[0]: [cell == "never" for cell in row[1:]] for row in times_cheaper()}
    alone, *staffed = never
    for title in staffed:
        assert not never[title][4], title  # ten times, at hours that are alike
        assert never[title][5], title  # "100 times: only the L4 without staff"
        assert never[title][1] or "rented" not in title  # "at a peak of six no rented machine"
    assert (never[alone][2], never[alone][5]) == (True, False)  # "at hours that are alike"


def test_what_the_breakeven_page_takes_for_granted() -> None:
    page = (DOCS / "breakeven.md").read_text(encoding="utf-8")
    told = plants()
    assert {plant.throughput for plant in told.values()} == {4_800, 1_800}
    assert all(plant.estimate for plant in told.values())
    assert "makes 4,800 tokens a second" in page
    assert "Llama 3.1 8B on an L4 1,800: estimates" in page
    assert [plant.machines.fte for plant in told.values()] == [0, *[Decimal("0.1")] * 4]
    assert {plant.max_utilisation for plant in told.values()} == {0.7}
    assert f"{0.7 / 6:.0%}".replace("%", " %") in page  # "70 % in the busiest hour are 12 % on average"
