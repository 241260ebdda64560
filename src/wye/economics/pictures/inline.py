"""Charts as SVG to stand in a page: no script, no font, nothing from elsewhere.

What belongs to a lane has its name as its class: the page gives it a colour that suits its background.
"""

import math
from collections.abc import Callable, Sequence
from html import escape

from wye.economics.lines import Lines
from wye.economics.montecarlo import Spread
from wye.economics.tornado import Tornado
from wye.economics.wording import dollars, volume

_WIDTH, _HEIGHT = 760, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 20, 20, 40
_ROW = 26
_NAMES = 210
_FEW = 3
"""Ticks below which an axis gets more than the powers of ten."""
_NEVER = 2.0
"""By how much what never comes lies beyond what comes last."""


class _Scale:
    """A logarithmic axis from one place to another."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self.low, self.high = math.log10(min(values)), math.log10(max(values))
        self._start, self._step = start, (end - start) / max(self.high - self.low, 1e-9)

    def __call__(self, value: float) -> float:
        """Return where a value lies."""
        return round(self._start + (math.log10(value) - self.low) * self._step, 2)

    def ticks(self) -> list[float]:
        """Return the powers of ten within, and where they are few their double and fivefold."""
        powers = range(math.floor(self.low), math.floor(self.high) + 1)
        steps = [(factor, factor * 10.0**power) for power in powers for factor in (1, 2, 5)]
        within = [(factor, at) for factor, at in steps if self.low <= math.log10(at) <= self.high]
        decades = [at for factor, at in within if factor == 1]
        return decades if len(decades) >= _FEW else [at for _, at in within]


def costs(lines: Lines, at: float) -> str:
    """Draw monthly cost over volume, and a mark at a volume; empty where nothing is known."""
    known = [cost for lane in lines.names for cost in getattr(lines, lane) if cost]
    if not known:
        return ""
    x = _Scale(lines.volumes, _LEFT, _WIDTH - _RIGHT)
    y = _Scale(known, _HEIGHT - _BOTTOM, _TOP)
    parts = _grid(x, _TOP, _HEIGHT - _BOTTOM, volume)
    for value in y.ticks():
        parts.append(_line(_LEFT, y(value), _WIDTH - _RIGHT, y(value), "grid"))
        parts.append(_text(_LEFT - 6, y(value) + 4, dollars(value), "end"))
    parts += _mark(x(at), at, _HEIGHT - _BOTTOM)
    for lane in lines.names:
        drawn = [(x(v), y(cost)) for v, cost in zip(lines.volumes, getattr(lines, lane), strict=True) if cost]
        points = " ".join(f"{a:g},{b:g}" for a, b in drawn)
        parts.append(f'<polyline class="{lane}" points="{points}"/>')
    return _svg(_HEIGHT, "USD a month over tokens a month, in three lanes", parts)


def spreads(rows: Sequence[tuple[str, Spread]], at: float) -> str:
    """Draw break-evens as P10 to P90 with a dot at P50; what never comes lies at the right edge."""
    drawn = [(name, (one.p10, one.p90), one.p50) for name, one in rows]
    return _ranges(drawn, "Break-even in doubt, tokens a month", at)


def bars(turned: Tornado, most: int = 10) -> str:
    """Draw a tornado's longest bars."""
    drawn = [
        (
            f"{bar.name} {bar.low:.3g} to {bar.high:.3g}",
            (bar.breakeven_low, bar.breakeven_high),
            turned.breakeven,
        )
        for bar in turned.bars[:most]
    ]
    return _ranges(
        drawn, "Break-even with one input at its P10 and its P90, tokens a month", turned.breakeven
    )


def _ranges(rows: Sequence[tuple[str, tuple[float, float], float]], title: str, at: float) -> str:
    ends = [end for _, (low, high), dot in rows for end in (low, high, dot, at) if 0 < end < math.inf]
    if not ends:
        return ""
    never = max(ends) * _NEVER
    x = _Scale([min(ends) / _NEVER, never], _NAMES, _WIDTH - _RIGHT - 30)
    height = _TOP + _ROW * len(rows) + _BOTTOM
    parts = _grid(x, _TOP, height - _BOTTOM, volume)
    if math.isfinite(at):
        parts += _mark(x(at), at, height - _BOTTOM)
    for place, (name, both, dot) in enumerate(rows):
        middle = _TOP + _ROW * place + _ROW / 2
        low, high = sorted(x(max(min(end, never), min(ends) / _NEVER)) for end in both)
        parts.append(_text(_NAMES - 8, middle + 4, name, "end"))
        parts.append(
            f'<rect x="{low:g}" y="{middle - 7:g}" width="{max(high - low, 1):g}" height="14" class="own"/>'
        )
        if math.isfinite(dot):
            parts.append(f'<circle cx="{x(dot):g}" cy="{middle:g}" r="4"/>')
        if not all(map(math.isfinite, both)):
            parts.append(_text(x(never) + 4, middle + 4, "never", "start"))
    return _svg(height, title, parts)


def _grid(x: _Scale, top: float, bottom: float, told: Callable[[float], str]) -> list[str]:
    parts = []
    for value in x.ticks():
        parts.append(_line(x(value), top, x(value), bottom, "grid"))
        parts.append(_text(x(value), bottom + 16, told(value), "middle"))
    parts.append(_text(_WIDTH - _RIGHT, bottom + 34, "tokens a month", "end"))
    return parts


def _mark(x: float, at: float, bottom: float) -> list[str]:
    """Draw where somebody is, and say how much that is."""
    return [_line(x, _TOP, x, bottom, "mark"), _text(x, _TOP - 6, volume(at), "middle")]


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{kind}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    head = f'<svg viewBox="0 0 {_WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'
    return "\n".join([head, f"<title>{escape(title)}</title>", *parts, "</svg>"])
