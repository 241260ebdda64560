"""What a sentence, a list or a letter says of a word that opens it, and whose capital therefore says nothing."""

import re

from wye.policy.detectors import beside
from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.lexicon import GIVEN, PERSON, WORD
from wye.policy.detectors.words import Word, Words

_AFTER = re.compile(r"(?:['’]s)? (was )?(\w+(?:n['’]t)?)|, (?:can|could|please|I|you)\b|: ?[\"“]| and [A-Z]")
"""What a sentence goes on with behind who does something."""
_SPEAKS = re.compile(r": [a-z]")
"""A line of a chat."""
_DEFINED = re.compile(
    r" (?:is|was) (?:not )?(?:the |part |used |made |an? (?!\d|man|woman|boy|girl|male|female|patient|retired|former|very|great|good|nice|kind))"
)
"""How a thing is said to be what it is: `Ray is a line`."""
_ON_A_DAY = re.compile(r" on (?:[A-Z][a-z]{2,8}\.? \d|\d{1,4}[/.-]\d)")
_ADDRESS = re.compile(r"\n\s{0,8}(?:[>|] ?)?\d{1,6}[ ,]")
"""A line of an address behind one that is a name."""
_CLOSING = re.compile(
    r"(?i:\b(?:best|thanks|thank you|cheers|regards|wishes|sincerely|yours|love|greetings|saludos|gracias|abrazo|grüße|cordialement|saluti|groet(?:en)?))[,!.]?\s*\n[-–—\s]{0,3}\Z"
)
"""The line that ends a letter, up to where its writer's name stands."""
_CLOSE = 32
"""Characters before a name in which such a line is looked for."""


def acts(text: str, word: Word) -> bool:
    """Whether what follows `word` is only done by persons, or is only theirs: `Rose takes`, `Mark's mother`."""
    if word.flags & GIVEN and _SPEAKS.match(text, word.end):
        return True
    if word.key in voc.NO_PERSON:
        return False
    after = _AFTER.match(text[word.end : word.end + 20])
    if after is None:
        return False
    was, does = after[1], after[2]
    return (
        does is None
        or does in voc.SAYING
        or (word.possessive and does in voc.THEIRS)
        or (does == "and" and text[word.end + 5 : word.end + 6].isupper())
        or (
            word.key in voc.PERSONAL
            and (was is not None or does in voc.PERSON_IS)
            and not _DEFINED.match(text, word.end)
        )
    )


def stands(words: Words, place: int) -> bool:
    """Whether a word that is a name too is one by where it stands: behind `User:`, in a list, over an address."""
    word = words.all[place]
    if (
        above_address(words.text, word)
        or closes(words.text, word)
        or beside.announced(words, voc.NAMING, place)
    ):
        return True
    after = words.all[place + 1] if place + 1 < len(words.all) else None
    if after is None or after.gap != ", " or not after.capital or after.flags & WORD:
        return False
    beyond = words.all[place + 2] if place + 2 < len(words.all) else None
    listed = beyond is not None and beyond.gap == ", " and beyond.capital
    return bool(after.flags & PERSON) or (listed and not after.flags)


def closes(text: str, word: Word) -> bool:
    """Whether a line is `word` alone behind one that ends a letter: `Best,` `Mark`."""
    if text[word.end : word.end + 1] not in {"", "\n"}:
        return False
    return _CLOSING.search(text[max(0, word.start - _CLOSE) : word.start]) is not None


def above_address(text: str, word: Word) -> bool:
    """Whether a line ends with `word` that has one of an address below it."""
    return _ADDRESS.match(text, word.end) is not None


def visited(words: Words, place: int) -> bool:
    """Whether somebody was on a day at what the word at `place` names: `in UCSF on July 15th`, `@ UCSF`. `place > 0`."""
    word = words.all[place]
    if word.gap.endswith("@ "):
        return True
    return words.all[place - 1].key == "in" and _ON_A_DAY.match(words.text, word.end) is not None
