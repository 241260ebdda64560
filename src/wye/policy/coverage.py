"""HIPAA's 18 identifiers, which detector finds each, and what it makes of some probes here and now.

The list is 45 CFR 164.514(b)(2)(i)(A) to (R). The probes are a few plain sentences each, so that a table of
coverage shows what this version does rather than what somebody once wrote. They are no benchmark: how well
the detectors do on texts that were not made for them is in docs/detect.md.
"""

from collections.abc import Iterator

import msgspec

from wye.policy.detectors import Detector


class Identifier(msgspec.Struct, frozen=True):
    """One of the 18."""

    letter: str
    name: str
    kinds: tuple[str, ...]
    """Kinds of findings that are of it; none = no detector looks for it."""
    probes: tuple[tuple[str, str], ...] = ()
    """(text, what identifies in it)."""
    note: str = ""


IDENTIFIERS = (
    Identifier(
        "A",
        "names",
        ("name",),
        (
            ("Please call Maria Lopez about her results.", "Maria Lopez"),
            ("Dr. James O'Connor examined the patient Anna Schmidt.", "Anna Schmidt"),
            ("El paciente Juan García volvió ayer.", "Juan García"),
        ),
        "by context and lexicon; a name that is an everyday word can be missed",
    ),
    Identifier(
        "B",
        "geographic subdivisions smaller than a state",
        ("address", "place", "postcode", "coordinates"),
        (
            ("She lives at 12 Maple Street, Springfield, IL 62704.", "12 Maple Street"),
            ("He was treated at a clinic in Tucson.", "Tucson"),
        ),
    ),
    Identifier(
        "C",
        "dates related to an individual; ages over 89",
        ("date", "when", "age_over_89"),
        (
            ("Admitted on March 3rd, 2023.", "March 3rd, 2023"),
            ("DOB: 04/12/1987", "04/12/1987"),
            ("She is 93 years old.", "93"),
        ),
    ),
    Identifier(
        "D",
        "telephone numbers",
        ("phone",),
        (("Phone: (415) 555-0132", "(415) 555-0132"), ("call +34 612 345 678", "+34 612 345 678")),
    ),
    Identifier(
        "E",
        "fax numbers",
        ("phone",),
        (("Fax: 212-555-0187", "212-555-0187"),),
        "as telephone numbers",
    ),
    Identifier("F", "e-mail addresses", ("email",), (("Write to mlopez@example.com", "mlopez@example.com"),)),
    Identifier("G", "social security numbers", ("ssn", "national_id"), (("SSN 536-22-8145", "536-22-8145"),)),
    Identifier(
        "H",
        "medical record numbers",
        ("medical_record",),
        (("MRN: AB-99812", "AB-99812"), ("medical record number 00451237", "00451237")),
        "behind a word that names them",
    ),
    Identifier(
        "I",
        "health plan beneficiary numbers",
        ("health_plan",),
        (("Member ID: XGH882913400", "XGH882913400"),),
        "behind a word that names them",
    ),
    Identifier(
        "J",
        "account numbers",
        ("account", "card", "iban"),
        (
            ("account number 0048213377", "0048213377"),
            ("IBAN DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
            ("card 4111 1111 1111 1111", "4111 1111 1111 1111"),
        ),
        "cards and IBAN by check digits, others behind a word that names them",
    ),
    Identifier(
        "K",
        "certificate and license numbers",
        ("license", "dea"),
        (("driver's license D1234567", "D1234567"), ("DEA AB1234563", "AB1234563")),
        "behind a word that names them; DEA by check digit",
    ),
    Identifier(
        "L",
        "vehicle identifiers, plates included",
        ("vehicle",),
        (("VIN 1HGCM82633A004352", "1HGCM82633A004352"), ("license plate 7ABC123", "7ABC123")),
        "VIN by check digit, plates behind a word that names them",
    ),
    Identifier(
        "M",
        "device identifiers and serial numbers",
        ("device", "mac"),
        (
            ("pacemaker serial number SN-48213377", "SN-48213377"),
            ("device ID 00:1A:2B:3C:4D:5E", "00:1A:2B:3C:4D:5E"),
        ),
        "behind a word that names them; MAC by form",
    ),
    Identifier("N", "URLs", ("url",), (("see https://example.org/p/48213", "https://example.org/p/48213"),)),
    Identifier(
        "O",
        "IP addresses",
        ("ip",),
        (("from 203.0.113.77", "203.0.113.77"), ("from 2001:db8::8a2e:370:7334", "2001:db8::8a2e:370:7334")),
    ),
    Identifier("P", "biometric identifiers", (), note="no text: nothing looks for them"),
    Identifier("Q", "full-face photographs", (), note="images are not looked at: label what carries them"),
    Identifier(
        "R",
        "any other unique number, characteristic or code",
        ("id", "national_id", "nhs", "license", "handle", "secret", "dictionary"),
        (("employee ID 4471-A", "4471-A"), ("NHS number 943 476 5919", "943 476 5919")),
        "by form or behind a word that names them; the organisation's own codes need its dictionary",
    ),
)


class Coverage(msgspec.Struct, frozen=True):
    """What becomes of one identifier."""

    identifier: Identifier
    found: int
    """Probes in which all that identifies was found."""

    @property
    def verdict(self) -> str:
        """The coverage in a word: `none`, `partial`, `probes pass`."""
        if not self.identifier.kinds:
            return "none"
        return "probes pass" if self.found == len(self.identifier.probes) else "partial"


def coverage(detector: Detector | None = None) -> Iterator[Coverage]:
    """Yield each identifier with what the detector, by default the rules, finds of its probes."""
    looking = detector or Detector()
    for one in IDENTIFIERS:
        yield Coverage(one, sum(_finds(looking, one.kinds, *probe) for probe in one.probes))


def _finds(detector: Detector, kinds: tuple[str, ...], text: str, value: str) -> bool:
    start = text.index(value)
    end = start + len(value)
    return any(
        found.kind in kinds and found.start <= start and end <= found.end for found in detector.find(text)
    )
