import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


def found(text: str) -> list[tuple[str, str]]:
    return [(one.kind, text[one.start : one.end]) for one in DETECTOR.find(text)]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("City: Kettle", ("place", "Kettle")),
        ("name of child: x\nCiudad: Kettle\nPaís: España", ("place", "Kettle")),
        ("Employer: Kettle and Spoon, since May", ("organisation", "Kettle and Spoon")),
        ("name: x\ncity: kettleby", ("place", "kettleby")),
        ("Tenant: Baker Reed", ("name", "Baker Reed")),
        ("Name: Wells\nPhone: 12", ("name", "Wells")),  # an eponym too
        ("Address:\nHolmatun 45.", ("address", "Holmatun 45")),
        ("Anschrift: Am Anger 3, Gera", ("address", "Am Anger 3, Gera")),
        ("Venue: Still Water", ("place", "Still Water")),
        ('see {"first_name":"rose","last_name":"walker"}', ("name", "walker")),
        ("<lastName>Baker</lastName>", ("name", "Baker")),
        ("customer_name=mark baker\nage=45", ("name", "mark baker")),
    ],
)
def test_a_field_says_what_its_value_is(text: str, what: tuple[str, str]) -> None:
    assert what in found(text)


@pytest.mark.parametrize(
    "text",
    [
        "City: String",
        "Name: Build and test",
        "Employer: None",
        "Company: we sell and repair kettles",
        "name: str",
        "first_name: str",
        "file_name: report",
        "Address: unknown so far",
        "Town: Unknown",
        "city: required",
    ],
)
def test_a_field_that_nobody_filled_in_is_nothing(text: str) -> None:
    assert not [what for kind, what in found(text) if kind in {"place", "name", "organisation"}]
