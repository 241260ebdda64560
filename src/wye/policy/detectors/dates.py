"""Dates in every written form, English and Spanish first; ages. Bare years, weekdays and ages to 89 are quasi."""

import re
from collections.abc import Iterator

from wye.policy.detectors.finding import Finding
from wye.policy.detectors.pattern import Pattern
from wye.policy.detectors.sieve import Lead, Seen

_MONTH = (
    r"(?:(?i:jan(?:uary|uari|uar|eiro|vier)?|jänner|ene(?:ro)?|gennaio|feb(?:ruary|ruari|ruar|rero|braio)?|fev(?:ereiro)?|f[eé]vr(?:ier)?|marzo|mars|maart|mrt|mei|m[aä]rz|março|apr(?:il|ile)?|abr(?:il)?|avril"
    r"|mayo|mai|maio|maggio|jun(?:e|i|io|ho)?|juin|giugno|jul(?:y|i|io|ho)?|juillet|luglio|aug(?:ustus|ust)?|ago(?:sto)?|ao[uû]t|sept?(?:ember|embre|iembre|iembre)?|set(?:iembre|embro|tembre)?"
    r"|o[ck]t(?:ober|ubre|obre)?|out(?:ubro)?|ottobre|nov(?:ember|iembre|embre|embro)?|de[cz](?:ember|embre|embro)?|d[ií]c(?:iembre|embre)?|d[eé]cembre)\b|\b(?:May|MAY|March|MARCH|Mar|MAR)\b)\.?"
)
_OF = r"(?:\s*[,.]?\s+(?:of\s+|de\s+|del\s+)?)"
_YEAR = r"(?:\d{4}|['’]\d{2}|\d{2}(?![\w:%]))"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:\s?(?:st|nd|rd|th|er)\b|\.?°|\.)?"
_ORDINAL = (
    r"(?:(?:twenty|thirty)[ -])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth"
    r"|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)|uno|primero|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez"
    r"|once|doce|trece|catorce|quince|diecis[eé]is|diecisiete|dieciocho|diecinueve|veinte|veinti\w{1,8}|treinta(?: y uno)?"
)
_MONTHS = (
    "jan",
    "ene",
    "genn",
    "feb",
    "fev",
    "fév",
    "fevr",
    "mar",
    "mär",
    "apr",
    "abr",
    "avr",
    "may",
    "mai",
    "mei",
    "mrt",
    "maa",
    "jän",
    "mag",
    "jun",
    "jui",
    "giu",
    "jul",
    "lug",
    "aug",
    "ago",
    "aoû",
    "aou",
    "sep",
    "set",
    "oct",
    "okt",
    "out",
    "ott",
    "nov",
    "dec",
    "dez",
    "dic",
    "déc",
    "díc",
)
_YEARS_OLD = r"(?:[\s-]*(?:years?|yrs?|yr)[\s-]*(?:old|of age)|[\s-]?(?:y\.?/?o\.?|yo)(?![a-z])|\s+años(?:\s+de\s+edad)?|\s+ans\b|\s+Jahre\s+alt|\s+anni\b|\s+anos\b|[\s-]?jährige[rnms]?\b|[\s-]?jarige?\b|\s+jaar(?:\s+oud\b|(?=[,.;)]))|[\s-]+year[\s-]+old)"

_NAMED = re.compile(_MONTH)
_WORD = re.compile(r"(?<!\w)\w")
_DAY_OR_EL = re.compile(r"(?<![\w.])[\de]")

CALENDAR = (
    Pattern(
        "date",
        re.compile(
            rf"(?<![\w])(?:the\s{{1,3}})?{_MONTH}\s*(?:the\s+)?{_DAY}(?![\d:%/])(?:[\s,]+(?:of\s+|de\s+)?{_YEAR})?(?!\w)"
        ),
        0.9,
        _MONTHS,
        lead=_NAMED,
        reach=6,
        head=_WORD,
    ),
    Pattern(
        "date",
        re.compile(
            rf"(?<![\w.])(?:el\s{{1,3}})?{_DAY}(?:\s{{0,2}}[-/–]\s{{0,2}}{_DAY})?[\s\-/]{{0,4}}(?:(?:of|de)\s{{1,3}})?{_MONTH}(?!\w)(?:(?:{_OF}|[-/]){_YEAR})?(?!\w)"
        ),
        0.9,
        _MONTHS,
        lead=_NAMED,
        reach=32,
        head=_DAY_OR_EL,
    ),
    Pattern("date", re.compile(rf"(?<!\w){_MONTH}(?:{_OF}|[-/]){_YEAR}(?!\w)"), 0.9, _MONTHS, lead=_NAMED),
    Pattern(
        "date",
        re.compile(
            rf"(?<!\w)(?i:the\s{{1,3}}|el\s{{1,3}})?(?i:{_ORDINAL})\s{{1,3}}(?:of|de)\s{{1,3}}{_MONTH}(?:{_OF}\d{{4}})?"
        ),
        0.9,
        (" of ", " de "),
        lead=re.compile(rf"\b(?:of|de)\s{{1,3}}{_MONTH}"),
        reach=30,
        head=_WORD,
    ),
    Pattern(
        "date",
        re.compile(rf"(?<!\w){_MONTH}\s+(?:the\s+)?(?i:{_ORDINAL})(?:,?\s+\d{{4}})?(?!\w)"),
        0.8,
        ("first", "second", "third", "th"),
        lead=_NAMED,
    ),
    Pattern(
        "date",
        re.compile(
            rf"(?<!\w)(?i:last|this|next|since|early|late|mid|in|until|by|during|every|pasado|desde|en|pr[oó]ximo)[ -](?:de )?{_MONTH}(?!\w)"
        ),
        0.7,
        _MONTHS,
        lead=_NAMED,
        reach=12,
        head=_WORD,
    ),
    Pattern(
        "date",
        re.compile(
            r"(?<![\w.])(?:(?<!\d-)(?:1[89]|20)\d{2}([-/.])(?:0?[1-9]|1[0-2])\1(?:0?[1-9]|[12]\d|3[01])|(?<!(?<!\b(?:19|20)\d)\d[/-])(?:0?[1-9]|[12]\d|3[01])([-/.])(?:0?[1-9]|[12]\d|3[01])\2(?:(?:1[89]|20)?\d{2}))"
            r"(?:[T ,]+\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:\s?[AaPp]\.?[Mm]\.?|Z|[+-]\d{2}:?\d{2})?)?(?!\w|[/-]\d{1,2}(?![\d./-])|\.\d)"
        ),
        0.9,
    ),
    Pattern(
        "date",
        re.compile(
            r"(?:\d{2,4}\s?年\s?)?\d{1,2}\s?月\s?\d{1,2}\s?[日号]|\d{2,4}\s?年\s?\d{1,2}\s?月|(?:\d{2,4}년\s?)?\d{1,2}월\s?\d{1,2}일|\d{2,4}년\s?\d{1,2}월"
        ),
        0.9,
        ("月", "월"),
    ),
    Pattern(
        "date",
        re.compile(
            r"(?i:\b(?:on|since|until|dob|born|del?|el|dated?|fecha)\s*:?\s+)((?:0?[1-9]|1[0-2]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01]))(?![\w/])"
        ),
        0.7,
        ("/",),
        group=1,
    ),
    Pattern(
        "date",
        re.compile(r"(?<![\w/.])((?:0?[1-9]|1[0-2])[/-](?:19|20)\d{2})(?![\w/-])"),
        0.8,
        ("/", "-"),
        group=1,
    ),
    Pattern("date", re.compile(r"(?<!\d)(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?!\d)"), 0.6),
    Pattern("time", re.compile(r"(?<![\w:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\w:])"), 0.6, (":",)),
    Pattern(
        "year",
        re.compile(
            r"(?<![\w.,/\-#$€])(?:1[89]\d{2}|20[0-4]\d)(?!\w|[.,]\d|-\d|\s?(?:mg|ml|mcg|IU|units?)\b)"
        ),
        0.6,
    ),
)

WEEKDAY = Pattern(
    "weekday",
    re.compile(
        r"(?<!\w)(?i:monday|tuesday|wednesday|thursday|friday|saturday|sunday|lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo"
        r"|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|luned[iì]|marted[iì]|mercoled[iì]|gioved[iì]|venerd[iì]|sabato|domenica|(?:segunda|ter[cç]a|quarta|quinta|sexta)-feira|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)(?!\w)"
    ),
    0.6,
    (
        "day",
        "lunes",
        "martes",
        "rcoles",
        "jueves",
        "viernes",
        "bado",
        "domingo",
        "tag",
        "mittwoch",
        "di",
        "dag",
        "edì",
        "sabato",
        "domenica",
        "feira",
    ),
)

RELATIVE = Pattern(
    "when",
    re.compile(
        r"\b(?!this year['’]s|(?<=\bfor )last (?:month|year)\b)(?:last|next|this past|this|past)\s+(?:week(?:end)?|month|year|spring|summer|fall|autumn|winter|monday|tuesday|wednesday|thursday|friday|saturday|sunday)\b"
        r"|\b(?:yesterday|tomorrow|ayer)\b|\bla semana pasada\b|\bel (?:mes|año|lunes|martes|mi[eé]rcoles|jueves|viernes|s[aá]bado|domingo) pasado\b",
        re.IGNORECASE,
    ),
    0.6,
    (
        "last ",
        "next ",
        "past ",
        "this ",
        "yesterday",
        "tomorrow",
        "ayer",
        "pasad",
    ),
)
"""`Tonight` and `last night` tell no date; `last month` does, to who knows when it was written.

What is of this year, or for last month, is told by its period, not dated by an event."""

_BECAME = r"(?= geworden\b|(?:e|ste) (?:verjaardag|met pensioen)\b| in (?:Rente|Pension|den Ruhestand)\b)"
"""What German and Dutch say behind an age."""
_BECOMES = r"\b(?:werde|wirst|wird|ik word|wordt|werd)\s(\d{1,3})(?=[.!?]?(?:\s*\Z|\n|(?-i: [A-Z])))"
"""What they say before one that ends a sentence."""
_AGE = re.compile(
    rf"(?<![\w.])(\d{{1,3}})(?:{_YEARS_OLD}|{_BECAME})|{_BECOMES}|(?i:\b(?:aged?|age of|age is|age:|edad de|edad:?|turn(?:s|ed|ing)?|cumpli[oó]|when (?:s?he|they|i) (?:was|were)|i am|i'm|tengo|tiene)\s+)(\d{{1,3}})(?![\w.,/:%-]*\d|\s?(?:%|mg|to\b|-))",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"(?:over|under|above|below|than|[<>≥≤]=?|to|or|-|between|least|mayores de|menores de|aged?|ages|patients)\s*$",
    re.IGNORECASE,
)
OLDEST = 89
"""The highest age that the safe harbor lets stand (45 CFR 164.514(b)(2)(i)(C))."""
ELDEST = 125


LEADS = (Lead(_AGE),)


def worded(seen: Seen) -> Iterator[Finding]:
    """Yield dates of a text without a figure: `the twelfth of April`."""
    for pattern in CALENDAR[3:6]:
        yield from pattern.find(seen)


def ages(seen: Seen) -> Iterator[Finding]:
    """Yield ages. Over 89 they identify, unless they bound a group: `patients over 90`."""
    text = seen.text
    for match in seen.find(_AGE):
        group = match.lastindex or 0
        years = int(match[group])
        if years > ELDEST:
            continue
        old = years > OLDEST and not _SEVERAL.search(text, max(0, match.start() - 16), match.start())
        yield Finding(*match.span(group), "age_over_89" if old else "age", 0.8)
