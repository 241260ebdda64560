"""Endings of drugs, diseases and procedures."""

import pytest

from wye.policy.detectors.stems import stem


@pytest.mark.parametrize(
    "word",
    ["rosuvastatin", "lisinopril", "pravastatins", "gastritis", "adenomas", "aciclovir", "ibucefin"],
)
def test_is_called_as_drugs_and_diseases_are(word: str) -> None:
    assert stem(word)


@pytest.mark.parametrize(
    "word", ["", "vir", "ovir", "pril", "marta", "x-statin", "lindqvist", "o'prazole", "cefuroxime"]
)
def test_is_not(word: str) -> None:
    """At least two letters stand before the ending, and nothing but letters."""
    assert not stem(word)
