"""A body is taken apart as far as its turns, whatever it holds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.protocols.outline import Outline

USER = {"role": "user", "content": "Hello"}


def outline(**body: Any) -> Outline:
    return Outline(json.dumps({"model": "m"} | body).encode())


@pytest.mark.parametrize(
    "found",
    [
        outline(messages=[USER, USER]),
        outline(input=[USER, {"type": "message", "role": "user", "content": [{"text": "a"}]}]),
        outline(contents=[{"parts": [{"text": "a"}]}, {"role": "model"}]),
    ],
)
def test_turns_stand_where_each_protocol_has_them(found: Outline) -> None:
    assert len(found) == 2
    assert found.turn(0).said() in ("Hello", ["a"])
    assert found.turn(0) is found.turn(0)
    assert not found.whole


def test_one_text_is_no_turn() -> None:
    found = outline(input="Hello", instructions="Be brief.")
    assert (found.whole, len(found)) == ("Hello", 0)
    assert bytes(found.body.instructions) == b'"Be brief."'


def test_a_turn_without_words_says_nothing() -> None:
    pictures = [{"type": "image", "text": None}, {"text": "a"}, "b"]
    found = outline(messages=[{"role": "user"}, {"role": "user", "content": pictures}])
    assert [found.turn(at).said() for at in range(2)] == [[], ["", "a", "b"]]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"messages":3}', b'{"input":{}}', b'{"input":' + b"[" * 100_000]
)
def test_what_cannot_be_read_holds_nothing(body: bytes) -> None:
    found = Outline(body)
    assert (len(found), found.whole, len(found.body.instructions)) == (0, "", 0)


@given(st.binary() | st.recursive(st.none() | st.text(), st.lists).map(lambda x: json.dumps(x).encode()))
def test_nothing_breaks_it(body: bytes) -> None:
    assert len(Outline(body)) == 0
