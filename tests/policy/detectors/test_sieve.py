import re
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wye.policy.detectors import cascade
from wye.policy.detectors.cascade import Detector, sieve
from wye.policy.detectors.sieve import Lead, Plain, Sieve

PIECES = st.sampled_from(
    [
        *"0123456789 -./:,#@+()\n'’–_%éñßИ٣ıſK中",
        *("MRN", "ssn ", "May ", "12 de abril de ", "the third of ", "St", "Apt 4", "Calle ", "a@b.co"),
        *(
            "ES91 2100 0418 4502 0005 1332",
            "1420 Maple Avenue",
            "straße 5",
            "phone: ",
            "sk-ant-",
            "AB1234563",
        ),
        *("first", "http://", "Ab", "corner of ", "zip ", "years old", "4111 1111 1111 1111", "::1", "9 PM"),
    ]
)
TEXTS = st.lists(PIECES, max_size=40).map("".join)


def expressions() -> list[re.Pattern[str]]:
    return [lead.regex for lead in cascade._LEADS]


@given(TEXTS | st.text(max_size=60))
@settings(max_examples=50)
def test_a_sieve_changes_the_time_and_not_the_matches(text: str) -> None:
    seen = sieve().read(text)
    for regex in expressions():
        assert [m.span() for m in seen.find(regex)] == [m.span() for m in regex.finditer(text)], regex.pattern


def test_no_two_rules_share_an_expression() -> None:
    """They are told apart by it: of two that did, one would never be asked."""
    assert len(cascade._BY_ID) == len(cascade._ANY) + len(cascade._WITH_DIGITS)


@given(st.lists(st.sampled_from(["-a", "a", "bx", " ", "aab ", "x"]), max_size=30).map("".join))
def test_a_head_changes_the_time_and_not_the_matches(text: str) -> None:
    regex = re.compile(r"(?<!\w)a[ab]{0,3}x?")
    one = Sieve([Lead(regex, re.compile("[bx]|a "), 5, re.compile(r"(?<!\w)a"))])
    plain = Sieve([Lead(regex, re.compile("[bx]|a "), 5)])
    assert [m.span() for m in one.read(text).find(regex)] == [m.span() for m in plain.read(text).find(regex)]


def test_every_rule_has_a_superset() -> None:
    """One that has none would walk every text by itself, and nobody would notice but the clock."""
    assert sieve()._engines
    assert not sieve()._blind


def test_without_an_engine_the_findings_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "MRN AB-99812, seen on 3 May 2023 at 1420 Maple Avenue, call +34 612 345 678"
    detector = Detector()
    sifted = detector.find(text)
    monkeypatch.setattr(detector, "_sieve", Sieve(()))
    assert isinstance(detector._sieve.read(text), Plain)
    assert detector.find(text) == sifted


def test_what_is_too_large_for_an_engine_walks_the_text() -> None:
    large = re.compile(r"(?:\w+\s?(?:a|b)\s+){90,99}end")
    one = Sieve([Lead(large), Lead(re.compile(r"\d+x"))])
    seen = one.read("12x 3x")
    assert [m.group() for m in seen.find(re.compile(r"\d+x"))] == ["12x", "3x"]
    assert list(seen.find(large)) == []


def test_threads_share_a_sieve() -> None:
    text = "call +34 612 345 678 on May 3rd 2023, MRN AB-99812 " * 20
    want = Detector().find(text)
    wrong: list[int] = []

    def work() -> None:
        detector = Detector()
        wrong.extend(1 for _ in range(10) if detector.find(text) != want)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
