"""Tree -> typed settings, one field at a time so that every problem is found, not only the first."""

import math
import re
import types
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

from wye.config.problems import Path, Problem, dotted, suggestion
from wye.config.section import Section
from wye.config.tree import Node

LARGEST = 2**53
"""Whole numbers beyond it are mistakes, and JSON readers would round them."""

_SECRETS = {"api_key", "apikey", "key", "token", "secret", "password", "authorization"}
_EXPECTED = {
    "int": "a whole number",
    "float": "a number",
    "decimal": "a number",
    "bool": "true or false",
    "str": "text",
    "array": "a list",
    "object": "a mapping of fields",
    "null": "nothing",
}
_IN_LIST = re.compile(r" - at `\$\[(\d+)\]`$")


class Reader:
    """Reads settings out of a tree. `problems` fills up; a value that has one is left at its default."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def section(self, kind: type[Section], node: Node, path: Path = ()) -> Section | None:
        """Read a section; None when a field it cannot do without is missing or broken."""
        if node.value is None:
            node = Node({}, node.line, node.column)
        if not isinstance(node.value, dict):
            self._report(node, path, f"{_EXPECTED['object']} is expected here")
            return None
        fields = {field.name: field for field in msgspec.structs.fields(kind)}
        self._unknown(node, path, set(fields))
        values: dict[str, Any] = {}
        complete = True
        for name, field in fields.items():
            below = node.value.get(name)
            if below is None:
                if field.required:
                    self._report(node, path, f"needs the field '{name}'", f"Add `{name}: ...`")
                    complete = False
                continue
            value = self._value(field.type, below, (*path, name))
            if value is not _BROKEN and not (value is None and below.value is None and _is_group(field.type)):
                values[name] = value
            elif field.required:
                complete = False
        return kind(**values) if complete else None

    def _value(self, kind: Any, node: Node, path: Path) -> Any:  # noqa: ANN401  # whatever the field's type is
        if node.broken:
            return _BROKEN
        inner = _without_none(kind)
        if isinstance(inner, type) and issubclass(inner, Section):
            if node.value is None:
                return None
            return _or_broken(self.section(inner, node, path))
        origin, arguments = get_origin(inner), get_args(inner)
        if origin is dict:
            return self._entries(arguments[0], arguments[1], node, path)
        if origin is tuple and isinstance(arguments[0], type) and issubclass(arguments[0], Section):
            return self._rows(arguments[0], node, path)
        return self._leaf(kind, node, path)

    def _entries(self, names: Any, kind: Any, node: Node, path: Path) -> Any:  # noqa: ANN401  # whatever they are
        if node.value is None:
            return None
        if not isinstance(node.value, dict):
            self._report(node, path, "a mapping from names is expected here")
            return _BROKEN
        if choices := _choices(names):
            self._unknown(node, path, set(choices))
        entries = {name: self._value(kind, below, (*path, name)) for name, below in node.value.items()}
        for name, value in entries.items():
            if value is None:
                # An entry without fields is a section of defaults, where defaults will do.
                entries[name] = self._value(kind, Node({}, *_place(node.value[name])), (*path, name))
        return {name: value for name, value in entries.items() if value is not _BROKEN}

    def _rows(self, kind: type[Section], node: Node, path: Path) -> Any:  # noqa: ANN401  # rows, or broken
        if node.value is None:
            return None
        if not isinstance(node.value, list):
            self._report(node, path, "a list is expected here", "Begin each entry with `- `")
            return _BROKEN
        rows = [self.section(kind, below, (*path, i)) for i, below in enumerate(node.value)]
        return tuple(row for row in rows if row is not None)

    def _leaf(self, kind: Any, node: Node, path: Path) -> Any:  # noqa: ANN401  # whatever the field's type is
        try:
            value = msgspec.convert(node.plain(), kind, strict=False)
        except msgspec.ValidationError as error:
            text = str(error)
            inside = _IN_LIST.search(text)
            if inside:
                step = int(inside[1])
                node, path = node.find((step,)), (*path, step)
            self._report(node, path, *_explain(_IN_LIST.sub("", text), kind, node))
            return _BROKEN
        if isinstance(value, float | Decimal) and not math.isfinite(value):
            self._report(node, path, "a finite number is expected here")
            return _BROKEN
        if isinstance(value, int) and abs(value) > LARGEST:
            self._report(node, path, f"larger than {LARGEST}")
            return _BROKEN
        return value

    def _unknown(self, node: Node, path: Path, known: set[str]) -> None:
        assert isinstance(node.value, dict)  # noqa: S101  # the caller looked
        for name, below in node.value.items():
            if name in known:
                continue
            if name.lower() in _SECRETS:
                what = "a secret must not stand in the file"
                fix = "Name where it is instead: `api_key_env: NAME` or `api_key_file: PATH`"
                if "api_key_env" not in known:
                    fix = "Providers and deployments name theirs: `api_key_env: NAME`"
            else:
                what, fix = "there is no such field", suggestion(name, known)
            self._report(below, (*path, name), what, fix)

    def _report(self, node: Node, path: Path, what: str, fix: str = "") -> None:
        self.problems.append(Problem(self.file, node.line, node.column, dotted(path), what, fix))


_BROKEN: Any = object()


def _or_broken(value: Section | None) -> Any:  # noqa: ANN401  # a section, or broken
    return _BROKEN if value is None else value


def _place(node: Node) -> tuple[int, int]:
    return node.line, node.column


def _without_none(kind: Any) -> Any:  # noqa: ANN401  # types are values here
    """Return `X` for `X | None`, and anything else as it is."""
    if get_origin(kind) in (Union, types.UnionType):
        rest = [argument for argument in get_args(kind) if argument is not type(None)]
        return rest[0] if len(rest) == 1 else kind
    return kind


def _is_group(kind: Any) -> bool:  # noqa: ANN401  # types are values here
    """Tell whether the field holds fields or entries, which may be left empty in the file."""
    inner = _without_none(kind)
    if isinstance(inner, type) and issubclass(inner, Section):
        return True
    return get_origin(inner) in (dict, tuple)


def _choices(kind: Any) -> list[str]:  # noqa: ANN401  # types are values here
    """Return the words a field may hold, if they are a closed set."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return [str(member.value) for member in kind]
    if get_origin(kind) is Literal:
        return [str(word) for word in get_args(kind)]
    arguments = get_args(kind)[:1] if get_origin(kind) is Annotated else get_args(kind)
    return [word for argument in arguments for word in _choices(argument)]


def _like(kind: Any) -> str:  # noqa: ANN401  # types are values here
    """Return how a string is written that has a form of its own, by the example at its type."""
    found = [
        example for one in get_args(kind) if isinstance(one, msgspec.Meta) for example in one.examples or ()
    ]
    return f"Write it like `{found[0]}`" if found else ""


def _explain(text: str, kind: Any, node: Node) -> tuple[str, str]:  # noqa: ANN401  # types are values here
    """Say msgspec's complaint in the words of the file: (what, fix)."""
    choices = _choices(kind)
    if text.startswith("Invalid enum value"):
        return f"must be one of {', '.join(choices)}", suggestion(str(node.value), choices)
    if text == "Invalid RFC3339 encoded date":
        return "a date is expected here", "Write it as `2027-06-30`"
    if text == "Invalid decimal string":
        return "a number is expected here", ""
    expected = re.fullmatch(r"Expected `([^`]+)`(?:, got `(\w+)`| ((?:of length )?[<>]=? .*))", text)
    if not expected:
        return ("is not written as it must be", _like(kind)) if "matching regex" in text else (text, "")
    words = [_EXPECTED.get(word, word) for word in expected[1].split(" | ") if word != "null"]
    what = f"{' or '.join(dict.fromkeys(words))}{f' {expected[3]}' if expected[3] else ''} is expected here"
    if "array" in expected[1] and expected[2] == "str":
        return what, f"Write `[{node.value}]`" if choices else "Write it in brackets, or one `- ` a line"
    return what, "Write `true` or `false`" if "bool" in expected[1] else ""
