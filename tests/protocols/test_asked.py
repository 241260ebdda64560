"""What was asked for, in every protocol."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.protocols.asked import asked
from wye.protocols.outline import Outline

LONG = "Explain what a list and a tuple have in common, and where they differ. " * 3
TOOL_RESULT = {"type": "tool_result", "tool_use_id": "1", "content": "what the tool returned"}


def user(content: object) -> dict[str, object]:
    return {"role": "user", "content": content}


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "system", "content": "Be brief."}, user(LONG)]},
        {"messages": [user("before"), {"role": "assistant", "content": "yes"}, user(LONG)]},
        {"messages": [user([{"type": "text", "text": LONG}, {"type": "image", "source": {"data": "x"}}])]},
        {"messages": [user(LONG), {"role": "assistant", "content": None}, user([TOOL_RESULT])]},
        {"messages": [user(LONG), {"role": "tool", "content": "what the tool returned"}]},
        {
            "messages": [
                user([{"type": "text", "text": "<system-reminder>x"}, {"type": "text", "text": LONG}])
            ]
        },
        {"input": LONG, "instructions": "Be brief."},
        {"input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": LONG}]}]},
        {"input": [user(LONG), {"type": "function_call_output", "call_id": "1", "output": "x"}]},
        {"contents": [{"role": "user", "parts": [{"text": LONG}, {"inlineData": {"data": "x"}}]}]},
        {"contents": [{"parts": [{"text": LONG}]}], "systemInstruction": {"parts": [{"text": "x"}]}},
        {"prompt": LONG},
        {"prompt": [LONG]},
    ],
)
def test_it_is_what_the_user_said_last(body: dict[str, object]) -> None:
    assert asked(Outline(json.dumps({"model": "auto", **body}).encode())) == LONG


def test_a_few_words_bring_along_what_was_asked_before() -> None:
    turns = [user("first"), user(LONG), {"role": "assistant", "content": "yes"}, user("and in French?")]
    assert asked(Outline(json.dumps({"messages": turns}).encode())) == f"{LONG}\nand in French?"
    assert asked(Outline(json.dumps({"messages": [user("Hello")]}).encode())) == "Hello"


@pytest.mark.parametrize("body", [b"", b"[]", b'{"messages": [1]}', b'{"prompt": [1, 2]}', b"{" * 10_000])
def test_what_cannot_be_read_asks_nothing(body: bytes) -> None:
    assert not asked(Outline(body))


@given(st.binary())
def test_any_bytes_will_do(body: bytes) -> None:
    assert isinstance(asked(Outline(body)), str)
