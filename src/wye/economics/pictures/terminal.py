"""Monthly cost over volume in characters: three lanes, both axes logarithmic."""

import math

from wye.economics.lines import Lines
from wye.economics.wording import dollars, volume

MARKS = {"closed": "c", "hosted": "h", "own": "o"}
_AXIS = 9
"""Characters left of the axis."""
_LABELS = 4
"""Of the axis below."""


def chart(lines: Lines, at: float, height: int = 14) -> list[str]:
    """Draw one column a volume. `at`: the volume to mark. Where lanes meet, the cheaper name is seen.

    Returns lines of text; none where nothing is known.
    """
    rows = {lane: getattr(lines, lane) for lane in MARKS if lane in lines.names}
    costs = [cost for row in rows.values() for cost in row if cost]
    if not costs:
        return []
    low, high = math.log10(min(costs)), math.log10(max(costs))
    span = max(high - low, 1e-9)
    width = len(lines.volumes)
    grid = [[" "] * width for _ in range(height)]
    marked = _column(lines.volumes, at)
    for line in grid:
        line[marked] = "|"
    for lane, row in rows.items():
        for column, cost in enumerate(row):
            if cost:
                grid[_row(cost, low, span, height)][column] = MARKS[lane]
    told = {0: high, height // 2: high - span * (height // 2) / (height - 1), height - 1: low}
    drawn = [
        f"{dollars(_two(10 ** told[place])) if place in told else '':>{_AXIS - 1}} "
        f"{'┤' if place in told else '│'}{''.join(line).rstrip()}"
        for place, line in enumerate(grid)
    ]
    drawn.append(" " * _AXIS + "└" + "─" * width)
    drawn.append(" " * (_AXIS + 1) + _below(lines.volumes, width))
    key = ", ".join(f"{MARKS[lane]} {name}" for lane, name in lines.names.items())
    return [*drawn, f"USD a month by tokens a month: {key}; | {volume(at)}"]


def _row(cost: float, low: float, span: float, height: int) -> int:
    return height - 1 - round((math.log10(cost) - low) / span * (height - 1))


def _two(value: float) -> float:
    return float(f"{value:.2g}")


def _column(volumes: tuple[float, ...], at: float) -> int:
    return min(range(len(volumes)), key=lambda place: abs(math.log(volumes[place] / at)))


def _below(volumes: tuple[float, ...], width: int) -> str:
    line = [" "] * (width + _AXIS)
    for part in range(_LABELS):
        place = round(part * (width - 1) / (_LABELS - 1))
        label = volume(_two(volumes[place]))
        start = max(0, place - len(label) // 2)
        line[start : start + len(label)] = label
    return "".join(line).rstrip()
