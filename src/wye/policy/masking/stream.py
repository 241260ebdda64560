"""A streamed answer with the values in place of the tokens, as the bytes arrive.

Works on an upstream's own bytes, in front of everything that reads them. Events are cut, and those that say
nothing that matters pass as they are; of the others the strings are changed, and no other byte. Text that may
be the beginning of a token waits for the next piece of the same text. Where none comes, an event is put in
that says it.
"""

import re
from typing import NamedTuple

from wye.policy.masking.answer import restored
from wye.policy.masking.literals import decoded, encoded, holders, spans, spliced
from wye.policy.masking.restore import Piece, Restoration
from wye.policy.masking.said import SPEECH, Event, Key, Said, alone
from wye.protocols.gemini.framing import ARRAY, EVENTS
from wye.protocols.wire import sse

MAX_TEXTS = 10_000
"""In one answer, that go on from event to event."""
_ARRAYS = "gemini_array"
_NUMBER = re.compile(rb'(?<!\\)"sequence_number"\s*:\s*(\d+)')
"""OpenAI's Responses number their events."""


class _Held(NamedTuple):
    """The event of which some text is held."""

    piece: bytes
    """As it came."""
    event: Event
    said: Said


class Filter:
    """Restores one streamed answer."""

    def __init__(self, protocol: str, restoration: Restoration) -> None:
        """`protocol`: the upstream's. Raises `KeyError` for one that is not known here."""
        self._speech = SPEECH[protocol]
        self._restoration = restoration
        self._framing = ARRAY if protocol == _ARRAYS else EVENTS
        self._cutter = self._framing.cutter()
        self._texts: dict[Key, Piece] = {}
        self._held: dict[Key, _Held] = {}
        self._put_in = 0
        """Events that the upstream did not send."""
        self._number = -1
        """Of the event before."""

    def feed(self, chunk: bytes) -> bytes:
        """Take the upstream's bytes; return those that are certain (may be empty).

        Raises `ValueError` for an event beyond the size limit, or too many texts.
        """
        whole_ones = self._cutter.feed(chunk)
        return self._pass(whole_ones) if whole_ones else b""

    def finish(self) -> bytes:
        """The upstream ended: return what is left."""
        rest = self._cutter.rest()
        return (self._pass(rest) if rest else b"") + self.held()

    def held(self) -> bytes:
        """Let go of what may be the beginning of a token, and is not: nothing more comes."""
        return b"".join([self._let_go(key) for key in list(self._held)])

    def _pass(self, events: bytes) -> bytes:
        return b"".join([self._one(piece, data) for piece, data in self._framing.pieces(events)])

    def _one(self, piece: bytes, data: bytes) -> bytes:
        """Return an event with the values in it, and what has to go before it."""
        if not data:
            return self.held() + piece if piece.strip() in (b"]", b",]") else piece
        try:
            event = decoded(data)
        except ValueError:
            return self.held() + piece
        if not isinstance(event, dict):
            before, new = self.held(), data
        else:
            said = self._speech.said(event)
            over = [key for key in self._held if self._speech.over(event, key, said)]
            before = b"".join(map(self._let_go, over))
            new = self._data(data, event, said, piece)
        if isinstance(event, dict) and "sequence_number" in event:
            new = self._numbered(new)
        return before + (piece if new is data else _framed(piece, data, new))

    def _data(self, data: bytes, event: Event, said: list[Said], piece: bytes) -> bytes:
        """Return an event's JSON with the values; note what is held of it."""
        changed: list[tuple[Said, str]] = []
        for one in said:
            text = self._texts.get(one.key) or self._begin(one)
            new = text.feed(one.text, last=one.last)
            if text.held:
                self._held[one.key] = _Held(piece, event, one)
            else:
                self._held.pop(one.key, None)
            if new != one.text:
                changed.append((one, new))
        if changed:
            data = _changed(data, event, changed)
        return restored(data, self._restoration)

    def _begin(self, said: Said) -> Piece:
        if len(self._texts) >= MAX_TEXTS:
            message = f"the upstream's answer has more than {MAX_TEXTS} parts"
            raise ValueError(message)
        text = self._texts[said.key] = self._restoration.piece(is_json=said.is_json)
        return text

    def _let_go(self, key: Key) -> bytes:
        """Return an event that says what is held of a text."""
        held = self._held.pop(key)
        event = alone(held.event, held.said, self._texts[key].feed("", last=True))
        self._put_in += 1
        if "sequence_number" in event:
            self._number += 1
            event["sequence_number"] = self._number
        if self._framing is ARRAY:
            return ARRAY.chunk(encoded(event), first=False)
        return _framed(held.piece, sse.data_of(held.piece), encoded(event))

    def _numbered(self, data: bytes) -> bytes:
        """Return an event's JSON with its number, which is another one after an event that was put in."""
        found = _NUMBER.search(data)
        if found is None:
            return data
        self._number = int(found[1]) + self._put_in
        if not self._put_in:
            return data
        return b"%b%d%b" % (data[: found.start(1)], self._number, data[found.end(1) :])


def _changed(data: bytes, event: Event, changed: list[tuple[Said, str]]) -> bytes:
    """Return an event's JSON with other texts."""
    places = {(id(one.holder), one.member): text for one, text in changed}
    found = spans(data)
    stand = list(holders(event))
    if len(found) == len(stand):
        return spliced(
            data,
            {span: places[place] for span, place in zip(found, stand, strict=True) if place in places},
        )
    for one, text in changed:  # some member stands there twice: the last one counts, as for any decoder
        one.holder[one.member] = text
    return encoded(event)


def _framed(piece: bytes, data: bytes, new: bytes) -> bytes:
    """Return an event as it came, with other data."""
    if data in piece:
        return piece.replace(data, new, 1)
    new = new.replace(b"\n", b" ")  # between its members: there were several lines of it
    lines = [line for line in re.split(rb"\r\n|\n|\r", piece) if line and not line.startswith(b"data:")]
    return b"".join(line + b"\n" for line in lines) + b"data: " + new + b"\n\n"
