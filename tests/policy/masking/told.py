"""Streams with tokens in them: made of streams without, cut where a test says."""

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

from wye.policy.leaves import UNREAD
from wye.policy.masking.said import SPEECH, Key, Said
from wye.protocols.wire import sse

UNSAID = UNREAD | {"data"}
"""Members of which nothing is restored."""
Words = Callable[[str], str]


def texts(protocol: str, stream: bytes) -> dict[Key, str]:
    """What a stream says, text by text."""
    found: dict[Key, str] = {}
    for event in events(stream):
        for one in SPEECH[protocol].said(event):
            found[one.key] = found.get(one.key, "") + one.text
    return found


def events(stream: bytes) -> Iterator[Any]:
    """The events that are JSON objects."""
    for piece in sse.split_events(stream):
        data = sse.data_of(piece)
        if data.startswith(b"{"):
            yield json.loads(data)


def rest(protocol: str, stream: bytes) -> list[Any]:
    """What a stream says but for its texts, and the numbers of its events."""
    found: list[Any] = []
    for event in events(stream):
        for one in SPEECH[protocol].said(event):
            one.holder[one.member] = ""
        event.pop("sequence_number", None)
        found.append(event)
    return found


def masked(protocol: str, stream: bytes, words: Words, cuts: Callable[[str], list[int]]) -> bytes:
    """`stream` with `words` done to all its strings but ids and the like.

    Of each text the pieces go from cut to cut. A text has as many pieces as it has events; cuts that do not
    fit into them are left out.
    """
    whole = {key: words(text) for key, text in texts(protocol, stream).items()}
    count: dict[Key, int] = {}
    for event in events(stream):
        for one in SPEECH[protocol].said(event):
            count[one.key] = count.get(one.key, 0) + 1
    pieces = {key: _pieces(text, cuts(text)[: count[key] - 1], count[key]) for key, text in whole.items()}
    out: list[bytes] = []
    for piece in sse.split_events(stream):
        data = sse.data_of(piece)
        if not data.startswith(b"{"):
            out.append(piece)
            continue
        event = json.loads(data)
        said = SPEECH[protocol].said(event)
        held = [(one, pieces[one.key].pop(0)) for one in said]
        event = _each(event, words)
        for one, text in held:
            _put(event, one, text)
        out.append(piece.replace(data, json.dumps(event, ensure_ascii=False).encode()))
    return b"".join(out)


def _pieces(text: str, cuts: list[int], count: int) -> list[str]:
    edges = [0, *cuts, len(text)]
    found = [text[a:b] for a, b in itertools.pairwise(edges)]
    return found + [""] * (count - len(found))


def _put(event: Any, said: Said, text: str) -> None:
    for step in said.path[:-1]:
        event = event[step]
    event[said.member] = text


def _each(value: Any, words: Words) -> Any:
    if isinstance(value, str):
        return words(value)
    if isinstance(value, list):
        return [_each(one, words) for one in value]
    if isinstance(value, dict):
        return {name: one if name in UNSAID else _each(one, words) for name, one in value.items()}
    return value


def split(stream: bytes, size: int) -> Iterator[bytes]:
    """Transport chunks of `size` bytes."""
    for at in range(0, len(stream), size):
        yield stream[at : at + size]
