"""The process that looks into requests and answers: the rules hold the interpreter's lock, and may hang.

It is told by the gateway over a socket what to look for, then body after body, and says which kinds it found.
What it saw before it knows again by a keyed hash: of a conversation that grows only what is new is looked at.
No text is kept. It ends with its socket.
"""

import gc
import hashlib
import os
import secrets
import signal
import socket
import sys
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple, TypeVar

import msgspec

from wye.gateway.streamtext import Spoken, said
from wye.policy.detectors import Detector, Dictionary, Finding
from wye.policy.detectors.cascade import Entities
from wye.policy.detectors.entities import model
from wye.policy.detectors.finding import resolve
from wye.policy.joined import Joined, across, joined
from wye.policy.leaves import Leaf, asked, in_numbers, leaves
from wye.policy.wrapped import long_runs

T = TypeVar("T")
NICENESS = 5
MOST_KNOWN = 100_000
"""Texts known again: 16 bytes and a small set each, 20 MB at most."""
MOST_PLACED = 10_000
"""Texts of which it is known what stands where: places and kinds, no text."""
MOST_STREAMS = 4_096
PIECE = 8_192
"""Characters looked at in one go: between two pieces the clock is looked at."""
OVERLAP = 256
"""Characters of a piece that the next one begins with, so that nothing is cut in two."""
ENCODED = "encoded"
"""In place of a kind: something encoded that nobody can read."""
MOST_WRAPPED = 3
"""How often what was decoded is decoded again; what is encoded deeper is not read."""
LENGTH = 4
"""Bytes of a frame's length."""
READY = 0
"""The number of the first answer: the process looks from now on."""


class Order(msgspec.Struct, frozen=True, array_like=True):
    """What the process begins with."""

    terms: tuple[str, ...] = ()
    full: bool = False
    """Names, places and streets by the model as well."""


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """One thing to do."""

    number: int
    """The answer bears it; a stream's pieces bear their stream's."""
    what: str
    """`body`: a request; `answer`: a whole answer; `find`: texts, of which places are told;
    `more`: a piece of a stream, which is not answered;
    `end`: its last one."""
    content: bytes
    deadline: float = 0.0
    """`time.monotonic()`, which all processes share."""
    begins: bool = False
    """It is a stream's first piece."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """What was found."""

    number: int
    kinds: tuple[str, ...] = ()
    media: bool = False
    trouble: str = ""
    """Why it was not looked at, or not all of it; empty = it was."""
    found: tuple[tuple[Finding, ...], ...] = ()
    """Of `find`: what stands where, text by text."""


def framed(message: msgspec.Struct) -> bytes:
    """Return a message as it crosses the socket: its length, then MessagePack."""
    content = msgspec.msgpack.encode(message)
    return len(content).to_bytes(LENGTH, "big") + content


class LateError(Exception):
    """The time is over."""


class _Placed(NamedTuple):
    """What stands where in a text."""

    found: tuple[Finding, ...]
    wrapped: bool
    """Something is encoded in it that nobody can read, or in which something was found."""


class Inspector:
    """Looks, and remembers by hash what it looked at."""

    def __init__(self, terms: Iterable[str], entities: Entities | None = None) -> None:
        """`entities`: the second stage; None = rules alone."""
        self._detector = Detector(Dictionary(terms), entities)
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, frozenset[str]] = OrderedDict()
        self._where: OrderedDict[bytes, _Placed] = OrderedDict()
        self._streams: OrderedDict[int, Spoken] = OrderedDict()

    def answer(self, ask: Ask) -> Told | None:
        """Do what is asked; a piece of a stream has no answer. Raises nothing."""
        try:
            if ask.what == "body":
                told = self._body(ask, leaves(ask.content))
                return msgspec.structs.replace(told, media=True) if in_numbers(ask.content) else told
            if ask.what == "answer":
                return self._body(ask, list(said(ask.content)))
            if ask.what == "find":
                texts = msgspec.msgpack.decode(ask.content, type=list[str])
                return self._find(ask, texts)
            return self._stream(ask)
        except LateError:
            return Told(ask.number, trouble="late")
        except Exception as error:  # noqa: BLE001  # whatever a rule does, the labels are raised, and it is told
            return Told(ask.number, trouble=f"failed ({type(error).__name__})")

    def _body(self, ask: Ask, found: list[Leaf]) -> Told:
        kinds: set[str] = set()
        media = False
        for leaf in found:
            media = media or (leaf.media and not leaf.sealed)
            if leaf.media and (_is_binary(leaf.text) or len(leaf.text) > PIECE):
                continue
            new = self.kinds(asked(leaf)[1], ask.deadline)
            media = media or (ENCODED in new and not leaf.sealed)
            kinds |= new
        for one in joined(found):
            kinds |= self._across(one, ask.deadline)
        return Told(ask.number, tuple(sorted(kinds - {ENCODED})), media)

    def _across(self, one: Joined, deadline: float) -> frozenset[str]:
        """Return the kinds of what stands in more than one of some neighbours. Raises `LateError`."""
        mark = self._mark(f"{[piece.end for piece in one.pieces]} {one.text}")
        known = self._known.get(mark)
        if known is None:
            found = across(one, self._suspect(one.text, deadline))
            known = self._remember(mark, {finding.kind for _, finding in found})
        else:
            self._known.move_to_end(mark)
        return known

    def _find(self, ask: Ask, texts: list[str]) -> Told:
        """Tell what stands where; `media` where a text holds something encoded, which has no places."""
        placed = [self._places(text, ask.deadline) for text in texts]
        media = any(one.wrapped for one in placed)
        return Told(ask.number, media=media, found=tuple(one.found for one in placed))

    def _unwrapped(self, text: str, deadline: float, depth: int) -> set[str]:
        """Return the kinds of what is encoded in `text`. Raises `LateError`."""
        found: set[str] = set()
        for inner in long_runs(text):
            if inner is None or not depth:
                found.add(ENCODED)
            else:
                found |= self._read(inner, deadline) | self._unwrapped(inner, deadline, depth - 1)
        return found

    def _read(self, text: str, deadline: float) -> set[str]:
        found: set[str] = set()
        for piece in pieces(text):
            if time.monotonic() >= deadline:
                raise LateError
            found |= self._found(piece)
        return found

    def _places(self, text: str, deadline: float) -> _Placed:
        """Return what stands where in `text`, of one kind or of several. Raises `LateError`."""
        mark = self._mark(text)
        known = self._where.get(mark)
        if known is None:
            found = self._suspect(text, deadline)
            wrapped = bool(self._unwrapped(text, deadline, MOST_WRAPPED))
            known = self._where[mark] = _Placed(tuple(_by_kind(found)), wrapped)
            if len(self._where) > MOST_PLACED:
                self._where.popitem(last=False)
        else:
            self._where.move_to_end(mark)
        return known

    def _suspect(self, text: str, deadline: float) -> list[Finding]:
        """Return what is found piece by piece, placed in the whole. Raises `LateError`."""
        found: list[Finding] = []
        for number, piece in enumerate(pieces(text)):
            if time.monotonic() >= deadline:
                raise LateError
            at = number * (PIECE - OVERLAP)
            found += [
                msgspec.structs.replace(one, start=one.start + at, end=one.end + at)
                for one in self._detector.suspect(piece)
            ]
        return found

    def _mark(self, text: str) -> bytes:
        return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), key=self._key, digest_size=16).digest()

    def _stream(self, ask: Ask) -> Told | None:
        spoken = self._streams.pop(ask.number, None)
        if spoken is None:
            spoken = Spoken()
            spoken.trouble = "" if ask.begins else "failed (forgotten)"
        last = ask.what == "end"
        try:
            for text in spoken.feed(ask.content, last=last):
                spoken.kinds |= self._found(text)
        except Exception as error:  # noqa: BLE001  # as above; what comes later does not mend it
            spoken.trouble = f"failed ({type(error).__name__})"
        if last:
            return Told(ask.number, tuple(sorted(spoken.kinds)), trouble=spoken.trouble)
        self._streams[ask.number] = spoken
        if len(self._streams) > MOST_STREAMS:  # the gateway did not say that they ended
            self._streams.popitem(last=False)
        return None

    def kinds(self, text: str, deadline: float) -> frozenset[str]:
        """Return the kinds of what `text` holds, `ENCODED` among them. Raises `LateError`."""
        mark = self._mark(text)
        known = self._known.get(mark)
        if known is None:
            found = self._read(text, deadline) | self._unwrapped(text, deadline, MOST_WRAPPED)
            known = self._remember(mark, found)
        else:
            self._known.move_to_end(mark)
        return known

    def _remember(self, mark: bytes, kinds: set[str]) -> frozenset[str]:
        known = self._known[mark] = frozenset(kinds)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return known

    def _found(self, text: str) -> set[str]:
        return {found.kind for found in self._detector.suspect(text)}


def _by_kind(found: list[Finding]) -> list[Finding]:
    """Return `found` without what overlaps its own kind: two pieces have some of the text in common."""
    kinds: dict[str, list[Finding]] = {}
    for one in found:
        kinds.setdefault(one.kind, []).append(one)
    return sorted(one for some in kinds.values() for one in resolve(some))


def _is_binary(url: str) -> bool:
    return url.startswith("data:") and not url.startswith("data:text/")


def pieces(text: str) -> Iterator[str]:
    """Yield a long text piece by piece; each begins with the end of the one before."""
    start = 0
    while True:
        yield text[start : start + PIECE]
        start += PIECE - OVERLAP
        if start + OVERLAP >= len(text):
            return


def _next(reader: BinaryIO, kind: type[T]) -> T | None:
    """Return the next message; None = the gateway is gone."""
    head = reader.read(LENGTH)
    content = reader.read(int.from_bytes(head, "big"))
    return msgspec.msgpack.decode(content, type=kind) if len(head) == LENGTH and content else None


def main() -> None:
    """Serve one gateway."""
    # Ctrl-C and a service's SIGTERM go to the whole group; this process ends when the gateway has drained.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as channel, channel.makefile("rb") as reader:
        order = _next(reader, Order)
        if order is None:
            return
        inspector = Inspector(order.terms, model() if order.full else None)
        inspector.kinds("Jane Doe, 555-123-4567", time.monotonic() + 60.0)  # reads the tables
        gc.freeze()
        os.nice(NICENESS)  # not before: until this one looks, every label is raised
        channel.sendall(framed(Told(READY)))
        while (ask := _next(reader, Ask)) is not None:
            told = inspector.answer(ask)
            if told is not None:
                channel.sendall(framed(told))


if __name__ == "__main__":
    main()
