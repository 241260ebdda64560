import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.detectors.normal import MAX_VIEWS, View, normal, views

HIDDEN = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u202e\u202c\u2066\u2069\u200e\U000e0041"


@given(st.text())
def test_places_are_inside_the_text_in_order_and_as_many_as_characters(text: str) -> None:
    view = normal(text)
    for place in range(len(view.text)):
        start, end = view.origin(place, place + 1)
        assert 0 <= start < end <= len(text)
    starts = [view.origin(place, place + 1)[0] for place in range(len(view.text))]
    assert starts == sorted(starts)


@given(st.text("abcXYZ 0189-@."))
def test_ascii_stays_as_it_is(text: str) -> None:
    assert normal(text) == View(text)


@given(
    st.text("abc019", min_size=1),
    st.lists(st.sampled_from(HIDDEN), min_size=1, max_size=5),
    st.integers(0, 9),
)
def test_what_prints_nothing_is_gone_and_places_skip_it(text: str, hidden: list[str], where: int) -> None:
    cut = where % (len(text) + 1)
    view = normal(text[:cut] + "".join(hidden) + text[cut:])
    assert view.text == text
    assert view.origin(0, len(text))[0] == (len(hidden) if cut == 0 else 0)


@pytest.mark.parametrize(
    ("disguised", "plain"),
    [
        ("１２３-４５-６７８９", "123-45-6789"),  # full width
        ("𝟏𝟐𝟑", "123"),
        ("٥٣٦-٢٢-١٢٣٤", "536-22-1234"),  # Arabic-Indic digits
        ("jоhn@еxample.com", "john@example.com"),  # Cyrillic o and e
        ("e\u0301", "é"),
    ],
)
def test_disguises_are_undone(disguised: str, plain: str) -> None:
    assert normal(disguised).text == plain


def test_a_word_in_another_script_stays() -> None:
    assert normal("Москва Αθήνα").text == "Москва Αθήνα"


def test_decoded_and_closed_up_views_point_at_what_they_stand_for() -> None:
    secret = base64.b64encode(b"SSN 536-22-1234 of John").decode()
    text = f"see {secret} and 5 3 6 2 2 1 2 3 4 there, a%40b.com"
    found = {view.text: view.origin(0, len(view.text)) for view in views(View(text))}
    assert text[slice(*found["SSN 536-22-1234 of John"])] == secret
    assert text[slice(*found["536221234"])] == "5 3 6 2 2 1 2 3 4"
    assert text[slice(*found["a@b.com"])] == "a%40b.com"


def test_how_much_is_decoded_has_a_bound() -> None:
    text = " ".join([base64.b64encode(b"some text in here").decode()] * (MAX_VIEWS + 5))
    assert len(list(views(View(text)))) == MAX_VIEWS
