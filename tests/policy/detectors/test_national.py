import pytest

from wye.policy.detectors import Detector


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("the provider's NPI is 1234567893.", "1234567893", "license"),
        ("my SSN, I think, is 536221234", "536221234", "ssn"),
        ("ITIN 912-70-1234 was given", "912-70-1234", "ssn"),
        ("routing number: 021000021", "021000021", "account"),
        ("número de la seguridad social 28/12345678/40", "28/12345678/40", "national_id"),
        ("meine Steuer-ID lautet 86 095 742 719", "86 095 742 719", "national_id"),
        ("o CPF 529.982.247-25 dele", "529.982.247-25", "national_id"),
        ("CNPJ 11.222.333/0001-81", "11.222.333/0001-81", "national_id"),
        ("né en 1955 : 2 55 08 14 168 025 38", "2 55 08 14 168 025 38", "national_id"),
        ("codice fiscale RSSMRA85T10A562S", "RSSMRA85T10A562S", "national_id"),
        ("zijn BSN is 111222333", "111222333", "national_id"),
        ("PESEL 44051401359", "44051401359", "national_id"),
        ("Versicherungsnummer 65 170839 J 003", "65 170839 J 003", "national_id"),
    ],
)
def test_a_number_is_found_whole_by_its_check_digits_and_its_word(text: str, value: str, kind: str) -> None:
    start = text.index(value)
    assert any(
        one.kind == kind and one.start <= start and one.end >= start + len(value)
        for one in Detector().find(text)
    ), Detector().find(text)
