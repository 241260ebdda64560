"""What recent attempts say of deployments: for the router, and for whoever wants to know.

The request path adds one number to a list here, and asks one flag whether anything is wrong anywhere.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from wye.catalog.deployments import Deployment
from wye.core.lane import Lane
from wye.gateway.gate import Gate
from wye.gateway.outliers import odd_ones
from wye.gateway.vital import Vital
from wye.routing.clearing import TICK_SECONDS
from wye.routing.load import Load
from wye.routing.saturation import Saturation

_OUTLIER_TICKS = 10
MOST_OUT = 3
"""Of so many equals one may be ejected."""
_EXACT = frozenset({"embedded", "llama-server"})
"""Engines whose number of slots is known and does not change."""


class Health:
    """Knows how deployments do. Belongs to the event loop's thread.

    Being down never removes a candidate, it only moves it to the end: while nothing else is left
    it is still tried. A success clears the slate.
    """

    def __init__(
        self, gates: Mapping[str, Gate] | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._now = now
        self._gates = {} if gates is None else gates
        self._vitals: dict[str, Vital] = {}
        self._peers: dict[str, list[str]] = {}
        self._told: dict[str, int] = {}
        """Deployment id -> the tick in which its engine last said how full it is."""
        self._tick = 0
        self.troubled: set[str] = set()
        """Who has failed since its last answer, or rests. Mostly empty: ask this first."""
        self.engine_down: Callable[[str], str] = lambda _id: ""
        """Asks the embedded engine about its own deployments."""

    def known(self, deployments: Iterable[Deployment]) -> None:
        """Take what is stated of deployments. What is known of them already is kept."""
        peers: defaultdict[str, list[str]] = defaultdict(list)
        for deployment in deployments:
            peers[deployment.model].append(deployment.id)
            vital = self._vital(deployment.id)
            if vital.slots != deployment.slots or vital.saturation is None:
                vital.slots = deployment.slots
                exact = deployment.provider in _EXACT and deployment.slots > 1
                own = deployment.lane is Lane.OWN
                vital.saturation = Saturation(deployment.slots, exact=exact) if own else None
        self._peers = {model: ids for model, ids in peers.items() if len(ids) > 1}

    def forget(self, deployment_id: str) -> None:
        """The deployment is gone."""
        self._vitals.pop(deployment_id, None)
        self._told.pop(deployment_id, None)
        self.troubled.discard(deployment_id)

    # What attempts say.

    def begin(self, deployment_id: str) -> None:
        """An attempt goes to one of the `troubled`: if it was due to be tried, this is the one."""
        if (vital := self._vitals.get(deployment_id)) is not None:
            vital.breaker.begin(self._now())

    def answered(self, deployment_id: str, seconds: float) -> None:
        """An attempt got its answer. `seconds`: to a stream's first token; of a whole answer less than 0."""
        vital = self._vitals.get(deployment_id)
        if vital is None:
            vital = self._vital(deployment_id)
        vital.answers.append(seconds)
        if self.troubled:
            self.works(deployment_id)

    def works(self, deployment_id: str) -> None:
        """It has said something that is not its own failure, be it that a request is wrong."""
        if deployment_id in self.troubled:
            self._vitals[deployment_id].breaker.answered(self._now())
            self.troubled.discard(deployment_id)

    def slow(self, deployment_id: str, seconds: float) -> None:
        """A stream had not begun after `seconds`, when it was not needed any more: no failure, but slow."""
        self._vital(deployment_id).slow(self._tick, seconds)

    def failed(self, deployment_id: str, retry_after: float | None = None) -> None:
        """An attempt failed; `retry_after` is what the upstream asked for, in seconds."""
        self._vital(deployment_id).failed(self._now(), retry_after)
        self.troubled.add(deployment_id)

    def told(self, deployment_id: str, running: int, waiting: int, slots: int | None) -> None:
        """Take what an engine says of itself: requests it serves and queues, and how many it can serve."""
        vital = self._vitals.get(deployment_id)
        if vital is not None and vital.saturation is not None:
            self._told[deployment_id] = self._tick
            vital.saturation.told(running, waiting, slots, self._busy(deployment_id))

    # What is asked.

    def reason_down(self, deployment_id: str) -> str:
        """Why the deployment should be tried last; empty = it should not."""
        if self.troubled and deployment_id in self.troubled:
            reason = self._vitals[deployment_id].breaker.reason(self._now())
            if reason:
                return reason
        return self.engine_down(deployment_id)

    def load(self, deployment_id: str) -> Load | None:
        """Return how much the deployment has to do; None = nothing is known of it."""
        vital = self._vitals.get(deployment_id)
        if vital is None:
            return None
        gate = self._gates.get(deployment_id)
        busy, waiting = (gate.active, gate.waiting) if gate is not None else (0, 0)
        ttft = None if vital.ttft is None else vital.ttft * 1000
        machine = vital.saturation
        slots = vital.slots if machine is None or machine.window is None else machine.window
        return Load(busy, waiting, slots, vital.saturated(busy, waiting), ttft, vital.error_rate, machine)

    # What goes on beside requests.

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self.tick()

    def tick(self) -> None:
        """Work out what happened since the last one."""
        self._tick += 1
        for name, vital in self._vitals.items():
            told = self._tick - self._told.get(name, -100) < _OUTLIER_TICKS
            gate = self._gates.get(name)
            busy, mean = (0, 0.0) if gate is None else (gate.active, gate.mean_seconds)
            if not busy and vital.quiet:
                continue
            vital.tick(self._tick, busy, mean, told=told)
        if self._tick % _OUTLIER_TICKS == 0:
            self._eject()

    def _eject(self) -> None:
        now = self._now()
        for ids in self._peers.values():
            peers = {name: vital for name in ids if not (vital := self._vitals[name]).breaker.reason(now)}
            out = len(ids) - len(peers)
            for name, why in list(odd_ones(peers).items())[: max(0, len(ids) // MOST_OUT - out)]:
                peers[name].eject(now, why)
                self.troubled.add(name)

    def _busy(self, deployment_id: str) -> int:
        gate = self._gates.get(deployment_id)
        return 0 if gate is None else gate.active

    def _vital(self, deployment_id: str) -> Vital:
        vital = self._vitals.get(deployment_id)
        if vital is None:
            vital = self._vitals[deployment_id] = Vital()
        return vital
