"""The most that a machine of some slots can save, when all requests are known beforehand. Exact.

Choosing intervals, at most k at any time, of greatest total weight is a flow of k units of least cost along
the line of time (Arkin & Silverberg, "Scheduling jobs with fixed start and end times", 1987): an interval is
an arc of capacity 1 from its start to its end that costs minus its weight, waiting is free. Units are sent
one by one along shortest paths (Dijkstra, with potentials that keep what is left of each arc's cost from
going below zero).
"""

import heapq
from collections.abc import Sequence

import numpy as np

Interval = tuple[float, float, float]
"""Start, end, weight."""


def most_saved(intervals: Sequence[Interval], slots: int) -> float:
    """Return the greatest total weight of `intervals` of which at most `slots` overlap anywhere."""
    worth = [one for one in intervals if one[2] > 0]
    if not worth:
        return 0.0
    line = _Line(worth, slots)
    return sum(line.send() for _ in range(slots))


class _Line:
    """The network. Nodes are moments in order; of each interval it is known whether the flow takes it."""

    def __init__(self, intervals: Sequence[Interval], slots: int) -> None:
        starts, ends, weights = (np.array(column) for column in zip(*intervals, strict=True))
        moments, at = np.unique(np.concatenate([starts, ends]), return_inverse=True)
        count = len(intervals)
        self._from, self._to = at[:count].tolist(), at[count:].tolist()
        self._weights = weights.tolist()
        self._size = len(moments)
        self._leaving: list[list[int]] = [[] for _ in range(self._size)]
        self._arriving: list[list[int]] = [[] for _ in range(self._size)]
        for i in range(count):
            self._leaving[self._from[i]].append(i)
            self._arriving[self._to[i]].append(i)
        self._taken = [False] * count
        self._idle = [0] * self._size
        """Units that wait from this node to the next."""
        self._slots = slots
        self._potential = self._first_potential()

    def _first_potential(self) -> list[float]:
        """Return each moment's distance from the first. Time has no cycles, so one sweep does."""
        far = [0.0] * self._size
        for node in range(self._size):
            if node:
                far[node] = min(far[node], far[node - 1])
            for i in self._leaving[node]:
                far[self._to[i]] = min(far[self._to[i]], far[node] - self._weights[i])
        return far

    def send(self) -> float:
        """Send one more unit from the first moment to the last; return what it saves."""
        far, came = self._shortest()
        last = self._size - 1
        potential = self._potential
        for node in range(self._size):
            potential[node] += far[node]
        node = last
        while node:
            before, interval = came[node]
            if interval >= 0:
                self._taken[interval] = not self._taken[interval]
            elif before < node:
                self._idle[before] += 1
            else:
                self._idle[node] -= 1
            node = before
        return potential[0] - potential[last]

    def _shortest(self) -> tuple[list[float], list[tuple[int, int]]]:
        """Return how far every moment is, by what arcs cost beyond the potentials, and how it is reached."""
        size, potential = self._size, self._potential
        far = [float("inf")] * size
        came = [(-1, -1)] * size
        far[0] = 0.0
        heap = [(0.0, 0)]
        while heap:
            distance, node = heapq.heappop(heap)
            if distance > far[node]:
                continue
            here = distance + potential[node]
            for other, cost, interval in self._arcs(node):
                new = max(here + cost - potential[other], distance)  # rounding must not go back
                if new < far[other]:
                    far[other], came[other] = new, (node, interval)
                    heapq.heappush(heap, (new, other))
        return far, came

    def _arcs(self, node: int) -> list[tuple[int, float, int]]:
        """Return the arcs that can take one more unit: (where to, cost, interval or -1)."""
        taken, weights = self._taken, self._weights
        arcs = [(self._to[i], -weights[i], i) for i in self._leaving[node] if not taken[i]]
        arcs += [(self._from[i], weights[i], i) for i in self._arriving[node] if taken[i]]
        if node + 1 < self._size:
            arcs.append((node + 1, 0.0, -1))
        if node and self._idle[node - 1]:
            arcs.append((node - 1, 0.0, -1))
        return arcs
