"""What somebody does, before their name."""

import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Airport tower controller Helga Brandtner flew to Leeds", "Airport tower controller"),
        ("Accountant Helga flew to Leeds", "Accountant"),
        ("Hello, this is nurse Helga Brandtner.", "nurse"),
        ("My take on Court, municipal, and license clerk Xandria", "Court, municipal, and license clerk"),
        ("La enfermera Helga Brandtner llamó", "enfermera"),
    ],
)  # fmt: skip
def test_it_is_a_title_from_where_it_begins(text: str, title: str) -> None:
    found = [text[one.start : one.end] for one in DETECTOR.find(text) if one.kind == "title"]
    assert found == [title]


@pytest.mark.parametrize(
    "text", ["The nurse was late.", "Helga Brandtner, nurse", "Call the table Helga Brandtner made"]
)
def test_without_a_name_behind_it_there_is_none(text: str) -> None:
    assert "title" not in {one.kind for one in DETECTOR.find(text)}
