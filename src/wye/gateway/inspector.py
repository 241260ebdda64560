"""The process that looks into requests and answers: the rules hold the interpreter's lock, and may hang.

It is told by the gateway over a socket what to look for, then body after body, and says which kinds it found.
What it saw before it knows again by a keyed hash: of a conversation that grows only what is new is looked at.
No text is kept. It ends with its socket.
"""

import gc
import hashlib
import os
import re
import secrets
import signal
import socket
import sys
import time
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import BinaryIO, TypeVar

import msgspec

from wye.gateway.streamtext import Spoken, said
from wye.policy.detectors import Detector, Dictionary, Finding
from wye.policy.detectors.finding import resolve
from wye.policy.leaves import Leaf, Step, in_numbers, leaves

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
_SHORT = 64
_DIGIT = re.compile(r"\d")
LENGTH = 4
"""Bytes of a frame's length."""
READY = 0
"""The number of the first answer: the process looks from now on."""


class Order(msgspec.Struct, frozen=True, array_like=True):
    """What the process begins with."""

    terms: tuple[str, ...] = ()


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


class Inspector:
    """Looks, and remembers by hash what it looked at."""

    def __init__(self, terms: Iterable[str]) -> None:
        self._detector = Detector(Dictionary(terms))
        self._key = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, frozenset[str]] = OrderedDict()
        self._where: OrderedDict[bytes, tuple[Finding, ...]] = OrderedDict()
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
                asked = msgspec.msgpack.decode(ask.content, type=list[str])
                return Told(ask.number, found=tuple(self._places(text, ask.deadline) for text in asked))
            return self._stream(ask)
        except LateError:
            return Told(ask.number, trouble="late")
        except Exception as error:  # noqa: BLE001  # whatever a rule does, the labels are raised, and it is told
            return Told(ask.number, trouble=f"failed ({type(error).__name__})")

    def _body(self, ask: Ask, found: list[Leaf]) -> Told:
        kinds: set[str] = set()
        for text in texts(found):
            kinds |= self.kinds(text, ask.deadline)
        return Told(ask.number, tuple(sorted(kinds)), any(leaf.media for leaf in found))

    def _places(self, text: str, deadline: float) -> tuple[Finding, ...]:
        """Return what stands where in `text`; what two pieces have in common is one. Raises `LateError`."""
        mark = self._mark(text)
        known = self._where.get(mark)
        if known is None:
            found: list[Finding] = []
            for number, piece in enumerate(pieces(text)):
                if time.monotonic() >= deadline:
                    raise LateError
                at = number * (PIECE - OVERLAP)
                found += [
                    msgspec.structs.replace(one, start=one.start + at, end=one.end + at)
                    for one in self._detector.find(piece)
                ]
            known = self._where[mark] = tuple(resolve(found))
            if len(self._where) > MOST_PLACED:
                self._where.popitem(last=False)
        else:
            self._where.move_to_end(mark)
        return known

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
        """Return the kinds of what `text` holds. Raises `LateError`."""
        mark = self._mark(text)
        known = self._known.get(mark)
        if known is None:
            found: set[str] = set()
            for piece in pieces(text):
                if time.monotonic() >= deadline:
                    raise LateError
                found |= self._found(piece)
            known = self._known[mark] = frozenset(found)
            if len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(mark)
        return known

    def _found(self, text: str) -> set[str]:
        return {found.kind for found in self._detector.find(text)}


def texts(found: Iterable[Leaf]) -> Iterator[str]:
    """Yield what is to be looked at. A short text with digits has its member's name before it: `ssn: 219`."""
    for path, text, media in found:
        if media and text.startswith("data:") and not text.startswith("data:text/"):
            continue
        if len(text) <= _SHORT and _DIGIT.search(text) and path[-1] is not Step.NAME:
            name = next((step for step in reversed(path) if isinstance(step, str)), "")
            yield f"{name}: {text}"
        elif not media or len(text) <= PIECE:
            yield text


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
    os.nice(NICENESS)
    with socket.socket(fileno=int(sys.argv[1])) as channel, channel.makefile("rb") as reader:
        order = _next(reader, Order)
        if order is None:
            return
        inspector = Inspector(order.terms)
        inspector.kinds("Jane Doe, 555-123-4567", time.monotonic() + 60.0)  # reads the tables
        gc.freeze()
        channel.sendall(framed(Told(READY)))
        while (ask := _next(reader, Ask)) is not None:
            told = inspector.answer(ask)
            if told is not None:
                channel.sendall(framed(told))


if __name__ == "__main__":
    main()
