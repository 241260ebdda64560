"""Strings of JSON, read as they arrive."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.protocols.wire.json_text import JsonText

TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\/\n\t\b\x00u😀\U0010ffff'))


def read(pieces: list[str]) -> tuple[str, bool, str]:
    text = JsonText()
    told = "".join(text.feed(piece) for piece in pieces if not text.closed)
    return told, text.closed, text.rest


@given(text=TEXTS, ascii_only=st.booleans(), data=st.data())
def test_any_text_cut_anywhere(*, text: str, ascii_only: bool, data: st.DataObject) -> None:
    inside = json.dumps(text, ensure_ascii=ascii_only)[1:]
    assert read([inside]) == (text, True, "")
    assert read(list(inside)) == (text, True, "")
    at = data.draw(st.integers(0, len(inside)))
    assert read([inside[:at], inside[at:]]) == (text, True, "")


@given(st.text(st.sampled_from('"\\udD83dDe00nq x'), max_size=40))
def test_whatever_a_model_writes_means_the_same_wherever_it_is_cut(inside: str) -> None:
    whole = JsonText()
    told = whole.feed(inside)
    piecewise = JsonText()
    assert "".join(piecewise.feed(one) for one in inside if not piecewise.closed) == told
    assert piecewise.closed == whole.closed


@pytest.mark.parametrize(
    ("inside", "meant"),
    [
        ('a"}', ("a", True, "}")),
        ("a\nb\t\x01", ("a\nb\t\x01", False, "")),
        (r'\d+ \u12x \U0041 \\d"', (r"\d+ \u12x \U0041 \d", True, "")),
        (r'\u00e9\/\b\f\n\r\t\""', ('é/\b\f\n\r\t"', True, "")),
        (r'\ud83d\ude00"', ("😀", True, "")),
        (r'\ud83d."', ("\ufffd.", True, "")),
        (r'\ud83d"', ("\ufffd", True, "")),
        (r'\ud83d\n"', ("\ufffd\n", True, "")),
        (r'\ud83d\ud83d\ude00"', ("\ufffd😀", True, "")),
        (r'\ude00\u0041"', ("\ufffdA", True, "")),
        (r"\\ud83d", (r"\ud83d", False, "")),
    ],
)
def test_escapes(inside: str, meant: tuple[str, bool, str]) -> None:
    assert read([inside]) == meant
    assert read(list(inside))[:2] == meant[:2]


@pytest.mark.parametrize("cut", ["\\", r"\u", r"\u00e", r"\ud83d", r"\ud83d\u", r"\ud83d\ude0"])
def test_what_is_not_certain_waits(cut: str) -> None:
    assert read(["ab" + cut]) == ("ab", False, "")
