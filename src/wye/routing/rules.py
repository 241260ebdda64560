"""Ordered rules from the configuration: the first that applies narrows the candidates.

A rule *applies* when all its conditions hold and it leaves at least one candidate. One whose
deployments are all absent, refused or unfit is passed over, and the decision says so: rules are
preferences, what must hold is a label's business.

Rules narrow, objectives order: a rule sets the order itself only by `weights`, or by `use` where it has no
objective of its own.
"""

from collections.abc import Mapping, Sequence

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.strategies import Objective, Rule, When
from wye.core.decision import Candidate, Verdict
from wye.core.request import Request
from wye.routing.canary import Lot, Part
from wye.routing.strategy import Choice

Aliases = Mapping[str, tuple[str, ...]]


def expand(names: Sequence[str], aliases: Aliases) -> tuple[str, ...]:
    """Return deployment ids for names that are deployments or aliases, in order, each once."""
    ids = (i for name in names for i in aliases.get(name, (name,)))
    return tuple(dict.fromkeys(ids))


class _Ready(msgspec.Struct, frozen=True):
    """A rule with its names resolved."""

    title: str
    when: When
    labels: frozenset[str]
    tasks: frozenset[str]
    place: dict[str, int] | None
    """Deployment id -> its place among those it keeps; None = all."""
    tags: frozenset[str]
    lot: Lot
    rule: Rule


def holds(when: When, request: Request, labels: frozenset[str], given: frozenset[str]) -> bool:
    """Tell whether every condition that is given holds; `labels` are the rule's, `given` the request's.

    But for `tasks`, which asks what kind of work the request is.
    """
    needs, size = request.needs, len(request.body)
    return (
        (when.tools is None or when.tools == needs.tools)
        and (when.vision is None or when.vision == needs.vision)
        and (when.json is None or when.json == needs.json)
        and (when.stream is None or when.stream == request.stream)
        and (when.labels is None or not labels.isdisjoint(given))
        and (when.min_bytes is None or size >= when.min_bytes)
        and (when.max_bytes is None or size <= when.max_bytes)
    )


class Rules:
    """A stage: the rules of a route, whose objective holds where the one that applies has none."""

    def __init__(self, route: str, rules: Sequence[Rule], aliases: Aliases, objective: Objective) -> None:
        """`route`: its name, which salts what is left to chance; `objective`: the route's."""
        self._rules = [_ready(route, number, rule, aliases) for number, rule in enumerate(rules, 1)]
        self._objective = objective

    def __call__(self, choice: Choice, request: Request, verdict: Verdict) -> None:
        """Narrow by the first rule that applies, and say what the best of the rest is."""
        choice.objective = self._objective
        for ready in self._rules:
            if not holds(ready.when, request, ready.labels, verdict.labels):
                continue
            if ready.when.tasks is not None and _task(choice) not in ready.tasks:
                continue
            kept = _narrow(choice.kept, ready)
            if kept:
                _apply(ready, kept, choice)
                return
            choice.reasons.append(f"{ready.title} passed over: none of its deployments can serve this")


def divert(choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG001  # a stage's shape
    """Put the canary first that the conversation draws under the rule that applied: a late stage."""
    if choice.lot is None:
        return
    choice.kept, reason = choice.lot.divert(choice.kept, choice.conversation.mark())
    if reason:
        choice.reasons.append(reason)


def _apply(ready: _Ready, kept: list[Deployment], choice: Choice) -> None:
    names = {d.id for d in kept}
    choice.excluded.extend(
        Candidate(d.id, d.lane, f"not chosen by {ready.title}") for d in choice.kept if d.id not in names
    )
    rule = ready.rule
    choice.reasons.append(ready.title)
    if rule.objective is not None:
        choice.objective = rule.objective
    elif rule.use:
        choice.ordered = True
    if rule.weights:
        kept, drawn = ready.lot.spread(kept, choice.conversation.mark())
        if drawn:
            choice.ordered = True
            choice.reasons.append(drawn)
    if rule.canary:
        choice.lot = ready.lot
    choice.kept = kept


def _task(choice: Choice) -> str:
    return "" if choice.opinion is None else choice.opinion.task


def _ready(route: str, number: int, rule: Rule, aliases: Aliases) -> _Ready:
    title = f"rule '{rule.name}'" if rule.name else f"rule {number}"
    lot = Lot(f"{route}\0{title}", _parts(rule.weights, aliases), _parts(rule.canary, aliases))
    named = rule.use or tuple(rule.weights)
    # A canary is kept as well: a rule that left it out would never send anything there.
    place = {name: i for i, name in enumerate(expand((*named, *rule.canary), aliases))} if named else None
    labels, tasks = frozenset(rule.when.labels or ()), frozenset(rule.when.tasks or ())
    return _Ready(title, rule.when, labels, tasks, place, frozenset(rule.tags), lot, rule)


def _parts(shares: Mapping[str, float], aliases: Aliases) -> list[Part]:
    return [Part(name, expand((name,), aliases), share) for name, share in shares.items()]


def _narrow(deployments: list[Deployment], ready: _Ready) -> list[Deployment]:
    lanes, place, tags = ready.rule.lanes, ready.place, ready.tags
    if lanes is not None:
        deployments = [d for d in deployments if d.lane in lanes]
    if tags:
        deployments = [d for d in deployments if not tags.isdisjoint(d.profile.tags)]
    if place is not None:
        deployments = sorted((d for d in deployments if d.id in place), key=lambda d: place[d.id])
    return deployments
