"""What is split over neighbours."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.detectors import Detector, Finding
from wye.policy.joined import EDGE, across, joined
from wye.policy.leaves import Leaf, leaves

DETECTOR = Detector()


def split(value: Any) -> list[tuple[str, str]]:
    """(kind, piece) of what is found across the leaves of a tool's arguments."""
    arguments = json.dumps(value)
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}
    return found({"messages": [{"role": "assistant", "tool_calls": [call]}]})


def found(body: Any) -> list[tuple[str, str]]:
    content = leaves(json.dumps(body).encode())
    return [
        (finding.kind, content[at].text[finding.start : finding.end])
        for one in joined(content)
        for at, finding in across(one, DETECTOR.find(one.text))
    ]


def said(*parts: str) -> Any:
    content = [{"type": "text", "text": part} for part in parts]
    return {"model": "m", "messages": [{"role": "user", "content": content}]}


@pytest.mark.parametrize(
    ("value", "kind", "pieces"),
    [
        (["Anna", "Kowalska"], "name", ["Anna", "Kowalska"]),
        (["My SSN is 219-", "09-", "9999"], "national_id", ["219-", "09-", "9999"]),
        (["jane.doe@exam", "ple.com"], "email", ["jane.doe@exam", "ple.com"]),
        ([{"t": "Call (212) 555"}, {"t": "-0199 now"}], "phone", ["(212) 555", "-0199"]),
        (list("4111111111111111"), "card", list("4111111111111111")),
    ],
)
def test_a_list_is_read_together(value: Any, kind: str, pieces: list[str]) -> None:
    assert [piece for one, piece in split(value) if one == kind][: len(pieces)] == pieces


def test_parts_of_a_message_are_read_together() -> None:
    assert found(said("It is 219-09", "-9999.")) == [("ssn", "219-09"), ("ssn", "-9999")]


def test_of_long_parts_the_ends_are() -> None:
    before, after = (
        "Long ago it rained. " * 40 + "Write to jane.d",
        "oe@example.com. " + "It rained again. " * 40,
    )
    assert ("email", "jane.d") in found(said(before, after))
    assert ("email", "oe@example.com") in found(said(before, after))
    content = leaves(json.dumps(said(before, after)).encode())
    assert {len(one.text) for one in joined(content)} == {2 * EDGE}


@pytest.mark.parametrize(
    "items",
    [
        ["2019", "2020", "2021"],
        ["10250", "20333", "9981"],
        ["12.50", "3.99", "100.00"],
        ["Q1", "Q2", "Q3", "Q4"],
        ["A1", "B2", "C3"],
        [*map(str, range(1, 31))],
        ["Monday", "Tuesday"],
        ["84", "91", "77", "68"],
    ],
)
def test_a_list_of_figures_is_nobodys_number(items: list[str]) -> None:
    assert [kind for kind, _ in split(items) if kind != "weekday"] == []


def test_what_several_say_is_read_by_itself() -> None:
    body = {"messages": [{"role": "user", "content": "219-09"}, {"role": "user", "content": "-9999"}]}
    assert found(body) == []


def test_what_stands_in_one_leaf_is_not_told_again() -> None:
    assert found(said("I am Jane Doe.", " And you?")) == []


def test_nothing_is_read_together_where_there_is_one_leaf() -> None:
    assert [*joined([Leaf(("input",), "Jane Doe")])] == []


def test_a_long_list_takes_time_by_its_length() -> None:
    content = [Leaf(("input", at), "a") for at in range(200_000)]
    began = time.thread_time()
    together = [*joined(content)]
    assert time.thread_time() - began < 5  # seconds
    assert [len(one.pieces) for one in together] == [200_000, 200_000]


@given(st.lists(st.text(min_size=1, max_size=200), min_size=2, max_size=6), st.data())
def test_every_piece_is_where_it_says(texts: list[str], data: st.DataObject) -> None:
    """Whatever is found, its pieces are what it covers, in the leaves' own places."""
    content = [Leaf(("input", at), text) for at, text in enumerate(texts)]
    for one in joined(content):
        for piece in one.pieces:
            part = content[piece.leaf].text[piece.offset : piece.offset + piece.end - piece.start]
            assert part == one.text[piece.start : piece.end]
        start = data.draw(st.integers(0, len(one.text) - 1))
        end = data.draw(st.integers(start + 1, len(one.text)))
        told = [*across(one, [Finding(start, end, "name", 1.0)])]
        covered = "".join(content[at].text[finding.start : finding.end] for at, finding in told)
        pieces = [one.text[max(start, piece.start) : min(end, piece.end)] for piece in one.pieces]
        several = sum(map(bool, pieces)) > 1
        assert covered == ("".join(pieces) if several else "")
