"""Postal addresses: streets by their words, then everything around an anchor such as `Apt. 5` that can belong to it."""

import re
from collections.abc import Iterator

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.european import STREET
from wye.policy.detectors.finding import Finding
from wye.policy.detectors.lexicon import WORD, lexicon
from wye.policy.detectors.pattern import Pattern
from wye.policy.detectors.sieve import Lead, Seen
from wye.policy.detectors.stems import stem

_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Circle|Cir|Way|Place|Pl|Terrace|Ter|Parkway|Pkwy|Highway|Hwy|Square|Sq"
    r"|Crescent|Cres|Close|Gardens|Row|Walk|Trail|Loop|Alley|Plaza|Pass|Parks?|Squares|Streets|Extensions?|Union|Fort|Mews|Grove|Hill|Rise|Quay|Wharf|Broadway)"
)
_ENDING = r"(?:stra(?:ß|ss)e|str\.|gasse|weg|platz|straat|laan|gade|vej|gatan|gata|katu|tie|veien|vegen|utca)"
_KIND = (
    r"(?i:stra(?:ß|ss)e|weg|allee|platz|straat|laan|plein|gade|vej|gate|gata|vei|v[eä]gen|tee|maantee|puiestee|tie|katu|kuja|utca|[uú]t|[uú]tja|t[eé]r|k[oö]r[uú]t"
    r"|ulica|trg|cesta|t[rř][ií]da|n[aá]m[eě]st[ií]|sokak|caddesi)"
)
"""Kinds of streets that stand behind a name, as words of their own, in what Europe speaks beside English and Spanish."""
_SENTENCE = re.compile(r"(?i:\s(?:of|the|to|and|or|for|with|in|on|at|by|is|are|your?|that|from)\s)|\d0s\Z")
"""Words of a sentence, or a decade: what has them is no street, capitals or not."""
_FIGURE = re.compile(r"(?<![\w.-])\d")
_ROOM = 120
"""Characters before the kind of a street that are looked at: its number, and up to five words."""
_WORD = re.compile(r"(?<!\w)\w")
_NAME = r"(?:[^\W\d_a-zß-ÿ][\w.'’-]*|\d{1,3}(?:st|nd|rd|th))"


def _named(text: str) -> bool:
    """Whether a word of `text`, which begins with a figure, is none of the language: the street's own name."""
    words = [word.strip(".,") for word in text.split()[1:]]
    return any(word[:1].isalpha() and not lexicon().get(word.lower(), 0) & WORD for word in words)


def _written_small(text: str) -> bool:
    """Whether all between two figures can be a street's name: a word that is none of the language, no drug, no measure."""
    words = [word.strip(".,") for word in text.lower().split() if not word[0].isdigit()]
    if any(
        word in voc.JOINING or word in voc.HARMLESS or word in voc.MEASURES or stem(word) for word in words
    ):
        return False
    return _named(text)


STREETS = (
    STREET,
    Pattern(
        "address",
        re.compile(
            rf"(?<![\w.-])(?:\d{{1,6}}[A-Za-z]?,?\s+){{1,3}}(?:(?:N|S|E|W|NE|NW|SE|SW)\.?\s+)?(?:{_NAME}\s+){{1,4}}{_STREET}\b\.?"
        ),
        0.9,
        lead=re.compile(rf"\s{_STREET}\b"),
        reach=_ROOM,
        head=_FIGURE,
    ),
    Pattern(
        "address",
        re.compile(
            r"(?<![\w.-])\d{1,6}\s+(?:[a-z]+\s+){1,3}(?:street|st|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|court|ct|terrace|square)\b\.?",
            re.IGNORECASE,
        ),
        0.7,
    ),
    Pattern(
        "address",
        re.compile(
            r"(?<!\w)(?:\d{1,6}(?:\s?(?:bis|ter))?,?\s+){0,2}(?:(?i:c/|calle|avda?\.|avenida|plaza|pza\.|paseo|p[ºo°]\.|carretera|ctra\.|camino|ronda|traves[ií]a|urbanizaci[oó]n|urb\.|pol[ií]gono|rue|via|viale|piazza|rua|ulica|ul\.|avenue|boulevard|chemin|impasse|all[eé]e|faubourg|corso|vicolo|contrada|largo|travessa|pra[cç]a|alameda|strada|borgo|salita|rotonda|ladeira|loteamento|estrada|rodovia|glorieta|rambla)|R\.(?=\s?d[aeo]s?\s))"
            rf"\s*(?:(?:de|del|de la|de los|de las|des|d[iu]|della|delle|dei|degli|do|da|dos|das)\s+|(?:de l|d|dell)['’])?{_NAME}(?:\s+(?:(?:de|del|la|las|los|y)\s+)*{_NAME}){{0,4}}(?:,?\s*(?:n[º°.o]+\s*|s/n|S/N|núm\.?\s*)?\d{{0,4}})(?:,?\s*\d{{1,2}}[ºª°](?:\s?[A-Za-z]\b)?)?"
        ),
        0.8,
    ),
    Pattern(
        "address",
        re.compile(
            r"(?<!\w)(?i:(?:\d{1,6} )?(?:the )?corner of )((?:[^.!?\n]|(?<=\d)\.|(?<=\b\w\w)\.|(?<=\b\w\w\w)\.){3,60}?\sand\s+(?:\S+\s+){0,3}?\S+?)(?=[.,!?]?(?:\s|$))"
        ),
        0.8,
        ("corner of",),
        lead=re.compile(r"\b(?:the )?corner of ", re.IGNORECASE),
        reach=7,
        head=_WORD,
    ),
    Pattern(
        "address",
        re.compile(
            rf"(?<![\w-])[\w-]{{1,40}}?{_ENDING}\s+\d{{1,4}}(?:\s?[/-]\s?\d{{1,3}})?[a-z]?\b",
            re.IGNORECASE,
        ),
        0.8,
        lead=re.compile(rf"{_ENDING}\s+\d", re.IGNORECASE),
        reach=40,
    ),
    Pattern(
        "address",
        re.compile(rf"(?<![\w.-])(?:\d{{1,6}}\s+){{1,2}}(?:{_NAME}\s+){{1,3}}\d{{1,4}}[a-z]?(?!\w)"),
        0.6,
        check=lambda text: not _SENTENCE.search(text),
    ),
    Pattern(
        "address",
        re.compile(
            rf"(?<![\w.-])\d{{1,6}}[A-Za-z]?,?[ ](?:[^\W\d_][\w.'’-]{{0,30}}[ ]){{1,3}}?{_KIND}[ ]\d{{1,4}}[A-Za-z]?\b"
        ),
        0.8,
        check=_named,
    ),
    Pattern(
        "address",
        re.compile(
            r"(?<![\w.,/-])(?:\d{1,6}[ ]){1,2}(?:[^\W\d_][\w.'’-]{0,20}[ ]){1,3}?\d{1,5}(?![\w%/-]|[.,]\d| ?(?:mg|mcg|ml|kg|iu|units?|years?|months?|days?|weeks?|hours?|patients?|times)\b)"
        ),
        0.6,
        check=_written_small,
    ),
    Pattern(
        "address",
        re.compile(
            r"(?<![\w.-])\d{1,5}(?: ?bis| ?ter|[A-Da-d])?,? (?:rue|chemin|all[ée]e|impasse|quai|ruelle|via|viale|corso|vicolo|rua|travessa) (?:(?:de|du|des|de la|della|di|do|da|dos|das) |d['’]|de l['’])?[\w'’-]{3,}",
            re.IGNORECASE,
        ),
        0.8,
    ),
    Pattern(
        "address",
        re.compile(
            r"(?<!\w)(?:calle|avenida|avda|plaza|paseo|camino|carretera)\s(?:(?:de|del|la|las|los)\s){0,2}[^\W\d_]{2,20}(?:\s[^\W\d_]{2,20}){0,2}?,?\s\d{1,4}(?!\w)"
        ),
        0.7,
    ),
    Pattern(  # a street's kind by its letter: `C. Curro Valverde 13`, `R. Lima, 5`
        "address",
        re.compile(
            rf"(?<![\w.])[CR]\. ?(?:d[aeo]s? )?{_NAME}(?: (?:d[aeo]s? )?{_NAME}){{0,3}},? \d{{1,3}}(?![\w%.]|,\d)"
        ),
        0.7,
    ),
    Pattern(
        "postcode",
        re.compile(
            r"(?i:\b(?:zip|postal|post|c[oó]digo postal|codice postale|CP|PLZ|CEP|postcode|Postleitzahl)\b(?:[ -]?code)?(?:\s+(?:is|es|ist|lautet|est|è|é)(?!\w))?\s*[:#]?\s*)(\w[\w-]*(?:\s?\d[\w-]*)?(?:\s[A-Z]{2}\b)?)(?!\w)"
        ),
        0.8,
        ("zip", "post", "cp", "plz", "cep"),
        lambda t: any(map(str.isdigit, t)),
        1,
    ),
    Pattern("postcode", re.compile(r"\b[A-Z]{2}\.?,?\s+\d{5}(?:-\d{4})?(?!\w)"), 0.8),
    Pattern(
        "postcode",
        re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b|\b[A-CEGHJ-NPR-TVXY]\d[A-Z] ?\d[A-Z]\d\b"),
        0.8,
    ),
    Pattern(
        "postcode",
        re.compile(
            r"(?<![\w.,-])\d{5}(?:-\d{4})?(?=\s+[A-ZÁÉÍÓÚ][a-záéíóúñ]{2,})|(?<![\w.,-])\d{5}-\d{4}(?![\w-])"
        ),
        0.6,
    ),
)

_ANCHOR = re.compile(
    r"(?i:\b(?:apt\.?|apartment|suite|ste\.|unit|p\.?\s?o\.? ?box|postbox|apartado|box|PSC|piso|puerta|floor|flat|room)\s*#?\s*\d{1,6}[A-Za-z]?\b)|\b[ADF]PO\b"
)
_BETWEEN = " ,\t>?"
_PART = re.compile(r"\n|[\w.'’/-]+")
_FAR = 40
"""Characters before an address in which the word before it stands."""
_AFTER = re.compile(r"[ ,\t>?]*(\n|[\w.'’/()-]*[\w)](?:\.(?=\s\d)|\.(?=,))?)")
_BLANK = re.compile(r"[ \t>?]*\n")
_LAST_LINE = re.compile(r"[ \t>?]*[^\W\d][^\n\d]{1,30} \d{2,6}\s*(?:\n|\Z)")
_STREET_LINE = re.compile(
    r"[>?|*\s]*(\d{1,6}[A-Za-z]?,?(?:\s[^\W\d_][\w.'’-]*){1,5}(?:,?\s\d{1,5}[A-Za-z]?|\.?))\s*\Z"
)
"""A street with the house's number before it, whose words may be anybody's."""
_CITY = re.compile(r", ?([^\W\d_a-zß-ÿ][^\W\d_]+)(?: [^\W\d_a-zß-ÿ][^\W\d_]+)?(?=[.,;]?(?:\n|\Z)|[.,;] )")
_SMALL = frozenset(["u", "ul", "de", "del", "la", "du", "van", "nan", "street", "st", "road", "avenue", "of"])
_SENTENCES = frozenset(["I", "Phone", "Email", "Tel", "Please", "It"])
"""With them something else begins."""
_LIMIT = 12
_LONGEST = 8
"""Figures of a number that is a part of an address."""
GROWING = 8
"""The first so many of `STREETS` grow over what follows them."""


LEADS = (Lead(_ANCHOR),)


def addresses(seen: Seen) -> Iterator[Finding]:
    """Yield addresses around their anchors: numbers, names and codes beside them, over line ends."""
    text = seen.text
    done = 0
    anchored: list[tuple[int, int]] = []
    for match in seen.find(_ANCHOR):
        if match.end() <= done:
            continue
        start = match.start() if match.start() < done else _left(text, match.start(), done)
        done = _right(text, match.end())
        anchored.append((start, done))
        yield Finding(start, done, "address", 0.8)
    for pattern in STREETS[:GROWING]:
        for found in pattern.find(seen):
            yield found
            if any(start < found.end <= end for start, end in anchored):
                continue  # what follows it is found
            end = _town(text, _right(text, found.end, whole=True))
            if end > found.end:
                yield Finding(found.end, end, "address", 0.6)


def _town(text: str, end: int) -> int:
    """Return the end of the town behind an address, everyday words or not: a mark or the line's end closes it."""
    city = _CITY.match(text, end)
    if city is None:
        return end
    first = city[1].lower()
    return end if first in voc.FUNCTION or first in voc.LETTER or first in voc.HARMLESS else city.end()


def _left(text: str, start: int, stop: int) -> int:
    for _ in range(_LIMIT):
        head = text[max(stop, start - _FAR) : start]
        bare = head.rstrip(_BETWEEN)
        match = _PART.match(bare[::-1])  # from its end: a search would try each place before
        if not match:
            break
        part = match[0][::-1]
        before = start - len(head) + len(bare) - len(part)
        if part == "\n":
            line = text[text.rfind("\n", 0, before) + 1 : before]
            if not any(map(str.isdigit, line)):
                break
            street = _STREET_LINE.match(line)
            if street and (street[1][-1].isdigit() or _named(street[1])):
                start = before - len(line) + street.start(1)
                break
            start = before
            continue
        if not _belongs(part) or (
            part.endswith(".") and not part[:-1].isdigit() and len(part) > 4
        ):  # no abbreviation
            break
        start = before
    while start < len(text) and text[start].isspace():
        start += 1
    return start


def _right(text: str, end: int, *, whole: bool = False) -> int:
    """Return where the address ends. `whole`: take nothing unless a code, a country or a figure closes it."""
    best = end
    for _ in range(_LIMIT):
        match = _AFTER.match(text, end)
        if not match:
            break
        if match[1] == "\n":
            blank = _BLANK.match(text, match.end())
            if blank and not _LAST_LINE.match(text, blank.end()):
                break
            end = blank.end() if blank else match.end()
            continue
        if not _belongs(match[1]):
            break
        end = match.end()
        if (
            not whole
            or match[1][0].isdigit()
            or (len(match[1]) == 2 and match[1].isupper())
            or match[1].lower() in voc.REGIONS
        ):  # a state
            best = end
    return best


def _belongs(word: str) -> bool:
    """Whether a word can be a part of an address: a number, a name, a code; no small word of the language."""
    bare = word.strip(".,()'’-/")
    if not bare:
        return False
    if bare[0].isdigit():
        return len(bare) <= _LONGEST or sum(map(str.isdigit, bare)) <= _LONGEST  # longer ones are identifiers
    if bare[0].isupper() and bare not in _SENTENCES:
        return True
    small = bare.lower()
    return small in _SMALL or not lexicon().get(small, 0) & WORD
