"""What nobody knows exactly: each input as a range, with where the range is from.

A range is the tenth and ninetieth percentile around a middle. What is drawn from it is normal on either side
of the middle, as wide as that side, and never beyond what is possible at all.
"""

import datetime as dt
from collections.abc import Mapping
from statistics import NormalDist

import msgspec
import numpy as np

from wye.economics.breakeven import Floats, Plant, Share
from wye.economics.demand import Demand

Z90 = NormalDist().inv_cdf(0.9)
AS_OF = dt.date(2026, 11, 22)
ESTIMATE = "estimate"
GIVEN = "given"
LEDGER = "ledger"


class Range(msgspec.Struct, frozen=True):
    """An uncertain input."""

    low: float
    """Tenth percentile."""
    middle: float
    high: float
    """Ninetieth percentile."""
    what: str
    source: str = ESTIMATE
    as_of: dt.date = AS_OF
    least: float = 0.0
    """What it cannot lie below, nor above."""
    most: float = 1.0

    @property
    def known(self) -> bool:
        """Tell whether it is one number."""
        return self.low == self.high

    def draw(self, normal: Floats) -> Floats:
        """Return a draw for each standard normal number."""
        side = np.where(normal < 0, self.middle - self.low, self.high - self.middle)
        return np.clip(self.middle + normal / Z90 * side, self.least, self.most)

    def at(self, low: float, middle: float, high: float, source: str = GIVEN) -> "Range":
        """Return the same input with another range. Raises `ValueError`."""
        if not low <= middle <= high:
            message = f"its parts must ascend: {low:g}..{middle:g}..{high:g}"
            raise ValueError(message)
        if low < self.least or high > self.most:
            message = f"must lie in {self.least:g}..{self.most:g}"
            raise ValueError(message)
        return msgspec.structs.replace(self, low=low, middle=middle, high=high, source=source)


def _around(middle: float, by: float, what: str, source: str = ESTIMATE) -> Range:
    """Return a share that may be `by` more or less."""
    return Range(max(0.0, middle - by), middle, min(1.0, middle + by), what, source)


_NEAR_ALL = 0.95
_MANY = 1e6

_ALWAYS = {
    "price_decline": Range(
        0.05,
        0.2,
        0.5,
        "a year, by which prices of APIs fall. For the same score on a benchmark they fell 9 to 900-fold "
        "(Epoch AI, 2025-03-12); what is asked for moves on, so it is far less on a bill",
        most=_NEAR_ALL,
    ),
    "discount": Range(0.0, 0.0, 0.2, "on the closed list price, by contract", most=_NEAR_ALL),
    "tokenizer": Range(
        0.9, 1.0, 1.25, "tokens of the open model for one of the closed, same text", least=0.1, most=10
    ),
    "verbosity": Range(
        0.8, 1.0, 1.4, "what the open model says, in lengths of the closed", least=0.1, most=10
    ),
}


def inputs(
    demand: Demand, plant: Plant, share: Share, measured: Mapping[str, str] | None = None
) -> dict[str, Range]:
    """Return every uncertain input by name, around what is assumed.

    `measured`: input → source, of those that were counted and not guessed. Shares are half as wide then; a
    peak is as wide as any, since the next month's may be another.
    """
    fte = float(plant.machines.fte)
    found = dict(_ALWAYS)
    measured = measured or {}

    def near(name: str, middle: float, by: float, what: str) -> None:
        source = measured.get(name, ESTIMATE)
        found[name] = _around(middle, by / 2 if name in measured else by, what, source)

    least, most = plant.spread or (0.75, 1.15)
    found["throughput"] = Range(
        min(least, 1.0),
        1.0,
        max(most, 1.0),
        "of your machines, in parts of what is assumed",
        ESTIMATE if plant.spread is None else plant.source,
        least=0.01,
        most=100,
    )
    least, most = plant.prices or (1.0, 1.0)
    found["machine_price"] = Range(
        min(least, 1.0),
        1.0,
        max(most, 1.0),
        "rent or price of machines, in parts of what is assumed",
        plant.prices_source or GIVEN,
        least=0.01,
        most=100,
    )

    near("cached", demand.cached, 0.15 if demand.cached else 0.0, "share of input from prompt caches")
    near("batch", demand.batch, 0.1 if demand.batch else 0.0, "share of all that may wait for a batch price")
    thought = min(demand.reasoning, _NEAR_ALL)
    found["reasoning"] = Range(
        thought / 2,
        thought,
        min(_NEAR_ALL, thought + 0.3),
        "share of the open model's output that is thought and not said",
        most=_NEAR_ALL,
    )
    near(
        "displaced", share.moved, 0.1 if share.moved < 1 else 0.0, "share of all that the open model may take"
    )
    found["aside"] = Range(
        share.aside / 2, share.aside, share.aside * 2, "what gates, shadows and judges cost", most=10
    )
    found["peak"] = Range(
        max(1.0, demand.peak * 0.8),
        demand.peak,
        demand.peak * (1.5 if demand.peak > 1 else 1.0),
        "the busiest hour, in mean hours",
        measured.get("peak", ESTIMATE),
        least=1.0,
        most=_MANY,
    )
    used = plant.max_utilisation if plant.utilisation is None else plant.utilisation
    found["utilisation"] = Range(
        used * 0.7,
        used,
        min(1.0, used * 1.15),
        "of their throughput, that machines may be used in the busiest hour"
        if plant.utilisation is None
        else "of their throughput, that machines are used on average",
        least=0.001,
    )
    found["on_call"] = Range(
        fte * 0.5, fte, fte * 2.5, "full-time engineers for all machines", least=0.0, most=_MANY
    )
    return found


def override(found: Mapping[str, Range], given: Mapping[str, tuple[float, ...]]) -> dict[str, Range]:
    """Return the inputs with those that were `given`: one number, low and high, or low, middle and high.

    Raises `ValueError`, which names the input.
    """
    result = dict(found)
    for name, parts in given.items():
        if name not in found:
            message = f"there is no input '{name}': it is one of {', '.join(sorted(found))}"
            raise ValueError(message)
        middle = parts[1] if len(parts) == 3 else (parts[0] + parts[-1]) / 2  # noqa: PLR2004  # low, middle, high
        try:
            result[name] = found[name].at(parts[0], middle, parts[-1])
        except ValueError as error:
            message = f"{name}: {error}"
            raise ValueError(message) from None
    return result
