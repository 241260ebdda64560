import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.detectors.superset import FIGURE, encoded, superset


@given(st.text())
def test_a_text_is_a_byte_a_character_and_words_stay_words(text: str) -> None:
    data = encoded(text)
    assert len(data) == len(text)
    assert [place for place, byte in enumerate(data) if byte == FIGURE] == [
        place for place, char in enumerate(text) if char.isdecimal() and not char.isascii()
    ]
    text = "".join(char for char in text if char.isascii() or not char.isdecimal())
    data = encoded(text)
    assert [bool(re.match(r"\w", c)) for c in text] == [
        bool(re.match(rb"\w", data[i : i + 1])) for i in range(len(data))
    ]


@pytest.mark.parametrize(
    ("regex", "begins"),
    [
        (r"(?<!\w)\d{3}(?!\d)", ["123"]),
        (r"([ab])x\1", ["axa", "axb"]),  # wider: a reference is not compared
        (r"(?i:é)\s", ["É "]),
        (r"#?(?=[A-Z]{0,3}\d)\w+", ["#AB1", "5"]),
        (r"[^a-z]\w*(?:!|\?)?", ["É", "1"]),
        (r"a.b", ["a\x80b", "axb"]),
    ],
)
def test_what_matches_begins_with_a_match_of_the_superset(regex: str, begins: list[str]) -> None:
    wide = re.compile(superset(re.compile(regex)))
    for text in begins:
        assert wide.match(encoded(text))


def test_what_it_does_not_know_is_told() -> None:
    with pytest.raises(ValueError, match="GROUPREF_EXISTS"):
        superset(re.compile(r"(a)?(?(1)b|c)d"))
