"""Ordered rules from the configuration: the first that applies narrows the candidates.

A rule *applies* when all its conditions hold and it leaves at least one candidate. One whose
deployments are all absent, refused or unfit is passed over, and the decision says so: rules are
preferences, what must hold is a label's business.
"""

from collections.abc import Mapping, Sequence

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.settings import Rule, When
from wye.core.decision import Candidate, Verdict
from wye.core.request import Request
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
    place: dict[str, int] | None
    """Deployment id -> its place in `use`; None = all."""
    rule: Rule


def holds(when: When, request: Request, labels: frozenset[str], given: frozenset[str]) -> bool:
    """Tell whether every condition that is given holds; `labels` are the rule's, `given` the request's."""
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
    """A stage: the rules of a route."""

    def __init__(self, rules: Sequence[Rule], aliases: Aliases) -> None:
        self._rules = [_ready(number, rule, aliases) for number, rule in enumerate(rules, 1)]

    def __call__(self, choice: Choice, request: Request, verdict: Verdict) -> None:
        """Narrow and order by the first rule that applies."""
        for ready in self._rules:
            if not holds(ready.when, request, ready.labels, verdict.labels):
                continue
            kept = _narrow(choice.kept, ready)
            if not kept:
                choice.reasons.append(f"{ready.title} passed over: none of its deployments can serve this")
                continue
            names = {d.id for d in kept}
            choice.excluded.extend(
                Candidate(d.id, d.lane, f"not chosen by {ready.title}")
                for d in choice.kept
                if d.id not in names
            )
            choice.kept = kept
            choice.reasons.append(ready.title)
            if ready.place is not None:
                choice.ordered = True
            return


def _ready(number: int, rule: Rule, aliases: Aliases) -> _Ready:
    title = f"rule '{rule.name}'" if rule.name else f"rule {number}"
    place = {name: i for i, name in enumerate(expand(rule.use, aliases))} if rule.use else None
    return _Ready(title, rule.when, frozenset(rule.when.labels or ()), place, rule)


def _narrow(deployments: list[Deployment], ready: _Ready) -> list[Deployment]:
    lanes, place = ready.rule.lanes, ready.place
    if lanes is not None:
        deployments = [d for d in deployments if d.lane in lanes]
    if place is not None:
        deployments = sorted((d for d in deployments if d.id in place), key=lambda d: place[d.id])
    return deployments
