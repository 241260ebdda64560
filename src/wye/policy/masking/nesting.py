"""How deep in JSON a place of a text stands, while the text arrives.

Tool arguments are JSON inside a string; a value may hold JSON again. What is put into such a place has to be
escaped as often as it will be unescaped. A text is taken for JSON where it begins like an object or an array,
or a fence of Markdown holds it; `[PERSON_x] said` begins like neither.
"""

import json
from typing import Literal

_AFTER = {"{": '"}', "[": '"{[]'}
"""What follows the first character of JSON that holds anything, blanks apart."""
_BLANK = " \t\r\n"
_FENCE = "```"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_HEX = 4
MAX_DEPTH = 8
"""Of JSON in strings of JSON; below, all is text."""


def escaped(value: str, depth: int) -> str:
    """Return `value` as it stands inside of `depth` strings."""
    for _ in range(depth):
        value = json.dumps(value, ensure_ascii=False)[1:-1]
    return value


class Nesting:
    """Where the end of a text stands."""

    __slots__ = ("_child", "_code", "_first", "_left", "_line", "_mode", "_text")

    def __init__(self, left: int = MAX_DEPTH, *, is_json: bool = False) -> None:
        """`is_json`: it is, however it begins."""
        self._left = left
        self._mode: Literal["unknown", "text", "json"] = "json" if is_json else "unknown" if left else "text"
        self._first = ""
        """The first character that is no blank."""
        self._text = False
        """Of JSON: inside of a string."""
        self._code = ""
        """Of such a string: an escape that is not whole yet, with its backslash."""
        self._line = ""
        """Of text: the line so far, as much as tells a fence."""
        self._child: Nesting | None = None
        """What stands in the string, or in the fence."""

    @property
    def depth(self) -> int:
        """How many strings of JSON the end stands in."""
        below = 0 if self._child is None else self._child.depth
        return below + (1 if self._text else 0)

    def feed(self, text: str) -> None:
        """Take more of the text."""
        for char in text:
            self._take(char)

    def _take(self, char: str) -> None:
        if self._mode == "unknown":
            self._begin(char)
        if self._mode == "json":
            self._in_json(char)
        elif self._mode == "text":
            self._in_text(char)

    def _begin(self, char: str) -> None:
        if char in _BLANK:
            return
        if self._first:
            self._mode = "json" if char in _AFTER[self._first] else "text"
        elif char in _AFTER:
            self._first = char
        else:
            self._mode = "text"

    def _in_json(self, char: str) -> None:
        if not self._text:
            if char == '"':
                self._text, self._child = True, Nesting(self._left - 1)
            return
        assert self._child is not None  # noqa: S101  # a string has one
        if self._code:
            self._code += char
            meant = _meant(self._code)
            if meant is not None:
                self._child.feed(meant)
                self._code = ""
        elif char == "\\":
            self._code = char
        elif char == '"':
            self._text, self._child = False, None
        else:
            self._child._take(char)  # noqa: SLF001  # one of its own kind

    def _in_text(self, char: str) -> None:
        if self._child is not None:
            self._child._take(char)  # noqa: SLF001  # as above
        if char != "\n":
            if len(self._line) < len(_FENCE):
                self._line = (self._line + char).lstrip(" ")
            return
        if self._line == _FENCE:
            self._child = None if self._child is not None or not self._left else Nesting(self._left)
        self._line = ""


def _meant(code: str) -> str | None:
    """Return the character that an escape means; None = it is not whole."""
    if code[1] != "u":
        return _ESCAPES.get(code[1], code[1])
    if len(code) < _HEX + 2:
        return None
    try:
        return chr(int(code[2:], 16))  # noqa: FURB166  # no prefix: a `u`
    except ValueError:
        return ""
