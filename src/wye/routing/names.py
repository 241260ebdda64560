"""What a `model` means.

Names in order of precedence, the first that matches wins:

1. `auto`
2. an alias from the configuration
3. a named route from the configuration
4. a deployment's id: `openai/gpt-5.5`
5. an upstream's own model name: `gpt-5.5`. When several deployments serve it they are one choice,
   tried in this order: those declared in the configuration, then own, hosted, closed, then by id
6. `auto/own`, `auto/hosted`, `auto/closed`: what `auto` would choose in that lane alone

The configuration may not give two of its own things one name; an alias or route that has the id
of a *discovered* deployment takes its place for callers, since somebody wrote it down.
"""

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.settings import Settings
from wye.config.strategies import RouteSettings
from wye.core.lane import Lane
from wye.routing.rules import expand
from wye.routing.strategy import MERIT

AUTO = "auto"
_LONGEST = 80
"""Names beyond this are not compared: likeness costs time, and the caller chooses the name."""
_COMPARED = 400


class Target(msgspec.Struct, frozen=True):
    """What a name stands for."""

    kind: Literal["pinned", "alias", "model", "route"]
    ids: tuple[str, ...]
    """Deployments, in order; of a route those it may choose from."""
    route: RouteSettings | None = None


def directory(settings: Settings, deployments: Collection[Deployment]) -> dict[str, Target]:
    """Return every name a caller may use, by the precedence above."""
    found = {d.id for d in deployments}
    aliases = alias_table(settings)
    names = dict(_lanes(settings, aliases, deployments))
    names |= _model_names(settings, deployments)
    names |= {d.id: Target("pinned", (d.id,)) for d in deployments}
    for name, route in {**settings.routes, AUTO: settings.auto}.items():
        wanted = expand(route.candidates, aliases) or _everybody(route, aliases, deployments)
        names[name] = Target("route", tuple(i for i in wanted if i in found), route)
    for name, ids in aliases.items():
        if name != AUTO:
            names[name] = Target("alias", tuple(i for i in ids if i in found))
    return names


def alias_table(settings: Settings) -> Mapping[str, tuple[str, ...]]:
    """Return the aliases with one target and with several in one shape, each target once."""
    shaped = ((name, (to,) if isinstance(to, str) else to) for name, to in settings.aliases.items())
    return {name: tuple(dict.fromkeys(to)) for name, to in shaped}


def mentioned(settings: Settings) -> frozenset[str]:
    """Return the deployments that aliases and routes lead to, declared or not.

    One that is in no list but that a provider serves all the same must be made a deployment before
    policy and router are built, or the name stays empty.
    """
    aliases = alias_table(settings)
    names = {i for ids in aliases.values() for i in ids}
    for route in (*settings.routes.values(), settings.auto):
        names.update(expand(tuple(_named(route)), aliases))
    return frozenset(names)


def _named(route: RouteSettings) -> Iterable[str]:
    yield from route.candidates
    for rule in route.rules:
        yield from (*rule.use, *rule.weights, *rule.canary)
    if route.strong is not None:
        yield route.strong
    if route.gate is not None:
        yield from route.gate.ask
    if route.shadow is not None and route.shadow.judge is not None:
        yield route.shadow.judge


def _lanes(
    settings: Settings, aliases: Mapping[str, tuple[str, ...]], deployments: Iterable[Deployment]
) -> Iterable[tuple[str, Target]]:
    """Yield `auto` cut down to each lane, by the same rules."""
    lanes = {deployment.id: deployment.lane for deployment in deployments}
    wanted = expand(settings.auto.candidates, aliases) or _everybody(settings.auto, aliases, deployments)
    for lane in Lane:
        ids = tuple(i for i in wanted if lanes.get(i) is lane)
        yield f"{AUTO}/{lane.value}", Target("route", ids, settings.auto)


def _everybody(
    route: RouteSettings, aliases: Mapping[str, tuple[str, ...]], deployments: Iterable[Deployment]
) -> tuple[str, ...]:
    """Return all deployments but the judge: it must not be one of those that it compares."""
    judge = route.shadow.judge if route.shadow is not None else None
    judges = expand((judge,), aliases) if judge is not None else ()
    return tuple(d.id for d in deployments if d.id not in judges)


def _model_names(settings: Settings, deployments: Iterable[Deployment]) -> Iterable[tuple[str, Target]]:
    serving: dict[str, list[Deployment]] = {}
    for deployment in deployments:
        serving.setdefault(deployment.model, []).append(deployment)
    for model, several in serving.items():
        several.sort(key=lambda d: (d.id not in settings.deployments, MERIT[d.lane], d.id))
        yield model, Target("pinned" if len(several) == 1 else "model", tuple(d.id for d in several))


def near(name: str, names: Iterable[str]) -> list[str]:
    """Return up to three of `names` that look like `name`, likest first."""
    if len(name) > _LONGEST:
        return []
    folded = {known.lower(): known for known in sorted(names)[:_COMPARED]}
    likely = difflib.get_close_matches(name.lower(), folded, n=3, cutoff=0.6)
    tails = [known for low, known in folded.items() if low.rpartition("/")[2] == name.lower()]
    return list(dict.fromkeys([*tails, *(folded[low] for low in likely)]))[:3]
