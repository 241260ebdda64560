"""Read a reply in the form that `prompt` asks for, as it arrives: text in pieces, calls whole."""

import re
from typing import NamedTuple

import msgspec

from wye.protocols.emulation.prompt import ANSWER, CALLS
from wye.protocols.wire.json_text import JsonText

MAX_CALL = 4 * 1024 * 1024
"""Characters of a call, which has to be held back until it is whole."""


class Said(NamedTuple):
    """More of the answer."""

    text: str


class Called(NamedTuple):
    """A call, whole."""

    name: str
    arguments: str
    """A JSON object, compact."""


class _Call(msgspec.Struct):
    name: str
    arguments: msgspec.Raw


class _Answer(msgspec.Struct):
    answer: msgspec.Raw


_CALL = msgspec.json.Decoder(_Call)
_ANSWER = msgspec.json.Decoder(_Answer)
_HEAD = re.compile(rf'\s*\{{\s*"({ANSWER}|{CALLS})"\s*:\s*(?=\S)')
_LONGEST_HEAD = 256
"""Characters: white space among them. What has no head by then is no reply of this form."""
_INSIDE, _OUTSIDE = re.compile(r'["\\]'), re.compile(r'["{}]')
"""What changes the state of who reads JSON, inside of a string and outside."""


class Reply:
    """One reply. What is not of the form is the answer itself: an engine may not have been held to it."""

    def __init__(self) -> None:
        self._read = self._head
        self._text = ""
        self._said = JsonText()
        self._at = 0
        self._depth = 0
        self._string = False
        self._seen: set[Called] = set()

    def feed(self, text: str) -> list[Said | Called]:
        """Take more of it."""
        self._text += text
        found: list[Said | Called] = []
        while self._read(found):
            pass
        return found

    def finish(self) -> list[Said | Called]:
        """Take it that nothing follows. A call that was cut off is none."""
        if self._read in (self._head, self._value) and self._text:
            rest, self._text = self._text, ""
            return [Said(_inner(rest) if self._read == self._value else rest)]
        return []

    def _head(self, found: list[Said | Called]) -> bool:  # noqa: ARG002  # a state's shape
        match = _HEAD.match(self._text)
        if match is None:
            if len(self._text) <= _LONGEST_HEAD and self._text.lstrip()[:1] in ("{", ""):
                return False
            self._read = self._plain
            return True
        kind, self._text = match[1], self._text[match.end() :]
        if kind == CALLS:
            self._read = self._calls
        elif self._text.startswith('"'):
            self._text = self._text[1:]
            self._read = self._string_piece
        else:
            self._read = self._value
        return True

    def _plain(self, found: list[Said | Called]) -> bool:
        if self._text:
            found.append(Said(self._text))
            self._text = ""
        return False

    def _string_piece(self, found: list[Said | Called]) -> bool:
        """Pass on what of the string is certain."""
        text, self._text = self._text, ""
        if said := self._said.feed(text):
            found.append(Said(said))
        if self._said.closed:
            self._read = self._nothing
        return False

    def _value(self, found: list[Said | Called]) -> bool:  # noqa: ARG002  # a state's shape
        """Hold an answer back that is JSON itself, until it ends."""
        return False

    def _nothing(self, found: list[Said | Called]) -> bool:  # noqa: ARG002  # a state's shape
        self._text = ""
        return False

    def _calls(self, found: list[Said | Called]) -> bool:
        """Find the objects of the list, each as soon as it is whole."""
        text, at, start = self._text, self._at, 0
        while match := (_INSIDE if self._string else _OUTSIDE).search(text, at):
            at = match.end()
            match match[0]:
                case "\\" if at == len(text):  # what it escapes is still to come
                    at -= 1
                    break
                case "\\":
                    at += 1
                case '"':
                    self._string = not self._string
                case "{":
                    start = start if self._depth else at - 1
                    self._depth += 1
                case _ if self._depth > 1:
                    self._depth -= 1
                case _ if self._depth == 1:
                    self._depth = 0
                    self._call(text[start:at], found)
                case _:  # the end of the reply
                    self._read, self._text = self._nothing, ""
                    return False
        else:
            at = len(text)
        kept = start if self._depth else at
        self._text, self._at = text[kept:], at - kept
        if len(self._text) > MAX_CALL:
            message = "a call of a tool is too long"
            raise ValueError(message)
        return False

    def _call(self, text: str, found: list[Said | Called]) -> None:
        """Note a call. Small models repeat themselves: the same call is made once."""
        try:
            made = _CALL.decode(text)
        except (msgspec.DecodeError, RecursionError):
            message = "a call of a tool is not of the form that was asked for"
            raise ValueError(message) from None
        call = Called(made.name, msgspec.json.format(bytes(made.arguments), indent=-1).decode())
        if call not in self._seen:
            self._seen.add(call)
            found.append(call)


def _inner(rest: str) -> str:
    """Return the answer in what follows its name: JSON, or the beginning of it."""
    try:
        return bytes(_ANSWER.decode(f'{{"{ANSWER}":{rest}').answer).decode()
    except (msgspec.DecodeError, RecursionError):
        return rest
