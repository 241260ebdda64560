"""(Request, Verdict, Health) -> Decision.

- A name that stands for one deployment is *pinned*: that one or an error, no fallback, and what
  the request needs is not second-guessed.
- An alias, or a model name several deployments serve, is tried in its order; of equal deployments of a
  model the one with less to do.
- A route (`auto` is one) runs its strategy: fit, losses, an opinion of the prompt, rules, measured quality,
  expected cost, the objective, the conversation's seat, canaries, a hook.
- A conversation whose beginning an upstream holds goes on there, whatever name leads there, or not at all.

Whatever the way, a decision holds only deployments its verdict permits, and only strong ones when
the verdict demands the ceiling. One that is down goes last, with the reason, and does not vanish.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

import msgspec

from wye.catalog.deployments import Deployment
from wye.catalog.profiles import absent
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings
from wye.core.decision import Candidate, Decision, Verdict
from wye.core.errors import UnknownModelError
from wye.core.label import Labels
from wye.core.lane import Lane
from wye.core.request import Operation, Request
from wye.routing import refusals
from wye.routing.band import Tally
from wye.routing.carry import carry
from wye.routing.conversation import UNKNOWN, Conversation
from wye.routing.cost import cheapest_first
from wye.routing.equals import EQUALS, LISTED, equal, listed
from wye.routing.fit import emulated, fit
from wye.routing.gate import Gated, still_gated
from wye.routing.held import ONLY, REASON, held, unremembered
from wye.routing.hook import Hook
from wye.routing.load import Load
from wye.routing.measured import UNMEASURED, Measured, Opine, Serving
from wye.routing.names import Target, alias_table, directory, near
from wye.routing.objective import objective
from wye.routing.opinion import NONE, Opinions
from wye.routing.rules import Aliases, Rules, divert
from wye.routing.seated import seated
from wye.routing.spill import spill
from wye.routing.strategy import Stage, Stages, Strategy
from wye.routing.tasks import Tasks

MAX_CANDIDATES = 8
"""The first choice and its fallbacks."""
MAX_EXCLUDED = 32
"""Excluded candidates a decision keeps; the reasons count the rest."""
MAX_CACHED = 1024

Dynamic = Callable[[str], Deployment | None]
"""Name -> a deployment of a provider whose list of models is open, or None."""

Kind = Literal["deployment", "alias", "model", "route"]
"""What a name is: `model` = an upstream's own name, however many deployments serve it."""


class Health(Protocol):
    """What is known of the deployments right now."""

    def reason_down(self, deployment_id: str) -> str:
        """Say why the deployment is not expected to answer; empty = up."""

    def load(self, deployment_id: str, /) -> Load | None:
        """Return how much the deployment has to do; None = nothing is known of it."""


class _Plan(msgspec.Struct, frozen=True):
    """What a decision depends on besides the request's content and health: computed once."""

    verdict: Verdict
    operation: Operation
    settled: Decision | None
    """The whole decision, where nothing else can change it."""
    permitted: tuple[Deployment, ...] = ()
    excluded: tuple[Candidate, ...] = ()
    ordered: Decision | None = None
    """An order that only health can change."""
    strategy: Strategy | None = None


class Router:
    """Decides among a fixed set of deployments. Immutable; rebuild it with the policy."""

    def __init__(  # noqa: PLR0913  # what a router depends on, by name
        self,
        settings: Settings,
        deployments: Iterable[Deployment],
        *,
        dynamic: Dynamic | None = None,
        strategies: Mapping[str, Strategy] | None = None,
        variables: Mapping[str, str] | None = None,
        measured: Mapping[str, Serving] | None = None,
        tallies: dict[str, Tally] | None = None,
    ) -> None:
        """Take `strategies` by route name in place of the built-in one, and what `measured` says of a route.

        `tallies`: route -> what came of its gate lately; routes that are new to it are put in.
        `variables`: provider id -> the environment variable that holds its key, for the error that says so.
        """
        self._variables = variables or {}
        self._declared = frozenset(settings.deployments)
        self._deployments = {d.id: d for d in sorted(deployments, key=lambda d: d.id)}
        self._names = directory(settings, self._deployments.values())
        self._labels = {n: frozenset(t.route.labels) for n, t in self._names.items() if t.route}
        aliases = alias_table(settings)
        self._tasks = Tasks({name: task.examples for name, task in settings.tasks.items()})
        self._tallies = {} if tallies is None else tallies
        self.opinions: dict[str, Opinions] = {}
        """By route."""
        self._strategies: dict[str, Strategy] = {
            name: self._stages(name, target.route, aliases, (measured or {}).get(name, UNMEASURED))
            for name, target in self._names.items()
            if target.route is not None
        } | dict(strategies or {})
        self._resolve = dynamic
        self._dynamic: dict[str, Deployment] = {}
        self._plans: dict[tuple[str, str, Labels, bool, str], _Plan] = {}
        self.revision = _revision(settings, self._deployments.values(), measured or {})

    def labels(self, name: str) -> Labels:
        """Return the labels a route adds to its requests. Judge with them, before deciding."""
        return self._labels.get(name, frozenset())

    def kinds(self) -> dict[str, Kind]:
        """Return every name, sorted, and what it is for people."""
        return {name: self._kind(name) for name in sorted(self._names)}

    def behind(self, name: str, verdict: Verdict) -> tuple[str, ...]:
        """Return the deployments that `name` may lead to under `verdict`, in its order."""
        permitted = verdict.permitted
        return tuple(
            i
            for i in self._names[name].ids
            if i in permitted and (self._deployments[i].profile.strong or not verdict.ceiling)
        )

    def names(self, verdict: Verdict) -> list[str]:
        """Return every name that leads to at least one deployment `verdict` permits, sorted."""
        permitted = verdict.permitted
        return sorted(n for n, target in self._names.items() if not permitted.isdisjoint(target.ids))

    def dynamic(self, name: str) -> Deployment | None:
        """Return the deployment an otherwise unknown `name` stands for, if a provider's list is open.

        It must be judged (`Policy.extend`) before `decide`, which refuses what no verdict names.
        """
        if name in self._names or self._resolve is None:
            return None
        known = self._dynamic.get(name)
        if known is None:
            known = self._resolve(name)
            if known is not None:
                _bounded(self._dynamic)
                self._dynamic[name] = known
        return known

    def decide(
        self, request: Request, verdict: Verdict, health: Health, conversation: Conversation = UNKNOWN
    ) -> Decision:
        """Choose for `request`, which goes on with `conversation`.

        Raises:
            UnknownModelError: no such name, or nothing behind it is there now.
            PolicyError: the verdict permits nothing the name stands for, or nothing strong.
            BadRequestError: what is permitted cannot serve the request.
        """
        key = (
            request.model,
            request.operation._value_,  # an enum's hash is Python code
            verdict.labels,
            request.needs.tools,
            request.protocol if request.needs.custom_tools else "",
        )
        plan = self._plans.get(key)
        if plan is None or plan.verdict is not verdict:
            plan = self._plan(request, verdict)
            _bounded(self._plans)
            self._plans[key] = plan
        if conversation.holder != "":  # None: somebody's, nobody knows whose
            return self._held(plan, request, conversation.holder)
        if plan.settled is not None:
            return plan.settled
        if plan.ordered is not None:
            candidates = plan.ordered.candidates
            for candidate in candidates:
                if health.reason_down(candidate.deployment):
                    return msgspec.structs.replace(plan.ordered, candidates=_down_last(candidates, health))
            return plan.ordered
        return self._choose(plan, request, verdict, health, conversation)

    def _kind(self, name: str) -> Kind:
        kind = self._names[name].kind
        if kind != "pinned":
            return kind
        return "deployment" if name in self._deployments else "model"

    def _held(self, plan: _Plan, request: Request, holder: str | None) -> Decision:
        if holder is None:
            everybody = self._deployments.values()
            chosen, reason = unremembered(request, plan.verdict, everybody, plan.permitted), ONLY
        else:
            known = self._deployments.get(holder) or self._dynamic.get(holder)
            chosen, reason = held(request, plan.verdict, holder, known, plan.permitted), REASON
        candidates = (Candidate(chosen.id, chosen.lane),)
        return Decision("held", candidates, plan.excluded[:MAX_EXCLUDED], (reason,), self.revision)

    def _choose(
        self,
        plan: _Plan,
        request: Request,
        verdict: Verdict,
        health: Health,
        conversation: Conversation,
    ) -> Decision:
        strategy = plan.strategy
        assert strategy is not None  # noqa: S101  # a plan is settled, ordered or has a strategy
        choice = strategy.choose(plan.permitted, request, verdict, conversation, health.load)
        excluded = (*choice.excluded, *plan.excluded)
        reasons = choice.reasons
        if len(excluded) > MAX_EXCLUDED:
            reasons.append(f"{len(excluded) - MAX_EXCLUDED} more are excluded and not listed")
            excluded = excluded[:MAX_EXCLUDED]
        candidates = _down_last(choice.candidates(), health)
        if choice.gate:
            candidates = still_gated(choice, candidates, health)
        opinion = choice.opinion or NONE
        first = candidates[0].deployment
        return Decision(
            strategy.name,
            candidates,
            excluded,
            tuple(reasons),
            self.revision,
            choice.seat,
            task=opinion.task,
            certificate=choice.certificate if first in choice.covered else "",
            covered=choice.covered,
            gain=opinion.gain,
            unlike=opinion.unlike,
            gate=choice.gate,
        )

    def _stages(self, name: str, route: RouteSettings, aliases: Aliases, serving: Serving) -> Stages:
        opinions = self.opinions[name] = Opinions(serving.learnt, self._tasks)
        opine, measured = Opine(opinions), Measured(route, serving, aliases)
        rules = Rules(name, route.rules, aliases, route.objective)
        stages: list[Stage] = [fit, carry, opine, rules, measured, cheapest_first, objective]
        stages += [EQUALS, seated, spill]
        if route.gate is not None and serving.band is not None:
            tally = self._tallies.setdefault(name, Tally())
            stages.append(Gated(route.gate, serving, aliases, self._deployments, tally))
        stages.append(divert)
        if route.hook is not None:
            stages.append(Hook(name, route.hook))
        return Stages(name, tuple(stages))

    def _plan(self, request: Request, verdict: Verdict) -> _Plan:
        name, operation = request.model, request.operation
        target = self._names.get(name)
        deployments = self._deployments
        if target is None:
            late = self._dynamic.get(name)
            if late is None:
                raise UnknownModelError(self._unknown(name, verdict), param="model")
            target, deployments = Target("pinned", (late.id,)), {late.id: late}
        named = [deployments[i] for i in target.ids]
        if not named:
            raise UnknownModelError(refusals.nothing_there(name, target), param="model")
        refusals.check(name, named, operation, verdict)
        able = [d for d in named if operation in d.operations]
        permitted = tuple(
            d for d in able if d.id in verdict.permitted and (d.profile.strong or not verdict.ceiling)
        )
        excluded = refusals.excluded(able, verdict)
        if target.kind == "route":
            strategy = self._strategies[name]
            return _Plan(verdict, operation, None, permitted, excluded, strategy=strategy)
        candidates = tuple(Candidate(d.id, d.lane, emulated(d, request)) for d in permitted[:MAX_CANDIDATES])
        decision = Decision(
            target.kind, candidates, excluded[:MAX_EXCLUDED], (_REASONS[target.kind],), self.revision
        )
        if len(candidates) == 1:
            return _Plan(verdict, operation, decision, permitted, excluded)
        if target.kind == "model" and (equal(*permitted[:2]) or permitted[0].lane is Lane.OWN):
            strategy = Stages(target.kind, (listed, EQUALS, seated, spill))
            return _Plan(verdict, operation, None, permitted, excluded, strategy=strategy)
        return _Plan(verdict, operation, None, permitted, excluded, ordered=decision)

    def _reached(self, provider: str) -> bool:
        return any(deployment.provider == provider for deployment in self._deployments.values())

    def _unknown(self, name: str, verdict: Verdict) -> str:
        if told := absent(name):
            return f"{told}."
        if name in self._declared:
            return f"'{name}' is declared but left out: `wye config check` and the gateway's log say why."
        provider, slash, _ = name.partition("/")
        if slash and provider in self._variables and not self._reached(provider):
            return f"There is no key for '{provider}': set {self._variables[provider]} and restart."
        close = near(name, self.names(verdict))
        hint = f"Did you mean {' or '.join(close)}?" if close else _NO_NEAR
        return f"There is no model '{name[:100]}'. {hint}"


_NO_NEAR = (
    "Ask for `auto`, give the name an alias in wye.yaml, or set its provider's key where the gateway runs. "
    "GET /v1/models lists what there is."
)
_REASONS = {
    "pinned": "the client named it",
    "alias": "in the alias's order",
    "model": LISTED,
}


def _down_last(candidates: Sequence[Candidate], health: Health) -> tuple[Candidate, ...]:
    """Return at most `MAX_CANDIDATES`, those that are down behind the others."""
    up: list[Candidate] = []
    down: list[Candidate] = []
    for candidate in candidates:
        reason = health.reason_down(candidate.deployment)
        if reason:
            down.append(msgspec.structs.replace(candidate, reason=f"down: {reason}"))
        else:
            up.append(candidate)
            if len(up) == MAX_CANDIDATES:
                break
    return tuple((up + down)[:MAX_CANDIDATES])


def _bounded(
    cache: dict[Any, Any],
) -> None:
    """Make room: callers choose the names, so a cache must not grow with what they send."""
    if len(cache) >= MAX_CACHED:
        del cache[next(iter(cache))]


def _revision(settings: Settings, deployments: Iterable[Deployment], measured: Mapping[str, Serving]) -> str:
    """Return 12 hex digits that change with whatever a decision depends on but request and health."""
    facts = sorted(
        [
            *(d.id, d.model, d.lane, d.profile, d.price, d.machine_hour, d.slots, sorted(d.operations)),
            *(d.protocol, sorted(d.also), d.energy_hour),
        ]
        for d in deployments
    )
    learnt = sorted((name, serving.identity) for name, serving in measured.items())
    content = msgspec.json.encode(
        [
            settings.aliases,
            settings.routes,
            settings.auto,
            settings.tasks,
            sorted(settings.deployments),
            facts,
            learnt,
        ],
        order="deterministic",
    )
    return hashlib.sha256(content).hexdigest()[:12]
