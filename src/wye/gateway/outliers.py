"""Outlier ejection: of deployments that serve the same model, one that does much worse than the others.

With two nobody can say which of them is odd, so it takes three; and at most a third of them are out at once.
A breaker does the ejecting: who is out rests, and comes back by way of one request that tries it.
"""

import statistics
from collections.abc import Mapping, Sequence

from wye.gateway.vital import Vital

PEERS = 3
SLOWER = 3.0
"""Times the others' median TTFT."""
SLOWER_SECONDS = 0.25
"""And at least this much more."""
WORSE = 0.2
"""More of its attempts fail than of the others'."""
ENOUGH = 20
"""Attempts lately, for a rate of errors to say something."""


def odd_ones(peers: Mapping[str, Vital]) -> dict[str, str]:
    """Return who of `peers` does much worse than the others, the worst first, and how."""
    if len(peers) < PEERS:
        return {}
    return _slow_ones(peers) | _failing_ones(peers)


def _slow_ones(peers: Mapping[str, Vital]) -> dict[str, str]:
    ttfts = {name: vital.ttft for name, vital in peers.items() if vital.ttft is not None}
    if len(ttfts) < PEERS:
        return {}
    found = {}
    for name in sorted(ttfts, key=lambda name: -ttfts[name]):
        usual = statistics.median(_others(ttfts, name))
        if ttfts[name] > max(usual * SLOWER, usual + SLOWER_SECONDS):
            found[name] = f"its first tokens take {ttfts[name]:.1f} s, its equals' {usual:.1f} s"
    return found


def _failing_ones(peers: Mapping[str, Vital]) -> dict[str, str]:
    rates = {name: vital.error_rate for name, vital in peers.items() if vital.attempts >= ENOUGH}
    if len(rates) < PEERS:
        return {}
    found = {}
    for name in sorted(rates, key=lambda name: -rates[name]):
        usual = statistics.median(_others(rates, name))
        if rates[name] > usual + WORSE:
            found[name] = f"{rates[name]:.0%} of its attempts fail, of its equals' {usual:.0%}"
    return found


def _others(figures: Mapping[str, float], name: str) -> Sequence[float]:
    return [figure for other, figure in figures.items() if other != name]
