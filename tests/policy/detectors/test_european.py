"""Letters and forms in German, French, Italian, Portuguese and Dutch."""

import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


def found(text: str) -> set[str]:
    return {text[one.start : one.end] for one in DETECTOR.find(text) if one.direct}


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Geachte mevrouw van der Kolk, uw afspraak is verzet.", "van der Kolk"),
        ("Liebe Friedlinde, wir sehen uns morgen.", "Friedlinde"),
        ("Cher Thibault, je vous écris au sujet du dossier.", "Thibault"),
        ("Gentile signora Bevilacqua, la informiamo che", "Bevilacqua"),
        ("Er wurde geboren am 3.4.1961 in Quakenbrück und lebt allein.", "Quakenbrück"),
        ("Née le 12/05/1980 à Guingamp, elle travaille ici.", "Guingamp"),
        ("Die Ware liegt bei Nachbarn im Wacholderring 17.", "Wacholderring 17"),
        ("Zij woont in Zwammerdam en werkt thuis.", "Zwammerdam"),
        ("Er ist wohnhaft in der Tulpenallee 5-7, 38640 Goslar", "38640 Goslar"),
    ],
)
def test_people_and_places_are_found(text: str, what: str) -> None:
    assert any(what in one for one in found(text)), found(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sehr geehrte Damen und Herren, liebe Kollegen, wann ist die Sitzung?",
        "Gentile cliente, la fattura è pronta.",
        "Geachte collega, de vergadering is verzet.",
        "Before Spring 2026 it is during 12 months, and boring 5.",
        "Betreff: Rechnung",
    ],
)
def test_nobody_in_particular_is_not(text: str) -> None:
    assert found(text) == set()


def test_a_year_behind_a_day_is_no_towns_code() -> None:
    assert found("On May 3, 2024 Meetings are closed.") == {"May 3, 2024"}
