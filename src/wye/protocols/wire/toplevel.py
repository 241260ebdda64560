"""Find and change the top-level members of a JSON object without re-encoding it.

Works on bytes that a strict parser has already accepted; what it does not touch stays byte for
byte as it came, order and white space included.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from wye.core.errors import BadRequestError

_WS = re.compile(rb"[ \t\r\n]*+")
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_SCALAR = re.compile(rb"[^,}\]\s]++")
_LONGEST_NAME = 256
"""Characters: a model's name is written into records and logs."""
_NESTED = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]]', re.DOTALL)


class Member(NamedTuple):
    """A top-level member: its decoded key and where its value stands in the body."""

    key: str
    start: int
    end: int


def members(body: bytes) -> list[Member]:
    """List the members of the object in `body`, in order, duplicates included.

    Raises `ValueError` when `body` is not an object (it was not validated).
    """
    found: list[Member] = []
    at = _after(_WS, body, 0)
    if body[at : at + 1] != b"{":
        message = "not a JSON object"
        raise ValueError(message)
    at = _after(_WS, body, at + 1)
    while body[at : at + 1] == b'"':
        key_end = _after(_STRING, body, at)
        key = msgspec.json.decode(body[at:key_end], type=str)
        start = _after(_WS, body, _after(_WS, body, key_end) + 1)
        end = _value_end(body, start)
        found.append(Member(key, start, end))
        at = _after(_WS, body, end)
        if body[at : at + 1] != b",":
            break
        at = _after(_WS, body, at + 1)
    return found


def _after(pattern: re.Pattern[bytes], body: bytes, at: int) -> int:
    match = pattern.match(body, at)
    if match is None:
        message = f"not JSON at byte {at}"
        raise ValueError(message)
    return match.end()


def _value_end(body: bytes, start: int) -> int:
    first = body[start : start + 1]
    if first == b'"':
        return _after(_STRING, body, start)
    if first not in (b"{", b"["):
        return _after(_SCALAR, body, start)
    depth = 0
    for token in _NESTED.finditer(body, start):
        kind = body[token.start()]
        if kind in b"{[":
            depth += 1
        elif kind in b"}]":
            depth -= 1
            if depth == 0:
                return token.end()
    message = "unterminated JSON value"
    raise ValueError(message)


_MODEL = b'"model"'
_MODEL_VALUE = re.compile(rb'[ \t\r\n]*+:[ \t\r\n]*+("[^"\\]*+(?:\\.[^"\\]*+)*+")', re.DOTALL)


def model_span(body: bytes) -> tuple[int, int] | None:
    r"""Locate the value of the one top-level `model`, or None when that takes a full scan.

    A quote inside a JSON string is escaped, so the bytes `"model"` are always a whole string token.
    If they stand there once, and no key can be spelling them with `\u006d...` escapes, then they
    are the key that the typed decoder read.
    """
    at = body.find(_MODEL) + len(_MODEL)
    # `in` takes bytes for a number first, and raises
    if at < len(_MODEL) or body.find(_MODEL, at) >= 0 or body.find(b"\\u006") >= 0:
        return None
    match = _MODEL_VALUE.match(body, at)
    return None if match is None else match.span(1)


def insert_first(body: bytes, member: bytes) -> bytes:
    """Put `member` (`"key":value`) in front of an object's members."""
    at = body.index(b"{") + 1
    comma = b"" if body.startswith(b"}", _after(_WS, body, at)) else b","
    return b"".join((body[:at], member, comma, body[at:]))


def change(body: bytes, key: str, value: Callable[[bytes], bytes]) -> bytes:
    """Give the member `key` of an object the value `value(old)`; an absent one's old value is `null`.

    If it stands there more than once, each is changed: an upstream may read any of them.
    """
    name = b'"' + key.encode() + b'"'
    pieces: list[bytes] = []
    at = 0
    # Seldom is the name there at all, or an escape that might spell it: then nobody needs to look.
    for member in members(body) if name in body or b"\\u00" in body else ():
        if member.key == key:
            pieces += body[at : member.start], value(body[member.start : member.end])
            at = member.end
    if pieces:
        return b"".join((*pieces, body[at:]))
    return insert_first(body, name + b":" + value(b"null"))


def find_model(body: bytes) -> tuple[int, int]:
    """Locate the value of the top-level `model`.

    Raises `BadRequestError` if it stands there twice: the upstream might read the other one.
    """
    span = model_span(body)
    if span is None:
        found = [member for member in members(body) if member.key == "model"]
        if len(found) != 1:
            message = "`model` stands there more than once"
            raise BadRequestError(message, param="model")
        span = found[0].start, found[0].end
    return span


def model_in(body: bytes) -> str:
    """Return the model that a body names which is no request; empty = it cannot be told."""
    try:
        named = next((one for one in members(body) if one.key == "model"), None)
        told = None if named is None else msgspec.json.decode(body[named.start : named.end], type=str)
    except (ValueError, RecursionError):
        return ""
    return (told or "")[:_LONGEST_NAME]


def replace(body: bytes, span: tuple[int, int], value: str) -> bytes:
    """Put the string `value` in place of what `span` holds."""
    return b"".join((body[: span[0]], msgspec.json.encode(value), body[span[1] :]))


def refuse_duplicates(body: bytes, fields: frozenset[str]) -> None:
    """Raise `BadRequestError` if one of `fields` stands at the top level twice, or in capitals.

    Some parsers (Go's) take `Max_Tokens` for `max_tokens`.
    """
    seen: set[str] = set()
    for member in members(body):
        field = member.key.casefold()
        if field in fields and (field in seen or field != member.key):
            how = "more than once" if field in seen else "in other letters"
            message = f"`{field}` stands there {how}"
            raise BadRequestError(message, param=field)
        seen.add(field)
