"""Which certified routes are watched, by whom, and which of their requests can be shadowed."""

import logging

import msgspec

from wye.config.strategies import ShadowSettings
from wye.core.decision import Candidate, Decision
from wye.core.request import Operation
from wye.gateway.ids import new_id
from wye.gateway.job import Job
from wye.gateway.keys import ANONYMOUS
from wye.gateway.runtime import Snapshot
from wye.gateway.spoken import answerer
from wye.ledger.entry import EXPORT, Entry
from wye.routing.certificate import Arm
from wye.routing.names import alias_table
from wye.routing.rules import expand
from wye.routing.serving import InForce
from wye.routing.state import RouteState
from wye.routing.watch.journal import plan_of
from wye.routing.watch.judge import kin
from wye.routing.watch.monitor import Monitor, Plan

log = logging.getLogger("wye")

MOST_BYTES = 1_000_000
"""Of a request that may be shadowed."""


class Watched(msgspec.Struct, eq=False):
    """A route that is shadowed."""

    state: RouteState
    settings: ShadowSettings
    strong: str
    """As labels call it, as `weak`."""
    weak: str
    certificate: str = ""
    """Id; empty = none holds: the strong model serves, and shadows are labels to learn from, no more."""
    plan: Plan | None = None
    """Of the monitor; None without a certificate."""
    judge: str = ""
    """A deployment's id; empty = final answers are compared."""
    monitor: Monitor | None = None
    """None = its journal has not been read yet, or there is nothing to monitor."""
    over: bool = False
    """Something else is in force by now."""

    def like(self, other: "Watched") -> bool:
        """Tell whether a monitor may go on: nothing has changed of what was fixed beforehand."""
        return (self.certificate, self.plan, self.settings, self.judge, self.strong, self.weak) == (
            *(other.certificate, other.plan, other.settings, other.judge, other.strong, other.weak),
        )


class Drawn(msgspec.Struct, eq=False):
    """A conversation that is to be shadowed."""

    job: Job
    watched: Watched
    strong: str
    """Deployment id, as `weak`."""
    weak: str


def watch(now: Snapshot, state: RouteState, found: InForce, shadow: ShadowSettings) -> Watched | None:
    """Return how a route is shadowed; None = nothing has been learnt, or its judge may not, says the log."""
    if found.serving.learnt is None:
        return None
    revision, certificate = found.serving.learnt.revision, found.certificate
    judge = ""
    if shadow.judge is not None:
        named = [i for i in expand((shadow.judge,), alias_table(now.settings)) if i in now.targets]
        judge = named[0] if named else shadow.judge
        shared = kin(*(_arm(now, name) for name in (judge, revision.strong, revision.weak)))
        if shared or not named:
            why = f"is of the same family as a model it judges ({', '.join(shared)})"
            why = why if shared else "is not there"
            log.warning("route '%s' is not shadowed: its judge '%s' %s", state.route, shadow.judge, why)
            return None
    watched = Watched(state, shadow, revision.strong, revision.weak, judge=judge)
    if certificate is not None:
        watched.certificate, watched.plan = certificate.id, plan_of(certificate, shadow)
    return watched


def _arm(now: Snapshot, name: str) -> Arm:
    """Return the model that stands behind a name, as labels and wye.yaml call it."""
    behind = now.targets.get(name)
    return Arm(name, "" if behind is None else behind.deployment.model)


def eligible(job: Job, watched: Watched) -> Drawn | None:
    """Return who the two are, if both may answer this request, and have room for a shadow."""
    request, decision = job.request, job.decision
    if (
        request.operation is not Operation.CHAT
        or job.codec.estimate is not None
        or request.choices != 1
        or request.previous
        or request.keep
        or request.stored
        or request.steers
        or len(request.body) > MOST_BYTES
    ):
        return None
    strong, weak = _first(job, watched.strong), _first(job, watched.weak)
    if strong is None or weak is None or (watched.certificate and strong not in decision.covered):
        return None
    verdict, judge = job.verdict, watched.judge
    if not all(verdict.permits("shadow", arm) for arm in (strong, weak)) or (
        judge and not verdict.permits("judge", judge)
    ):
        return None
    if any(not _has_room(job, name) for name in filter(None, (strong, weak, watched.judge))):
        return None
    try:
        answerer(request)
    except ValueError:
        return None
    return Drawn(job, watched, strong, weak)


def own_job(job: Job, name: str, what: str) -> Job:
    """Return the job of a request of our own: under the same verdict, and on nobody's budget."""
    before = job.entry
    entry = Entry.begin(new_id(), before.request_id, before.protocol, before.operation)
    entry.asked, entry.shadow_of, entry.labels = before.asked, before.id, before.labels
    entry.subject = before.subject
    entry.policy_revision, entry.ceiling = before.policy_revision, before.ceiling
    entry.permitted = before.permitted
    entry.told = job.verdict.permits(EXPORT, name)
    target = job.targets.get(name)
    lane = None if target is None else target.deployment.lane
    decision = Decision(what, (Candidate(name, lane),), reasons=(f"{what} of {before.id}",))
    entry.decision = decision
    return msgspec.structs.replace(job, entry=entry, caller=ANONYMOUS, decision=decision, hedge=None)


def _first(job: Job, name: str) -> str | None:
    """Return the first candidate that is called `name`; None = there is none."""
    for candidate in job.decision.candidates:
        deployment = job.targets[candidate.deployment].deployment
        if name in (deployment.id, deployment.model):
            return deployment.id
    return None


def _has_room(job: Job, name: str) -> bool:
    """Tell whether a deployment has half of its places free: clients come first."""
    target = job.targets.get(name)
    return (
        target is not None and not target.gate.waiting and 2 * target.gate.active <= target.gate.concurrency
    )
