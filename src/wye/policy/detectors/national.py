"""Numbers that states and banks give, each with the check digits that prove it and, where those are few, the word that names it.

A number that anybody may write needs its word; a form that nothing else has needs none.
"""

import re
from collections.abc import Callable

from wye.policy.detectors import checksums
from wye.policy.detectors.pattern import Pattern

_SEPARATORS = str.maketrans("", "", " -./")
_BETWEEN = r"[^\d\n]{0,24}?"


def _proven(check: Callable[[str], bool]) -> Callable[[str], bool]:
    return lambda text: check(text.translate(_SEPARATORS))


def _worded(kind: str, words: str, form: str, check: Callable[[str], bool]) -> Pattern:
    """Make the rule for `form` behind one of `words`."""
    return Pattern(
        kind,
        re.compile(rf"(?i:\b(?:{words})(?![a-z])){_BETWEEN}((?<!\w){form})(?!\w)"),
        1.0,
        (),
        _proven(check),
        1,
        lead=re.compile(rf"\b(?:{words})[^a-z]", re.IGNORECASE),
    )


def _alone(kind: str, form: str, check: Callable[[str], bool]) -> Pattern:
    """Make the rule for a `form` that needs no word."""
    return Pattern(kind, re.compile(rf"(?<![\w.-]){form}(?![\w-])"), 1.0, (), _proven(check))


def _taxpayer(digits: str) -> bool:
    return checksums.ssn(digits) or checksums.itin(digits)


NATIONAL = (
    _worded("license", r"NPI|national provider(?: identifier| id| number)?|provider (?:id|number|no)", r"[12]\d{9}", checksums.npi),
    _worded("ssn", r"SSN|social security(?: number| no)?|ITIN|TIN|taxpayer(?: id\w*| number)?|tax id", r"\d{3}[-. ]?\d{2}[-. ]?\d{4}", _taxpayer),
    _worded("account", r"routing(?: number| no)?|ABA|RTN|transit(?: number)?", r"\d{9}", checksums.aba),
    _worded("national_id", r"seguridad social|NUSS|NSS|afiliaci[oó]n", r"\d{2}[ /-]?\d{7,8}[ /-]?\d{2}", checksums.nuss),
    _worded("national_id", r"Steuer-?(?:ID|identifikationsnummer|nummer|nr)|IdNr|TIN|tax id", r"\d{2} ?\d{3} ?\d{3} ?\d{3}", checksums.steuer_id),
    _worded("national_id", r"BSN|burgerservicenummer|sofinummer", r"\d{9}", checksums.bsn),
    _worded("national_id", r"PESEL", r"\d{11}", checksums.pesel),
    _worded("national_id", r"CPF", r"\d{11}", checksums.cpf),
    _worded("national_id", r"CNPJ", r"\d{14}", checksums.cnpj),
    _alone("national_id", r"\d{3}\.\d{3}\.\d{3}-\d{2}", checksums.cpf),
    _alone("national_id", r"\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}", checksums.cnpj),
    _alone("national_id", r"[1-478][ .-]?\d{2}[ .-]?\d{2}[ .-]?(?:\d{2}|2[ABab])[ .-]?\d{3}[ .-]?\d{3}[ .-]?\d{2}", checksums.nir),
    _alone("national_id", r"[A-Za-z]{6}\d{2}[A-Za-z]\d{2}[A-Za-z]\d{3}[A-Za-z]", checksums.codice_fiscale),
    _alone("national_id", r"[1-9]\d{16}[\dXx]", checksums.resident),
    Pattern("national_id", re.compile(r"(?<![\w.-])\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-[1-8]\d{6}(?![\w-])"), 0.9),
    Pattern("national_id", re.compile(r"(?<!\w)\d{2} ?\d{6} ?[A-Z] ?\d{3}(?!\w)"), 0.8),
)  # fmt: skip
"""The last but one is a Korean resident's number: birthday, sex and six digits more, which check nothing since 2020.
The last is a German pension insurance's number: area, birthday, the name's letter; its check digit counts letters as two digits."""
