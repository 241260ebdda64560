"""How deep in JSON a place stands."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.policy.masking.nesting import MAX_DEPTH, Nesting, escaped


@pytest.mark.parametrize(
    ("text", "depth"),
    [
        ("", 0),
        ("Hello {", 0),
        ("[Ann] said", 0),
        ('{"a": ', 0),
        ('{"a', 1),
        ('{\n  "a": "b', 1),
        ('["', 1),
        ('[[{"a":"', 1),
        ('{"a": "x\\"y', 1),
        ('{"a": "x\\\\", "b": "', 1),
        ('{"a": "{\\"b\\": \\"', 2),
        ('{"a": "{\\"b\\": \\"c\\"}", "d": "', 1),
        ('{"a": "He said \\"', 1),
        ('{"a": "\\u007b\\u0022b', 2),
        ('As asked:\n```json\n{"a": "', 1),
        ('As asked:\n```json\n{"a": "b"}\n```\nAnn', 0),
    ],
)
def test_where_a_text_ends(text: str, depth: int) -> None:
    nesting = Nesting()
    nesting.feed(text)
    assert nesting.depth == depth


def test_json_that_begins_like_none() -> None:
    nesting = Nesting(is_json=True)
    nesting.feed('"')
    assert nesting.depth == 1


@given(st.text(), st.integers(0, 4))
def test_a_value_put_in_at_its_depth_is_read_back(value: str, depth: int) -> None:
    value = value.encode("utf-8", "replace").decode()
    text = "HERE"
    for _ in range(depth):
        text = json.dumps({"a": text})
    before, _, after = text.partition("HERE")
    nesting = Nesting()
    for char in before:
        nesting.feed(char)
    assert nesting.depth == depth
    read = before + escaped(value, nesting.depth) + after
    for _ in range(depth):
        read = json.loads(read)["a"]
    assert read == value


def test_the_depth_is_bounded() -> None:
    text = "x"
    for _ in range(MAX_DEPTH + 2):
        text = json.dumps([text])
    nesting = Nesting()
    nesting.feed(text[: text.index("x")])
    assert nesting.depth == MAX_DEPTH
