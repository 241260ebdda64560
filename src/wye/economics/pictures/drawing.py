"""The picture as SVG or PNG, by matplotlib: the same study gives the same bytes."""

import io
import math
from typing import Any, Literal

import numpy as np

from wye.economics.lines import lines
from wye.economics.optional import needed
from wye.economics.pictures.colours import COLOURS
from wye.economics.study import Study
from wye.economics.tornado import Tornado
from wye.economics.wording import dollars, volume

_POINTS = 240
_BARS = 8
_TICKS = 5
_SALT = "wye"


def draw(study: Study, kind: Literal["svg", "png"]) -> bytes:
    """Draw cost over volume, and what matters most. Raises `MissingPackageError` without matplotlib."""
    matplotlib = needed("matplotlib", "pictures")
    figures = needed("matplotlib.figure", "pictures")
    # Ids in an SVG are hashes with a salt; texts stay texts; no day of drawing is kept.
    with matplotlib.rc_context({"svg.hashsalt": _SALT, "svg.fonttype": "none", "font.size": 9}):
        figure = figures.Figure(figsize=(9, 8 if study.tornado else 4.5), layout="constrained")
        if study.tornado is None:
            _costs(figure.subplots(), study)
        else:
            above, below = figure.subplots(2, height_ratios=(3, 2))
            _costs(above, study)
            _bars(below, study, study.tornado)
        told = io.BytesIO()
        metadata = {"Date": None} if kind == "svg" else {"Software": "wye"}
        figure.savefig(told, format=kind, dpi=144, metadata=metadata)
    return told.getvalue()


def _costs(axes: Any, study: Study) -> None:  # noqa: ANN401  # matplotlib is imported late
    found = lines(study, _POINTS)
    for lane, name in found.names.items():
        costs = [math.nan if cost is None else cost for cost in getattr(found, lane)]
        axes.plot(found.volumes, costs, label=f"{lane}: {name}", color=COLOURS[lane])
    at = study.question.demand.tokens
    axes.axvline(at, color="grey", linestyle=":", label=f"{volume(at)} tokens a month")
    axes.set(xscale="log", yscale="log", xlabel="tokens a month", ylabel="USD a month")
    axes.xaxis.set_major_formatter(lambda value, _: volume(value))
    axes.yaxis.set_major_formatter(lambda value, _: dollars(value))
    axes.grid(visible=True, alpha=0.3)
    axes.legend()


def _bars(axes: Any, study: Study, turned: Tornado) -> None:  # noqa: ANN401  # as above
    bars = turned.bars[:_BARS][::-1]
    ends = [end for bar in bars for end in (bar.breakeven_low, bar.breakeven_high) if math.isfinite(end)]
    most = max([*ends, 1.0]) * 2
    """Where never is drawn."""
    for place, bar in enumerate(bars):
        low, high = (min(end, most) for end in (bar.breakeven_low, bar.breakeven_high))
        axes.barh(place, high - low, left=low, color=COLOURS["own"])
    axes.set_yticks(range(len(bars)), [bar.name for bar in bars])
    axes.set(xscale="log", xlabel=f"break-even of {study.first}, tokens a month; one input at P10 and P90")
    axes.xaxis.set_major_formatter(lambda value, _: volume(value))
    axes.xaxis.set_minor_formatter("")
    if ends:
        ticks = sorted({float(f"{one:.2g}") for one in np.geomspace(min(ends), max(ends), _TICKS)})
        axes.set_xticks(ticks)
    if math.isfinite(turned.breakeven):
        axes.axvline(turned.breakeven, color="black")
    axes.grid(visible=True, axis="x", alpha=0.3)
