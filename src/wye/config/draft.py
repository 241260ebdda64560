"""A configuration under examination: what checks ask of it, and where they write down what they find."""

import os
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path as File

from wye.catalog import providers
from wye.config.labels import DEFAULT_LABELS
from wye.config.problems import Path, Problem, dotted, suggestion
from wye.config.settings import Settings
from wye.config.tree import Node
from wye.core.errors import BadRequestError
from wye.core.label import LABEL_RULE, parse_labels

ENGINES = frozenset(providers.ENGINES)
"""Providers that are found by looking, not by a key: what they serve is named `engine/model`."""

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*\Z")


class Draft:
    """Settings that are typed and not yet trusted.

    Attributes: `known` the providers that need no declaration; `deployments`, `aliases` and `providers`
    the names there are; `hooks` whether to import them. What was *written* counts, so that one broken entry
    is one problem.
    """

    def __init__(
        self, root: Node, file: str, settings: Settings, catalogue: Collection[str], *, hooks: bool
    ) -> None:
        self.root, self.settings = root, settings
        self.hooks = hooks
        self.known = {*catalogue, *ENGINES}
        self.deployments = root.names("deployments")
        self.aliases = root.names("aliases")
        self.providers = {*self.known, *root.names("providers")}
        self.problems: list[Problem] = []
        self._file = file

    def say(self, path: Path, what: str, fix: str = "", *, fatal: bool = True) -> None:
        """Note a problem at the line of `path`."""
        node = self.root.find(path)
        self.problems.append(Problem(self._file, node.line, node.column, dotted(path), what, fix, fatal))

    def attempt(self, path: Path, parse: Callable[[], object], fix: str = "") -> bool:
        """Run `parse`; note the reason of a `ValueError` and return whether there was none."""
        try:
            parse()
        except ValueError as error:
            self.say(path, str(error), fix)
            return False
        return True

    def empty(self, path: Path, fix: str) -> None:
        """Refuse a field that was written and left empty, where to leave it out means to restrict nothing.

        A restriction must not vanish with its last line.
        """
        entry = self.root.find(path[:-1]).value
        given = entry.get(str(path[-1])) if isinstance(entry, dict) else None
        if given is not None and given.value is None:
            self.say(path, "is empty", fix)

    def no_provider(self, path: Path, name: str) -> None:
        """Note that there is no provider of this name."""
        self.say(path, f"there is no provider '{name}'", suggestion(name, self.providers))

    def label(self, path: Path, name: str) -> None:
        """Check a label that is referred to: well formed, and better defined."""
        defined = {*DEFAULT_LABELS, *self.root.names("labels")}
        if self.label_name(path, name) and name not in defined:
            what = f"label '{name}' is not defined, so it permits the own lane only"
            self.say(path, what, suggestion(name, defined), fatal=False)

    def labels(self, path: Path, names: Iterable[str]) -> None:
        """Check a list of labels."""
        for number, name in enumerate(names):
            self.label((*path, number), name)

    def label_name(self, path: Path, name: str) -> bool:
        """Check that a label is well formed."""
        try:
            well_formed = parse_labels(name) == {name}
        except BadRequestError:
            well_formed = False
        if not well_formed:
            self.say(path, "not a label", LABEL_RULE)
        return well_formed

    def variable(self, path: Path, name: str) -> bool:
        """Check that something names an environment variable."""
        if _VARIABLE.match(name):
            return True
        # The value is not repeated: people paste the secret itself.
        self.say(path, "not the name of an environment variable", "Write the NAME, never the secret")
        return False

    def file(self, path: Path, name: str) -> None:
        """Check that something names a file that can be read."""
        try:
            present = not File(name).is_dir() and os.access(name, os.R_OK)
        except (OSError, ValueError):  # no permission on the way, or a NUL in the name
            present = False
        if not present:
            self.say(path, "there is no such file that can be read: this is left out", fatal=False)

    def pair(self, path: Path, first: str, one: str | None, second: str, other: str | None) -> None:
        """Check that of two fields both are given or none."""
        if (one is None) != (other is None):
            missing = second if other is None else first
            self.say(path, f"{first} and {second} belong together", f"Add `{missing}: PATH`")
