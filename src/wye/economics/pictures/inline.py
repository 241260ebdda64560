"""Charts as SVG to stand in a page: no script, no font, nothing from elsewhere."""

import math
from collections.abc import Callable, Sequence
from html import escape

from wye.economics.lines import Lines
from wye.economics.montecarlo import Spread
from wye.economics.pictures.colours import COLOURS
from wye.economics.tornado import Tornado
from wye.economics.wording import dollars, volume

_WIDTH, _HEIGHT = 760, 340
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 20, 16, 40
_ROW = 26
_NAMES = 210
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

    def decades(self) -> list[float]:
        """Return the powers of ten within."""
        return [10.0**power for power in range(math.ceil(self.low), math.floor(self.high) + 1)]


def costs(lines: Lines, at: float) -> str:
    """Draw monthly cost over volume, and a mark at a volume; empty where nothing is known."""
    known = [cost for lane in lines.names for cost in getattr(lines, lane) if cost]
    if not known:
        return ""
    x = _Scale(lines.volumes, _LEFT, _WIDTH - _RIGHT)
    y = _Scale(known, _HEIGHT - _BOTTOM, _TOP)
    parts = _grid(x, _TOP, _HEIGHT - _BOTTOM, volume)
    for value in y.decades():
        parts.append(_line(_LEFT, y(value), _WIDTH - _RIGHT, y(value), "grid"))
        parts.append(_text(_LEFT - 6, y(value) + 4, dollars(value), "end"))
    parts.append(_line(x(at), _TOP, x(at), _HEIGHT - _BOTTOM, "mark"))
    for place, (lane, name) in enumerate(lines.names.items()):
        drawn = [(x(v), y(cost)) for v, cost in zip(lines.volumes, getattr(lines, lane), strict=True) if cost]
        points = " ".join(f"{a:g},{b:g}" for a, b in drawn)
        parts.append(f'<polyline fill="none" stroke="{COLOURS[lane]}" stroke-width="2" points="{points}"/>')
        above = _TOP + 14 + 16 * place
        parts.append(_text(_LEFT + 8, above, f"{lane}: {name}", "start", COLOURS[lane]))
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
        parts.append(_line(x(at), _TOP, x(at), height - _BOTTOM, "mark"))
    for place, (name, both, dot) in enumerate(rows):
        middle = _TOP + _ROW * place + _ROW / 2
        low, high = sorted(x(max(min(end, never), min(ends) / _NEVER)) for end in both)
        parts.append(_text(_NAMES - 8, middle + 4, name, "end"))
        parts.append(
            f'<rect x="{low:g}" y="{middle - 7:g}" width="{max(high - low, 1):g}" height="14" '
            f'fill="{COLOURS["own"]}" fill-opacity="0.6"/>'
        )
        if math.isfinite(dot):
            parts.append(f'<circle cx="{x(dot):g}" cy="{middle:g}" r="4"/>')
        if not all(map(math.isfinite, both)):
            parts.append(_text(x(never) + 4, middle + 4, "never", "start"))
    return _svg(height, title, parts)


def _grid(x: _Scale, top: float, bottom: float, told: Callable[[float], str]) -> list[str]:
    parts = []
    for value in x.decades():
        parts.append(_line(x(value), top, x(value), bottom, "grid"))
        parts.append(_text(x(value), bottom + 16, told(value), "middle"))
    return parts


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{kind}"/>'


def _text(x: float, y: float, text: str, anchor: str, colour: str = "currentColor") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'


def _svg(height: float, title: str, parts: Sequence[str]) -> str:
    head = f'<svg viewBox="0 0 {_WIDTH} {height:g}" role="img" aria-label="{escape(title)}">'
    return "\n".join([head, f"<title>{escape(title)}</title>", *parts, "</svg>"])
