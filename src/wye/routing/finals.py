"""The final answer of a text, where it has one, and whether two of them are the same."""

import re

_NEAR = 1e-6
_TAIL = 4_000
"""Characters of a text that are looked at: a final answer comes last."""
_LINE, _FEW = 120, 3
"""Characters up to which a whole text can be an option that is picked; words up to which it is an answer."""
_BOXED = re.compile(r"\\boxed\{([^{}]{1,200})\}")
_MARKED = re.compile(r"(?m)^[ \t]*####[ \t]*(\S[^\n]{0,200})$")
_SAID = re.compile(
    r"(?i)\b(?:final answer|(?:correct |right |best )?(?:answer|option|choice))\b[*_` \t]{0,4}"
    r"(?:\b(?:is|would be|must be)\b[*_` \t]{0,4}[:=]?|[:=]|(?=\n))[*_` \t\n]{0,8}([^\s:=*_`][^\n]{0,200})"
)
_LETTER = re.compile(r"\(?([A-Ja-j])\)?(?:[).:](?!\w)|\s*$)")
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?")
_DRESSING = "*_`$\"'\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK} \t\r\n"
_END = re.compile(r"(?<=..)[.!?;](?:\s|$)")
"""Of a sentence; not of an option's letter, as in `B. Rome`."""
_UNITS = re.compile(r"\s*(?:%|€|£|\\%|\\?\$)\s*$|^\s*(?:€|£|\\?\$)\s*")


def same(one: str | None, other: str | None) -> bool:
    """Tell whether two final answers agree: as text without case and outer spaces, or as numbers."""
    if one is None or other is None:
        return False
    left, right = one.strip().casefold(), other.strip().casefold()
    if left == right:
        return True
    first, second = _number(left), _number(right)
    return first is not None and second is not None and abs(first - second) <= _NEAR


def final(text: str) -> str | None:
    r"""Return the final answer of `text`, bare of what dresses it; None = it has none.

    That is what stands in the last `\\boxed{}`, behind the last `####`, behind the last "the answer is",
    or all of a text of a few words. A choice is its letter: `(B)` and `B. Rome` are `b`.
    """
    tail = text[-_TAIL:]
    if found := _BOXED.findall(tail) or _MARKED.findall(tail):
        return bare(found[-1])
    if said := _SAID.findall(tail):
        return bare(_clause(said[-1]))
    whole = text.strip()
    if "\n" in whole or len(whole) > _LINE:
        return None
    picks = _LETTER.match(whole.strip(_DRESSING)) is not None
    return bare(whole) if picks or len(whole.split()) <= _FEW else None


def bare(answer: str) -> str | None:
    """Return an answer without marks around it; a choice as its letter. None = nothing is left."""
    plain = answer.strip(_DRESSING)
    if letter := _LETTER.match(plain):
        return letter[1].casefold()
    plain = _UNITS.sub("", plain).strip(_DRESSING + ".!").strip()
    return " ".join(plain.casefold().split()) or None


def numbers(text: str) -> list[str]:
    """Return the numbers in the last part of a text, as they stand there but for thousands' commas."""
    return [found.replace(",", "") for found in _NUMBER.findall(text[-_TAIL:])]


def _clause(said: str) -> str:
    """Return what is said up to the end of the sentence."""
    return _END.split(said, maxsplit=1)[0]


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None
