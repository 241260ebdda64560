"""How letters and forms of German, French, Italian, Portuguese and Dutch name people and places.

Where nouns have capitals, or the lexicon does not know a language's words, a capital says little: the word before
says more.
"""

import re
from typing import Final

from wye.policy.detectors.lexicon import WORD, lexicon
from wye.policy.detectors.pattern import Pattern

_CAPITAL: Final = r"[^\W\d_a-zß-ÿ][^\W\d_]+(?:['’-][^\W\d_]+)*"
_PARTICLES: Final = r"(?:(?:van|von|vom|zu|zur|de|den|der|des|du|di|da|del|della|do|dos|la|le|ten|ter) ){0,2}"
_ADDRESS: Final = (
    r"(?i:frau|herrn?|mevrouw|meneer|mijnheer|mevr\.|dhr\.|madame|monsieur|mme|signora?|sig\.(?:ra)?|senhora?|lieber?|geachte|beste|(?:de )?heer|dokter|doktor|docteur|dottor(?:e|essa)?|doutora?"
    r"|gentile|car[oa]|ch(?:er|ère)|querid[oa])"
)
_ALL: Final = frozenset(
    [
        *(
            "damen",
            "herren",
            "herr",
            "frau",
            "kollegen",
            "kolleginnen",
            "kunde",
            "kundin",
            "kunden",
            "kundinnen",
        ),
        *("freunde", "familie", "nachbarn", "mitglieder", "eltern", "gäste", "leser", "kinder"),
        *("klant", "klanten", "collega", "allen", "heer", "mevrouw", "leden", "vrienden", "buren"),
        *(
            "client",
            "cliente",
            "clienti",
            "clientes",
            "collègues",
            "tous",
            "toutes",
            "amis",
            "colleghi",
            "tutti",
        ),
        *(
            "todos",
            "amigos",
            "colegas",
            "professore",
            "dottore",
            "professor",
            "doktor",
            "président",
            "direttore",
        ),
        *("presidente", "directeur"),
    ]
)
"""Whom a letter to nobody in particular is addressed to."""
_LANES: Final = r"(?:(?i:ring|allee|damm|ufer|steig|stieg|chaussee|promenade|baan|steeg|dreef|kade|gracht|singel|hof|dijk|plantsoen|boulevard)|(?<!nk)(?<!ch)pad)"


def _somebody(name: str) -> bool:
    return name.rsplit(maxsplit=1)[-1].lower() not in _ALL


def _lane(street: str) -> bool:
    """Whether it is called after something of its own: `Spring 2026` and `Boring 5` are no streets."""
    return not lexicon().get(street.split(maxsplit=1)[0].lower(), 0) & WORD


STREET: Final = Pattern(
    "address",
    re.compile(
        rf"(?<![\w-])[^\W\d_a-zß-ÿ][\w'’-]{{2,40}}?{_LANES}\s\d{{1,4}}(?:\s?[/-]\s?\d{{1,3}})?[a-z]?(?!\w)"
    ),
    0.8,
    check=_lane,
    lead=re.compile(rf"{_LANES}\s\d"),
    reach=44,
)
"""Streets that stand in one word with their kind: `Sölzerring 9/2`."""

SALUTATION: Final = Pattern(
    "name",
    re.compile(rf"\b{_ADDRESS}\s({_PARTICLES}{_CAPITAL}(?:[ -]{_PARTICLES}{_CAPITAL}){{0,2}})"),
    0.8,
    check=_somebody,
    group=1,
    lead=re.compile(rf"\b{_ADDRESS}\s"),
)
"""Whom a letter is addressed to."""

_LIVES: Final = (
    r"(?i:wohn(?:t|e|st|en|haft)|leb(?:t|e|en)|kommt|stammt?|zieht|zog|umgezogen|arbeitet|praxis|klinik(?:um)?|krankenhaus"
    r"|niederlassung|filiale|büro|woont|woonachtig|werkt|praktijk|ziekenhuis|kantoor|habite|habitant|réside|hôpital"
    r"|abita|risiede|residente|lavora|ospedale|mora|trabalha|consultório|escritório)"
)
HOME: Final = Pattern(
    "place",
    re.compile(
        rf"\b{_LIVES}\s(?:[^\W\d_]+\s){{0,2}}?(?:in|aus|nach|te|uit|à|ad?|em)\s({_CAPITAL}(?:[ -]{_CAPITAL})?)"
    ),
    0.7,
    group=1,
    lead=re.compile(rf"\b{_LIVES}\s"),
)
"""Where somebody lives, works or is treated."""

TOWNS: Final = (
    Pattern(
        "place",
        re.compile(
            r"\b(?i:geb(?:oren|\.)|nat[oa]|née?|nascid[oa]|naissance)\b[^\n;]{0,30}?\d{2,4},?\s(?:in|te|à|a|em)\s"
            rf"({_CAPITAL}(?:[ -]{_CAPITAL})?)"
        ),
        0.8,
        group=1,
        lead=re.compile(r"\b(?:geb(?:oren|\.)|nat[oa]|née?|nascid[oa]|naissance)\b", re.IGNORECASE),
    ),
    Pattern(
        "place",
        re.compile(
            rf"(?<=\d)(?:, |\n)((?:[A-Z]{{1,2}}-)?(?:(?!(?:1[89]|20)\d\d\b)\d{{4,5}}|\d{{4}}\s?[A-Z]{{2}}|\d{{4}}-\d{{3}}) {_CAPITAL}(?:\s(?:am|an der|bei|im|in|van|a/d|sur|di)\s{_CAPITAL}|[ -]{_CAPITAL})?)"
        ),
        0.8,
        group=1,
        lead=re.compile(r"\d(?:,\s|\n)(?:[A-Z]{1,2}-)?\d{4}"),
    ),
)
"""Where somebody was born, and the town behind a street's number and its own code: `9/2, 38640 Goslar`."""
