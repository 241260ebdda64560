"""Checks of names: those callers may use, and those that aliases, routes and rules lead to."""

from collections.abc import Iterable

from wye.config.draft import Draft
from wye.config.problems import Path, dotted, suggestion
from wye.config.settings import RouteSettings, Rule

AUTO = "auto"
LONGEST_NAME = 200


def is_name(name: str) -> bool:
    """Tell whether callers could name it: printable, without spaces, not too long."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and not any(c.isspace() for c in name)


def check_names(draft: Draft) -> None:
    """Check that names are well formed, each taken once, and lead to what is there or can be."""
    _taken(draft)
    for name, to in draft.settings.aliases.items():
        path = ("aliases", name)
        if to in ("", ()):
            draft.say(path, "leads nowhere", "Name a deployment")
        elif isinstance(to, str):
            _reference(draft, path, to, aliases=False)
        else:
            _references(draft, path, to, aliases=False)
    for name, route in draft.settings.routes.items():
        _route(draft, ("routes", name), route)
    _route(draft, (AUTO,), draft.settings.auto)


def _taken(draft: Draft) -> None:
    taken: dict[str, str] = {}
    for group in ("deployments", "routes", "aliases"):
        for name in draft.root.names(group):
            path = (group, name)
            if not is_name(name):
                draft.say(path, f"a name has 1 to {LONGEST_NAME} printable characters and no space")
            if name == AUTO:
                draft.say(path, "'auto' is taken", "Set the section `auto` itself, or choose another name")
            elif name in taken:
                draft.say(path, f"the name is taken by {taken[name]}", "Choose another")
            else:
                taken[name] = dotted(path)


def _route(draft: Draft, path: Path, route: RouteSettings) -> None:
    _references(draft, (*path, "candidates"), route.candidates, aliases=True)
    draft.labels((*path, "labels"), route.labels)
    for number, rule in enumerate(route.rules):
        _rule(draft, (*path, "rules", number), rule)


def _rule(draft: Draft, path: Path, rule: Rule) -> None:
    _references(draft, (*path, "use"), rule.use, aliases=True)
    when = rule.when
    draft.labels((*path, "when", "labels"), when.labels or ())
    if when.labels is not None and not when.labels:
        draft.say((*path, "when", "labels"), "is empty, so the rule never holds", "Name a label")
    if when.min_bytes is not None and when.max_bytes is not None and when.min_bytes > when.max_bytes:
        draft.say((*path, "when"), "never holds: min_bytes is above max_bytes")
    if rule.lanes is not None and not rule.lanes:
        draft.say((*path, "lanes"), "is empty, so the rule never applies", "Name a lane")
    if not rule.use and rule.lanes is None:
        draft.say(path, "changes nothing", "Say what to `use`, or which `lanes`", fatal=False)


def _references(draft: Draft, path: Path, names: Iterable[str], *, aliases: bool) -> None:
    for number, name in enumerate(names):
        _reference(draft, (*path, number), name, aliases=aliases)


def _reference(draft: Draft, path: Path, name: str, *, aliases: bool) -> None:
    """Check that `name` is declared, or can be discovered: `provider/model` of a provider there is."""
    if name in draft.deployments or (aliases and name in draft.aliases):
        return
    provider, slash, model = name.partition("/")
    if name in draft.aliases:
        draft.say(path, f"'{name}' is an alias itself", "Name its deployments")
    elif slash and provider not in draft.providers:
        draft.no_provider(path, provider)
    elif slash and not model:
        draft.say(path, f"'{name}' names no model", "Write `provider/model`")
    elif not slash:
        fix = suggestion(name, {*draft.deployments, *(draft.aliases if aliases else ())})
        if not fix.startswith("Did"):
            fix = "Declare it under `deployments`, or name a discovered one as `provider/model`"
        draft.say(path, f"there is no deployment{' or alias' if aliases else ''} '{name}'", fix)
