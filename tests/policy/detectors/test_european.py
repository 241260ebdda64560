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


@pytest.mark.parametrize(
    ("text", "kind", "what"),
    [
        ("Mein Bruder ist gerade 74 geworden.", "age", "74"),
        ("Mein Geburtstag ist am Samstag. Ich werde 38.", "age", "38"),
        ("Mein Vater ging mit 63 in Rente.", "age", "63"),
        ("Ik word 38.", "age", "38"),
        ("Mijn vader ging op zijn 65e met pensioen.", "age", "65"),
        ("Meine Postleitzahl ist 23615.", "postcode", "23615"),
        ("Il mio codice postale è 22043.", "postcode", "22043"),
        ("Mon code postal est 72000.", "postcode", "72000"),
        ("Meu CEP é 01310-100.", "postcode", "01310-100"),
        ("Het adres is Jinthepad 5 in Voorhout.", "address", "Jinthepad 5"),
        ("Vive en C. Curro Valverde 13, y trabaja allí.", "address", "C. Curro Valverde 13"),
        ("La dirección es Ladeira de Pastor, 82, em Lisboa.", "address", "Ladeira de Pastor, 82"),
        (
            "Lavora per Adinolfi, Zamorani e Gualtieri s.r.l. da ieri.",
            "organisation",
            "Adinolfi, Zamorani e Gualtieri s.r.l.",
        ),
        ("Trabalha na Alves Ltda. desde ontem.", "name", "Alves Ltda."),
        ("Es freut mich, dass Anklam sich in diese Richtung bewegt.", "place", "Anklam"),
        ("Es freut mich, dass Neusiedl am See sich so entwickelt.", "place", "Neusiedl am See"),
        ("Ich komme ursprünglich aus Bad Hall.", "name", "Bad Hall"),
    ],
)
def test_what_a_language_says_of_a_value_is_heard(text: str, kind: str, what: str) -> None:
    assert (kind, what) in {(one.kind, text[one.start : one.end]) for one in DETECTOR.find(text)}


def test_a_town_where_german_is_spoken_is_a_name_in_another_language() -> None:
    text = "Yesterday Anklam said that it works."
    assert [(one.kind, text[one.start : one.end]) for one in DETECTOR.find(text) if one.direct] == [
        ("name", "Anklam")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Das neue Gerät, ein ThinkPad 13, wird geliefert.",
        "Wir besprechen die Leitlinie zur Behandlung von Bluthochdruck.",
        "Les assassins ont été condamnés à la prison à vie.",
        "Les mots avec une majuscule comme Sagesse et Discipline sont des noms pour lui.",
        "Palavras como Sabedoria e Disciplina não são nomes para ele.",
        "I write it with Word 97.",
        "JE NE SAIS PAS SUR QUOI APPUYER !!!",
        "Das Ergebnis wird 12 und nicht mehr sein.",
    ],
)
def test_words_of_a_language_are_nobody(text: str) -> None:
    assert {text[one.start : one.end] for one in DETECTOR.find(text)} == set()
