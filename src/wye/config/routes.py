"""Checks of routes: that their rules, objectives, canaries, gates and hooks can do what they say."""

from collections.abc import Iterable, Mapping

from wye.config.draft import Draft
from wye.config.hook import imported
from wye.config.names import AUTO, reference, references
from wye.config.problems import Path, suggestion
from wye.config.strategies import GateSettings, Objective, RouteSettings, Rule, ShadowSettings, When
from wye.config.tree import Node
from wye.core.task import TASKS

WHOLE = 100.0
_ROUNDING = 1e-9
_EFFECTS = ("use", "tags", "weights", "canary", "objective")
"""Fields of a rule that do something, beside `lanes`."""


def check_routes(draft: Draft) -> None:
    """Check `auto`, every entry of `routes`, and the kinds of work that rules ask for."""
    for name in draft.settings.tasks:
        path = ("tasks", name)
        if name in TASKS:
            draft.say(path, "is a kind of work that wye knows already", "Choose another name")
        elif not name.isprintable() or not name.strip():
            draft.say(path, "a name has printable characters")
    for name, route in draft.settings.routes.items():
        _route(draft, ("routes", name), route)
    _route(draft, (AUTO,), draft.settings.auto)


def _route(draft: Draft, path: Path, route: RouteSettings) -> None:
    references(draft, (*path, "candidates"), route.candidates, aliases=True)
    draft.labels((*path, "labels"), route.labels)
    _objective(draft, (*path, "objective"), route.objective)
    among = _Among(draft, route.candidates)
    for number, rule in enumerate(route.rules):
        _rule(draft, (*path, "rules", number), rule, among)
    if route.strong is not None:
        reference(draft, (*path, "strong"), route.strong, aliases=True)
        among.check((*path, "strong"), route.strong)
    if route.gate is not None:
        _gate(draft, (*path, "gate"), route.gate, route, among)
    if route.shadow is not None:
        _shadow(draft, (*path, "shadow"), route.shadow, route, among)
    if route.hook is not None and draft.hooks:
        hook = route.hook
        draft.attempt((*path, "hook"), lambda: imported(hook))
    _pair(draft, path, route, among)


class _Among:
    """The candidates of a route, aliases followed; none written = everything that is found."""

    def __init__(self, draft: Draft, candidates: Iterable[str]) -> None:
        self._draft = draft
        self.ids = self.expand(candidates)

    def expand(self, names: Iterable[str]) -> frozenset[str]:
        """Return the deployments that names stand for."""
        ids: set[str] = set()
        for name in names:
            to = self._draft.settings.aliases.get(name, name)
            ids.update((to,) if isinstance(to, str) else to)
        return frozenset(ids)

    def check(self, path: Path, name: str, *, fatal: bool = True) -> None:
        """Note a name that leads to no candidate."""
        if self.ids and self.ids.isdisjoint(self.expand((name,))):
            fix = f"Add '{name}' to `candidates`"
            what = f"'{name}' is not among the candidates, so nothing goes there"
            self._draft.say(path, what, fix, fatal=fatal)


def _rule(draft: Draft, path: Path, rule: Rule, among: _Among) -> None:
    references(draft, (*path, "use"), rule.use, aliases=True)
    for number, name in enumerate(rule.use):
        among.check((*path, "use", number), name, fatal=False)
    _when(draft, (*path, "when"), rule.when)
    if rule.lanes is not None and not rule.lanes:
        draft.say((*path, "lanes"), "is empty, so the rule never applies", "Name a lane")
    _tags(draft, (*path, "tags"), rule.tags)
    for field, shares in (("weights", rule.weights), ("canary", rule.canary)):
        for name in shares:
            reference(draft, (*path, field, name), name, aliases=True)
            among.check((*path, field, name), name)
    if rule.weights and not any(rule.weights.values()):
        draft.say((*path, "weights"), "are all 0, so nothing is drawn", "Give one of them a share")
    _canary(draft, (*path, "canary"), rule.canary)
    if rule.objective is not None:
        _objective(draft, (*path, "objective"), rule.objective)
        if rule.weights:
            what = "does not count: the weights set the order"
            draft.say((*path, "objective"), what, "Keep one of them", fatal=False)
    written = draft.root.find(path).value
    if rule.lanes is None and isinstance(written, dict) and not any(_says(written.get(f)) for f in _EFFECTS):
        fix = "Say what to `use`, which `lanes` or `tags`, or an `objective`"
        draft.say(path, "changes nothing", fix, fatal=False)


def _says(node: Node | None) -> bool:
    """Tell whether a field was written with something in it, right or wrong."""
    return node is not None and bool(node.value)


def _when(draft: Draft, path: Path, when: When) -> None:
    draft.labels((*path, "labels"), when.labels or ())
    if when.labels is not None and not when.labels:
        draft.say((*path, "labels"), "is empty, so the rule never holds", "Name a label")
    if when.min_bytes is not None and when.max_bytes is not None and when.min_bytes > when.max_bytes:
        draft.say(path, "never holds: min_bytes is above max_bytes")
    if when.tasks is not None and not when.tasks:
        draft.say((*path, "tasks"), "is empty, so the rule never holds", "Name a kind of work")
    known = {*TASKS, *draft.root.names("tasks")}
    for number, task in enumerate(when.tasks or ()):
        if task not in known:
            what = f"there is no kind of work '{task}'"
            fix = suggestion(task, known)
            if not fix.startswith("Did"):
                fix += "; or tell it by examples: `tasks: {name: {examples: [...]}}`"
            draft.say((*path, "tasks", number), what, fix)


def _tags(draft: Draft, path: Path, tags: Iterable[str]) -> None:
    """Tags are the operator's own words: those of a rule must be some deployment's."""
    known = {tag for one in draft.settings.deployments.values() for tag in one.profile.tags}
    for number, tag in enumerate(tags):
        if tag not in known:
            what = f"no deployment has the tag '{tag}', so the rule is passed over"
            fix = suggestion(tag, known) or f"Add it to one: `profile: {{tags: [{tag}]}}`"
            draft.say((*path, number), what, fix, fatal=False)


def _canary(draft: Draft, path: Path, canary: Mapping[str, float]) -> None:
    total = sum(canary.values())
    if total > WHOLE + _ROUNDING:
        draft.say(path, f"adds up to {total:g} percent", "Take away until it is at most 100")


def _objective(draft: Draft, path: Path, objective: Objective) -> None:
    if objective.cost is not None and objective.cost < 0:
        draft.say((*path, "cost"), "must not be negative")
    if objective.best == "weighed":
        if not any(objective.weights.values()):
            fix = "Add e.g. `weights: {quality: 1, cost: 10, latency: 0.1}`"
            draft.say(path, "`weighed` needs weights", fix)
    elif objective.weights:
        what = f"count only with `best: weighed`, this is `{objective.best}`"
        draft.say((*path, "weights"), what, "Write `best: weighed`, or remove them", fatal=False)


def _gate(draft: Draft, path: Path, gate: GateSettings, route: RouteSettings, among: _Among) -> None:
    references(draft, (*path, "ask"), gate.ask, aliases=True)
    if not gate.ask:
        draft.say((*path, "ask"), "is empty, so nobody is asked", "Name a deployment, or remove the gate")
    if route.strong is None:
        return
    strong = among.expand((route.strong,))
    for number, name in enumerate(gate.ask):
        if not strong.isdisjoint(among.expand((name,))):
            what = f"'{name}' is the strong one: asking it costs what the gate is to save"
            draft.say((*path, "ask", number), what, "Ask another open model, or the weak one twice")


def _shadow(draft: Draft, path: Path, shadow: ShadowSettings, route: RouteSettings, among: _Among) -> None:
    if shadow.judge is None:
        return
    reference(draft, (*path, "judge"), shadow.judge, aliases=True)
    judge = among.expand((shadow.judge,))
    fix = "Name one of another family than both arms"
    if route.strong is not None and not judge.isdisjoint(among.expand((route.strong,))):
        draft.say((*path, "judge"), "is the strong one, which it would judge", fix)
    elif not judge.isdisjoint(among.ids):
        draft.say((*path, "judge"), "is a candidate, which it may have to judge", fix, fatal=False)


def _pair(draft: Draft, path: Path, route: RouteSettings, among: _Among) -> None:
    """What asks another one needs another one; what compares with the strong one needs a weak one."""
    if not among.ids:
        return
    strong = among.expand((route.strong,)) if route.strong is not None else frozenset()
    weak = among.ids - strong
    fix = "Add another one to `candidates`"
    for field in ("gate", "shadow", "hedge"):
        if getattr(route, field) is None:
            continue
        if len(among.ids) == 1:
            draft.say((*path, field), "does nothing: the route has one candidate", fix)
        elif not weak and field != "hedge":
            draft.say((*path, field), "does nothing: every candidate is strong, there is no weak one", fix)
