"""Names that are one: a house and where it stands, the partners of a firm."""

import re

from wye.policy.detectors.finding import Finding
from wye.policy.detectors.lexicon import GIVEN, SURNAME, lexicon

_FIRM = re.compile(
    r"[^\W\d_a-zß-ÿ][\w'’-]+, [^\W\d_a-zß-ÿ][\w'’-]+(?: (?:and|y|e|et|und|en|&) [^\W\d_a-zß-ÿ][\w'’-]+(?! [^\W\d_a-zß-ÿ])|\Z)"
)
"""Surnames of partners: `Brandtner, Olsen and Reed`."""
SONS = re.compile(
    r" (?:(?:and|&|y|e|et|und|en) (?:Sons?|Daughters?|Brothers|Bros|Partners?|Associates|Company|Co|Hijos|Hermanos|[Aa]sociados|Söhne|Fils|[Aa]ssociés|[Ff]igli|[Aa]ssociati|Filhos|Zonen|Zn)\b\.?(?: KG(?:aA)?| OHG| S\.(?:A|L|L\.L|A\.U|L\.U|Coop|Com)\.| s\.r\.l\.)?"
    r"|(?:e\. ?[VGK]\.|S\.?p\.?A\.?|SPA|S\.?r\.?l\.?|s\.r\.l\.|S/A|S\.Coop\.|KGaA|KG|OHG|UG|B\.V\.|N\.V\.|BV|NV|VOF|Lda\.?|Ltda\.?|SARL|SAS|SNC)(?!\w))|(?<= S)/A(?!\w)"
)
"""What makes a house of a name: `Reed and Sons`."""

_ANDS = frozenset([" and ", " y ", " e ", " et ", " und ", " en ", " & "])
_FAR = len(" and ")
"""What stands between two that are one is no longer."""


def together(last: Finding, found: Finding, text: str) -> str | None:
    """Return what two findings are together: a house and where it stands, `Cancer Center in New York`, a firm's partners."""
    if found.start - last.end > _FAR:
        return None
    between = text[last.end : found.start]
    if {last.kind, found.kind} <= {"place", "organisation", "region", "address"}:
        several = last.kind == found.kind == "organisation" and ", " in text[last.start : last.end]
        return last.kind if between in {" in ", " of ", " en "} or (several and between in _ANDS) else None
    if (last.kind, found.kind) == ("organisation", "name"):
        if between in _ANDS and _FIRM.fullmatch(text, last.start, last.end):
            return last.kind
        return last.kind if between in {" in ", " en "} else None
    if between == ", " and last.kind == found.kind == "name" and _FIRM.match(text, last.start):
        partners = [lexicon().get(text[one.start : one.end].lower(), 0) for one in (last, found)]
        if all(flags & SURNAME for flags in partners) and not all(flags & GIVEN for flags in partners):
            return "organisation"
    return None
