"""What matters most: each input at its tenth and ninetieth percentile, all others in the middle."""

import math
from collections.abc import Mapping

import msgspec
import numpy as np

from wye.economics.inputs import Range
from wye.economics.montecarlo import Case, outcome


class Bar(msgspec.Struct, frozen=True):
    """What one input does by itself. Volumes in tokens a month (`inf` = never), savings in USD a month."""

    name: str
    low: float
    """The input's tenth percentile."""
    high: float
    breakeven_low: float
    """With the input at `low`."""
    breakeven_high: float
    saves_low: float
    saves_high: float

    @property
    def swing(self) -> tuple[float, float]:
        """Return how far it moves the break-even (a ratio, as logarithm) and what is saved (USD)."""
        one, other = self.breakeven_low, self.breakeven_high
        if math.isinf(one) and math.isinf(other):
            ratio = 0.0
        else:
            ratio = abs(math.log(max(one, 1.0)) - math.log(max(other, 1.0)))
        return ratio, abs(self.saves_low - self.saves_high)


class Tornado(msgspec.Struct, frozen=True):
    """Bars, the longest first, around the middle of everything."""

    breakeven: float
    saves: float
    bars: tuple[Bar, ...]


def tornado(case: Case, inputs: Mapping[str, Range]) -> Tornado:
    """Turn one input after the other. Those that are one number, or turn nothing, have no bar."""
    wide = [name for name, one in inputs.items() if not one.known]
    middles = {name: np.full(1 + 2 * len(wide), one.middle) for name, one in inputs.items()}
    for place, name in enumerate(wide):
        middles[name][1 + 2 * place] = inputs[name].low
        middles[name][2 + 2 * place] = inputs[name].high
    found = outcome(case, middles)
    volumes = [float(one) for one in found.stays]
    saves = [float(one) for one in found.closed - found.own]
    bars = [
        Bar(name, inputs[name].low, inputs[name].high, *volumes[at : at + 2], *saves[at : at + 2])
        for place, name in enumerate(wide)
        for at in (1 + 2 * place,)
    ]
    turning = [bar for bar in bars if bar.swing > (0.0, 0.0)]
    turning.sort(key=lambda bar: (*(-one for one in bar.swing), bar.name))
    return Tornado(volumes[0], saves[0], tuple(turning))
