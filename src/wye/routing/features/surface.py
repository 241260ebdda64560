"""How a prompt looks: lengths, kinds of characters, numbers, choices to pick from, rare words."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_CHOICE = re.compile(r"(?m)^\s{0,3}\(?([A-Ja-j]|\d{1,2})[.)]\s")
_KINDS: dict[str, bytes] = {
    "digits": bytes(range(48, 58)),
    "capitals": bytes(range(65, 91)),
    "spaces": b" \t\n\r",
    "sentence marks": b".,;:!?",
    "quotes": b"'\"`",
    "brackets": b"()[]{}",
    "operators": b"=+-*/^<>|~%",
    "formulas": b"$\\",
    "blanks": b"_",
    "not ASCII": bytes(range(128, 256)),
}
_KIND = np.zeros((256, len(_KINDS)), dtype=np.float32)
for _column, _members in enumerate(_KINDS.values()):
    _KIND[list(_members), _column] = 1
_NOT = frozenset(("not", "except", "least", "incorrect", "false", "never"))
_WHETHER = frozenset(("if", "unless", "suppose", "assume", "given", "let"))
_ASKS = frozenset(("how", "what", "which", "why", "who", "when", "where", "find", "calculate", "determine"))
_RARE = 8000
"""Rank from which on a word counts as rare."""

NAMES = (
    "length",
    "words",
    "lines",
    "questions",
    "length of a word",
    "length of a sentence",
    "numbers",
    "longest number",
    "choices",
    "length before the choices",
    "length of a choice",
    "negations",
    "conditions",
    "question words",
    "mean rarity",
    "rarest",
    "rare words",
    "pieces",
    "repetition",
    *_KINDS,
)


def surface(
    text: str, length: int, found: Sequence[str], rarity: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return one number a name of `NAMES`, each of the order of 1.

    `text` may be cut, `length` is the whole prompt's in characters; `found` are its words and marks;
    `rarity` are the logarithms of its tokens' ranks, scaled to [0, 1].
    """
    data = np.frombuffer(text.encode(errors="replace"), dtype=np.uint8)
    counts = np.bincount(data, minlength=256)
    kinds = counts @ _KIND
    size = max(len(data), 1)
    known = frozenset(found)
    numbers = [word for word in found if word.isdigit()]
    choices = [match.start() for match in _CHOICE.finditer(text)]
    stem = choices[0] if choices else len(text)
    letters = size - kinds.sum()
    spoken = max(len(found), 1)
    tokens = max(len(rarity), 1)
    sentences = 1 + counts[46] + counts[63] + counts[33]
    head = (
        np.log1p(length) / 4,
        np.log1p(len(found)) / 3,
        np.log1p(counts[10]),
        np.log1p(counts[63]),
        letters / spoken / 3,
        np.log1p(spoken / sentences) / 2,
        np.log1p(len(numbers)),
        np.log1p(max(map(len, numbers), default=0)),
        len(choices) / 5,
        np.log1p(stem) / 4,
        np.log1p((len(text) - stem) / len(choices)) / 3 if choices else 0.0,
        len(known & _NOT),
        len(known & _WHETHER),
        len(known & _ASKS),
        rarity.sum() / tokens * 4,
        rarity.max(initial=0) * 4,
        np.count_nonzero(rarity > np.log(_RARE) / np.log(30_000)) / tokens * 4,
        np.log(tokens / spoken),
        len(known) / spoken,
    )
    return np.concatenate((np.array(head, dtype=np.float32), np.sqrt(kinds / size) * 3), dtype=np.float32)
