"""docs/breakeven.md and docs/bands.md say what the catalogue comes to."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from economics.tables import bands, breakevens, model, month, plants, times_cheaper
from wye.economics.breakeven import Share, hosted, own, stay
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
