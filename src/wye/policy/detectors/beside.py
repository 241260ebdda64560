"""What stands beside a word with a capital and decides what it is: a work's title, a language, somebody's house."""

import re
from collections.abc import Sequence

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.lexicon import GIVEN, PERSON, PLACE, WORD, lexicon
from wye.policy.detectors.roles import FACILITIES, LEADING
from wye.policy.detectors.words import Word, Words

_WORK = re.compile(
    r" (?:(?:is|was) an? (?:[\w'’-]+,? ){0,5}?(?:film|movie|song|album|novel|series|sitcom|book|play|musical|opera|poem|video ?game|documentary|comic|magazine)"
    r"(?=[.,;)]|\Z| (?:by|directed|written|about|starring|set|based|released|recorded|produced|performed|composed|published|from|that|which|in|and)\b)"
    r"|(?:es|fue|era) una? (?:[\w'’-]+ ){0,2}?(?:película|canción|novela|serie|obra|libro|álbum|disco|ópera|poema|documental)\b(?! (?:policía|médico)))"
)
_FIRM = re.compile(
    r" (?:is|was) (?:an? (?:[\w'’-]+,? ){0,5}?(?:company|agency|firm|bank|start-?up|manufacturer|retailer|supplier|corporation|multinational|conglomerate|charity|nonprofit|non-profit"
    r"|brewery|airline|publisher|consultancy|subsidiary|501\(c\))|the (?:brainchild|subsidiary|parent company) of)\b"
)
_ROLE = re.compile(r" (?:[a-zß-ÿ]+(?:-[a-z]+)? ){1,2}(?=[^\W\d_a-zß-ÿ])")
_SPEAKS = re.compile(
    r"(?:stud(?:y|ies|ied|ying)|sp(?:eaks?|oke|oken|eaking)|learn(?:s|ed|t|ing)?|teach(?:es|ing)?|taught|understands?|in|into|habla)\Z"
)
_BETWEEN = frozenset(
    ["and", "or", "both", "some", "a", "little", "bit", "of", "fluent", "good", "basic", "only", "no"]
)
_AFTER = frozenset(
    [
        "well",
        "literature",
        "grammar",
        "lessons",
        "class",
        "classes",
        "since",
        "because",
        "during",
        "before",
        "after",
        "too",
    ]
)
_ARTICLES = frozenset(["the", "our", "el", "la"])
_WINDOW = 48
"""Characters before a word that are looked at."""
_PHRASE = 5
"""Words of the longest context: `grew up again in the`."""
_HUMP = re.compile(r"[A-Z][a-z]*")
_HUMP_LEAST = 3
_PREFIXES = frozenset(["Mc", "Mac", "De", "Di", "Du", "La", "Le", "Van", "O", "Fitz", "Al", "El", "St"])
"""What names begin with that have a capital inside."""
_FAR = 5
"""Words looked at on either side of a language."""


def house(run: Sequence[Word]) -> bool:
    """Whether a word says that it is a house: any of `FACILITIES`, those that are also what somebody does at the end only."""
    for place, word in enumerate(run, 1):
        if (
            word.roles & FACILITIES
            and not word.initial
            and (word.key not in voc.TRADES or place == len(run) or run[place].key in voc.COMPANY)
        ):
            return True
    return False


def compound(text: str) -> bool:
    """Whether everyday words are written as one, as programs have it: `OrderService`, not `McBride`."""
    if text[1:].islower() or not text.isalpha():
        return False
    humps = _HUMP.findall(text)
    return (
        len(humps) > 1
        and humps[0] not in _PREFIXES
        and any(len(hump) >= _HUMP_LEAST and lexicon().get(hump.lower(), 0) & WORD for hump in humps)
    )


def defined(words: Sequence[Word], place: int) -> bool:
    """Whether an article makes a thing of an everyday word that is also a name: `the Page`, not `the Page family`."""
    if not place or words[place - 1].key not in {"the", "each", "every", "any"} or words[place].flags & PLACE:
        return False
    return place + 1 >= len(words) or words[place + 1].key not in voc.KIN


def feast(words: Sequence[Word], first: int, last: int) -> bool:
    """Whether it is a holiday, its last word a name elsewhere: `Christmas Eve`, `New Year's` `Eve`."""
    if words[last].key not in voc.FEASTS:
        return False
    if first < last:
        return not any(word.flags & GIVEN for word in words[first:last])
    return first > 0 and len(words[first - 1].text) > len(words[first - 1].key)


def work(text: str, end: int) -> bool:
    """Whether what ends at `end` is the title of a work: `is a 1999 Danish film by`, not `is a film director`."""
    return (
        text.startswith((" is a", " was a", " es un", " fue un", " era un"), end)
        and _WORK.match(text, end) is not None
    )


def firm(text: str, end: int) -> bool:
    """Whether what ends at `end` is said to be a house: `is a design agency`."""
    return (
        text.startswith((" is a", " was a", " is the ", " was the "), end)
        and _FIRM.match(text, end) is not None
    )


def language(words: Sequence[Word], place: int) -> bool:
    """Whether the name of a people is that of its language: `speaks some Polish`, not `in Polish patients`."""
    if words[place].key not in voc.LANGUAGES:
        return False
    for after in range(place + 1, min(place + _FAR, len(words))):
        word = words[after]
        if word.gap != " ":
            break
        if word.key in voc.LANGUAGES or word.key in {"and", "or"}:
            continue
        if (
            word.key not in voc.FUNCTION
            and word.key not in _AFTER
            and not word.key.endswith("ly")
            and words[after - 1].key != "and"
        ):
            return False
        break
    for before in range(place - 1, max(-1, place - _FAR), -1):
        key = words[before].key
        if key not in _BETWEEN and key not in voc.LANGUAGES:
            return _SPEAKS.match(key) is not None
    return False


def ranked(words: Sequence[Word], first: int, last: int) -> bool:
    """Whether an article, a rank and an everyday word are all there is: `the Queen Mother`."""
    return (
        first > 0
        and last - first == 1
        and words[first - 1].key in {"the", "la", "el"}
        and words[first].key in voc.RANKS
        and words[last].key in voc.STYLES
    )


def owns(words: Sequence[Word], place: int) -> bool:
    """Whether a possessive is whose somebody is: `Acme's Helga Brandtner`."""
    if place + 1 >= len(words):
        return False
    after = words[place + 1]
    return after.capital and after.gap == " " and not after.flags & WORD and after.key not in voc.EXPLAINED


def employs(text: str, words: Sequence[Word], last: int) -> bool:
    """Whether somebody's role and name follow: `Still Water engineer Helga Brandtner`."""
    match = _ROLE.match(text, words[last].end)
    if match is None:
        return False
    for place in range(last + 1, min(last + 4, len(words))):
        word = words[place]
        if word.start == match.end():
            return bool(word.flags & PERSON) and not word.flags & WORD
        if word.key in voc.FUNCTION or word.key in voc.ROLES:
            return False
    return False


def listed(words: Sequence[Word], place: int) -> bool:
    """Whether a word that is also a given name stands in a list of names behind one: `ada, rose and caleb`."""
    if place + 2 >= len(words):
        return False
    word, after = words[place], words[place + 1]
    if not word.flags & GIVEN or word.capital or word.gap != ", ":
        return False
    if after.key == "and":
        after = words[place + 2]
    elif after.gap != ", ":
        return False
    return bool(after.flags & PERSON) and not after.flags & WORD


def employed(words: Sequence[Word], first: int) -> bool:
    """Whether what stands before, a word of `EMPLOYED_BY` last, says that a house follows: `works for`, `the CEO of`."""
    before = words[first - 1].key
    second = words[first - 2].key if first > 1 else ""
    gap = words[first].gap
    if gap == ", ":
        return before in voc.POSTS and (before in voc.EMPLOYERS or second == "of")
    if gap != " ":
        return False
    if before in voc.OF:
        return second in voc.EMPLOYERS
    if before in voc.NAMES:
        return second in voc.HOUSES
    return before in voc.JOINED or before in voc.HOUSES or (before == "join" and second == "to")


def chief(words: Sequence[Word], last: int) -> bool:
    """Whether a possessive has a chief: `Acme's CEO`."""
    return (
        last + 1 < len(words)
        and words[last + 1].key in voc.CHIEFS
        and words[last + 1].start == words[last].end + 1
    )


def among(words: Sequence[Word], place: int) -> bool:
    """Whether an everyday word with a capital stands in a list with names, or before what customers have: `my Kettle account`."""
    word = words[place]
    if place + 1 < len(words):
        after = words[place + 1]
        if after.gap == " " and after.key in voc.OWNED:
            return True
        if after.gap == " " and after.key == "and" and place + 2 < len(words):
            if words[place + 2].gap == " " and _is_name(words[place + 2]):
                return True
        elif after.gap == ", " and _is_name(after) and place and word.gap == ", ":
            return True
    return place > 1 and word.gap == " " and words[place - 1].key == "and" and _is_name(words[place - 2])


def _is_name(word: Word) -> bool:
    """Whether it has a capital, and is neither a word nor explained."""
    return (
        word.capital
        and not word.flags & WORD
        and word.key not in voc.EXPLAINED
        and word.key not in voc.REGIONS
    )


def announced(words: Words, context: re.Pattern[str], place: int) -> bool:
    """Whether what stands before the word at `place` ends in `context`. The last word is looked at first: it mostly says no."""
    start = words.all[place].start
    if context is voc.NAMING:
        head = words.text[max(0, start - _WINDOW) : start].lower()
        return head.rstrip().endswith(voc.NAMED_BY) and context.search(head) is not None
    if not place or not _leads(words.all, place - 1):
        return False
    head = words.text[max(0, start - _WINDOW) : start].lower()
    last = head.rsplit(None, _PHRASE)
    if not last or last[-1] not in voc.LEADING:
        return False
    return context.search(head, len(last[0]) if len(last) > _PHRASE else 0) is not None


def _leads(words: Sequence[Word], place: int) -> bool:
    """Whether a preposition stands at `place`, or before an article there: `at`, `at the`."""
    if not words[place].roles & LEADING:
        return False
    return words[place].key not in _ARTICLES or (place > 0 and bool(words[place - 1].roles & LEADING))
