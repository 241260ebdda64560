"""Everyday words of German, French, Italian, Portuguese and Dutch, and German nouns."""

import pytest

from wye.policy.detectors import Detector
from wye.policy.detectors.everyday import EVERYDAY, german, noun

DETECTOR = Detector()


def found(text: str) -> set[str]:
    return {text[one.start : one.end] for one in DETECTOR.find(text) if one.direct}


@pytest.mark.parametrize("word", ["behandlung", "absetzen", "hausnummer", "gastritis"])
def test_nouns_are_known_by_their_form(word: str) -> None:
    assert noun(word)


@pytest.mark.parametrize("word", ["sigmaringen", "eisleben", "goslar", "döbeln", "seltmann"])
def test_towns_and_surnames_are_no_nouns(word: str) -> None:
    assert not noun(word)


def test_behind_a_preposition_alone_a_plural_is_a_noun_and_a_town_none() -> None:
    assert noun("schritten", bare=True)
    assert noun("stellungen", bare=True)
    assert not noun("liezen", bare=True)
    assert noun("liezen")


def test_in_any_text_only_what_is_german_alone_counts() -> None:
    assert german("terminverschiebung")
    assert german("versichertennummer")
    assert not german("ferdinandson")
    assert not german("hartung")


def test_words_are_written_small_and_name_nobody() -> None:
    assert all(word == word.lower() for word in EVERYDAY)
    assert EVERYDAY.isdisjoint({"maria", "hans", "jean", "marco", "goslar"})


@pytest.mark.parametrize(
    "text",
    [
        "Bitte fassen Sie den Bericht über die Heizung zusammen und nennen Sie die Kosten.",
        "Der Mann legte die Schlüssel auf den Tisch und ging ohne ein Wort.",
        "Besuchen Sie unsere Ausstellung im Keller.",
        "Betreff: Lieferverzögerung",
        "L'adresse est fausse.",
        "Vertrag Nr. 12",
        "Ela está doente.",
        "Nach Absetzen der Tabletten ging die Entzündung in wenigen Schritten zurück.",
        "Expliquez la différence entre les deux contrats, puis donnez un exemple.",
        "Riassumi la lettera e spiegami che cosa dice la legge.",
        "Resuma a carta e explique o que diz a lei sobre os prazos.",
        "Leg uit wat de huisarts bedoelt en schrijf een kort antwoord.",
        "Como se escreve uma carta para a empresa?",
    ],
)
def test_a_capital_on_an_everyday_word_names_nobody(text: str) -> None:
    assert found(text) == set()


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Der Zug nach Döbeln fährt heute nicht, sagte die Sprecherin.", "Döbeln"),
        ("Sie kommt aus Bad Wurzbach und ist dort sehr bekannt.", "Wurzbach"),
        ("Der Brief ist von Thomas Mann und nicht von mir.", "Thomas Mann"),
        ("Guten Tag Herr Koch, Ihre Bestellung ist fertig.", "Koch"),
        ("Gentile Sig. Bevilacqua, la fattura è pronta.", "Sig. Bevilacqua"),
        ("Prezado Sr. da Rocha, recebemos a carta.", "Sr. da Rocha"),
        ("Il ricovero all'Ospedale di Bressanone è finito.", "Ospedale di Bressanone"),
        ("C'est le livre d'Apolline, qui est malade.", "Apolline"),
        ("U spreekt met Liesbeth van der Kolk, wat kan ik doen?", "Liesbeth van der Kolk"),
        ("De brief is van Koster & de Wit en niet van ons.", "Koster"),
        ("Die Rechnung der Bärwald GmbH & Co. KG ist bezahlt.", "Bärwald GmbH & Co. KG"),
        ("Sono della ditta Bevilacqua e figli, buongiorno.", "Bevilacqua e figli"),
    ],
)
def test_names_and_places_stay(text: str, what: str) -> None:
    assert any(what in one for one in found(text)), found(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Ruf mich an: 0151/23456789", "0151/23456789"),
        ("U kunt bellen met (033)-6123252 of mailen.", "(033)-6123252"),
        ("Bel me op 06 12345678.", "06 12345678"),
        ("Das Auto mit dem Kennzeichen HH-CJ 32 steht hier.", "HH-CJ 32"),
        ("De auto met kenteken PF-042-X staat hier.", "PF-042-X"),
        ("Le véhicule immatriculé XZ-124-HW est garé ici.", "XZ-124-HW"),
        ("Il veicolo targato WS 184 FW è qui.", "WS 184 FW"),
        ("Das Auto HH-ZX 1050 parkt dort.", "HH-ZX 1050"),
        ("De auto 1-HEW-65 staat daar.", "1-HEW-65"),
        ("Ligue para (351) 969602186.", "(351) 969602186"),
        ("Sie wohnt in der Hans-Koster-Allee 37/66.", "Hans-Koster-Allee 37/66"),
        ("A Bressanone oggi piove.", "Bressanone"),
        ("Er zog von Säckingen nach Lörrach.", "Säckingen"),
        ("Fallnummer 1518/5610", "1518/5610"),
        ("cartella n. 4471/22", "4471/22"),
        ("Kundennummer: 4471-22913", "4471-22913"),
        ("n° adhérent 881 220 317", "881 220 317"),
        ("carte d'identité n° 880692310285", "880692310285"),
        ("Elle habite 12 bis, rue des Lilas", "12 bis, rue des Lilas"),
        ("Moro na Travessa do Carmo, 95", "Travessa do Carmo, 95"),
        ("Er wohnt hier:\nSölzerring 9\n4820 Bad Ischl", "4820 Bad Ischl"),
        ("Hij is geboren op 3 maart 1961.", "3 maart 1961"),
        ("huur mei 2024", "mei 2024"),
        ("Geburtsort: Quakenbrück", "Quakenbrück"),
        ("Cognome: Bevilacqua", "Bevilacqua"),
        ("Werkgever: Zonnedal", "Zonnedal"),
    ],
)
def test_numbers_dates_and_fields_are_found(text: str, what: str) -> None:
    assert any(what in one for one in found(text)), found(text)


@pytest.mark.parametrize(
    ("text", "age"),
    [("ein 72-jähriger Mann", "72"), ("een 37-jarige vrouw", "37"), ("Bibi, 37 jaar, is hier", "37")],
)
def test_ages(text: str, age: str) -> None:
    assert age in {text[one.start : one.end] for one in DETECTOR.find(text) if one.kind == "age"}


def test_a_record_of_eight_figures_with_a_stroke_is_no_telephone() -> None:
    assert {one.kind for one in DETECTOR.find("0475/1920")} <= {"id"}
