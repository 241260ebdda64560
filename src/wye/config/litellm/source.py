"""A LiteLLM file as it is written. Whatever nobody asked for is left over, so that it can be reported."""

import difflib
import re
from collections.abc import Collection, Iterator
from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec

from wye.config.tree import Node

_VARIABLE = re.compile(r"os\.environ/(\S+)\Z")
_LEAST, _MOST = Decimal("1e-15"), Decimal("1e12")
_TRUE = {"true", "yes", "on", "1"}


Kind = Literal["left out", "changed", "to do"]


class Note(msgspec.Struct, frozen=True):
    """Something that is not, or not quite, in wye.yaml. Names fields, never a value that may be a secret."""

    kind: Kind
    """`left out`: wye has no such thing. `changed`: carried with another meaning. `to do`: needs a person."""
    what: str
    lines: tuple[int, ...] = ()
    """Where in LiteLLM's file, from 1."""


class Notes:
    """Collects notes; the same thing said of several lines becomes one."""

    def __init__(self) -> None:
        self._lines: dict[tuple[Kind, str], list[int]] = {}
        self._first: set[tuple[Kind, str]] = set()

    def add(self, kind: Kind, what: str, line: int = 0, *, first: bool = False) -> None:
        """Note something of `line`; 0 = of the file as a whole. `first`: above the others of its kind."""
        lines = self._lines.setdefault((kind, what), [])
        if first:
            self._first.add((kind, what))
        if line and line not in lines:
            lines.append(line)

    def all(self) -> tuple[Note, ...]:
        """Return them, what needs a person first."""
        order = ("to do", "left out", "changed")
        rows = sorted(
            self._lines.items(), key=lambda row: (order.index(row[0][0]), row[0] not in self._first)
        )
        return tuple(Note(kind, what, tuple(sorted(lines))) for (kind, what), lines in rows)


class Fields:
    """A mapping that knows which of its fields were asked for."""

    def __init__(self, node: Node | None) -> None:
        self.line = node.line if node else 0
        self._nodes = dict(node.value) if node and isinstance(node.value, dict) else {}
        self._wrong: dict[str, str] = {}

    def node(self, name: str) -> Node | None:
        """Take a field; None = there is none, or nothing in it."""
        node = self._nodes.pop(name, None)
        return None if node is None or node.value is None else node

    def at(self, name: str) -> int:
        """Return the line of a field that was not taken yet, else the mapping's own."""
        return self._nodes[name].line if name in self._nodes else self.line

    def text(self, name: str) -> str | None:
        """Take a field that is text; anything else stays."""
        node = self._typed(name, str, "not text")
        return node.value.strip() if node and isinstance(node.value, str) else None

    def number(self, name: str) -> Decimal | None:
        """Take a field that is a number from 0, of a size that means something; else it stays."""
        node = self._nodes.get(name)
        if node is None or node.value is None:
            return None
        self._wrong[name] = "not a number that can be used here"
        if not isinstance(node.value, str):
            return None
        try:
            number = Decimal(node.value.replace("_", ""))
        except InvalidOperation:
            return None
        if not number.is_finite() or (number != 0 and not _LEAST <= number <= _MOST):
            return None
        del self._wrong[name]
        del self._nodes[name]
        return number

    def look(self, name: str) -> Decimal | None:
        """Read a number as `number` does, and leave it."""
        node = self._nodes.get(name)
        number = self.number(name)
        if node is not None and number is not None:
            self._nodes[name] = node
        return number

    def count(self, name: str) -> int | None:
        """Take a field that is a whole number, from 0."""
        node = self._nodes.get(name)
        number = self.number(name)
        if number is None or number == number.to_integral_value():
            return None if number is None else int(number)
        assert node is not None  # noqa: S101  # it held the number
        self._nodes[name] = node
        self._wrong[name] = "not a whole number"
        return None

    def flag(self, name: str) -> bool | None:
        """Take a field that is true or false."""
        text = self.text(name)
        return None if text is None else text.lower() in _TRUE

    def below(self, name: str) -> "Fields":
        """Take a field that is a mapping."""
        return Fields(self._typed(name, dict, "not a mapping"))

    def rows(self, name: str) -> Iterator["Fields"]:
        """Take a field that is a list, each of whose entries should be a mapping."""
        node = self._typed(name, list, "not a list")
        for one in node.value if node and isinstance(node.value, list) else []:
            yield Fields(one)

    def names(self, name: str) -> tuple[str, ...]:
        """Take a field that is a list of text, or one."""
        return texts(self.node(name))

    def lists(self, name: str) -> dict[str, tuple[str, ...]]:
        """Take a field of the form `[{name: [others]}, ...]`."""
        node, found = self._typed(name, list, "not a list of `{name: [names]}`"), {}
        for entry in node.value if node and isinstance(node.value, list) else []:
            for group, below in Fields(entry).pairs():
                found[group] = texts(below)
        return found

    def has(self, name: str) -> bool:
        """Tell whether a field was written that nobody took yet."""
        return name in self._nodes and self._nodes[name].value is not None

    def _typed(self, name: str, form: type, wrong: str) -> Node | None:
        node = self._nodes.get(name)
        if node is not None and node.value not in (None, "") and not isinstance(node.value, form):
            self._wrong[name] = wrong
            return None
        return self.node(name)

    def why(self, name: str, known: Collection[str] = ()) -> str:
        """Say why a field is left over, as `: reason`: its type, or a name that is nearly one of `known`."""
        if name in self._wrong:
            return f": {self._wrong[name]}"
        near = "" if name in known else meant(name, known)
        return f": there is no such field. Did you mean `{near}`?" if near else ""

    def pairs(self) -> Iterator[tuple[str, Node]]:
        """Take all that is left."""
        yield from self._nodes.items()
        self._nodes = {}

    def rest(self) -> Iterator[tuple[str, int]]:
        """Take all that is left and not empty: names with their lines."""
        for name, node in self.pairs():
            if node.value not in (None, "", [], {}):
                yield name, node.line


def texts(node: Node | None) -> tuple[str, ...]:
    """Return the text, or the list of text, that `node` holds."""
    if node is None:
        return ()
    if isinstance(node.value, list):
        return tuple(one.value for one in node.value if isinstance(one.value, str))
    return (node.value,) if isinstance(node.value, str) else ()


def meant(name: str, known: Collection[str]) -> str:
    """Return the one of `known` that `name` is a slip of; empty = none."""
    return next(iter(difflib.get_close_matches(name[:80].lower(), sorted(known), n=1, cutoff=0.8)), "")


def variable(text: str | None) -> str | None:
    """Return the variable's name in `os.environ/NAME`; None when `text` is not of that form."""
    match = _VARIABLE.match(text or "")
    return match[1] if match else None
