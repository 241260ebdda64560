"""Where the keys of a LiteLLM file go: into variables. One that stands in the file itself is never copied."""

import re
from collections.abc import Collection

from wye.config.litellm.source import Notes, variable
from wye.config.litellm.upstreams import Upstream
from wye.core.secret import Secret

_NAME = re.compile(r"[A-Z_][A-Z0-9_]*\Z")
_PLACEHOLDERS = re.compile(
    r"(sk-)?(none|empty|dummy|fake|anything|any|na|n/a|not-?needed|no-?key|ollama|vllm|1234|x+)(-key)?\Z"
)


class Keys:
    """Gives each key a variable, and none of them two."""

    def __init__(self, notes: Notes, named: Collection[str]) -> None:
        """Avoid the variables that are `named` in the file: they hold something else."""
        self._notes = notes
        self._taken = set(named)
        self._given: dict[tuple[str, Secret], str] = {}

    def variable(self, key: str | None, there: Upstream, group: str, line: int) -> str | None:
        """Return the variable that `key`, as written in the file, is in or has to go into; None = no key."""
        if not key:
            return there.variable or None
        name = variable(key)
        if name is not None:
            return name if _NAME.match(name) else self._renamed(name, line)
        if there.machine and _PLACEHOLDERS.match(key.lower()):
            return None
        usual = (
            there.variable or f"{re.sub('[^A-Z0-9]+', '_', group.upper()).strip('_') or 'LITELLM'}_API_KEY"
        )
        chosen = self._given.get((usual, Secret(key)))
        if chosen is None:
            chosen = self._given[usual, Secret(key)] = self._fresh(
                usual if _NAME.match(usual) else f"_{usual}"
            )
        self._notes.add(
            "to do", f"a key stands in LiteLLM's file; it is not copied: put it into {chosen}", line
        )
        return chosen

    def _renamed(self, name: str, line: int) -> str:
        fit = re.sub("[^A-Z0-9_]", "_", name.upper())
        fit = fit if _NAME.match(fit) else f"_{fit}"
        self._notes.add("to do", f"the variable {name} has to be called {fit}", line)
        return fit

    def _fresh(self, usual: str) -> str:
        name, number = usual, 1
        while name in self._taken:
            number += 1
            name = f"{usual}_{number}"
        self._taken.add(name)
        return name
