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

from wye.policy.detectors import beside, firms, letterhead, occupations, roles, runs, sentences, small
from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.eponyms import carrier, eponym
from wye.policy.detectors.everyday import german, noun
from wye.policy.detectors.finding import Finding
from wye.policy.detectors.lexicon import GIVEN, PERSON, PLACE, WORD, lexicon, towns
from wye.policy.detectors.sieve import Seen
from wye.policy.detectors.stems import stem
from wye.policy.detectors.words import Word, Words, read

_NUMBER = re.compile(
    r"[ ,]{1,2}(?:n[º°.o]{0,2} ?)?(\d{1,5}[A-Za-z]?)(?![\w%]|[.,]\d|\s?(?:mg|mcg|ml|g|kg|IU|units?|years?|months?|days?|weeks?|patients?|%|jaar|Jahren?|Jahre|ans|anni|anos|años|Uhr|uur|heures|[Ss]tunden|Tagen?|Wochen|Monaten?|jours|mois|giorni|mesi|horas|d[ií]as|meses|dagen|weken|maanden|[Ee]uros?|Prozent))"
)
_INITIAL = re.compile(r"(?:[ .-]{1,2}[A-Z]\b\.?){1,3}")
_CODE = re.compile(r"(?: \(\w+\))? \d{2,6}(?:-\d{2,4})?(?!\w|[.,]\d| ?(?:mg|%))")
_CODE_LINE = re.compile(r" \d{4,6}(?=\n|\Z)")
"""A line that ends with a code, as an address does."""
_STATE = re.compile(r"(?:,|\s{0,3},)? ([A-Z]{2}|[A-Z]\.[A-Z]\.)(?![\w])")
_BY_WATER = re.compile(r" (?:am|an der|bei|im|in der|ob der) [^\W\d_a-zß-ÿ][^\W\d_]+")
"""What tells a German town from others of its name."""
_IS = re.compile(r" (?:is|was|has|said|announced|es|fue) ")
_GIVEN_WORD = GIVEN | WORD
_TELLS = roles.TITLES | roles.GROUPS | roles.REGIONS
"""Roles in which a word alone says something."""
_ANNOUNCES = roles.LEADING | roles.EMPLOYED_BY
"""Roles of what stands before a name."""
_EXPLAINED = roles.HARMLESS | roles.GROUPS | roles.REGIONS
_NOBODY = _EXPLAINED | roles.POSSESSIVE_EPONYMS
_FORMAL = frozenset(["sie", "ihnen", "ihr", "ihre"])
"""What stands behind a verb that asks somebody in German, with a capital too."""
_TOWARDS = frozenset(["in", "aus", "nach"])
"""What stands before a town in German, without an article."""
_TITLE_CASE = 4
_ACRONYM = 5
_LONG = 4


def names(seen: Seen) -> Iterator[Finding]:
    """Yield findings of kinds `name`, `place`, `organisation`, `region` and `group`."""
    text = seen.text
    yield from letterhead.signatures(seen)
    last: Finding | None = None
    for found in _each(text):
        kind = None if last is None else firms.together(last, found, text)
        if last is not None and kind is not None:
            last = Finding(last.start, found.end, kind, last.confidence)
            continue
        if last is not None:
            yield last
        last = found
    if last is not None:
        yield last


def _each(text: str) -> Iterator[Finding]:
    words = read(text)
    reader = _Reader(words)
    done = end = 0
    for place, word in enumerate(words.all):
        if word.capital:
            if place >= done:
                last = runs.last(words.all, place)
                found = reader.judge(place, last)
                if found is not None:
                    named = place
                    while words.all[named].start < found.start:
                        named += 1
                    if named and words.all[named - 1].roles & roles.OCCUPATIONS:
                        yield from occupations.title(text, words.all, named, found, end)
                    yield found
                    end = found.end
                done = last + 1
        elif (
            word.flags & _GIVEN_WORD != WORD
            and place >= done
            and (not word.flags & WORD or small.addressed(words, place))
        ):
            yield from small.small(words, place)


class _Reader:
    def __init__(self, words: Words) -> None:
        self.text = words.text
        self.all = words.all
        self.words = words
        self.towns = towns() if words.nouns else frozenset[str]()
        self.named = -1
        """Where the last full name ends."""

    def judge(self, first: int, last: int) -> Finding | None:
        """Return what the words from `first` to `last` name, by what stands first among them."""
        every = self.all
        word = every[first]
        if first == last and word.initial and self._idle(first):
            return None
        if word.roles & roles.TITLES and self._is_title(first):
            return self._titled(first, last)
        while word.roles & roles.FUNCTION and (word.initial or word.key == "i"):
            first += 1
            if first > last:
                return None
            word = every[first]
        if first + 1 == last and word.initial and every[last].key in _FORMAL and not word.flags & PERSON:
            return None  # `Besuchen Sie uns`
        if first < last and word.key in voc.GREETINGS:
            return self._greeted(first + 1, last)
        if first < last and every[last].roles & roles.GROUPS and every[last - 1].roles & roles.HARMLESS:
            first = last  # `a Friday American film`
        if first < last and (
            word.key in voc.ROLES
            or (word.roles & roles.OCCUPATIONS and every[last].flags & PERSON and last == first + 1)
        ):
            first += 1  # `Patient John Smith`: what somebody is, not what they are called
        return self._untitled(first, last)

    def _greeted(self, first: int, last: int) -> Finding | None:
        """Return whom a letter is to that begins with a greeting before `first`."""
        every = self.all
        if every[first].roles & roles.TITLES and self._is_title(first):
            return self._titled(first, last)
        if every[first].flags & PERSON and every[first].key not in voc.HARMLESS:
            return Finding(every[first].start, every[last].end, "name", 0.8)
        if any(not every[k].flags & WORD for k in range(first, last + 1)):
            return self._untitled(first, last)
        return None  # `Dear Customer`: to everybody

    def _idle(self, place: int) -> bool:
        """Whether a word that opens a sentence is everyday, and nothing in it or before it says more."""
        word = self.all[place]
        return (
            word.flags & (WORD | PERSON) == WORD
            and not word.roles & _TELLS
            and len(word.text) == len(word.key)
            and not (place and self.all[place - 1].roles & _ANNOUNCES)
            and not (self.text.startswith((" is ", " was "), word.end) and beside.firm(self.text, word.end))
        )

    def _titled(self, first: int, last: int) -> Finding | None:
        """Return who has the titles that stand first."""
        every, begin = self.all, self.all[first].start
        while first <= last and every[first].roles & roles.TITLES and self._is_title(first):
            first += 1
        title = every[first - 1]
        if first > last:
            following = every[first] if first < len(every) else None
            if following and not following.capital and not following.flags & WORD:
                return Finding(title.start, following.end, "name", 0.8)
            if self.text[title.end : title.end + 1] == ".":
                return Finding(title.start, title.end + 1, "title", 0.5)
            return None
        house = any(word.roles & roles.FACILITIES for word in every[first : last + 1])
        end = self._house(last, self._initials(last))
        return Finding(begin, end, "organisation" if house else "name", 0.95)

    def _is_title(self, place: int) -> bool:
        """Whether a word of `TITLES` is one here: `Miss Brandtner`, not `Miss the bus`."""
        word = self.all[place]
        dotted = self.text[word.end : word.end + 1] == "."
        if dotted or word.key not in voc.TITLE_NEEDS_DOT or not word.flags & WORD:
            return True
        after = self.all[place + 1] if place + 1 < len(self.all) else None
        return (
            after is not None
            and after.capital
            and after.gap == " "
            and not after.flags & WORD
            and bool(after.flags & PERSON or not after.flags)
        )

    def _untitled(self, first: int, last: int) -> Finding | None:  # noqa: PLR0911  # one return a reason
        every = self.all
        run = every[first : last + 1]
        before = every[first - 1].roles if first else 0
        if (run[0].key in voc.RANKS and beside.ranked(every, first, last)) or (
            first == last
            and first > 1
            and every[first - 1].key == "of"
            and every[first - 2].key in voc.HEADED
            and run[0].flags & WORD
        ):
            return None
        own = 0
        for word in run:
            own |= word.roles
        house = bool(own & (roles.FACILITIES | roles.CARRIERS)) and (carrier(run) or beside.house(run))
        if not house and eponym(self.text, every, first, last):
            return None
        if first == last and own & roles.GROUPS:
            if beside.language(every, first):
                return None
            code = _CODE_LINE.match(self.text, run[0].end)
            return Finding(
                run[0].start, code.end() if code else run[0].end, "address" if code else "group", 0.7
            )
        marks = self._marks(first, run)
        located = bool(before & roles.LEADING) and self._located(first)
        theirs = (bool(before & roles.EMPLOYED_BY) and self._employs(first)) or (
            len(run[-1].text) != len(run[-1].key) and self._owns(first, last)
        )
        kind = "organisation" if house or theirs else "place" if located else ""
        if True in marks:
            begin, end = marks.index(True), len(marks) - 1 - marks[::-1].index(True)
            return self._whole(first, run, begin, end, kind)
        known = None if house else self._known(run, own)
        if known is not None:
            return known
        says = run[0].initial and len(run) > 1 and self._says_of(last)
        if (
            len(run) > 1 and house and (located or says or not run[0].initial or run[-1].key in voc.COMPANY)
        ) or ((located or theirs) and not run[0].upper and self._free(run)):
            return self._whole(first, run, 0, len(run) - 1, kind)
        if self._termed(first, run, says=says):
            return Finding(run[0].start, run[-1].end, "term", 0.5)
        return self._known(run, own)

    def _known(self, run: list[Word], own: int) -> Finding | None:
        """Return the country among the words, or the house that they are said to be."""
        if own & roles.REGIONS:
            return self._region(run)
        if run[0].initial and beside.firm(self.text, run[-1].end) and self._free(run):
            return Finding(run[0].start, run[-1].end, "organisation", 0.7)
        return None

    def _marks(self, first: int, run: list[Word]) -> list[bool]:
        """Return which words of `run` name somebody or something."""
        if len(run) == 1:
            marks = [self._named(first, first, run)]
        else:
            marks = [self._named(place, first, run) for place in range(first, first + len(run))]
        if run[-1].roles & roles.FEASTS and beside.feast(self.all, first, first + len(run) - 1):
            return [mark and not word.flags & WORD for mark, word in zip(marks, run, strict=True)]
        if len(run) == 1 or False not in marks or all(word.upper for word in run):
            return marks
        whole = " ".join([w.key for w in run])
        if not run[-1].roles & roles.REGIONS and (lexicon().get(whole, 0) & PLACE or whole in self.towns):
            return [True] * len(run)
        return marks

    def _located(self, first: int) -> bool:
        """Whether what stands before says that a place follows."""
        return beside.announced(self.words, voc.SEEN, first)

    def _employs(self, first: int) -> bool:
        """Whether it is where somebody is: `Helga Brandtner of X`, `works for X`."""
        of = self.all[first].start == self.named + 4 and self.text.startswith(" of ", self.named)
        return of or beside.employed(self.all, first)

    def _owns(self, first: int, last: int) -> bool:
        """Whether it is whose somebody is: `X's Helga Brandtner`, `X's CEO`."""
        every = self.all
        return beside.chief(every, last) or (not every[first].initial and beside.owns(every, last))

    def _region(self, run: list[Word]) -> Finding:
        """Return the country that is among the words; with a code behind it, it is the end of an address."""
        at = next(at for at, word in enumerate(run) if word.roles & roles.REGIONS)
        code = _CODE.match(self.text, run[-1].end)
        if code:
            return Finding(run[at].start, code.end(), "address", 0.8)
        compound = at and run[at - 1].key in voc.BEFORE_REGION
        return Finding(run[at - 1].start if compound else run[at].start, run[-1].end, "region", 0.7)

    def _whole(self, first: int, run: list[Word], begin: int, end: int, kind: str) -> Finding | None:
        """Return what the words from `begin` to `end` of `run` name, with what belongs to it on both sides.

        `kind` is what the context says that it is; "" = nothing, so a place if it is known as one only.
        """
        sure = 0.9 if kind else 0.7
        while begin and (
            not run[begin - 1].initial
            or (run[begin - 1].flags & PERSON and run[begin - 1].key not in voc.FUNCTION)
        ):
            begin -= 1
        while end + 1 < len(run) and not run[end + 1].initial:
            end += 1
        finish = self._house(first + end, self._initials(first + end))
        state = _STATE.match(self.text, finish)
        if state and not run[end].upper and (state[0][0] in ",\n" or state[1] not in {"CT", "ID", "OR"}):
            finish = state.end()
        if kind != "organisation" and beside.work(self.text, finish):
            return None
        if not kind:
            flags = run[begin].flags
            there = flags & PLACE or run[begin].key in self.towns
            kind = "place" if there and not flags & PERSON else "name"
        finish = self._by_water(kind, run[begin].start, finish)
        if run[-1].key in voc.COMPANY and self.text[finish : finish + 1] == ".":
            finish += 1
        sons = firms.SONS.match(self.text, finish)
        if sons:
            kind, finish = "organisation", sons.end()
        number = _NUMBER.match(self.text, finish)
        if number and kind != "organisation" and (not run[end].flags & WORD or self._numbered(begin, end)):
            finish = number.end(1)
            kind = "address"
        if kind == "name" and (begin < end or not run[end].flags & WORD):
            self.named = finish
        return Finding(run[begin].start, finish, kind, sure)

    def _numbered(self, begin: int, end: int) -> bool:
        """Whether a number behind words of another language is a house's: `Ladeira de Pastor, 82`."""
        return begin < end and not self.words.english and not self.words.nouns

    def _by_water(self, kind: str, start: int, end: int) -> int:
        """Return where what may be a German town's name ends: `Neusiedl am See`."""
        whole = _BY_WATER.match(self.text, end) if kind == "place" and self.towns else None
        if whole and self.text[start : whole.end()].lower() in self.towns:
            return whole.end()
        return end

    def _says_of(self, last: int) -> bool:
        """Whether a sentence that begins with what ends at `last` says something of it."""
        return _IS.match(self.text, self.all[last].end) is not None or beside.employs(
            self.text, self.all, last
        )

    def _termed(self, first: int, run: list[Word], *, says: bool) -> bool:
        """Whether everyday words with capitals are what something is called: `at Entertainment Weekly`."""
        if self.words.nouns or run[-1].upper or not self._free(run):
            return False
        if any(not word.flags and beside.compound(word.text) for word in run):
            return True
        if run[-1].key in voc.FEASTS or run[-1].key in voc.ORDINARY or beside.work(self.text, run[-1].end):
            return False
        if run[0].initial:
            return says
        return len(run) > 1 or beside.announced(self.words, voc.STAYS, first) or beside.among(self.all, first)

    def _free(self, run: list[Word]) -> bool:
        """Whether nothing explains any word of it away."""
        return not any(word.roles & _EXPLAINED for word in run) and not run[-1].roles & roles.HEADS

    def _named(self, place: int, first: int, run: list[Word]) -> bool:  # noqa: C901, PLR0911, PLR0912  # one line a reason
        """Whether the word at `place` of a `run` names somebody or something, its capital being all there is to see."""
        word = self.all[place]
        flags, small = word.flags, word.key
        if len(small) < 2 or (word.roles & _NOBODY and self._nobody(word, run)):  # a letter
            return False
        if not word.capital:  # `Behandlung von Bluthochdruck`: `von` is in some list of names too
            return False
        if not flags and small in self.towns:
            return True
        if "-" in small and not flags:
            parts = small.split("-")
            known = [lexicon().get(part, 0) for part in parts]
            if parts[0] in {"non", "anti", "pre", "post", "self", "co", "re"} or (
                all(flag & WORD for flag in known)
                and not (word.text.istitle() and all(flag & PERSON for flag in known))
            ):
                return False
            if all(flag & PERSON for flag in known):
                return True
        if word.upper:
            if self.words.shouted:
                if flags:
                    says = len(run) > _TITLE_CASE and not self.words.english  # a sentence, not a name
                    return not flags & WORD and (not says or bool(flags & GIVEN))
                there = place > 0 and self.all[place - 1].key in voc.LOCATING
                return there and len(small) >= _ACRONYM and not stem(small)
            if len(small) <= _ACRONYM:
                return (
                    beside.announced(self.words, voc.STAYS, place)
                    or (len(small) >= _LONG and not flags & WORD and self._located(first))
                    or (place > 0 and sentences.visited(self.words, place))
                    or (len(run) > 1 and bool(flags & ~WORD))
                    or (len(small) >= _LONG and bool(flags & ~WORD) and not flags & WORD)
                )
            return not flags & WORD
        if not flags and beside.compound(word.text):
            return False
        if (self.words.nouns or (word.initial and word.roles & roles.NAMESAKES) or not flags) and self._noun(
            word, place, run
        ):
            return False
        if not flags and word.initial and small.endswith(("ise", "ize")):
            return False  # `Summarise the note`
        if not flags & WORD:
            if not flags & PERSON and stem(small):
                return False
            if flags:
                return True
            if (
                not word.text[1:].islower()
                and any(c.isupper() for c in word.text[1:])
                and len(small) <= _ACRONYM + 1
                and not self._located(first)
            ):
                return word.text[:2] == "Mc"
            if not self.words.english and word.initial and len(run) == 1:
                return sentences.above_address(self.text, word)
            return not self.words.nouns or self._located(first) or self._german_town(first)
        if word.initial and len(run) == 1:
            return bool(flags & PERSON) and (
                sentences.acts(self.text, word) or sentences.stands(self.words, place)
            )
        if not flags & ~WORD or (len(run) == 1 and self.words.english and beside.defined(self.all, place)):
            return False
        if len(run) >= _TITLE_CASE or self.words.nouns:
            return False
        if (
            len(run) > 1
            and not run[0].flags & GIVEN
            and all(one.flags & WORD for one in run)
            and not self._located(first)
        ):
            return False
        if word.initial:
            return any(
                (not other.flags & WORD and other.flags & PERSON) or (flags & PERSON and len(other.key) == 1)
                for other in run
            )
        return True

    def _noun(self, word: Word, place: int, run: list[Word]) -> bool:
        """Whether it is a German noun, or what opens a sentence or a field: formed as one, or a name elsewhere that stands alone."""
        before = self.all[place - len(run)] if place >= len(run) else None
        if not word.flags:
            if not self.words.nouns:
                return german(word.key)
            return noun(word.key, bare=before is not None and before.key in {"in", "aus"})
        return (
            bool(word.roles & roles.NAMESAKES)
            and not self.words.english
            and all(one is word or one.flags & WORD or one.roles & roles.HARMLESS for one in run)
            and not (before is not None and before.roles & roles.TITLES)
        )

    def _german_town(self, place: int) -> bool:
        """Whether `in`, `aus` or `nach` stands before, and no article: a thing mostly has one."""
        if not place or self.all[place].gap != " ":
            return False
        before = self.all[place - 1].key
        after = self.all[place + 1].key if place + 1 < len(self.all) else ""
        return before in _TOWARDS or (before == "von" and after == "nach")

    def _nobody(self, word: Word, run: list[Word]) -> bool:
        """Whether what a word is explains its capital."""
        if word.roles & (roles.GROUPS | roles.REGIONS):
            return True
        if word.roles & roles.HARMLESS and (word.upper or word.key not in voc.ACRONYMS):
            return True
        return bool(word.roles & roles.POSSESSIVE_EPONYMS) and (len(run) == 1 or word.possessive)

    def _initials(self, last: int) -> int:
        """Return where the word at `last` ends, with the initials behind it and the stop of its own."""
        end = self.all[last].end
        if last + 1 < len(self.all) and self.all[last + 1].capital:
            match = _INITIAL.match(self.text, end)
            if match:
                return match.end()
        stopped = self.text[end : end + 1] == "." and self.text[end - 2 : end - 1] in {" ", "."}
        return end + 1 if stopped else end

    def _house(self, last: int, end: int) -> int:
        """Take in what kind of house it is, where that follows in small letters: `New York clinic`."""
        for word in self.all[last + 1 : last + 3]:
            if not word.roles & roles.FACILITIES or self.text[end : word.start] != " ":
                break
            end = word.end
        return end
