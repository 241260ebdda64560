import math
import re
import xml.etree.ElementTree as ET

from economics.studied import UNPRICED, studied
from wye.economics.lines import lines
from wye.economics.montecarlo import Spread
from wye.economics.pictures import inline


def test_charts_are_svg() -> None:
    study = studied()
    assert study.tornado is not None
    for drawn in (inline.costs(lines(study, 50), 42e6), inline.bars(study.tornado)):
        root = ET.fromstring(drawn)  # noqa: S314  # ours
        assert root.tag == "svg"
        assert root.findtext("title")


def test_never_lies_at_the_edge_and_is_named() -> None:
    drawn = inline.spreads([("a <b>", Spread(1e6, 1e8, math.inf))], 1e7)
    assert ET.fromstring(drawn).tag == "svg"  # noqa: S314  # ours
    assert "never" in drawn
    assert "a &lt;b&gt;" in drawn


def test_an_axis_of_less_than_three_decades_has_more_than_powers_of_ten() -> None:
    drawn = inline.spreads([("a", Spread(0.9e9, 1e9, 2.4e9))], 1.1e9)
    assert {"500M", "1B", "2B"} <= set(re.findall(r">([\dMB]+)</text>", drawn))
    assert ">1.1B</text>" in drawn
    assert "tokens a month</text>" in drawn


def test_a_wide_axis_has_powers_of_ten_alone() -> None:
    drawn = inline.spreads([("a", Spread(1e6, 1e8, 1e10))], 1e7)
    assert ">20M<" not in drawn


def test_nothing_known_is_nothing_drawn() -> None:
    assert inline.costs(lines(studied(baselines=(UNPRICED,), hosted=()), 10), 42e6) == ""
    assert inline.spreads([], math.inf) == ""
