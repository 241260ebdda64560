"""What is in force right now, as one immutable snapshot, and how it changes.

A request takes the snapshot once and keeps it to its end. A new configuration, a new discovery or a
new set of keys makes a new snapshot; gates and health live on, since what they count is still there.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from wye.catalog.deployments import Deployment
from wye.catalog.providers import PROVIDERS
from wye.config.settings import Settings
from wye.core.decision import Decision, Verdict
from wye.core.errors import OverloadedError
from wye.core.label import Labels
from wye.core.request import Request
from wye.gateway.arrival import Arrival
from wye.gateway.caching import as_asked
from wye.gateway.gate import Gate
from wye.gateway.guard import Guard
from wye.gateway.health import Health
from wye.gateway.hedge import Hedge
from wye.gateway.inspection import Inspection
from wye.gateway.inspectors import Inspectors
from wye.gateway.keys import ANONYMOUS, Caller, KeyRing
from wye.gateway.learnt import LearntRoutes, Look, routes_of
from wye.gateway.limits import Limits
from wye.gateway.metrics import Metrics
from wye.gateway.target import Target, target
from wye.ledger.keystore import Scope
from wye.policy import Policy
from wye.policy.cedar.asking import NOBODY, Action, Asking
from wye.policy.revisions import advance
from wye.routing.band import Tally
from wye.routing.conversation import Conversation
from wye.routing.names import mentioned
from wye.routing.router import Dynamic, Router

log = logging.getLogger("wye")

_FAILED = "it cannot be put in force; the gateway's log has the details"
_VARIABLES = {name: row.variables[0] for name, row in PROVIDERS.items() if row.variables}

MAX_LATE = 1024
"""Deployments that exist because a caller named a model of a provider whose list is open."""


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Settings, deployments, and what is derived from them."""

    settings: Settings
    deployments: tuple[Deployment, ...]
    policy: Policy
    router: Router
    targets: dict[str, Target]
    default_labels: Labels
    runtime: "Runtime"
    hedges: dict[str, Hedge]
    """By route."""
    inspection: Inspection | None = None
    """Looks for what raises labels; None = nobody does."""

    def labels(self, arrival: Arrival, caller: Caller, request: Request) -> Labels:
        """Return the labels that hold: the client's, its key's and its route's, else the default."""
        return self.named(arrival, caller, request) or self.default_labels

    def named(self, arrival: Arrival, caller: Caller, request: Request) -> Labels:
        """Return the labels that somebody named: the client, its key or its route."""
        return arrival.labels() | caller.labels | self.router.labels(request.model)

    def asking(self, arrival: Arrival, caller: Caller, size: int) -> Asking:
        """Return who asks, where the policy cares. Raises `BadRequestError` for a purpose not well formed."""
        if self.policy.anonymous:
            return NOBODY
        return Asking(caller.key_id, caller.team, arrival.purpose(), size)

    def judge(self, model: str, labels: Labels, asking: Asking = NOBODY, body: bytes = b"") -> Verdict:
        """Return what is permitted to a request, of a deployment that only its `model` names as well."""
        verdict = self.policy.judge(labels, asking)
        late = self.router.dynamic(model)
        if late is not None:
            verdict = self.policy.extend(verdict, late, asking)
            known = self.targets.get(late.id)
            if known is None or known.deployment is not late:
                self.runtime.make_room(self)
                self.targets[late.id] = self.runtime.target(late)
        return as_asked(verdict, body) if verdict.narrowed else verdict

    def permits(self, action: Action, labels: Labels, deployment: str, asking: Asking) -> bool:
        """Whether `action` is permitted there by labels that came up since it was judged."""
        known = self.targets.get(deployment)
        return known is None or not self.policy.judge_deployment(labels, known.deployment, action, asking)

    def decide(self, request: Request, verdict: Verdict, conversation: Conversation) -> Decision:
        """Choose. Raises `PolicyError`, `UnknownModelError` or `BadRequestError`."""
        return self.router.decide(request, verdict, self.runtime.health, conversation)


class Runtime:
    """Holds the snapshot in force (`now`) and what outlives it."""

    def __init__(
        self,
        keys: KeyRing,
        limits: Limits,
        metrics: Metrics,
        learnt: LearntRoutes | None = None,
        revisions: Path | None = None,
    ) -> None:
        """`revisions` remembers which signed policy was in force; None = nobody asks."""
        self._keys = keys
        self._revisions = revisions
        self.count: Callable[[Caller], None] = limits.admit
        """Count a request to a model. Raises `RateLimitError` when the key has sent too many.

        Where records are sealed, `LedgerError` while they cannot be.
        """
        self._metrics = metrics
        self._guard = Guard()
        self.gates: dict[str, Gate] = {}
        self.health = Health(self.gates)
        self._hedges: dict[str, Hedge] = {}
        self.tallies: dict[str, Tally] = {}
        """Route -> what came of its agreement gate lately."""
        self.inspectors = Inspectors()
        self.learnt = learnt
        """What routes have learnt; None = nobody looks."""
        self.now: Snapshot
        self._dynamic: Dynamic
        self._policy: tuple[Settings, Policy] | None = None
        """The last, and whose it is: its files are read when the configuration is, and at no other time."""

    def admit(self, arrival: Arrival, scope: Scope) -> Caller:
        """Return who is calling, if they may come in.

        Raises `UnauthenticatedError` or `ForbiddenError`.
        """
        caller = self._keys.authenticate(arrival.credentials, arrival.memo)
        if caller is ANONYMOUS:
            self._guard.check(arrival.scope["client"], arrival.scope["method"], arrival.headers)
        caller.demand(scope)
        return caller

    @property
    def keyless(self) -> bool:
        """Whether there are no keys: all answers were made by who may come in."""
        return self._keys.keyless

    def load(self, settings: Settings, deployments: Iterable[Deployment], dynamic: Dynamic) -> Snapshot:
        """Put a new snapshot in force. Raises `ValueError` before anything changes if it cannot be built."""
        known = _all(settings, deployments, dynamic)
        return self._put(settings, known, dynamic, self.learnt.look(settings, known) if self.learnt else None)

    def _put(
        self, settings: Settings, known: tuple[Deployment, ...], dynamic: Dynamic, look: Look | None
    ) -> Snapshot:
        before = self._policy
        anew = before is None or before[0] is not settings
        policy = Policy(settings, known) if before is None or anew else before[1].over(known)
        router = Router(
            settings,
            known,
            dynamic=dynamic,
            variables=_VARIABLES,
            measured=None if look is None else look.serving,
            tallies=self.tallies,
        )
        gates = {deployment.id: self._gate(deployment) for deployment in known}
        targets = {deployment.id: target(deployment, gates[deployment.id]) for deployment in known}
        masks = any(label.mask for label in settings.labels.values())
        crew = self.inspectors.wanted(settings.detection, policy.dictionary, masks=masks)
        if anew and self._revisions is not None:
            advance(self._revisions, policy.signature)  # nothing after it fails: it is in force now
        self.gates.update(gates)
        for deployment in known:
            gates[deployment.id].resize(*_bounds(deployment))
        self.inspectors.use(crew)
        default = frozenset({settings.default_label})
        self._hedges = _hedges(settings, self._hedges)
        inspection = None
        if settings.detection.raises:
            inspection = Inspection(settings, self.inspectors, policy)
        self.now = Snapshot(settings, known, policy, router, targets, default, self, self._hedges, inspection)
        self._dynamic = dynamic
        self._policy = settings, policy
        if self.learnt is not None and look is not None:
            self.learnt.take(look)
        self._metrics.known(deployment.id for deployment in known)
        self.health.known(known)
        for name in [n for n, gate in self.gates.items() if n not in targets and gate.idle]:
            del self.gates[name]
            self.health.forget(name)
        return self.now

    def again(self) -> None:
        """Put in force what routes have learnt by now; nothing else changes.

        If that fails, whyever, no certificate is in force any more: what holds no longer must not go on.
        """
        now, dynamic = self.now, self._dynamic
        try:
            self.load(now.settings, now.deployments, dynamic)
        except Exception:
            log.exception("what routes have learnt cannot be put in force; the strong models serve")
            if self.learnt is not None:
                self._put(now.settings, now.deployments, dynamic, self.learnt.without(_FAILED))

    def deployment(self, id_: str) -> Deployment | None:
        """Return a deployment in force by its id."""
        target = self.now.targets.get(id_)
        return None if target is None else target.deployment

    def make_room(self, now: Snapshot) -> None:
        """Forget the late deployment that came first, once there are too many: callers invent names."""
        if len(now.targets) - len(now.deployments) < MAX_LATE:
            return
        known = {deployment.id for deployment in now.deployments}
        for name in now.targets:
            if name not in known and self.gates[name].idle:
                del now.targets[name], self.gates[name]
                self.health.forget(name)
                return
        message = "too many different models are being asked for at once"
        raise OverloadedError(message, retry_after=1)

    def target(self, deployment: Deployment) -> Target:
        """Prepare `deployment`, behind the gate it already has, if it has one."""
        gate = self.gates[deployment.id] = self._gate(deployment)
        gate.resize(*_bounds(deployment))
        return target(deployment, gate)

    def _gate(self, deployment: Deployment) -> Gate:
        """Return the gate that `deployment` has, as it is, or else a new one, which nobody knows of yet."""
        return self.gates.get(deployment.id) or Gate(deployment.id, *_bounds(deployment))


def _bounds(deployment: Deployment) -> tuple[int, int, float]:
    """Return what its gate lets in: requests at once, requests that wait, seconds of waiting."""
    return deployment.concurrency, deployment.queue, deployment.queue_seconds


def _all(settings: Settings, deployments: Iterable[Deployment], dynamic: Dynamic) -> tuple[Deployment, ...]:
    """Return the deployments, with those that exist because settings mention them."""
    known = tuple(deployments)
    ids = {deployment.id for deployment in known}
    return known + tuple(late for name in sorted(mentioned(settings) - ids) if (late := dynamic(name)))


def _hedges(settings: Settings, before: Mapping[str, Hedge]) -> dict[str, Hedge]:
    """Return the routes' hedges; one whose settings are the same goes on counting."""
    hedges = {}
    for name, route in routes_of(settings).items():
        if route.hedge is not None:
            known = before.get(name)
            if known is None or known.settings != route.hedge:
                known = Hedge(route.hedge)
            hedges[name] = known
    return hedges
