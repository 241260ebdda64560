"""The load-duration curve: for how many hours of a month the traffic is at least how heavy."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from wye.economics.demand import HOURS_A_MONTH, Demand

_A_DAY = 96
"""Moments of a day that is only known by its peak: quarters of an hour."""
_SHARPEST = 500.0
HIGHEST = 50.0
"""Of a day's peak, in its means. Beyond, a quarter of an hour is most of the day."""
_BARS = " ▁▂▃▄▅▆▇█"


class Level(msgspec.Struct, frozen=True):
    """A part of the month with about the same traffic."""

    load: float
    """In means of the month."""
    hours: float
    """Of 730."""


def levels(demand: Demand) -> tuple[Level, ...]:
    """Return the month, heaviest first. They last 730 hours together, and are 1 on average.

    By the demand's curve. Where there is none, each day is the same and shaped like a von Mises density: one
    smooth hump that is `peak` times the mean at its top.
    """
    curve = [load for load in demand.curve if load >= 0]
    total = sum(curve)
    if not total:
        curve = _day(demand.peak)
        total = sum(curve)
    mean = total / len(curve)
    hours = HOURS_A_MONTH / len(curve)
    return tuple(Level(load / mean, hours) for load in sorted(curve, reverse=True))


def _day(peak: float) -> list[float]:
    """Return a day whose top is `peak` times its mean, from its top on."""
    if not 1 <= peak <= HIGHEST:
        message = f"a peak of {peak:g} means is no day's: give 1 to {HIGHEST:g}"
        raise ValueError(message)
    low, high = 0.0, _SHARPEST
    for _ in range(60):
        sharpness = (low + high) / 2
        # exp(k) / I0(k) is the top over the mean.
        top = math.exp(sharpness) / float(np.i0(sharpness))
        low, high = (sharpness, high) if top < peak else (low, sharpness)
    angles = [2 * math.pi * moment / _A_DAY for moment in range(_A_DAY)]
    return [math.exp(low * (math.cos(angle) - 1)) for angle in angles]


def at_least(curve: Sequence[Level], load: float) -> float:
    """Return the share of the month with `load` or more."""
    return sum(level.hours for level in curve if level.load >= load) / HOURS_A_MONTH


def picture(curve: Sequence[Level], owned: float = 0.0, width: int = 60, height: int = 8) -> list[str]:
    """Draw the curve with block characters: the month from left to right, heaviest hours first.

    `owned`: how much own machines can serve, in means; a line shows it.
    """
    top = max(curve[0].load, owned) or 1.0
    loads = [_load_at(curve, (column + 0.5) / width) for column in range(width)]
    line = round(owned / top * height) if owned else 0
    lines = []
    for row in range(height, 0, -1):
        cells = [_BARS[round(min(1.0, max(0.0, load / top * height - row + 1)) * 8)] for load in loads]
        text = "".join("─" if cell == " " and row == line else cell for cell in cells)
        note = f"  ← own machines: {owned:.1f}" if row == line else ""
        lines.append(f"{top * row / height:5.1f} │{text}{note}".rstrip())
    lines.append(f"  0.0 └{'─' * width}")
    lines.append(f"       0 %{'of the month'.center(width - 8)}100 %")
    return lines


def _load_at(curve: Sequence[Level], share: float) -> float:
    passed = 0.0
    for level in curve:
        passed += level.hours / HOURS_A_MONTH
        if share <= passed:
            return level.load
    return curve[-1].load
