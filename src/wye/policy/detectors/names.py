"""Names of people, places and organisations, by capitals, lexicon and context.

The rules:

- Inside a sentence a capital marks a name unless something explains it: a lexicon word, an eponym before its head
  (`Wells score`), a drug's stem, a study's acronym, demography, a month. What is not explained is found.
- At the start of a sentence a capital says nothing: only the lexicon and the context count there.
- A word that is also a name (`Rose`, `Reading`) is one inside a sentence, after a title, or beside another name.
- Titles, initials, `patient X`, `lives in X`, a house's kind (`X clinic`) make a name of what stands beside them.
- Where all nouns have capitals, as in German, a capital alone says nothing anywhere.
"""

import re
from collections.abc import Iterator

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.finding import Finding
from wye.policy.detectors.lexicon import GIVEN, PERSON, PLACE, WORD, lexicon
from wye.policy.detectors.sieve import Lead, Seen
from wye.policy.detectors.words import Word, Words, read

_GAP = re.compile(r"(?: |-| & |\. ?| ?\n?)\Z")
_NUMBER = re.compile(
    r"[ ,]{1,2}(?:n[º°.o]{0,2} ?)?(\d{1,5}[A-Za-z]?)(?![\w%]|[.,]\d|\s?(?:mg|mcg|ml|g|kg|IU|units?|years?|months?|days?|weeks?|patients?|%))"
)
_INITIAL = re.compile(r"(?:[ .-]{1,2}[A-Z]\b\.?){1,3}")
_CODE = re.compile(r"(?: \(\w+\))? \d{2,6}(?:-\d{2,4})?(?!\w|[.,]\d| ?(?:mg|%))")
_STATE = re.compile(r"(?:,|\s{0,3},)? ([A-Z]{2}|[A-Z]\.[A-Z]\.)(?![\w])")
_SIGNATURE = re.compile(
    r"^([^\n\d@:]{3,60})\n{1,2}([^\n\d@:]{3,60})\n{1,2}(?=(?i:personal|phone|tel|e-?mail|contact|address|mobile|web))",
    re.MULTILINE,
)
"""A name and what its bearer does, over the ways to reach them."""
LEADS = (
    Lead(
        _SIGNATURE,
        re.compile(r"\n(?:personal|phone|tel|e-?mail|contact|address|mobile|web)", re.IGNORECASE),
        124,
    ),
)
_IS = re.compile(r" (?:is|was|has|said|announced|es|fue) ")
_WINDOW = 48
_TITLE_CASE = 4
_ACRONYM = 5
_LONG = 4


def names(seen: Seen) -> Iterator[Finding]:
    """Yield findings of kinds `name`, `place`, `organisation`, `region` and `group`."""
    text = seen.text
    for match in seen.find(_SIGNATURE):
        yield Finding(*match.span(1), "name", 0.7)
        yield Finding(*match.span(2), "title", 0.7)
    last: Finding | None = None
    for found in _each(text):
        if last is not None and _one(last, found, text[last.end : found.start]):
            last = Finding(last.start, found.end, last.kind, last.confidence)
            continue
        if last is not None:
            yield last
        last = found
    if last is not None:
        yield last


def _one(last: Finding, found: Finding, between: str) -> bool:
    """Whether a house and where it stands are one: `Cancer Center in New York`."""
    if {last.kind, found.kind} <= {"place", "organisation", "region", "address"}:
        return between in {" in ", " of ", " en "}
    return (last.kind, found.kind) == ("organisation", "name") and between in {" in ", " en "}


def _each(text: str) -> Iterator[Finding]:
    words = read(text)
    reader = _Reader(words)
    done = 0
    for place, word in enumerate(words.all):
        if word.capital:
            if place >= done:
                last = reader.run(place)
                yield from reader.judge(place, last)
                done = last + 1
        elif place >= done and not word.flags & WORD:
            yield from reader.small(place)


class _Reader:
    def __init__(self, words: Words) -> None:
        self.text = words.text
        self.all = words.all
        self.words = words

    def run(self, first: int) -> int:
        """Return the last of the capitalised words that belong together from `first` on."""
        last = first
        every = self.all
        while last + 1 < len(every):
            word, after = every[last], every[last + 1]
            gap = self.text[word.end : after.start]
            small = word.key
            if after.capital and (
                gap in {" ", "-", " & "}
                or (
                    gap in {". ", "."}
                    and (
                        len(word.text) == 1
                        or small in voc.TITLES
                        or small in {"st", "ste", "mt", "ft", "sta", "sto"}
                    )
                )
            ):
                if (
                    word.text[-2:] in {"'s", "’s"}
                    and after.key not in voc.FACILITIES
                    and small not in {"children", "women", "veteran", "men"}
                ):
                    return last
                last += 1
                continue
            if (
                gap == " "
                and not after.capital
                and after.key in voc.PARTICLES
                and last + 2 < len(every)
                and every[last + 2].capital
                and self.text[after.end : every[last + 2].start] == " "
                and (after.key not in {"of", "the", "e", "y"} or word.key in voc.FACILITIES)
            ):
                last += 2
                continue
            return last
        return last

    def judge(self, first: int, last: int) -> Iterator[Finding]:
        every = self.all
        titled = False
        while first <= last and self._is_title(every[first]):
            titled = True
            first += 1
        if titled:
            start = every[first - 1].start
            if first > last:
                following = every[first] if first < len(every) else None
                if following and not following.capital and not following.flags & WORD:
                    yield Finding(start, following.end, "name", 0.8)
                elif self.text[every[first - 1].end : every[first - 1].end + 1] == ".":
                    yield Finding(start, every[first - 1].end + 1, "title", 0.5)
                return
            house = any(every[k].key in voc.FACILITIES for k in range(first, last + 1))
            end = self._initials(every[last].end)
            yield Finding(start, self._house(last, end), "organisation" if house else "name", 0.95)
            return
        while (
            first <= last
            and every[first].key in voc.FUNCTION
            and (every[first].initial or every[first].key == "i")
        ):
            first += 1
        if first < last and every[first].key in voc.ROLES:
            first += 1  # `Patient John Smith`: what somebody is, not what they are called
        if first > last:
            return
        yield from self._untitled(first, last)

    def _is_title(self, word: Word) -> bool:
        if word.key not in voc.TITLES:
            return False
        dotted = self.text[word.end : word.end + 1] == "."
        return dotted or word.key not in voc.TITLE_NEEDS_DOT or (not word.flags & WORD)

    def _untitled(self, first: int, last: int) -> Iterator[Finding]:  # noqa: C901, PLR0912  # one branch a rule, in the order they bind
        every = self.all
        run = every[first : last + 1]
        house = any(word.key in voc.FACILITIES and not word.initial for word in run)
        located = self._located(run[0].start)
        if not house and self._eponym(first, last):
            return
        marks = [self._named(word, located=located, run=run) for word in run]
        multi = len(run) > 1 and lexicon().get(" ".join(w.key for w in run), 0) & PLACE
        if multi and not all(word.upper for word in run):
            marks = [True] * len(run)
        if len(run) == 1 and run[0].key in voc.GROUPS:
            yield Finding(run[0].start, run[0].end, "group", 0.7)
            return
        regions = [word.key in voc.REGIONS for word in run]
        if any(regions) and not house and not any(marks):
            at = regions.index(True)
            code = _CODE.match(self.text, run[-1].end)
            if code:
                yield Finding(run[at].start, code.end(), "address", 0.8)
                return
            yield Finding(
                run[at - 1].start
                if at
                and run[at - 1].key
                in {"south", "north", "united", "new", "saudi", "czech", "costa", "el", "sri"}
                else run[at].start,
                run[-1].end,
                "region",
                0.7,
            )
            return
        company = house and run[-1].key in voc.COMPANY
        if any(marks):
            begin, end = marks.index(True), len(marks) - 1 - marks[::-1].index(True)
        elif (house and len(run) > 1 and (located or company or not run[0].initial)) or (
            located and not run[0].upper and self._free(run)
        ):
            begin, end = 0, len(run) - 1
        else:
            if self._termed(run):
                yield Finding(run[0].start, run[-1].end, "term", 0.5)
            return
        while begin and (
            not run[begin - 1].initial
            or (run[begin - 1].flags & PERSON and run[begin - 1].key not in voc.FUNCTION)
        ):
            begin -= 1
        while end + 1 < len(run) and not run[end + 1].initial:
            end += 1
        finish = self._house(first + end, self._initials(run[end].end))
        state = _STATE.match(self.text, finish)
        if state and not run[end].upper and (state[0][0] in ",\n" or state[1] not in {"CT", "ID", "OR"}):
            finish = state.end()
        kind = (
            "organisation"
            if house
            else "place"
            if located or (run[begin].flags & PLACE and not run[begin].flags & PERSON)
            else "name"
        )
        if run[-1].key in voc.COMPANY and self.text[finish : finish + 1] == ".":
            finish += 1
        number = _NUMBER.match(self.text, finish)
        if number and not house and not run[end].flags & WORD:
            finish = number.end(1)
            kind = "address"
        yield Finding(run[begin].start, finish, kind, 0.9 if house or located else 0.7)

    def _termed(self, run: list[Word]) -> bool:
        """Whether everyday words with capitals are what something is called: `at Entertainment Weekly`."""
        if self.words.nouns or run[-1].upper or not self._free(run):
            return False
        if run[0].initial:
            return len(run) > 1 and _IS.match(self.text, run[-1].end) is not None
        return len(run) > 1 or self._after(voc.STAYS, run[0].start)

    def _free(self, run: list[Word]) -> bool:
        """Whether nothing explains any word of it away."""
        return not any(
            w.key in voc.HARMLESS or w.key in voc.HEADS or w.key in voc.GROUPS or w.key in voc.REGIONS
            for w in run
        )

    def _named(self, word: Word, *, located: bool, run: list[Word]) -> bool:  # noqa: C901, PLR0911, PLR0912  # one line a reason
        """Whether `word` names somebody or something, its capital being all there is to see."""
        flags, small = word.flags, word.key
        if small in voc.HARMLESS or small in voc.GROUPS or small in voc.REGIONS or len(small) < 2:  # a letter
            return False
        possessive = word.text[-2:] in {"'s", "’s"}
        if small in voc.POSSESSIVE_EPONYMS and (len(run) == 1 or possessive):
            return False
        if "-" in small and not flags:
            parts = small.split("-")
            if parts[0] in {"non", "anti", "pre", "post", "self", "co", "re"} or all(
                lexicon().get(part, 0) & WORD for part in parts
            ):
                return False
        if word.upper:
            if self.words.shouted:
                return bool(flags & PERSON) and not flags & WORD
            if len(small) <= _ACRONYM:
                return (
                    self._after(voc.STAYS, word.start)
                    or (len(run) > 1 and bool(flags & ~WORD))
                    or (len(small) >= _LONG and bool(flags & ~WORD) and not flags & WORD)
                )
            return not flags & WORD
        if not flags and word.initial and small.endswith(("ise", "ize")):
            return False  # `Summarise the note`
        if not flags & WORD:
            if not flags & PERSON and voc.STEMS.fullmatch(small):
                return False
            if flags:
                return True
            if any(c.isupper() for c in word.text[1:]) and len(small) <= _ACRONYM + 1 and not located:
                return word.text[:2] == "Mc"
            if not self.words.english and word.initial and len(run) == 1:
                return False
            return not self.words.nouns or located
        if word.initial and len(run) == 1:
            return bool(flags & PERSON) and self._says(word)
        if not flags & ~WORD:
            return False
        if len(run) >= _TITLE_CASE or self.words.nouns:
            return False
        if len(run) > 1 and not located and not run[0].flags & GIVEN and all(one.flags & WORD for one in run):
            return False
        if word.initial:
            return any(
                (not other.flags & WORD and other.flags & PERSON) or (flags & PERSON and len(other.key) == 1)
                for other in run
            )
        return True

    def _says(self, word: Word) -> bool:
        after = re.match(
            r"(?:['’]s)? (\w+)|, (?:can|could|please|I|you)\b|: ?[\"“]| and [A-Z]",
            self.text[word.end : word.end + 20],
        )
        return bool(
            after
            and (
                after[1] is None
                or after[1] in voc.SAYING
                or (after[1] == "and" and self.text[word.end + 5 : word.end + 6].isupper())
            )
        )

    def _located(self, start: int) -> bool:
        return self._after(voc.SEEN, start)

    def _after(self, context: re.Pattern[str], start: int) -> bool:
        """Whether what stands before `start` ends in `context`. The last word is looked at first: it mostly says no."""
        head = self.text[max(0, start - _WINDOW) : start]
        if context is voc.NAMING:
            return head.rstrip().lower().endswith(voc.NAMED_BY) and context.search(head) is not None
        words = head.lower().rsplit(None, 4)[-4:]
        if not words or words[-1] not in voc.LEADING:
            return False
        return any(word.endswith(voc.SEEN_BY) for word in words) and context.search(head) is not None

    def _eponym(self, first: int, last: int) -> bool:  # noqa: PLR0911  # one return a reason
        """Whether the words are what a disease, a study or a standard is called after."""
        every = self.all
        run = every[first : last + 1]
        person = (
            len(run) > 1
            and run[0].flags & PERSON
            and not run[0].flags & WORD
            and run[0].key not in voc.EPONYMS
        )
        if person and not all(w.key in voc.EPONYMS for w in run[1:]):
            return False
        before = every[first - 1].key if first else ""
        if before in voc.BEFORE_EPONYM or (
            first > 1 and every[first - 2].key in voc.BEFORE_EPONYM and before in voc.PARTICLES
        ):
            return True
        if len(run) > 1 and run[-1].key in voc.HEADS:
            return True
        after = every[last + 1 : last + 4]
        stop = run[-1].end
        stop += self.text[stop : stop + 1] in {"'", "’"}
        for word in after:
            gap = self.text[stop : word.start]
            if not re.fullmatch(r"[ \-/\d().–IVX]{1,6}(?:and |or )?", gap):
                return False
            if word.key in voc.HEADS:
                return True
            if word.key in voc.LOCATING or word.key in voc.FUNCTION - {"and", "or"}:
                return False
            stop = word.end
        return False

    def _initials(self, end: int) -> int:
        match = _INITIAL.match(self.text, end)
        if match:
            return match.end()
        return (
            end + 1 if self.text[end - 2 : end - 1] in {" ", "."} and self.text[end : end + 1] == "." else end
        )

    def _house(self, last: int, end: int) -> int:
        """Take in what kind of house it is, where that follows in small letters: `New York clinic`."""
        for word in self.all[last + 1 : last + 3]:
            if self.text[end : word.start] != " " or word.key not in voc.FACILITIES:
                break
            end = word.end
        return end

    def small(self, place: int) -> Iterator[Finding]:
        """Yield a name that is written small: one that the lexicon has, or that the context announces."""
        word = self.all[place]
        if not self.words.english or word.key in voc.HARMLESS:
            return
        flags = word.flags
        if word.key in voc.GROUPS:
            yield Finding(word.start, word.end, "group", 0.6)
        elif self._after(voc.HOME, word.start) and not voc.STEMS.fullmatch(word.key):
            yield Finding(word.start, word.end, "place", 0.6)
        elif (flags & PERSON and len(word.key) >= _LONG) or self._after(voc.NAMING, word.start):
            end = place
            while end + 1 < len(self.all) and self.text[self.all[end].end : self.all[end + 1].start] in {
                " ",
                ". ",
            }:
                after = self.all[end + 1]
                if (
                    after.flags & WORD and not after.flags & PERSON and len(after.key) > 1
                ) or after.key in voc.FUNCTION:
                    break
                end += 1
            begin = place
            if (
                place
                and self.all[place - 1].flags & PERSON
                and self.text[self.all[place - 1].end : word.start] == " "
                and self.all[place - 1].key not in voc.FUNCTION
            ):
                begin -= 1
            if not voc.STEMS.fullmatch(word.key) or flags & PERSON:
                yield Finding(self.all[begin].start, self.all[end].end, "name", 0.6)
        elif (
            not flags
            and (self.words.plain or not word.text.isascii())
            and len(word.key) > 1
            and "-" not in word.key
            and not voc.STEMS.fullmatch(word.key)
        ):
            yield Finding(word.start, word.end, "term", 0.5)
