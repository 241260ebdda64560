import time

import pytest

from wye.policy.detectors import Detector

DETECTOR = Detector()


def houses(text: str) -> list[str]:
    return [text[one.start : one.end] for one in DETECTOR.find(text) if one.kind == "organisation"]


@pytest.mark.parametrize(
    "text",
    [
        "Helga Brandtner\nStill Water\n14 Marple Lane\nLeeds",
        "> Still Water\n> Helga Brandtner\n> 14 Marple Lane\n> Leeds",
        "| Helga Brandtner\n| Still Water\n| Helga Brandtner\n| 14 Marple Lane",
        "Lucía Etxeberria\nStill Water\ncalle Ancha 14\n28010 Madrid",
    ],
)
def test_a_line_between_a_person_and_an_address_is_their_house(text: str) -> None:
    assert houses(text) == ["Still Water"]


def test_it_may_be_written_small() -> None:
    assert houses("helga brandtner\nstill water\n14 marple lane\nleeds") == ["still water"]


@pytest.mark.parametrize(
    "text",
    [
        "Helga Brandtner\n\nStill Water\n14 Marple Lane",  # a block of its own
        "Kind regards\nHelga Brandtner\n14 Marple Lane",
        "Billing address\nHelga Brandtner\n14 Marple Lane",
        "Please send it to:\nHelga Brandtner\n14 Marple Lane",
        "Still Water\n14 Marple Lane",  # nobody's letterhead
        "Helga Brandtner came by\nand we talked about water at length\n14 Marple Lane is empty",
        "Helga Brandtner\nStill Water\n14 people came",
    ],
)
def test_other_lines_above_an_address_are_no_house(text: str) -> None:
    assert houses(text) == []


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
def test_a_line_of_no_words_above_an_address_is_a_name(gap: str) -> None:
    text = f"xandria quillfeld{gap}14 marple lane\napt. 3\nleeds"
    assert [text[one.start : one.end] for one in DETECTOR.find(text) if one.kind == "name"] == [
        "xandria quillfeld"
    ]


def test_many_addresses_take_time_by_their_number() -> None:
    text = "Zq\n1 High Street\n" * 4_000
    began = time.thread_time()
    DETECTOR.find(text)
    assert time.thread_time() - began < 3  # seconds


@pytest.mark.parametrize("code", ["8200", "610", "340 12"])
def test_figures_on_a_line_below_an_address_are_its_code(code: str) -> None:
    text = f"14 Marple Lane\n Still Water\n SK\n {code}"
    assert max(one.end for one in DETECTOR.find(text)) == len(text)


def test_what_stands_between_an_address_and_its_code_is_a_place() -> None:
    text = "14 Marple Lane\n   still\n > water,\n 8200"
    found = {(text[one.start : one.end], one.kind) for one in DETECTOR.find(text)}
    assert {("still", "place"), ("water", "place"), ("8200", "postcode")} <= found
