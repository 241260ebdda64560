import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.detectors import Detector, raises
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


SECRET = "my ssn is 536-22-1234 and mail ana@hospital.example"
DISGUISES: dict[str, Callable[[str], str]] = {
    "full width": lambda s: "".join(chr(ord(c) + 0xFEE0) if 33 <= ord(c) < 127 else c for c in s),
    "zero width": "\u200b".join,
    "soft hyphens": "\xad".join,
    "struck through": lambda s: "".join(c + "\u0336" if c.isdigit() or c == "-" else c for c in s),
    "minus signs": lambda s: s.replace("-", "\u2212"),
    "figure dashes": lambda s: s.replace("-", "\u2012"),
    "no-break hyphens": lambda s: s.replace("-", "\u2011"),
    "no-break spaces": lambda s: s.replace("-", "\xa0"),
    "Devanagari digits": lambda s: "".join(chr(0x966 + int(c)) if c.isdigit() else c for c in s),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 of base64": lambda s: base64.b64encode(base64.b64encode(s.encode())).decode(),
    "base64 of UTF-16": lambda s: base64.b64encode(s.encode("utf-16-le")).decode(),
    "hexadecimal": lambda s: s.encode().hex(),
    "spaced hexadecimal": lambda s: s.encode().hex(" "),
    "per cent": lambda s: "".join(f"%{c:02X}" for c in s.encode()),
    "per cent twice": lambda s: s.replace("-", "%252D").replace("@", "%2540"),
    "entities": lambda s: "".join(f"&#{ord(c)};" for c in s),
    "some entities": lambda s: s.replace("-", "&#45;").replace("@", "&commat;"),
    "JSON escapes": lambda s: "".join(f"\\u{ord(c):04x}" for c in s),
    "C escapes": lambda s: "".join(f"\\x{ord(c):02x}" for c in s),
}


@pytest.mark.parametrize("disguise", DISGUISES.values(), ids=DISGUISES)
def test_a_disguise_changes_nothing(disguise: Callable[[str], str]) -> None:
    text = f"please note: {disguise(SECRET)} (as agreed)"
    found = Detector().find(text)
    assert raises(found)
    assert all(0 <= one.start < one.end <= len(text) for one in found)


@given(st.lists(st.sampled_from(sorted(DISGUISES)), min_size=2, max_size=2))
def test_two_disguises_change_nothing_that_a_reader_would_undo(two: list[str]) -> None:
    inner, outer = two
    text = DISGUISES[inner](SECRET)
    if text.isascii() and "base64" in outer:
        assert raises(Detector().find(DISGUISES[outer](text)))


@given(st.text(st.sampled_from("abAB12 .@-АВаβγд٣三Ａ½é‐\u200b²ñ")))
def test_what_hides_nothing_is_read_as_what_does(text: str) -> None:
    """The short way and the long one agree; a mark that prints nothing forces the long one."""
    short, long = normal(text), normal(text + " \u200b")
    assert long.text == short.text + " "
    assert [short.origin(at, at + 1) for at in range(len(short.text))] == [
        long.origin(at, at + 1) for at in range(len(short.text))
    ]
