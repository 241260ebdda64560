"""Merit order in simulation: what spilling by load costs beside a dispatcher that knows the future.

An own machine of some slots and an API that bills tokens serve a day whose busiest moment is six times its
mean. What decides is what decides in the gateway (`routing.saturation`): a request goes to the own machine
unless that is saturated. Its rival is told all of the day beforehand and gives each slot to whoever saves
most; nobody can do better without making requests wait. Energy is paid by either, the machine's hour by both.
"""

import heapq
import math
import random
from collections.abc import Sequence
from typing import Literal, NamedTuple

from wye.evaluation.clairvoyant import most_saved
from wye.routing.clearing import TICK_SECONDS
from wye.routing.saturation import Saturation

PEAK = 6.0
"""Of the day's busiest moment, in means."""
_SHARPNESS = 6.0
"""Of a von Mises day with that peak: exp(k) / I0(k) = 6."""
SECONDS = 14_400.0
"""A day, shortened: a request still takes seconds, and there are hundreds of them for each slot."""
SECONDS_PER_TOKEN = 0.04
PROMPT_TOKENS_PER_SECOND = 2_500.0
MEAN_PROMPT, MEAN_ANSWER = 600.0, 250.0
SPREAD = 0.8
"""Of the logarithm of either length."""
API_IN, API_OUT = 0.15e-6, 0.60e-6
"""USD a token."""
ENERGY = 0.35 / 3_600
"""USD a second of all slots together: 2 kW at 0.17 USD/kWh."""
TICKS_A_POLL = 2
SMOOTHING = 0.1
"""Of the mean time that requests take, as `gateway.gate` keeps it."""

Way = Literal["slots", "queue"]
"""What the engine tells: how many slots it has, or how many requests wait, once a second."""


class Job(NamedTuple):
    """One request."""

    at: float
    seconds: float
    """At the own machine."""
    api: float
    """USD at the API."""
    energy: float
    """USD at the own machine."""
    expected: float
    """Seconds there, as far as is known when it arrives."""
    worth: float
    """USD that a second there saves, as far as is known when it arrives."""


class Day(NamedTuple):
    """What a day cost, in USD, and how it went."""

    cost: float
    best: float
    """Of the dispatcher that knows the future."""
    all_api: float
    own_share: float
    """Of requests that the own machine served."""
    waited: float
    """Seconds that requests at the own machine waited for a slot, on average."""
    longest: float

    @property
    def excess(self) -> float:
        """By what part it cost more than the best."""
        return self.cost / self.best - 1.0


def day(slots: int, room: float, seed: int, way: Way, guess: float = 0.0) -> Day:
    """Play one day at a machine whose capacity is `room` times the mean load.

    `guess`: by how much expected answers' lengths are wrong, standard deviation of the logarithm. The rival
    knows them.
    """
    jobs = arrivals(slots, room, guess, random.Random(seed))  # noqa: S311  # a simulation
    all_api = sum(job.api for job in jobs)
    best = all_api - most_saved([(j.at, j.at + j.seconds, j.api - j.energy) for j in jobs], slots)
    own, waits = _dispatch(jobs, slots, way)
    cost = sum(job.energy if mine else job.api for job, mine in zip(jobs, own, strict=True))
    share = sum(own) / len(jobs)
    return Day(cost, best, all_api, share, math.fsum(waits) / max(1, len(waits)), max(waits, default=0.0))


def arrivals(slots: int, room: float, guess: float, draw: random.Random) -> list[Job]:
    """Draw a day's requests, in order of arrival: a Poisson process by thinning."""
    mean_seconds = MEAN_PROMPT / PROMPT_TOKENS_PER_SECOND + MEAN_ANSWER * SECONDS_PER_TOKEN
    peak = PEAK * slots / mean_seconds / room
    jobs, at = [], 0.0
    while (at := at + draw.expovariate(peak)) < SECONDS:
        if draw.random() < math.exp(_SHARPNESS * (math.cos(2 * math.pi * (at / SECONDS - 0.5)) - 1)):
            jobs.append(_job(at, slots, guess, draw))
    return jobs


def _job(at: float, slots: int, guess: float, draw: random.Random) -> Job:
    prompt, answer = MEAN_PROMPT * _wrong(SPREAD, draw), MEAN_ANSWER * _wrong(SPREAD, draw)
    seconds, api, energy = _costs(prompt, answer, slots)
    expected, other, own = _costs(prompt, answer * _wrong(guess, draw), slots)
    return Job(at, seconds, api, energy, expected, (other - own) / expected)


def _wrong(spread: float, draw: random.Random) -> float:
    """Return a factor whose mean is 1."""
    return math.exp(draw.gauss(-spread * spread / 2, spread))


def _costs(prompt: float, answer: float, slots: int) -> tuple[float, float, float]:
    """Return seconds at the own machine, USD at the API, USD at the own machine."""
    seconds = prompt / PROMPT_TOKENS_PER_SECOND + answer * SECONDS_PER_TOKEN
    return seconds, prompt * API_IN + answer * API_OUT, seconds * ENERGY / slots


def _dispatch(jobs: Sequence[Job], slots: int, way: Way) -> tuple[list[bool], list[float]]:
    """Return who goes to the own machine, and how long those wait there: first come, first served."""
    saturation = Saturation(slots, exact=True) if way == "slots" else Saturation()
    ends: list[float] = []
    """When whoever is there, or waits there, will have been served."""
    free = [0.0] * slots
    """When each slot is free again, as far as it is given away."""
    own, waits, tick, mean = [], [], 0, 0.0
    for job in jobs:
        while tick * TICK_SECONDS <= job.at:
            _leave(ends, tick * TICK_SECONDS)
            if way == "queue" and tick % TICKS_A_POLL == 0 and ends:
                running = min(len(ends), slots)
                saturation.told(running, len(ends) - running, None, len(ends))
            saturation.clearing.tick(saturation.window, mean)
            tick += 1
        _leave(ends, job.at)
        mine = saturation.bid(job.worth, job.expected, len(ends))
        own.append(mine)
        if mine:
            mean += (job.seconds - mean) * (SMOOTHING if mean else 1.0)
            begins = max(job.at, heapq.heappop(free))
            waits.append(begins - job.at)
            heapq.heappush(free, begins + job.seconds)
            heapq.heappush(ends, begins + job.seconds)
    return own, waits


def _leave(ends: list[float], now: float) -> None:
    while ends and ends[0] <= now:
        heapq.heappop(ends)
