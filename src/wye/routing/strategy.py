"""How candidates are chosen: a strategy is a row of stages, each narrowing or ordering what is left.

A stage never adds a deployment, so no strategy can widen what the verdict permits. A measured
router takes the place of one stage and leaves the others alone.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.strategies import Objective
from wye.core.decision import Candidate, Seat, Verdict
from wye.core.lane import Lane
from wye.core.request import Request
from wye.routing.canary import Lot
from wye.routing.conversation import UNKNOWN, Conversation
from wye.routing.load import LoadOf, unmeasured
from wye.routing.opinion import Opinion

MERIT: dict[Lane | None, int] = {Lane.OWN: 0, Lane.HOSTED: 1, Lane.CLOSED: 2, None: 3}
"""Which lane comes first where nothing else tells candidates apart: what is owned is paid for."""


class Choice(msgspec.Struct):
    """What a strategy has come to so far. Stages change it in place: it lives for one decision."""

    kept: list[Deployment]
    """Best first once a stage has ordered it."""
    excluded: list[Candidate] = []
    reasons: list[str] = []
    ordered: bool = False
    """A stage has fixed the order; later ones leave it."""
    costs: dict[str, Decimal | None] = {}
    """Deployment id -> expected cost in USD; None = not comparable."""
    notes: dict[str, str] = {}
    """Deployment id -> why it stands where it stands."""
    conversation: Conversation = UNKNOWN
    """What came before."""
    lossy: set[str] = set()
    """Deployments that would not get every hint, or custom tools as functions."""
    emulating: set[str] = set()
    """Deployments that would be made to look as if they could what the request needs: behind all others."""
    ranks: dict[str, tuple[int, Decimal]] = {}
    """Deployment id -> what it was ordered by, where expected cost set the order: the less, the better."""
    seat: Seat | None = None
    """Where the conversation sits, once a stage has looked."""
    opinion: Opinion | None = None
    """What to expect of the prompt, once a stage has formed an opinion."""
    certificate: str = ""
    """Id of the certificate that covers `covered`; empty = none holds."""
    leading: frozenset[str] | None = None
    """Deployments that may serve first, by measured quality or by bounds; the others come behind.

    None = all may.
    """
    covered: tuple[str, ...] = ()
    """Deployments that the route's certificate covers, the strong one among them; empty = there is none."""
    objective: Objective = Objective()
    """What the best is, of the rule that applied or of the route."""
    lot: Lot | None = None
    """Canaries of the rule that applied."""
    gate: tuple[str, ...] = ()
    """Deployments that must say the same as `gated` before its answer is served."""
    gated: str = ""
    """Who answers first, if there is a `gate`."""
    load: LoadOf = unmeasured
    """Asked of few: who is first, and its equals."""

    def candidates(self) -> list[Candidate]:
        """Return what is kept, as the decision records it."""
        costs, notes = self.costs, self.notes
        opinion = self.opinion
        if opinion is None or not opinion.quality:
            return [Candidate(d.id, d.lane, notes.get(d.id, ""), costs.get(d.id)) for d in self.kept]
        return [
            Candidate(
                d.id, d.lane, notes.get(d.id, ""), costs.get(d.id), opinion.right(d), _whole(opinion, d)
            )
            for d in self.kept
        ]


def _whole(opinion: Opinion, deployment: Deployment) -> int | None:
    tokens = opinion.output_tokens(deployment)
    return None if tokens is None else round(tokens)


Stage = Callable[[Choice, Request, Verdict], None]
"""Narrow or order `choice.kept`. Raises a `WyeError` when nothing is left and that is final."""


class Strategy(Protocol):
    """Chooses among permitted deployments."""

    @property
    def name(self) -> str:
        """What the decision says chose."""

    def choose(
        self,
        permitted: Sequence[Deployment],
        request: Request,
        verdict: Verdict,
        conversation: Conversation,
        load: LoadOf,
    ) -> Choice:
        """Order `permitted` best first, keeping the reason for whatever is left out."""


class Stages(msgspec.Struct, frozen=True):
    """A strategy made of stages, run in order."""

    name: str
    stages: tuple[Stage, ...]

    def choose(
        self,
        permitted: Sequence[Deployment],
        request: Request,
        verdict: Verdict,
        conversation: Conversation,
        load: LoadOf,
    ) -> Choice:
        """Run every stage over `permitted`."""
        choice = Choice(list(permitted), conversation=conversation, load=load)
        for stage in self.stages:
            stage(choice, request, verdict)
        return choice
