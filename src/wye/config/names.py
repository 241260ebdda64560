"""Checks of names: those callers may use, and those that lead to deployments."""

from collections.abc import Iterable

from wye.config.draft import Draft
from wye.config.problems import Path, dotted, suggestion

AUTO = "auto"
LONGEST_NAME = 200


def is_name(name: str) -> bool:
    """Tell whether callers could name it: printable, without spaces, not too long."""
    return 0 < len(name) <= LONGEST_NAME and name.isprintable() and not any(c.isspace() for c in name)


def check_names(draft: Draft) -> None:
    """Check that names are well formed, each taken once, and that aliases lead to what is there or can be."""
    _taken(draft)
    for name, to in draft.settings.aliases.items():
        path = ("aliases", name)
        if to in ("", ()):
            draft.say(path, "leads nowhere", "Name a deployment")
        elif isinstance(to, str):
            reference(draft, path, to, aliases=False)
        else:
            references(draft, path, to, aliases=False)


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


def references(draft: Draft, path: Path, names: Iterable[str], *, aliases: bool) -> None:
    """Check a list of names that lead to deployments."""
    for number, name in enumerate(names):
        reference(draft, (*path, number), name, aliases=aliases)


def reference(draft: Draft, path: Path, name: str, *, aliases: bool) -> None:
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
