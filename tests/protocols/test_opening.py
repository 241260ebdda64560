"""A conversation is known by how it begins, whatever is added to its end."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.protocols.opening import opening
from wye.protocols.outline import Outline

words = st.text(max_size=20)


def seen(**body: Any) -> bytes:
    return opening(Outline(json.dumps({"model": "m"} | body).encode()))


@given(words, st.text(min_size=1), st.lists(words, max_size=4))
def test_later_turns_change_nothing(system: str, first: str, later: list[str]) -> None:
    begin = [{"role": "system", "content": system}, {"role": "user", "content": first}]
    rest: list[dict[str, str]] = []
    for text in later:
        rest += [{"role": "assistant", "content": text}, {"role": "user", "content": text}]
    assert seen(messages=begin) == seen(messages=begin + rest, stream=True)
    items = [{"role": "user", "content": [{"type": "input_text", "text": first}]}]
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    assert seen(instructions=system, input=items) == seen(instructions=system, input=[*items, call, *rest])
    assert seen(instructions=system, input=first) == seen(instructions=system, input=items)


def test_what_differs_at_the_beginning_is_another_conversation() -> None:
    user = {"role": "user", "content": "a"}
    found = [
        seen(messages=[user]),
        seen(messages=[user], system="s"),
        seen(messages=[{"role": "user", "content": "b"}]),
        seen(messages=[user, user]),
        seen(contents=[{"parts": [{"text": "g"}]}]),
        seen(contents=[{"parts": [{"text": "g"}]}], systemInstruction={"parts": [{"text": "s"}]}),
        seen(input="x", prompt_cache_key="k"),
        seen(input="x"),
    ]
    assert len(set(found)) == len(found)
    assert all(len(one) == 16 for one in found)


def test_cache_markers_do_not_count() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}
    text = {"type": "text", "text": "hello"}
    marked = seen(system=[text | mark], messages=[{"role": "user", "content": [text | mark]}])
    assert marked == seen(system=[text], messages=[{"role": "user", "content": [text]}])


def test_what_claude_code_changes_in_each_request_does_not_count() -> None:
    def turn(number: int) -> bytes:
        changing = f"x-anthropic-billing-header: cc_version=2.1.177.{number}; cch={number};"
        system = [{"type": "text", "text": changing}, {"type": "text", "text": "You are Claude Code."}]
        return seen(system=system, messages=[{"role": "user", "content": "hello"}])

    assert turn(1) == turn(2)


def test_a_name_for_what_shares_a_cache_counts_alone() -> None:
    named = seen(input="x", prompt_cache_key="k")
    assert named == seen(input="y", instructions="z", prompt_cache_key="k")
    assert seen(input="x", prompt_cache_key=None) == seen(input="x", prompt_cache_key="") == seen(input="x")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"messages":[]}',
        b'{"messages":3}',
        b'{"messages":[{"role":"assistant","content":"a"}]}',
        b'{"input":["a"]}',
        b'{"input":{}}',
        b'{"messages":[' + b"[" * 100_000,
    ],
)
def test_where_nothing_can_be_read_there_is_nothing(body: bytes) -> None:
    assert opening(Outline(body)) == b""


@given(st.binary() | st.recursive(words | st.none(), st.lists).map(lambda x: json.dumps(x).encode()))
def test_nothing_breaks_it(body: bytes) -> None:
    assert len(opening(Outline(body))) in (0, 16)
