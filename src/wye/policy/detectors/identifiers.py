"""Numbers that name a person, an account or a thing: by check digits, by their form, by the words before them."""

import re
from collections.abc import Iterator

from wye.policy.detectors import checksums
from wye.policy.detectors.finding import Finding
from wye.policy.detectors.pattern import Pattern
from wye.policy.detectors.sieve import Seen

_APART, _ENDED = r"(?<!\w)(?<!\d-)", r"(?!\w|-\d)"
"""Not in a longer number."""
_SEPARATORS = str.maketrans("", "", " -.–/")
_LINK = r"(?:[\s:#.=,()\[\]\"'*_º-]|\bn°|\b(?:number|numbers|num|no|nr|n|núm|número|id|is|was|es|with|of|de|del|ending|in|reads|the)\b){0,12}?"
_VALUE = (
    r"(#?(?=[\w\-/.]*\d)[A-Za-z0-9][A-Za-z0-9]*(?:[\-/._ ]?[A-Za-z]{0,4}\d[A-Za-z0-9]*|-[A-Za-z]{1,4}\b)*)"
)


def _named(kind: str, words: str, needs: tuple[str, ...]) -> Pattern:
    """Make the rule for a value with a digit in it behind one of `words`."""
    return Pattern(
        kind,
        re.compile(rf"\b(?:{words})(?![a-z]){_LINK}{_VALUE}", re.IGNORECASE),
        0.9,
        needs,
        _long,
        1,
        lead=re.compile(rf"\b(?:{words})[^a-z]", re.IGNORECASE),
    )


def _long(value: str) -> bool:
    return sum(map(str.isalnum, value)) >= 4 and any(map(str.isdigit, value))  # shorter ones name nobody


def _bare(text: str) -> str:
    return text.translate(_SEPARATORS)


NAMED = (
    _named(
        "medical_record",
        r"MRN|MR#|EMR|EHR|medical[ -]record|med(?:ical)? rec|chart|patient (?:id|no|number|#)|encounter|specimen|accession"
        r"|historia cl[ií]nica|NHC|n[uú]mero de historia|record (?:number|no|id|#)|(?:refer to|see|per|her|his|their|my) record(?=\W{1,3}\d{5})|patient(?:'s)? record"
        r"|fall(?:nummer|-?nr)|patient(?:en)?-?(?:nummer|nr|id)|pati[eë]ntnummer|aktenzeichen|dossier(?:nummer)?|IPP|cartella(?: clinica)?|pratica|prontu[aá]rio|processo(?: cl[ií]nico)?",
        (
            "mrn",
            "mr#",
            "emr",
            "ehr",
            "rec",
            "chart",
            "patient",
            "encounter",
            "specimen",
            "accession",
            "historia",
            "nhc",
            "fall",
            "patiënt",
            "akten",
            "dossier",
            "ipp",
            "cartella",
            "pratica",
            "prontu",
            "processo",
        ),
    ),
    _named(
        "health_plan",
        r"health[ -]?plan|HPBN|HPB|HPN|HBN|HICN|MBI|medicare|medicaid|insurance|insured|policy|p[oó]liza|beneficiary|beneficiario|member(?:ship)?"
        r"|subscriber|plan (?:id|no|number|#)|group (?:id|no|number|#)|tarjeta sanitaria|CIP|SIP|NUSS|afiliaci[oó]n|plan"
        r"|afiliad[oa]|versicherten-?(?:nummer|nr)|versicherungs-?nr|v-nr|KVNR|adh[eé]rente?|assur[eé]e?|tessera sanitaria|utente|polis(?:nummer)?|polizza|ap[oó]lice",
        (
            "plan",
            "hp",
            "hbn",
            "hicn",
            "mbi",
            "medic",
            "insur",
            "polic",
            "póliza",
            "poliza",
            "benefic",
            "member",
            "subscriber",
            "group",
            "tarjeta",
            "cip",
            "sip",
            "nuss",
            "afilia",
            "versicher",
            "v-nr",
            "kvnr",
            "adh",
            "assur",
            "tessera",
            "utente",
            "polis",
            "poliz",
            "lice",
        ),
    ),
    _named(
        "account",
        r"account|acct|a/c|cuenta|routing|sort code|customer (?:id|no|number|#)|client (?:id|no|number|#)|invoice|order (?:id|no|number|#)"
        r"|kunden-?(?:nummer|nr)|konto(?:nummer|-?nr)|rechnung(?:snummer|s-?nr)?|vertrags(?:nummer|-?nr)|bestell(?:nummer|-?nr)|client|facture|commande"
        r"|codice cliente|fattura|cliente|fatura|encomenda|klantnummer|factuur(?:nummer)?|rekening(?:nummer)?|bestelnummer",
        (
            "account",
            "acct",
            "a/c",
            "cuenta",
            "routing",
            "sort code",
            "customer",
            "client",
            "invoice",
            "order",
            "kunden",
            "konto",
            "rechnung",
            "vertrag",
            "bestel",
            "factu",
            "commande",
            "fattura",
            "fatura",
            "encomenda",
            "klant",
            "rekening",
        ),
    ),
    _named("card", "card|tarjeta de (?:cr[eé]dito|d[eé]bito)", ("card", "tarjeta")),
    _named(
        "license",
        r"licen[cs]e|licencia|certificate|passport|pasaporte|DEA|NPI|driver'?s? licen[cs]e|DL|carn[eé]|colegiado|permiso de conducir|visa (?:no|number)"
        r"|personalausweis(?:nummer)?|ausweis(?:nummer|-?nr)|reisepass(?:nummer)?|carte d['’]identit[eé]|passeport|carta d['’]identit[aà]|passaporto|patente|passaporte"
        r"|cart[aã]o de cidad[aã]o|paspoort(?:nummer)?|f[uü]hrerschein(?:nummer)?|rijbewijs(?:nummer)?",
        (
            "licen",
            "certificate",
            "pass",
            "pasaporte",
            "dea",
            "npi",
            "dl",
            "carn",
            "colegiado",
            "permiso",
            "visa",
            "ausweis",
            "identit",
            "patente",
            "cidad",
            "paspoort",
            "schein",
            "rijbewijs",
        ),
    ),
    _named(
        "national_id",
        r"SSN|social security|DNI|NIE|NIF|CIF|national id|tax id|TIN|ITIN|EIN|NHS|CURP|RFC|c[eé]dula|seguridad social|Steuer-?ID|sozialversicherungsnummer|SVNR|CPF|BSN|NIR|s[eé]curit[eé] sociale|codice fiscale|num[eé]ro fiscal",
        (
            "ssn",
            "social security",
            "dni",
            "nie",
            "nif",
            "cif",
            "national",
            "tin",
            "tax id",
            "ein",
            "nhs",
            "curp",
            "rfc",
            "dula",
            "seguridad",
            "steuer",
            "versicherungsnummer",
            "svnr",
            "cpf",
            "bsn",
            "nir",
            "curit",
            "fiscal",
        ),
    ),
    _named(
        "device",
        r"serial|s/n|IMEI|IMSI|ICCID|UDI|device (?:id|no|number|#)|device identifier|n[uú]mero de serie|lot (?:no|number|#)|asset tag|pacemaker|implant",
        (
            "serial",
            "s/n",
            "imei",
            "imsi",
            "iccid",
            "udi",
            "device",
            "serie",
            "lot",
            "asset",
            "pacemaker",
            "implant",
        ),
    ),
    _named(
        "vehicle",
        r"VIN|licen[cs]e plate|plate (?:no|number|#)|number plate|registration|matr[ií]cula|bastidor",
        ("vin", "plate", "registration", "matr", "bastidor"),
    ),
    _named(
        "id",
        r"ID|I\.D\.|identifier|identificador|case|caso|file|expediente|reference|ref|referencia|ticket|employee|empleado|student|user",
        (
            "id",
            "i.d.",
            "case",
            "caso",
            "file",
            "expediente",
            "ref",
            "ticket",
            "employee",
            "empleado",
            "student",
            "user",
        ),
    ),
)

_PLATE = (
    r"(?:kfz-)?kennzeichen|nummernschild|kenteken|immatricul\w{1,6}|plaque|targat?[ao]?|placa|matr[ií]cula"
)
"""What stands before a car's plate, which may have blanks."""

_WRITTEN_CARD = re.compile(
    r"(?<!\d)(?:[2-6]\d{3}([ .–-]{1,2})\d{4}\1\d{4}\1\d{4}|3\d{3}([ .–-]{1,2})\d{6}\2\d{4,5}|[2-6]\d{12,18})(?!\d)"
)
"""As cards have it: by four, 4-6-5 or 4-6-4, or all in one (ISO/IEC 7812-1; the first digit is a bank's, or a traveller's)."""


def _cards(text: str) -> Iterator[tuple[int, int]]:
    """Yield the cards in a run of figures: all of it, else what is written as one, with a date or a code beside it."""
    if "." not in text and checksums.card(_bare(text)):
        yield 0, len(text)
        return
    for match in _WRITTEN_CARD.finditer(text):
        if checksums.card(_bare(match.group())):
            yield match.span()


_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}")


def _ibans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the IBANs in what has the form of one: a country's length says where it ends, not the next word."""
    place = 0
    while begins := _IBAN.search(text, place):
        place = begins.end()
        length = checksums.IBAN_LENGTHS.get(begins.group()[:2].upper(), 0)
        if len(places := [at for at in range(begins.start(), len(text)) if text[at].isalnum()]) < length:
            continue
        end = places[length - 1] + 1 if length else len(text)
        if not text[end : end + 1].isalnum() and checksums.iban(_bare(text[begins.start() : end])):
            yield begins.start(), end
            place = end


FORMS = (
    Pattern(
        "card",
        re.compile(r"(?<![\w.+])(?<!\d-)\d(?:[ .–-]{0,2}\d){11,40}(?!\w)"),
        0.95,  # one number in ten has the digit
        within=_cards,
    ),
    Pattern(
        "iban",
        re.compile(
            r"(?<!\w)[A-Za-z]{2}\d{2}(?:[A-Za-z0-9]{11,30}|(?:[ -][A-Za-z0-9]{4}){2,7}(?:[ -][A-Za-z0-9]{1,3})?)(?!\w)"
        ),
        1.0,
        within=_ibans,
    ),
    Pattern("ssn", re.compile(rf"{_APART}\d{{3}}[-. ]\d{{2}}[-. ]\d{{4}}{_ENDED}"), 0.9),
    Pattern(
        "nhs",
        re.compile(rf"{_APART}\d{{3}}[ -]\d{{3}}[ -]\d{{4}}{_ENDED}"),
        1.0,
        (),
        lambda t: checksums.nhs(_bare(t)),
    ),
    Pattern("dea", re.compile(r"\b[A-Za-z][A-Za-z9]\d{7}\b"), 1.0, (), checksums.dea),
    Pattern(
        "national_id",
        re.compile(r"(?<!\w)(?:\d{8}|[XYZxyz]-?\d{7})[- ]?[A-Za-z](?!\w)"),
        1.0,
        (),
        lambda t: checksums.dni(_bare(t)),
    ),
    Pattern("national_id", re.compile(r"(?<!\w)[A-Za-z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-Da-d](?!\w)"), 0.7),
    Pattern("vehicle", re.compile(r"\b(?=\w*\d)[A-HJ-NPR-Za-hj-npr-z0-9]{17}\b"), 1.0, (), checksums.vin),
    Pattern(
        "vehicle",
        re.compile(
            rf"(?i:\b(?:{_PLATE})\b[^\w\n]{{1,3}}(?:n[°ºr.]{{0,2}} |is |est |ist |è |é )?)((?=[A-ZÄÖÜ -]{{0,8}}\d)[A-ZÄÖÜ0-9]{{1,4}}(?:[ -]?[A-Z0-9]{{1,4}}){{1,3}})(?![\w-])"
        ),
        0.9,
        group=1,
        lead=re.compile(rf"\b(?:{_PLATE})\b", re.IGNORECASE),
    ),
    Pattern(
        "vehicle", re.compile(r"(?<![\w-])[A-HJ-NP-TV-Z]{2}([ -])\d{3}\1[A-HJ-NP-TV-Z]{2}(?![\w-])"), 0.7
    ),
    Pattern(
        "vehicle",
        re.compile(
            r"(?<![\w-])(?:[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} \d{1,4}[EH]?|[A-Z]{2}-\d{3}-[A-Z]|[A-Z]-\d{3}-[A-Z]{2}|\d-[A-Z]{3}-\d{2}|\d{2}-[A-Z]{2,3}-\d{1,2}|[A-Z]{3}\d[A-Z]\d{2})(?![\w-])"
        ),
        0.6,
    ),
    Pattern("vehicle", re.compile(r"(?<!\w)\d{4}[ -][BCDFGHJKLMNPRSTVWXYZ]{3}(?!\w)"), 0.7),
    Pattern(
        "id", re.compile(r"(?<!\w)[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?!\w)"), 0.8, ("-",)
    ),
)

_CHUNK = re.compile(r"(?<![\w@.,/\-])#?(?=[A-Za-z\-]{0,8}\d)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*(?![\w@]|[.,]\d)")
_PUBLIC = re.compile(
    r"(?i:NCT|PMID|PMC|ISRCTN|EudraCT|ISO|RFC|CVE|ICD|CPT|HCPCS|LOINC|SNOMED|COVID|SARS|CYP|HLA|doi)"
)
_MEASURE = re.compile(
    r"\s?(?:%|mg|mcg|µg|g\b|kg|ml|mL|L\b|IU|UI|units?|unidades|cells?|copies|/|mm|cm|patients?|people|years?|steps?|tokens?|dollars|USD|EUR|€)"
)
_FEWEST, _MIXED = 6, 4


_FIGURES = re.compile(rf"\d[A-Za-z0-9\-]{{{_MIXED - 1},}}")


def loose(seen: Seen) -> Iterator[Finding]:
    """Yield what has the form of an identifier with no word to say so: many digits, or letters and four digits.

    What counts or measures is none of it, nor is what names a study, a standard or a gene.
    """
    text = seen.text
    for match in _chunks(text):
        chunk = match.group().lstrip("#")
        digits = sum(map(str.isdigit, chunk))
        if digits < _MIXED or chunk != chunk.upper():
            continue
        if not chunk.isupper() and digits < _FEWEST and not match.group().startswith("#"):
            continue
        if _PUBLIC.match(chunk) or _MEASURE.match(text, match.end()) or _years(chunk):
            continue
        yield Finding(match.start(), match.end(), "id", 0.6)


def _chunks(text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of `_CHUNK` with enough figures.

    From the first figure of each back to where it begins: a sieve would name the place of every figure.
    """
    for figures in _FIGURES.finditer(text):
        start, end = figures.span()
        if start and (text[start - 1].isalpha() or text[start - 1] == "-"):
            while start and ((before := text[start - 1]) == "-" or (before.isalpha() and before.isascii())):
                start -= 1
        elif end - start < _FEWEST and text[start - 1 : start] != "#" and figures.group().isdigit():
            continue
        if text[start - 1 : start] == "#":
            match = _CHUNK.match(text, start - 1) or _CHUNK.match(text, start)
        else:
            match = _CHUNK.match(text, start)
        if match:
            yield match


def _years(chunk: str) -> bool:
    """Whether it is a stretch of years, as in 2019-2023."""
    parts = chunk.split("-")
    return len(parts) == 2 and all(len(p) == 4 and p[:2] in {"18", "19", "20"} for p in parts)  # from-to
