"""A LiteLLM file as it is written. Whatever nobody asked for is left over, so that it can be reported."""

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Literal

import msgspec

from wye.config.tree import Node

_VARIABLE = re.compile(r"os\.environ/(\S+)\Z")
_LEAST, _MOST = Decimal("1e-15"), Decimal("1e12")
_TRUE = {"true", "yes", "on", "1"}


class Note(msgspec.Struct, frozen=True):
    """Something that is not, or not quite, in wye.yaml. Names fields, never a value that may be a secret."""

    kind: Literal["left out", "changed", "to do"]
    """`left out`: wye has no such thing. `changed`: carried with another meaning. `to do`: needs a person."""
    what: str
    lines: tuple[int, ...] = ()
    """Where in LiteLLM's file, from 1."""


class Notes:
    """Collects notes; the same thing said of several lines becomes one."""

    def __init__(self) -> None:
        self._lines: dict[tuple[Literal["left out", "changed", "to do"], str], list[int]] = {}

    def add(self, kind: Literal["left out", "changed", "to do"], what: str, line: int = 0) -> None:
        """Note something of `line`; 0 = of the file as a whole."""
        lines = self._lines.setdefault((kind, what), [])
        if line and line not in lines:
            lines.append(line)

    def all(self) -> tuple[Note, ...]:
        """Return them, what needs a person first."""
        order = ("to do", "left out", "changed")
        rows = sorted(self._lines.items(), key=lambda row: order.index(row[0][0]))
        return tuple(Note(kind, what, tuple(sorted(lines))) for (kind, what), lines in rows)


class Fields:
    """A mapping that knows which of its fields were asked for."""

    def __init__(self, node: Node | None) -> None:
        self.line = node.line if node else 0
        self._nodes = dict(node.value) if node and isinstance(node.value, dict) else {}

    def node(self, name: str) -> Node | None:
        """Take a field; None = there is none, or nothing in it."""
        node = self._nodes.pop(name, None)
        return None if node is None or node.value is None else node

    def at(self, name: str) -> int:
        """Return the line of a field that was not taken yet, else the mapping's own."""
        return self._nodes[name].line if name in self._nodes else self.line

    def text(self, name: str) -> str | None:
        """Take a field that is text; anything else counts as absent."""
        node = self.node(name)
        return node.value.strip() if node and isinstance(node.value, str) else None

    def number(self, name: str) -> Decimal | None:
        """Take a field that is a number from 0, of a size that means something; else it stays."""
        node = self._nodes.get(name)
        if node is None or not isinstance(node.value, str):
            return None
        try:
            number = Decimal(node.value.replace("_", ""))
        except InvalidOperation:
            return None
        if not number.is_finite() or (number != 0 and not _LEAST <= number <= _MOST):
            return None
        del self._nodes[name]
        return number

    def count(self, name: str) -> int | None:
        """Take a field that is a whole number, from 0."""
        node = self._nodes.get(name)
        number = self.number(name)
        if number is None or number == number.to_integral_value():
            return None if number is None else int(number)
        assert node is not None  # noqa: S101  # it held the number
        self._nodes[name] = node
        return None

    def flag(self, name: str) -> bool | None:
        """Take a field that is true or false."""
        text = self.text(name)
        return None if text is None else text.lower() in _TRUE

    def below(self, name: str) -> "Fields":
        """Take a field that is a mapping."""
        return Fields(self.node(name))

    def rows(self, name: str) -> Iterator["Fields"]:
        """Take a field that is a list of mappings."""
        node = self.node(name)
        for one in node.value if node and isinstance(node.value, list) else []:
            yield Fields(one)

    def names(self, name: str) -> tuple[str, ...]:
        """Take a field that is a list of text, or one."""
        return texts(self.node(name))

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


def variable(text: str | None) -> str | None:
    """Return the variable's name in `os.environ/NAME`; None when `text` is not of that form."""
    match = _VARIABLE.match(text or "")
    return match[1] if match else None
