"""Text to rows of the token table: BERT's tokens, nearly, for much less time.

A word of the vocabulary costs one look-up. Other words are cut greedily into the longest pieces there are
(WordPiece), as long as there are look-ups left to spend: a text of made-up words must not take longer than
prose.
"""

import re
import unicodedata

_LONGEST_PIECE = 18
"""Characters of the longest entry of the vocabulary."""
LOOKUPS = 600
"""To spend on unknown words of one text: about 0.1 ms."""
_ACCENT = re.compile("[\u0300-\u036f]+")
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+|[^\w\s]|_")


def words(text: str) -> list[str]:
    """Cut a text into words and marks, lower-cased, without accents."""
    low = text.lower()
    if not low.isascii():
        low = _ACCENT.sub("", unicodedata.normalize("NFD", low))
    return _WORD.findall(low)


def places(found: list[str], place: dict[str, int]) -> list[int]:
    """Return the rows of the words; what the table cannot spell has none."""
    rows: list[int | None] = list(map(place.get, found))
    if None not in rows:
        return rows  # type: ignore[return-value]  # there is no None in it
    result: list[int] = []
    left = LOOKUPS
    for word, row in zip(found, rows, strict=True):
        if row is not None:
            result.append(row)
        elif left > 0 and len(word) > 1:  # one character has no pieces
            left = _pieces(word, place, result, left)
    return result


def _pieces(word: str, place: dict[str, int], result: list[int], left: int) -> int:
    """Append the rows of a word's pieces, or none if it cannot be spelt; return the look-ups that remain."""
    start, size, before = 0, len(word), len(result)
    prefix = ""
    while start < size:
        for end in range(min(size, start + _LONGEST_PIECE), start, -1):
            left -= 1
            row = place.get(prefix + word[start:end])
            if row is not None:
                result.append(row)
                break
        else:
            del result[before:]
            return left
        if left <= 0:
            return left
        start, prefix = end, "##"
    return left
