"""Read a string of JSON while it arrives, cut anywhere. Source: RFC 8259 section 7.

What models write is taken for what it must mean: control characters for themselves, a backslash that escapes
nothing for a backslash, half a surrogate pair for U+FFFD.
"""

import re

import msgspec

_HEX = "[0-9a-fA-F]"
_PIECE = re.compile(
    rf"""(?x)(?: [^"\\]+
      | \\(?: ["\\/bfnrt]
            | u(?![dD][89abAB]) {_HEX}{{4}}
            | u[dD][89abAB] {_HEX}{{2}} (?= [^\\] | \\[^u] | \\u(?: {_HEX}{{4}} | {_HEX}{{0,3}}[^0-9a-fA-F]))
            | u(?= {_HEX}{{0,3}}[^0-9a-fA-F])
            | [^"\\/bfnrtu] ))*"""
)
"""What is certain: no quote ends it, no escape lacks its end, no first half of a pair what follows it."""
_ESCAPE = re.compile(
    rf"""(?x) \\u([dD][89abAB]{_HEX}{{2}}) \\u([dD][c-fC-F]{_HEX}{{2}})
      | \\u({_HEX}{{4}}) | \\(["\\/bfnrt])"""
)
_STRING = msgspec.json.Decoder(str)
_CHARACTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_SURROGATES = range(0xD800, 0xE000)
_HALF = "\N{REPLACEMENT CHARACTER}"


class JsonText:
    """One string, from behind its opening quote."""

    def __init__(self) -> None:
        self._pending = ""
        self.closed = False
        """Its closing quote was seen."""
        self.rest = ""
        """What came behind that."""

    def feed(self, text: str) -> str:
        """Take more of it, until it is closed; return what that means, as far as it is certain."""
        text = self._pending + text
        match = _PIECE.match(text)
        piece = match[0] if match else ""
        self._pending = text[len(piece) :]
        if self._pending.startswith('"'):
            self.closed, self.rest, self._pending = True, self._pending[1:], ""
        return _unescaped(piece) if "\\" in piece else piece


def _unescaped(piece: str) -> str:
    try:
        return _STRING.decode(f'"{piece}"')
    except (msgspec.DecodeError, UnicodeEncodeError):  # not JSON to the letter
        return _ESCAPE.sub(_meant, piece)


def _meant(escape: re.Match[str]) -> str:
    high, low, code, plain = escape.groups()
    if plain:
        return _CHARACTERS.get(plain, plain)
    if high:
        return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
    number = int(code, 16)
    return _HALF if number in _SURROGATES else chr(number)
