"""The same station, simulated request by request: what the closed form is held against.

First come, first served; `c` slots; bunches of requests at Poisson times. With a `rate` that changes over
time it plays a day, and with a spill lane whoever finds all slots taken goes there.
"""

import heapq
from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt

from wye.economics.queueing import LogNormal, Station

Floats = npt.NDArray[np.float64]


class Played(msgspec.Struct, frozen=True):
    """What a simulation saw, of every request after the warm-up."""

    first_token: Floats
    """Seconds."""
    spilled: npt.NDArray[np.bool_]
    busy: float
    """Seconds of slots."""


def arrivals(  # noqa: PLR0913  # a stream of requests has as many properties
    rate: float,
    burst: float,
    seconds: float,
    draw: np.random.Generator,
    *,
    spread: float = 0.0,
    shape: Callable[[Floats], Floats] | None = None,
) -> Floats:
    """Return when requests come, in order: bunches of a geometric number, `spread` seconds wide on average.

    `shape`: at which part of the rate, in 0..1, they come at a time; default: always all of it.
    """
    bunches = draw.uniform(0, seconds, draw.poisson(rate / burst * seconds))
    if shape is not None:
        bunches = bunches[draw.random(bunches.size) < shape(bunches)]
    at = np.repeat(bunches, draw.geometric(1 / burst, bunches.size))
    if spread:
        at = at + draw.exponential(spread, at.size)
    return np.sort(at)


def drawn(times: LogNormal, count: int, draw: np.random.Generator) -> Floats:
    """Draw times."""
    if not times.scv:
        return np.full(count, times.mean)
    return times.mean * np.exp(draw.normal(-(times.sigma**2) / 2, times.sigma, count))


def play(
    station: Station,
    at: Floats,
    draw: np.random.Generator,
    *,
    spill: LogNormal | None = None,
    warm_up: float = 0.0,
) -> Played:
    """Serve the arrivals.

    `spill`: seconds to the first token of whoever finds all slots taken; None = they wait.
    """
    prefill = drawn(station.prefill, at.size, draw)
    held = prefill + drawn(station.answer, at.size, draw)
    waits = np.zeros(at.size)
    gone = np.zeros(at.size, dtype=np.bool_)
    free = [0.0] * station.slots
    for number, (now, seconds) in enumerate(zip(at.tolist(), held.tolist(), strict=True)):
        begins = free[0]
        if begins <= now:
            begins = now
        elif spill is not None:
            gone[number] = True
            continue
        waits[number] = begins - now
        heapq.heapreplace(free, begins + seconds)
    told = waits + prefill
    if spill is not None:
        told[gone] = drawn(spill, int(gone.sum()), draw)
    kept = at >= warm_up
    return Played(told[kept], gone[kept], float(held[kept & ~gone].sum()))
