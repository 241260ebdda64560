r"""An expression as a simpler one, in bytes, that matches wherever it does and sometimes where it does not.

Automata know neither look-around nor back-references. What is dropped here only ever widens the language:

- Look-behinds and negative look-aheads go, but that no word goes on where one begins: that is `\b`. A look-ahead either goes, or ends the expression with what it asks for.
- What may repeat at the end is there as often as it must be: where a match can begin is what is wanted.
- A back-reference becomes the group it refers to, without being the same.
- A text is one byte a character (`encoded`): a letter outside ASCII is `_`, anything else there is 0x80. Figures of
  other scripts, which a normal text has none of, would have to be both: such a text has no superset (`FIGURE`).
  So places are the same in both, `\b` means the same, and a class that holds one of them holds all of its sort.
"""

import codecs
import functools
import re
from re import _constants as op  # type: ignore[attr-defined]  # the parse tree has no public name
from re import _parser  # type: ignore[attr-defined]
from typing import Any, Final

_OTHER: Final = 0x80
_WORD: Final = 0x5F
FIGURE: Final = 0xFF
"""Stands for a decimal digit outside ASCII. A text that has one is no matter for a superset."""
FOLDS: Final = frozenset("\u212a\u017f\u0130\u0131")
"""Letters outside ASCII that fold to letters inside it: the Kelvin sign, the long s, two forms of i.

A text that has one of them is no matter for a superset."""
_SELECTIVE: Final = 8
"""Characters behind a look-ahead from which on they tell more than it does."""
_CATEGORIES: Final = {
    op.CATEGORY_DIGIT: (r"\d", ()),
    op.CATEGORY_NOT_DIGIT: (r"\D", (_WORD, _OTHER)),
    op.CATEGORY_SPACE: (r"\s", (_OTHER,)),
    op.CATEGORY_NOT_SPACE: (r"\S", (_WORD, _OTHER)),
    op.CATEGORY_WORD: (r"\w", (_WORD,)),
    op.CATEGORY_NOT_WORD: (r"\W", (_OTHER,)),
}
_WORDS: Final = frozenset(ord(char) for char in map(chr, range(128)) if char.isalnum() or char == "_")
_ASCII: Final = [chr(code) for code in range(128)]


def _outside(error: UnicodeError) -> tuple[bytes, int]:
    assert isinstance(error, UnicodeEncodeError)  # noqa: S101  # registered for encoding only
    run = error.object[error.start : error.end]
    return bytes(_sort(char) for char in run), error.end


@functools.lru_cache(4096)
def _sort(char: str) -> int:
    if char.isdecimal():
        return FIGURE
    return _WORD if char.isalnum() else _OTHER


codecs.register_error("wye.superset", _outside)


def encoded(text: str) -> bytes:
    """Return `text` as what a superset reads: as many bytes as it has characters."""
    return text.encode("ascii", "wye.superset")


def superset(regex: re.Pattern[str]) -> bytes:
    """Return an expression that every match of `regex` begins with a match of, in Hyperscan's syntax.

    Raises `ValueError` for what it does not know.
    """
    tree = _parser.parse(regex.pattern, regex.flags)
    return _Writer().sequence(_trimmed(list(tree)), tree.state.flags, tail=True)[0].encode()


def _trimmed(items: list[Any]) -> list[Any]:
    """Take from the end what need not be there."""
    while items:
        code, value = items[-1]
        if code in {op.ASSERT_NOT, op.AT} or (code is op.ASSERT and value[0] < 0):
            items = items[:-1]
        elif code in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
            least, _, inner = value
            if least == 0:
                items = items[:-1]
                continue
            return [*items[:-1], (op.MAX_REPEAT, (least, least, inner))]
        elif code is op.SUBPATTERN:
            group, add, remove, inner = value
            return [*items[:-1], (code, (group, add, remove, _trimmed(list(inner))))]
        else:
            break
    return items


class _Writer:
    def __init__(self) -> None:
        self._groups: dict[int, str] = {}

    def sequence(self, items: Any, flags: int, *, tail: bool) -> tuple[str, bool]:  # noqa: ANN401  # the parser's own tree
        """Return the items one behind the other, and whether a look-ahead ended them."""
        out: list[str] = []
        items = list(items)
        for place, (code, value) in enumerate(items):
            if code is op.ASSERT:
                direction, inner = value
                if direction < 0 or not tail or _least(items[place + 1 :]) >= _SELECTIVE:
                    continue
                out.append(self.sequence(_trimmed(list(inner)), flags, tail=False)[0])
                return "".join(out), True
            if code is op.ASSERT_NOT and _no_word(*value) and _begins_word(items[place + 1 :], flags):
                out.append(r"\b")
                continue
            written, ended = self._one(code, value, flags, tail=tail)
            out.append(written)
            if ended:
                return "".join(out), True
        return "".join(out), False

    def _one(self, code: Any, value: Any, flags: int, *, tail: bool) -> tuple[str, bool]:  # noqa: ANN401, PLR0911  # one return a kind
        if code in {op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY}:
            return _class(_bytes(code, value, flags)), False
        if code is op.ASSERT_NOT:
            return "", False
        if code is op.AT:
            return (r"\b" if value is op.AT_BOUNDARY else ""), False
        if code is op.BRANCH:
            made = [self.sequence(branch, flags, tail=tail) for branch in value[1]]
            return f"(?:{'|'.join(text for text, _ in made)})", any(ended for _, ended in made)
        if code is op.SUBPATTERN:
            group, add, remove, inner = value
            text, ended = self.sequence(inner, (flags | add) & ~remove, tail=tail)
            if group is not None:
                self._groups[group] = text
            return f"(?:{text})", ended
        if code in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
            least, most, inner = value
            text, _ = self.sequence(inner, flags, tail=False)
            top = "" if most is op.MAXREPEAT else str(most)
            return f"(?:{text}){{{least},{top}}}", False
        if code is op.GROUPREF:
            return f"(?:{self._groups[value]})", False
        if code is op.ATOMIC_GROUP:
            return f"(?:{self.sequence(value, flags, tail=False)[0]})", False
        message = f"no superset of {code}"
        raise ValueError(message)


def _no_word(direction: int, inner: Any) -> bool:  # noqa: ANN401  # the parser's own tree
    """Whether a negative assertion says that no word stands before."""
    if direction > 0 or len(inner) != 1 or inner[0][0] is not op.IN:
        return False
    return (op.CATEGORY, op.CATEGORY_WORD) in inner[0][1] and inner[0][1][0][0] is not op.NEGATE


def _begins_word(items: list[Any], flags: int) -> bool:
    """Whether all that `items` match begins with what words are made of."""
    for place, (code, value) in enumerate(items):
        if code in {op.AT, op.ASSERT, op.ASSERT_NOT}:
            continue
        if code in {op.LITERAL, op.NOT_LITERAL, op.IN, op.ANY}:
            return _bytes(code, value, flags) <= _WORDS
        if code is op.BRANCH:
            return all(_begins_word([*branch, *items[place + 1 :]], flags) for branch in value[1])
        if code is op.SUBPATTERN:
            _, add, remove, inner = value
            # Flags of its own, unless it folds what follows too, which widens no set of word characters.
            return _begins_word([*inner, *items[place + 1 :]], (flags | add) & ~remove)
        if code in {op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT}:
            least, _, inner = value
            return _begins_word([*inner], flags) and (least > 0 or _begins_word(items[place + 1 :], flags))
        return False
    return False


def _least(items: list[Any]) -> int:
    """Return how many characters `items` match at the least."""
    tree = _parser.SubPattern(_parser.State(), items)
    return int(tree.getwidth()[0])


def _bytes(code: Any, value: Any, flags: int) -> set[int]:  # noqa: ANN401  # the parser's own tree
    """Return the bytes that stand for what one element matches."""
    found: set[int] = set()
    if code is op.ANY:
        found = {*range(128), _OTHER}
        return found if flags & re.DOTALL else found - {10}
    if code is op.NOT_LITERAL:
        return {*range(128), _OTHER} - (set() if flags & re.IGNORECASE else {value})
    items = [(op.LITERAL, value)] if code is op.LITERAL else list(value)
    negated = bool(items) and items[0][0] is op.NEGATE
    for kind, what in items:
        if kind is op.LITERAL:
            found |= _range(what, what, flags)
        elif kind is op.RANGE:
            found |= _range(what[0], what[1], flags)
        elif kind is op.CATEGORY:
            name, outside = _CATEGORIES[what]
            found |= {ord(c) for c in _ASCII if re.match(name, c)} | set(outside)
    if negated:
        # What is outside ASCII may be in the class or not: it is left in, and so is `_`, which stands for it.
        return {*range(128), _OTHER} - {c for c in found if c < 128 and c != _WORD}
    return found


def _range(first: int, last: int, flags: int) -> set[int]:
    found = set(range(first, min(last, 127) + 1))
    if last > 127:
        found |= {_WORD, _OTHER}
    if flags & re.IGNORECASE:
        letters = [chr(c) for c in found if c < 128 and chr(c).isalpha()]
        found |= {ord(c.swapcase()) for c in letters}
    return found


def _class(codes: set[int]) -> str:
    return "[" + "".join(f"\\x{code:02x}" for code in sorted(codes)) + "]"
