"""What is wrong with a configuration, said so that it can be mended."""

import difflib
from collections.abc import Iterable

import msgspec

Path = tuple[str | int, ...]
"""Where in the file: `("deployments", "llama", "lane")`."""


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong, with its place and its fix. Never holds a value that may be a secret."""

    file: str
    line: int
    """From 1; 0 = the file as a whole."""
    column: int
    path: str
    what: str
    fix: str = ""
    fatal: bool = True
    """False = a warning: wye starts, without what the problem names."""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        kind = "" if self.fatal else "warning: "
        where = f"{self.path}: " if self.path else ""
        fix = f". {self.fix}" if self.fix else ""
        return f"{place}: {kind}{where}{self.what}{fix}"


class ConfigError(Exception):
    """The configuration cannot be used. `problems` has every reason that was found."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def dotted(path: Path) -> str:
    """Spell a path for people: `auto.rules[0].use`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def suggestion(word: str, known: Iterable[str]) -> str:
    """Return `Did you mean x?`, or what there is when nothing looks like `word`; empty if nothing is."""
    names = sorted(known)
    close = difflib.get_close_matches(word[:80].lower(), names, n=1, cutoff=0.6)
    if close:
        return f"Did you mean '{close[0]}'?"
    return f"There is: {', '.join(names[:20])}" if names else ""
