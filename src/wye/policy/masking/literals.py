"""The strings of a JSON text: find them, and change some while every other byte stays."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

_LITERAL = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_STRING = msgspec.json.Decoder(str)
_ANY = msgspec.json.Decoder()


def decoded(text: bytes) -> Any:  # noqa: ANN401  # any JSON
    """Return what a JSON text means. Raises `ValueError`, also for one nested too deep."""
    try:
        return _ANY.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(text)  # takes half a surrogate pair, which some upstreams send
    except RecursionError:
        message = "nested too deep"
        raise ValueError(message) from None


def encoded(value: Any) -> bytes:  # noqa: ANN401  # any JSON
    """Return `value` as JSON."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:  # half a surrogate pair
        return json.dumps(value, separators=(",", ":")).encode()


def spans(text: bytes) -> list[tuple[int, int]]:
    """Return where strings stand, quotes included, members' names among them."""
    return [match.span() for match in _LITERAL.finditer(text)]


def string(literal: bytes) -> str:
    """Return what a literal means. Raises `ValueError`."""
    try:
        return _STRING.decode(literal)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return str(json.loads(literal))


def spliced(text: bytes, new: Mapping[tuple[int, int], str]) -> bytes:
    """Return `text` with other strings at some `spans`, which come in order."""
    pieces: list[bytes] = []
    at = 0
    for (start, end), value in new.items():
        pieces += text[at:start], encoded(value)
        at = end
    return b"".join((*pieces, text[at:]))


def holders(value: Any) -> Iterator[tuple[int, str | int] | None]:  # noqa: ANN401  # any JSON
    """Yield for each of the `spans` the value's holder, by `id()`, and its place there; None = a name."""
    if isinstance(value, dict):
        for name, below in value.items():
            yield None
            if isinstance(below, str):
                yield id(value), name
            elif isinstance(below, dict | list):
                yield from holders(below)
    elif isinstance(value, list):
        for at, below in enumerate(value):
            if isinstance(below, str):
                yield id(value), at
            elif isinstance(below, dict | list):
                yield from holders(below)
