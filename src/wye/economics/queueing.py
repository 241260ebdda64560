"""How long requests wait for a slot, without simulating: M/G/c with requests that may come in bunches.

All machines share one queue, first come, first served, and a request holds one of their `slots` from its
first token of prefill to its last token out, at the pace that the engine has with all slots in use (with
fewer it is quicker: the model errs to the safe side). Bunches come as a Poisson process and hold a geometric
number of requests, `burst` on average; 1 = every request by itself.

*Whether* somebody waits is exact for exponential times: Erlang C, and its extension to bunches by the balance
across each cut of the birth process. *How long*: until the first of `c` residual times is over, then as long
as a single server of `c` times the pace needs for who is ahead, a geometric number of ladder heights. For one
slot that is Pollaczek and Khinchine's formula, exact with bunches, too; for several it is the approximation
of van Hoorn and Tijms (Tijms, *A First Course in Stochastic Models*, 2003, section 9.6), its mean set by
Kimura's (1986, with Cosmetatos' M/D/c). What these do not know, how log-normal times shorten and bunches
lengthen the wait at many slots, is fitted to `discrete.py`; the tests hold one against the other.

The distribution is computed by discrete Fourier transform: the time to the first token is the wait and a
prefill drawn independently.
"""

import math
from collections.abc import Callable
from statistics import NormalDist

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_POINTS = 1 << 14
_TAIL = 1e-4
"""Of the probability, that may lie beyond the grid."""
_RESCALE = 1e250
_FEW = 30
_MANY = 2_000
_FAR = 30.0
_ALIKE, _UNLIKE = 0.5, 1.35
"""How much of their peakedness shows in how long bunches wait: fitted, for times with less and more variance
than exponential ones."""


class LogNormal(msgspec.Struct, frozen=True):
    """A time whose logarithm is normal, as lengths of prompts and answers roughly are."""

    mean: float
    scv: float
    """Variance over squared mean; 0 = always the mean."""

    @property
    def sigma(self) -> float:
        """Return the standard deviation of the logarithm."""
        return math.sqrt(math.log1p(self.scv))

    def quantile(self, share: float) -> float:
        """Return what `share` of the times stay below."""
        z = _normal_quantile(share)
        return self.mean * math.exp(self.sigma * z - self.sigma**2 / 2) if self.mean else 0.0

    def below(self, times: Floats) -> Floats:
        """Return P(T <= t)."""
        if not self.mean or not self.scv:
            return (times >= self.mean).astype(np.float64)
        return _phi(self._z(times))

    def residual(self, times: Floats) -> Floats:
        """Return P(T_e <= t) of what is left of a time, looked at when it runs (equilibrium excess)."""
        if not self.scv:
            return np.clip(times / self.mean, 0.0, 1.0)
        z = self._z(times)
        return np.clip(times / self.mean * (1 - _phi(z)) + _phi(z - self.sigma), 0.0, 1.0)

    def _z(self, times: Floats) -> Floats:
        with np.errstate(divide="ignore"):
            return (np.log(times / self.mean) + self.sigma**2 / 2) / self.sigma


def of_quantiles(median: float, p95: float) -> LogNormal:
    """Return the times with this median and 95th percentile. Raises `ValueError` if that is below."""
    if not 0 < median <= p95:
        message = f"a median of {median:g} and a 95th percentile of {p95:g} are no distribution"
        raise ValueError(message)
    sigma = math.log(p95 / median) / _normal_quantile(0.95)
    return LogNormal(median * math.exp(sigma**2 / 2), math.expm1(sigma**2))


class Station(msgspec.Struct, frozen=True):
    """Machines that serve requests side by side."""

    slots: int
    """Of all machines together."""
    prefill: LogNormal
    """Seconds from a slot to the first token."""
    answer: LogNormal
    """Seconds of the slot from then on."""
    burst: float = 1.0
    """Requests of a bunch, on average."""

    @property
    def service(self) -> LogNormal:
        """Return the seconds in a slot: a log-normal time with the moments of prefill and answer together."""
        mean = self.prefill.mean + self.answer.mean
        variance = sum(one.scv * one.mean**2 for one in (self.prefill, self.answer))
        return LogNormal(mean, variance / mean**2)

    def utilisation(self, rate: float) -> float:
        """Return the share of slots that `rate` requests a second hold."""
        return rate * self.service.mean / self.slots


def waiting(station: Station, rate: float) -> float:
    """Return the share of requests that find all slots taken and wait. 1 = more come than can be served."""
    load = station.utilisation(rate)
    if load >= 1:
        return 1.0
    slots, scv, burst = station.slots, station.service.scv, station.burst
    # Bunches find room the sooner the less alike times are: their peakedness, by and by with more slots.
    many = min(1.0, max(0.0, (math.log2(slots) - 1) / 8))
    below, last = _found(slots, load * slots, 1 + (burst - 1) * (1 + many * _likeness(station)))
    beyond = last / (1 - _ratio(load, burst))
    alike = (1 - scv) / (1 + scv) * math.log2(slots) / 40
    return min(1.0, beyond / (below + beyond) * (1 - alike / burst))


def lost(station: Station, rate: float) -> float:
    """Return the share of requests that find all slots taken, if whoever does goes elsewhere (Erlang B)."""
    if rate <= 0:
        return 0.0
    offered = rate * station.service.mean
    if station.slots > _MANY:
        return _lost_of_many(station.slots, offered, station.burst)
    again = 1 - 1 / station.burst
    per, ahead, carried, total = 1.0, 1.0, 0.0, 1.0
    for number in range(1, station.slots + 1):
        per = offered / station.burst * ahead / number
        ahead = per + again * ahead
        carried += number * per
        total += per
        if total > _RESCALE:
            ahead, carried, total = ahead / _RESCALE, carried / _RESCALE, total / _RESCALE
    return max(0.0, 1 - carried / total / offered)


def _lost_of_many(slots: int, offered: float, burst: float) -> float:
    """Return the same for so many slots that those who want one are normally distributed."""
    deviation = math.sqrt(offered * burst)
    spare = (slots - offered) / deviation
    if spare < -_FAR:  # the ratio's limit, where both of its parts vanish
        return (offered - slots) / offered
    below = math.erfc(-spare * math.sqrt(0.5)) / 2
    return min(1.0, deviation / offered * NormalDist().pdf(spare) / below)


def first_token(station: Station, rate: float, share: float = 0.95) -> float:
    """Return the time that `share` of the requests have their first token in, seconds; inf if it has none."""
    load = station.utilisation(rate)
    if load >= 1:
        return math.inf
    wait = waiting(station, rate)
    again = _ratio(load, station.burst)
    alone = load / station.burst
    """Of `again`, by who came before the bunch; the rest are of the bunch itself."""
    service, slots = station.service, station.slots
    step = _horizon(station, again) / _POINTS
    stretch = _stretch(station, load, wait)
    residual = _pieces(lambda t: service.residual(t * slots / stretch), step)
    whole = _pieces(lambda t: service.below(t * slots / stretch), step)
    height = (alone * residual + (again - alone) * whole) / again if again else residual
    first = height
    if slots > 1:
        fresh = _crossing(station, load)
        lone = _pieces(lambda t: 1 - (1 - service.residual(t)) ** slots, step)
        met = _pieces(lambda t: 1 - _none_over(service, slots, load, t), step)
        first = (1 - fresh) * lone + fresh * met
    waited = (1 - wait) + wait * first * (1 - again) / (1 - again * height)
    both = np.fft.irfft(waited * _pieces(station.prefill.below, step), _POINTS)
    reached = np.cumsum(both)
    return float(np.interp(share, reached, (np.arange(_POINTS) + 0.5) * step))


def bunching(at: Floats, window: float) -> float:
    """Return how many requests come together, by their counts in windows of `window` seconds; at least 1.

    Of neighbouring windows, so that the hours of a day count for nothing. A window is some mean times of
    service: shorter ones cut bunches in two.
    """
    if at.size < _FEW:
        return 1.0
    counts = np.bincount(((at - at.min()) // window).astype(np.int64)).astype(np.float64)
    if counts.size < _FEW:
        return 1.0
    dispersion = np.mean(np.diff(counts) ** 2) / 2 / counts.mean()
    return max(1.0, float(1 + dispersion) / 2)


def _found(slots: int, offered: float, burst: float) -> tuple[float, float]:
    """Return how likely a request finds fewer than all slots taken, and exactly all, in the same unit.

    Of M^X/M/c with geometric X: the rate up across a cut is that of bunches, times those of them that reach
    across. What a request finds is what its bunch found and who of the bunch is ahead.
    """
    again = 1 - 1 / burst
    found, below = 1.0, 0.0
    for number in range(1, slots + 1):
        below += found
        found = offered / burst * found / number + again * found
        if below > _RESCALE:
            found, below = found / _RESCALE, below / _RESCALE
    return below, found


def _crossing(station: Station, load: float) -> float:
    """Return how many of those who wait are of a bunch that found room and took all of it."""
    slots, burst = station.slots, station.burst
    again = 1 - 1 / burst
    _, last = _found(slots, load * slots, burst)
    # last = taken + again * before, and taken = load / burst * before.
    taken = last * (load / burst) / (load / burst + again)
    wait = last / burst / (1 - _ratio(load, burst))
    return max(0.0, 1 - load - taken / wait) if wait else 0.0


def _none_over(service: LogNormal, slots: int, load: float, times: Floats) -> Floats:
    """Return how likely no slot is free yet when a bunch took the last: its own have only just begun."""
    old = slots * (1 + load) / 2
    left: Floats = (1 - service.residual(times)) ** old * (1 - service.below(times)) ** (slots - old)
    return left


def _likeness(station: Station) -> float:
    """Return by how much two of a bunch hold slots longer together than were times exponential, in -1..1."""
    sigma = station.service.sigma
    return 4 * float(_phi(np.array([-sigma * math.sqrt(0.5)]))[0]) - 1


def _stretch(station: Station, load: float, wait: float) -> float:
    """Return by what ladder heights are longer than one fast server's, so that the mean wait is as wanted."""
    slots, service, burst = station.slots, station.service, station.burst
    if slots == 1:
        return 1.0
    scv = service.scv
    if scv > 1:
        alone, likely = 1 + (scv - 1) / 2 * math.sqrt(wait), _UNLIKE
    else:
        few = min(0.99, (1 - load) * (slots - 1) * (math.sqrt(4 + 5 * slots) - 2) / (16 * load * slots))
        alone = (1 + scv) / (2 * scv + (1 - scv) * 2 / (1 + few))
        likely = _ALIKE
    mean = service.mean / slots / (1 - load)
    wanted = mean * (alone + (burst - 1) * (1 + likely * (1 - wait) * _likeness(station)))
    times = np.arange(513, dtype=np.float64) * np.float64(service.mean / slots / 50)
    left = (1 - service.residual(times)) ** slots
    first = float(((left[1:] + left[:-1]) / 2).sum() * times[1])
    heights = mean * (load * (1 + scv) / 2 + burst - 1)
    return max(0.05, (wanted - first) / heights)


def _ratio(load: float, burst: float) -> float:
    """Return by what the numbers of those who wait fall, one to the next."""
    return 1 - (1 - load) / burst


def _horizon(station: Station, again: float) -> float:
    """Return how far times reach, but for `_TAIL` of them."""
    service, slots = station.service, station.slots
    height = service.mean * (1 + service.scv) / 2 / slots
    far = 2 * height / (1 - again) * math.log(1 / _TAIL) + service.quantile(1 - _TAIL) / slots
    return 1.5 * (far + station.prefill.quantile(1 - _TAIL))


def _pieces(below: Callable[[Floats], Floats], step: float) -> npt.NDArray[np.complex128]:
    """Return the transform of a distribution, cut into pieces of `step`; what lies beyond is at the end."""
    edges = below(np.arange(_POINTS + 1, dtype=np.float64) * np.float64(step))
    edges[-1] = 1.0
    edges[0] = 0.0
    return np.fft.rfft(np.diff(edges))


def _phi(z: Floats) -> Floats:
    """Return the normal distribution function (numpy has none): exact erf, point by point."""
    return np.fromiter((0.5 * math.erfc(-x * math.sqrt(0.5)) for x in z.tolist()), np.float64, z.size)


def _normal_quantile(share: float) -> float:
    return NormalDist().inv_cdf(share)
