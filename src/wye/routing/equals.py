"""Power of two choices: of candidates that nothing tells apart, two are drawn; the less loaded goes first.

Always taking the least loaded would send a whole burst to the same one, since nobody's load is known before
its requests have arrived; of two drawn at random the better is nearly as good and never a herd's
(Mitzenmacher, "The power of two choices in randomized load balancing", 2001).
"""

import random
from collections.abc import Callable
from decimal import Decimal

from wye.catalog.deployments import Deployment
from wye.core.decision import Verdict
from wye.core.request import Request
from wye.routing.fit import emulated
from wye.routing.load import Load
from wye.routing.strategy import Choice

LISTED = "every deployment of this model: configured ones first, then own, hosted, closed"
_ZERO = Decimal(0)

Draw = Callable[[list[Deployment], int], list[Deployment]]


def equal(one: Deployment, other: Deployment) -> bool:
    """Tell whether both serve the same model at the same price: then it matters to nobody which does."""
    return (
        one.model == other.model
        and one.lane is other.lane
        and one.price == other.price
        and one.machine_hour == other.machine_hour
        and one.region == other.region
    )


def listed(choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG001  # a stage's shape
    """Rank a model's deployments in the order they have, the same for those that are equal."""
    rank, before = 0, choice.kept[0]
    for deployment in choice.kept:
        if told := emulated(deployment, request):
            choice.notes[deployment.id] = told
            choice.emulating.add(deployment.id)
        rank += not equal(before, deployment)
        before = deployment
        choice.ranks[deployment.id] = rank, _ZERO
    choice.ordered = True
    choice.reasons.append(LISTED)


class Equals:
    """A stage: puts one of those that equal the first there, and its equals right behind it."""

    def __init__(self, draw: Draw = random.sample) -> None:
        self._draw = draw

    def __call__(self, choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG002  # a stage's shape
        """Draw."""
        kept = choice.kept
        if len(kept) < 2 or not choice.ranks:  # noqa: PLR2004  # one candidate is no choice
            return
        first = kept[0]
        if choice.seat is not None and choice.seat.deployment == first.id:
            return
        peers = [d for d in kept if d.model == first.model and self._alike(first, d, choice)]
        if len(peers) == 1:
            return
        one, other = self._draw(peers, 2)
        if _pressure(choice.load(other.id)) < _pressure(choice.load(one.id)):
            one, other = other, one
        leading = [one, other, *(d for d in peers if d is not one and d is not other)]
        choice.kept = leading + [d for d in kept if d not in leading]
        choice.reasons.append(f"'{one.id}' and '{other.id}' drawn of {len(peers)} equals: it has less to do")

    @staticmethod
    def _alike(first: Deployment, other: Deployment, choice: Choice) -> bool:
        lossy, emulating = choice.lossy, choice.emulating
        return first is other or (
            equal(first, other)
            and choice.ranks.get(first.id) == choice.ranks.get(other.id)
            and (first.id in lossy) == (other.id in lossy)
            and (first.id in emulating) == (other.id in emulating)
        )


EQUALS = Equals()


def _pressure(load: Load | None) -> float:
    if load is None:
        return 0.0
    return load.pressure + (1_000.0 if load.saturated else 0.0)
