"""Fields of forms: what stands behind `City:` is a city, whatever its words are elsewhere."""

import re
from collections.abc import Callable

from wye.policy.detectors import vocabulary as voc
from wye.policy.detectors.lexicon import PERSON, WORD, lexicon
from wye.policy.detectors.pattern import Pattern

_VALUE = r"[ \t]{0,3}([^\W\d_][^\n:;,|.(]{1,40}?)(?=[ \t]*(?:[\n,;|.(]|\Z))"
_MOST = 4
"""Words of a value; more say something of it."""


def _words(value: str) -> list[str]:
    words = value.lower().split()
    return [] if len(words) > _MOST or any(word in voc.UNFILLED for word in words) else words


def _filled(value: str) -> bool:
    """Whether a field is filled in, and not with something that has an explanation of its own."""
    words = _words(value)
    if value[0].islower() and all(lexicon().get(word, 0) & WORD or not word.isalpha() for word in words):
        return False
    return bool(words) and not all(word in voc.EXPLAINED or word in voc.REGIONS for word in words)


def _called(value: str) -> bool:
    """Whether it can be somebody's name: a word is part of one, though an eponym's, or none at all."""
    words = _words(value)
    known = [lexicon().get(word, 0) for word in words]
    if value[0].isupper() and any(
        flags & PERSON and word not in voc.HARMLESS for word, flags in zip(words, known, strict=True)
    ):
        return True
    return any(flags & PERSON or not flags & WORD for flags in known) and _filled(value)


def _person(value: str) -> bool:
    """Whether it can be somebody's name, whatever its letters: a form asked for one."""
    known = [(word, lexicon().get(word, 0)) for word in _words(value)]
    return any(word not in voc.HARMLESS and (flags & PERSON or not flags) for word, flags in known)


_FULL_NAME = (
    r"(?<![^\W_])(?i:(?:first|last|middle|given|family|full|maiden|patient|customer|client|contact|employee|member|sur|fore)[ _-]?name|primer[ _-]?apellido)"
    r"[\"']?\s{0,2}[:=>]"
)
"""A field of somebody's name, as forms have it, and JSON, XML and programs."""
_ADDRESS = r"\b(?i:address|street|residence|domicilio|direcci[oó]n|adresse|anschrift|indirizzo|endere[cç]o|morada|adres)\s{0,2}:"


def _field(kind: str, labels: str, check: Callable[[str], bool]) -> Pattern:
    label = rf"\b(?i:{labels})\s{{0,2}}:"
    return Pattern(
        kind, re.compile(label + _VALUE), 0.7, check=check, group=1, lead=re.compile(label, re.IGNORECASE)
    )


FIELDS = (
    Pattern(
        "name",
        re.compile(
            _FULL_NAME
            + r"[ \t]{0,2}[\"'\[]{0,2}([^\W\d_][^\n:;,|.(\"'<>{}\]&]{1,40}?)(?=[ \t]*(?:[\n,;|.(\"'<}\]&]|\Z))"
        ),
        0.7,
        check=_person,
        group=1,
        lead=re.compile(_FULL_NAME),
    ),
    _field(
        "place",
        "city|town|village|where|venue|birthplace|place of birth|stadt|wohnort|geburtsort|ort|ville|commune|lieu de naissance|citt[aà]|luogo di nascita|comune|cidade|localidade|naturalidade|woonplaats|geboorteplaats|plaats|ciudad|localidad|poblaci[oó]n|municipio|lugar de nacimiento",
        _filled,
    ),
    _field(
        "name",
        "name|surname|nombre|nombre completo|vorname|nachname|familienname|kontoinhaber(?:in)?|nom|pr[eé]nom|titulaire|cognome|nome|intestatari[oa]|titular|sobrenome|apelido|naam|voornaam|achternaam|rekeninghouder|patient(?:in|e)?|pazient[ei]|paciente|pati[eë]nt(?:e)?|apellidos?|sender|recipient|remitente|destinatario|tenant|landlord|arrendador|arrendatario",
        _called,
    ),
    Pattern(
        "address",
        re.compile(
            _ADDRESS + r"\s{0,4}"
            r"((?=[^\n]{0,60}?[^\W\d_]{3})(?=[^\n]{0,60}?(?<!\w)\d)[^\W_][^\n:;|@]{2,60}?)(?=[.;|]?[ \t]*(?:\n|\Z))"
        ),
        0.8,
        group=1,
        lead=re.compile(_ADDRESS),
    ),
    _field(
        "organisation",
        "employer|company|organi[sz]ation|arbeitgeber|krankenkasse|firma|employeur|mutuelle|soci[eé]t[eé]|entreprise|datore di lavoro|azienda|ditta|assicurazione|empregador|werkgever|zorgverzekeraar|aseguradora|plano de sa[uú]de|bedrijf|empresa|empleador",
        _filled,
    ),
)
