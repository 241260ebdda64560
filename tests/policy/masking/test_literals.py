"""Strings of a JSON text, found and changed in place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.masking.literals import decoded, encoded, holders, spans, spliced, string

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_each_string_is_found_with_what_holds_it(value: object) -> None:
    text = encoded(value)
    value = decoded(text)
    found, stand = spans(text), list(holders(value))
    assert len(found) == len(stand) + isinstance(value, str)
    assert spliced(text, {span: string(text[slice(*span)]) for span in found}) == text


def test_half_a_character() -> None:
    assert string(b'"\\ud83d"') == "\ud83d"
    assert decoded(b'["\\ud83d"]') == ["\ud83d"]
    assert encoded(["\ud83d"]) == b'["\\ud83d"]'


@pytest.mark.parametrize("wrong", [b"", b"{", b"[" * 100_000, b'"\xff"'])
def test_what_is_no_json_is_a_value_error(wrong: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whatever it says
        decoded(wrong)
