"""The agreement gate's place in a decision: where the weak model may answer first, if others must agree.

That is so where a certificate that holds covers it: the expected gain is not below the threshold, where the
weak model serves by itself, but inside the certified band. And only where it pays: what it saves, as often as
all agree, is more than the weak answer and the opinions cost. Else the strong model serves, and the decision
says why the gate is off.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from wye.catalog.deployments import Deployment
from wye.config.strategies import GateSettings
from wye.core.decision import Candidate, Verdict
from wye.core.lane import Lane
from wye.core.request import Operation, Request
from wye.routing.band import Tally, saving
from wye.routing.cost import comparable_cost
from wye.routing.fit import BYTES_PER_TOKEN, misfit
from wye.routing.measured import Serving
from wye.routing.rules import Aliases, expand
from wye.routing.strategy import Choice

_ZERO = Decimal(0)


class Health(Protocol):
    """What is known of the deployments right now."""

    def reason_down(self, deployment_id: str) -> str:
        """Say why the deployment is not expected to answer; empty = up."""


def still_gated(choice: Choice, candidates: tuple[Candidate, ...], health: Health) -> tuple[Candidate, ...]:
    """Return the candidates, and take the gate out of `choice` if it cannot be asked after all.

    The weak one then comes last: nobody vouches for its answer.
    """
    first = candidates[0].deployment
    off = "" if first == choice.gated else f"'{first}' comes first"
    for name in choice.gate:
        if reason := health.reason_down(name):
            off = f"'{name}' is down: {reason}"
    if not off:
        return candidates
    choice.reasons.append(f"gate off: {off}")
    weak, choice.gate = choice.gated, ()
    choice.covered = tuple(name for name in choice.covered if name != weak)
    return tuple(sorted(candidates, key=lambda candidate: candidate.deployment == weak))


class Gated:
    """A stage: put the weak model first where a gate decides whether its answer is served."""

    def __init__(
        self,
        gate: GateSettings,
        serving: Serving,
        aliases: Aliases,
        deployments: Mapping[str, Deployment],
        tally: Tally,
    ) -> None:
        self._serving = serving
        self._ids = expand(gate.ask, aliases)
        self._asked = tuple(deployments[i] for i in self._ids if i in deployments)
        self._tally = tally
        self._off = self._unlike_certified(gate)

    def __call__(self, choice: Choice, request: Request, verdict: Verdict) -> None:
        """Set `choice.gate` and put the weak one first, or say why not. The strong one stays the next."""
        serving, opinion = self._serving, choice.opinion
        band = serving.band
        if choice.leading is None or not choice.certificate or opinion is None or band is None:
            return
        gain, threshold = opinion.gain, serving.threshold
        if gain is None or threshold is None or opinion.unlike or not threshold <= gain < band.below:
            return
        weak = self._weak(choice.kept)
        if weak is None:
            return
        off = (
            self._off or self._unfit(choice, weak, request, verdict) or self._too_dear(choice, weak, request)
        )
        if off:
            choice.reasons.append(f"gate off: {off}")
            return
        choice.kept.remove(weak)
        choice.kept.insert(0, weak)
        choice.gate, choice.gated = self._ids, weak.id
        choice.covered = tuple(sorted({*choice.covered, weak.id}))
        told = f"certified by {choice.certificate}: "
        reasons = [
            reason for reason in choice.reasons if not reason.startswith(told)
        ]  # it says: strong serves
        names = " and ".join(f"'{name}'" for name in self._ids)
        inside = f"gain {gain:.3f} in the band from {threshold:.3f} to {band.below:.3f}"
        who = f"{told}'{weak.id}' answers first and serves if {names} agrees, {inside}"
        choice.reasons = [who, *reasons]

    def _unlike_certified(self, gate: GateSettings) -> str:
        """Say in what the configured gate is another than the certified one; empty = it is the same."""
        band = self._serving.band
        if band is None:
            return ""
        absent = [i for i in self._ids if all(i != d.id for d in self._asked)]
        if absent:
            return f"'{absent[0]}' is not there"
        same = len(band.ask) == len(self._asked) and all(
            any(model in (d.id, d.model) for d in self._asked) for model in band.ask
        )
        if same and (gate.compare, gate.meaning) == (band.compare, band.meaning):
            return ""
        return "it is not the gate that the certificate was earned with"

    def _weak(self, kept: Sequence[Deployment]) -> Deployment | None:
        learnt = self._serving.learnt
        weak = learnt.revision.weak if learnt is not None else ""
        return next((d for d in kept if weak in (d.id, d.model)), None)

    def _unfit(self, choice: Choice, weak: Deployment, request: Request, verdict: Verdict) -> str:
        """Say why nobody can be asked; empty = all can."""
        if request.operation is not Operation.CHAT or request.choices != 1 or request.stored:
            return "this kind of request has no answer to compare"
        for deployment in self._asked:
            if not verdict.permits("judge", deployment.id):
                return f"the policy does not permit '{deployment.id}'"
            if wrong := misfit(deployment, request, len(request.body) // BYTES_PER_TOKEN):
                return f"'{deployment.id}' {wrong}"
            if refused := choice.conversation.losses(deployment).refuse:
                return f"'{deployment.id}' {'; '.join(refused)}"
        for deployment in (weak, *self._asked):
            load = choice.load(deployment.id)
            if load is not None and load.saturated:
                return f"'{deployment.id}' is to be spared: {load.saturated}"
        return ""

    def _too_dear(self, choice: Choice, weak: Deployment, request: Request) -> str:
        """Say why it does not pay; empty = it does."""
        strong = choice.kept[0]
        costs: list[Decimal] = []
        for deployment in (strong, weak, *self._asked):
            cost = comparable_cost(deployment, request, choice.opinion)
            if cost is None:
                return f"what '{deployment.id}' costs is not known"
            costs.append(cost)
        seat = choice.seat
        if seat is not None and seat.deployment == strong.id:  # its cache makes it cheaper than others' rates
            costs[0] = max(_ZERO, costs[0] - (seat.switching_cost or _ZERO))
        gated, seen = sum(costs[1:], _ZERO), self._tally.cost
        if seen is not None and any(d.lane is Lane.OWN for d in (weak, *self._asked)):
            gated = seen  # an own machine's pace is a guess until it was seen
        band = self._serving.band
        agrees = self._tally.agrees(band.agrees if band is not None else 0.0)
        saved = saving(agrees, costs[0], gated)
        if saved > _ZERO:
            return ""
        return (
            f"it would cost {gated:.6f} USD to save {costs[0]:.6f} USD in {agrees:.0%} of requests, "
            "which is no saving"
        )
