from economics.studied import UNPRICED, studied
from wye.economics.lines import lines
from wye.economics.pictures.terminal import chart


def test_a_chart_has_axes_three_lanes_and_a_mark() -> None:
    drawn = chart(lines(studied(), 64), 42e6)
    assert len(drawn) == 17
    assert all(len(line) <= 110 for line in drawn)
    assert {"c", "h", "o", "|", "┤"} <= set("".join(drawn[:14]))
    assert drawn[-1].endswith("| 42M")
    assert "B" in drawn[-2]


def test_nothing_known_is_nothing_drawn() -> None:
    assert chart(lines(studied(baselines=(UNPRICED,), hosted=()), 10), 42e6) == []
