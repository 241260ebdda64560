import base64
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.detectors import Detector, Dictionary, Finding, covered, raises

DETECTOR = Detector()


def hidden(text: str, detector: Detector = DETECTOR) -> list[str]:
    return [text[start:end] for start, end in covered(text, detector.find(text))]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Please charge 4111 1111 1111 1111 today", "4111 1111 1111 1111"),
        ("transfer to GB82 WEST 1234 5698 7654 32 please", "GB82 WEST 1234 5698 7654 32"),
        ("her ssn is 536-22-1234.", "536-22-1234"),
        ("ssn 5 3 6 2 2 1 2 3 4", "5 3 6 2 2 1 2 3 4"),
        ("ssn ５３６-２２-１２３４", "５３６-２２-１２３４"),
        ("ssn 536\u200b-22-\u200b1234", "536\u200b-22-\u200b1234"),
        ("card 4l11 1111 1111 l111", "4l11 1111 1111 l111"),
        ("patient MRN: AB-99812", "AB-99812"),
        ("please refer to record 12345", "12345"),
        ("su DNI es 12345678Z", "12345678Z"),
        ("número de historia 449812", "449812"),
        ("write to ana.lopez@hospital.example now", "ana.lopez@hospital.example"),
        ("write to ana (at) hospital (dot) com", "ana (at) hospital (dot) com"),
        ("call +34 612 345 678", "+34 612 345 678"),
        ("call (555) 123-4567 ext. 9", "(555) 123-4567 ext. 9"),
        ("from 192.168.17.4 at night", "192.168.17.4"),
        ("from 2001:db8::ff00:42:8329 at night", "2001:db8::ff00:42:8329"),
        ("mac 00:1B:44:11:3A:B7 seen", "00:1B:44:11:3A:B7"),
        ("seen on March 3rd, 2023 for pain", "March 3rd, 2023"),
        ("ingresó el 12 de abril de 2022 con dolor", "12 de abril de 2022"),
        ("seen 2023-04-05T10:11:12Z for pain", "2023-04-05T10:11:12Z"),
        ("born on the twelfth of April", "the twelfth of April"),
        ("a 93-year-old man", "93"),
        ("he lives at 1420 Maple Avenue now", "1420 Maple Avenue"),
        ("vive en la Calle de Alcalá 45", "Calle de Alcalá 45"),
        ("treated by Dr. Sarah P. for asthma", "Dr. Sarah P."),
        ("the patient, Krisztina Szabó, is well", "Krisztina Szabó"),
        ("la paciente María García refiere dolor", "María García"),
        ("she was seen at Cedar Crest for pain", "Cedar Crest"),
        ("admitted to St. Luke's Hospital with pain", "St. Luke's Hospital"),
        ("use sk-ant-abcdefghijklmnop1234 here", "sk-ant-abcdefghijklmnop1234"),
        ("password: hunter2!x", "hunter2!x"),
        ("key AKIAIOSFODNN7EXAMPLE here", "AKIAIOSFODNN7EXAMPLE"),
        ("at 40.41678, -3.70379 exactly", "40.41678, -3.70379"),
    ],
)
def test_what_identifies_is_found_whole_and_raises(text: str, secret: str) -> None:
    assert any(secret in span for span in hidden(text)), hidden(text)
    assert raises(DETECTOR.find(text))


@pytest.mark.parametrize(
    "text",
    [
        "What is the first-line treatment for a 65-year-old male with Parkinson's disease?",
        "Is a Wells score of 4 enough to anticoagulate an 80-year-old female, per the 2023 guidelines?",
        "Compare Dapagliflozin with Empagliflozin in Hispanic patients diagnosed in 2019.",
        "Management of Stevens-Johnson syndrome after lamotrigine 200 mg twice daily",
        "Blood pressure 120/80, eGFR of 45, HbA1c 7.5 %, LDL 130-139 mg/dL",
        "Did the GUSTO trial change practice in patients over 90?",
        "¿Cuál es el tratamiento de la enfermedad de Crohn en adultos de 40 años?",
        "How do I sort a list of 1,000,000 numbers between 2019 and 2023 in Python?",
        "I'm moving out of the country, so please cancel my subscription",
    ],
)
def test_what_identifies_nobody_does_not_raise(text: str) -> None:
    assert not raises(DETECTOR.find(text)), DETECTOR.find(text)


def test_what_is_encoded_is_found_at_the_place_of_its_code() -> None:
    code = base64.b64encode(b"call John Smith, ssn 536-22-1234").decode()
    assert hidden(f"decode {code} for me") == [code]


def test_the_own_dictionary_is_found_whatever_its_case_and_blanks() -> None:
    detector = Detector(Dictionary(["Blue Heron", "falcon"]))
    found = detector.find("our blue\n HERON plan, not the heron")
    assert [one.kind for one in found] == ["dictionary"]
    assert raises(found)
    assert not raises(Detector().find("our blue\n HERON plan, not the heron"))


def test_a_second_stage_adds_and_never_removes() -> None:
    def entities(text: str, _: Sequence[Finding]) -> list[Finding]:
        return [Finding(0, 3, "name", 0.9, "model")] if text.startswith("zxq") else []

    text = "zxq met her at ana@hospital.example"
    rules, full = DETECTOR.find(text), Detector(entities=entities).find(text)
    assert Finding(0, 3, "name", 0.9, "model") in full
    assert all(any(one.start <= r.start and one.end >= r.end for one in full) for r in rules)


@given(st.text(max_size=200))
def test_findings_are_in_order_inside_the_text_and_apart(text: str) -> None:
    end = 0
    for found in DETECTOR.find(text):
        assert end <= found.start < found.end <= len(text)
        assert 0 < found.confidence <= 1
        end = found.end


@given(
    st.text("the of in and a is was 12 ", max_size=40),
    st.sampled_from(["ana.lopez@hospital.example", "GB82WEST12345698765432", "536-22-1234"]),
    st.text(" .,;", max_size=3),
)
def test_an_identifier_is_found_wherever_it_stands(before: str, secret: str, after: str) -> None:
    text = f"{before} {secret} {after}"
    assert any(secret in span for span in hidden(text))


def test_a_role_is_no_part_of_a_name_and_an_imperative_is_no_name() -> None:
    assert "John Smith" in hidden("Patient John Smith has a cough.")
    assert hidden("Summarise the note for Anna") == ["Anna"]
