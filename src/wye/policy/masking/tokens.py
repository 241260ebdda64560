"""Tokens that stand for values: `PERSON_k3v9x2abq7mw4tzd`.

The rules:

- A token is minted for one request and means nothing in any other. Nobody can guess one: 80 random bits.
- The same value gets the same token, whatever it was found as, so that a model can tell who is who.
- A token is of ASCII letters, digits and `_`: no JSON encoder escapes it, however deep it stands.
- All codes are of one length, so that a token ends where it ends, whatever follows it.
"""

import re
import secrets
from collections import Counter
from collections.abc import Iterable

CODE_LENGTH = 16
"""Characters of five bits each."""
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""None of `i`, `l`, `o`, `u`, which look like others (Crockford's base 32, in small letters)."""
CODE = re.compile(f"_([{_ALPHABET}]{{{CODE_LENGTH}}})")
"""What stands at a token's end. It holds one `_`, so that no match hides another."""
_NOT_A_WORD = re.compile("[^A-Z]+")
_WORDS = {"name": "person"}
"""Kinds of findings that policies, headers and tokens call otherwise."""
MAX_WORD = 20


def word(kind: str) -> str:
    """Return what a kind of finding is called where people read it."""
    return _WORDS.get(kind, kind)


class Mint:
    """The tokens of one request, and what they stand for. Lives as long as the request, in memory only."""

    __slots__ = ("_by_value", "_kinds", "values")

    def __init__(self) -> None:
        self._by_value: dict[str, str] = {}
        self._kinds: dict[str, str] = {}
        self.values: dict[str, tuple[str, str]] = {}
        """Code -> the word before it, and the value."""

    def __repr__(self) -> str:
        """Say how many there are, and not a word of them."""
        return f"<Mint of {len(self.values)}>"

    def token(self, kind: str, value: str) -> str:
        """Return the token of `value`; a new one if it has none."""
        known = self._by_value.get(value)
        if known is not None:
            return known
        before = _NOT_A_WORD.sub("_", word(kind).upper()).strip("_")[:MAX_WORD].strip("_") or "DATA"
        number = int.from_bytes(secrets.token_bytes(10))
        code = "".join(_ALPHABET[number >> shift & 31] for shift in range(0, 80, 5))
        token = self._by_value[value] = f"{before}_{code}"
        self.values[code] = before, value
        self._kinds[token] = kind
        return token

    def count(self, tokens: Iterable[str]) -> dict[str, int]:
        """Return how many of each kind `tokens` stand for, in the words that people read."""
        return dict(sorted(Counter(word(self._kinds[token]) for token in set(tokens)).items()))
