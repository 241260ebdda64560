"""From tokens back to values: in whole texts, and in texts that arrive in pieces.

Only tokens of one mint are put back. Of a text that arrives in pieces no more is held back than what may be
the beginning of one of them.
"""

import re
from bisect import bisect_left

from wye.policy.masking.nesting import Nesting, escaped
from wye.policy.masking.tokens import CODE, Mint


class Restoration:
    """Puts the values of a mint back."""

    __slots__ = ("_heads", "_longest", "_nested", "_tokens", "_values")

    def __init__(self, mint: Mint) -> None:
        """What `mint` mints later, for another attempt, this does not know."""
        self._values = dict(mint.values)
        tokens = self._tokens = sorted(f"{before}_{code}" for code, (before, _) in mint.values.items())
        self._longest = max(map(len, tokens), default=1)
        heads = "".join({token[0] for token in tokens})
        self._heads = re.compile(f"[{heads}]" if heads else r"(?!)")
        self._nested = any(escaped(value, 1) != value for _, value in mint.values.values())

    def text(self, text: str, *, is_json: bool = False) -> str:
        """Return a whole text with the values in it."""
        return self.piece(is_json=is_json).feed(text, last=True) if "_" in text else text

    def piece(self, *, is_json: bool = False) -> "Piece":
        """Return what restores a text that arrives in pieces. `is_json`: it is JSON, however it begins."""
        return Piece(self, Nesting(is_json=is_json) if self._nested else None)

    def begins(self, text: str) -> int:
        """Return where in `text` a token may begin that is not whole yet; its length = nowhere."""
        size = len(text)
        for match in self._heads.finditer(text, max(0, size - self._longest + 1)):
            end = text[match.start() :]
            at = bisect_left(self._tokens, end)  # none comes between a beginning and what begins so
            if at < len(self._tokens) and self._tokens[at].startswith(end):
                return match.start()
        return size

    def put(self, text: str, nesting: Nesting | None) -> str:
        """Return `text` with the values of all whole tokens. `nesting`: where it begins; is moved on."""
        out: list[str] = []
        at = 0
        for match in CODE.finditer(text):
            before, value = self._values.get(match[1], ("", ""))
            start = match.start() - len(before)
            if not before or start < at or not text.startswith(before, start):
                continue
            out.append(text[at:start])
            if nesting is not None:
                nesting.feed(text[at:start])
                value = escaped(value, nesting.depth)
                nesting.feed(before)
            out.append(value)
            at = match.end()
        if nesting is not None:
            nesting.feed(text[at:])
        return "".join((*out, text[at:])) if out else text


class Piece:
    """One text that arrives in pieces."""

    __slots__ = ("_nesting", "_restoration", "held")

    def __init__(self, restoration: Restoration, nesting: Nesting | None) -> None:
        self._restoration = restoration
        self._nesting = nesting
        self.held = ""
        """What may be the beginning of a token."""

    def feed(self, text: str, *, last: bool = False) -> str:
        """Take more of it; return what is certain. `last`: all of it."""
        text = self.held + text
        cut = len(text) if last else self._restoration.begins(text)
        self.held = text[cut:]
        if cut < len(text):
            text = text[:cut]
        if self._nesting is None and "_" not in text:
            return text
        return self._restoration.put(text, self._nesting)
