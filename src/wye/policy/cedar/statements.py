"""Cedar text, a statement at a time, so that what is wrong can be told by file and line."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

import cedarpy
import msgspec

_PIECES = re.compile(r'//[^\n]*|"(?:\\.|[^"\\])*"|;|[^;"/]+|[/"]')
_COMMENT = "//"
_ACTION = re.compile(r' for Action::"\w+"')


class PolicyTextError(ValueError):
    """A policy cannot be used. The message names file and line."""


class Statement(msgspec.Struct, frozen=True):
    """One `permit` or `forbid`, with where it stands."""

    text: str
    source: str
    """A file, `set hipaa`, or `labels`."""
    line: int
    """Where it begins, from 1."""
    name: str
    """Its `@id`; without one, its place."""
    reason: str = ""
    """Its `@reason`: why it refuses, with `{lane}`, `{processor}`, `{region}` of whom it refuses."""

    @property
    def place(self) -> str:
        """`hospital.cedar:12`."""
        return f"{self.source}:{self.line}"


def split(text: str, source: str) -> list[Statement]:
    """Return the statements in `text`. Raises `PolicyTextError` for one that is no Cedar."""
    return [_read(piece, source, line) for piece, line in _pieces(text, source)]


def _pieces(text: str, source: str) -> Iterator[tuple[str, int]]:
    """Yield each statement's text, with its line, without the comments before it."""
    line, begun, held = 1, 0, ""
    for match in _PIECES.finditer(text):
        piece = match.group()
        comment = piece.startswith(_COMMENT)
        if not begun and piece.strip() and not comment:
            begun = line + piece[: len(piece) - len(piece.lstrip())].count("\n")
        if begun:
            held += piece
        line += piece.count("\n")
        if piece == ";":
            yield held.strip(), begun
            begun, held = 0, ""
    if held.strip():
        message = f"{source}:{begun}: the statement does not end: it needs a `;`"
        raise PolicyTextError(message)


def _read(text: str, source: str, line: int) -> Statement:
    try:
        parsed = msgspec.json.decode(cedarpy.policies_to_json_str(text))["staticPolicies"]
    except ValueError as error:
        message = f"{source}:{line}: {error}"
        raise PolicyTextError(message) from None
    if len(parsed) != 1:
        message = f"{source}:{line}: templates (`?principal`) are not used here: name who is meant"
        raise PolicyTextError(message)
    [only] = parsed.values()
    told = only.get("annotations", {})
    return Statement(text, source, line, told.get("id") or f"{source}:{line}", told.get("reason") or "")


def parsed(statement: Statement) -> dict[str, Any]:
    """Return a statement in Cedar's JSON."""
    content = msgspec.json.decode(cedarpy.policies_to_json_str(statement.text))
    [policy] = content["staticPolicies"].values()
    return dict(policy)


def policies(statements: Iterable[Statement]) -> cedarpy.PolicySet:
    """Return the engine's handle; its policies are named `policy0`, `policy1`, ... in this order."""
    return cedarpy.PolicySet.from_str("\n".join(statement.text for statement in statements))


def problems(statements: Iterable[Statement], schema: str) -> list[str]:
    """Return what does not fit the schema, with file and line; empty = all is well."""
    found = []
    names: dict[str, Statement] = {}
    for statement in statements:
        first = names.setdefault(statement.name, statement)
        if first is not statement:
            found.append(f"{statement.place}: `{statement.name}` is the name of {first.place} as well")
        wrong = cedarpy.validate_policies(statement.text, schema).errors
        # The engine tells each occurrence, for each action, in no order.
        found += sorted({f"{statement.place}: {_plain(error.error)}" for error in wrong})
    return found


def _plain(message: str) -> str:
    """Drop the name that the engine made up for the only policy it was shown, and which action it tried."""
    return _ACTION.sub("", message.removeprefix("for policy `policy0`, "))
