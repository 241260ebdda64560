"""What a request would lead to: judged and decided as any other, and not sent. For `wye route test`.

Nothing is remembered of it: it takes no seat, is counted against no limit and leaves no record, since no
upstream is contacted.
"""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wye.core.decision import Decision
from wye.core.request import Request as Asked
from wye.gateway.arrival import Arrival
from wye.gateway.control import guarded, json
from wye.gateway.keys import Caller
from wye.gateway.runtime import Runtime, Snapshot
from wye.gateway.session import Seats, Session
from wye.gateway.spoken import CHAT
from wye.gateway.steering import refuse_steering
from wye.ledger.keystore import Scope
from wye.routing.cost import comparable_cost

PATH = "/v1/wye/route"


class Rehearsed(msgspec.Struct, frozen=True):
    """What would be done."""

    asked: str
    """The name that was asked for."""
    labels: tuple[str, ...]
    permitted: tuple[str, ...]
    """Deployments that the verdict permits."""
    policy_revision: str
    ceiling: bool
    decision: Decision


def rehearse(now: Snapshot, arrival: Arrival, caller: Caller, body: bytes) -> Rehearsed:
    """Judge and decide on `body`, a Chat Completions request. Raises the `WyeError` that it would meet."""
    request = CHAT.decode(body)
    caller.check_model(request.model)
    if caller.limited:
        CHAT.refuse_duplicates(request)
    labels = now.labels(arrival, caller, request)
    verdict = now.judge(request.model, labels, now.asking(arrival, caller, len(body)), request.body)
    session = Session(request, CHAT, arrival, caller, now.targets, Seats())
    decision = now.decide(request, verdict, session)
    refuse_steering(request, decision)
    return Rehearsed(
        request.model,
        tuple(sorted(labels)),
        tuple(sorted(verdict.permitted)),
        verdict.revision,
        verdict.ceiling,
        _priced(now, request, decision),
    )


def _priced(now: Snapshot, request: Asked, decision: Decision) -> Decision:
    """Say what candidates are expected to cost also where that decided nothing: of a pinned name or alias."""
    candidates = tuple(
        msgspec.structs.replace(one, expected_cost=comparable_cost(there.deployment, request, None))
        if one.expected_cost is None and (there := now.targets.get(one.deployment)) is not None
        else one
        for one in decision.candidates
    )
    return msgspec.structs.replace(decision, candidates=candidates)


class Rehearsal:
    """Handler of the control route."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route(PATH, guarded(self._runtime, Scope.INFER, self.decide), methods=["POST"])]

    async def decide(self, request: Request, caller: Caller) -> Response:
        """Say what a Chat Completions request would lead to."""
        arrival = Arrival(request.scope)
        body = await arrival.body()  # Starlette's own knows no limits
        return json(rehearse(self._runtime.now, arrival, caller, body))
