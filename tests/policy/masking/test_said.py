"""Where events hold text, beyond what the recorded streams show."""

from typing import Any

import pytest

from wye.policy.masking.said import SPEECH, alone


def keys(protocol: str, event: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [one.key for one in SPEECH[protocol].said(event)]


def test_chats_other_spellings() -> None:
    delta = {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": [{"type": "text", "text": "a"}]},
            {"type": "text", "text": "b"},
        ],
        "reasoning": "c",
        "reasoning_details": [{"type": "reasoning.text", "index": 3, "text": "c"}],
        "audio": {"id": "x", "data": "AAAA", "transcript": "d"},
        "function_call": {"arguments": "{"},
        "tool_calls": [{"index": 2, "custom": {"input": "e"}}, "?"],
    }
    event = {"choices": [{"index": 1, "delta": delta}, None]}
    assert keys("openai_chat", event) == [
        (1, "content", "thinking", "text"),
        (1, "content", "text"),
        (1, "reasoning"),
        (1, "reasoning_details", 3, "text"),
        (1, "audio", "transcript"),
        (1, "function_call", "arguments"),
        (1, "tool_calls", 2, "custom", "input"),
    ]


def test_completions() -> None:
    event = {"choices": [{"text": "a", "index": 0}, {"text": "b", "index": 1, "finish_reason": "stop"}]}
    assert [(one.key, one.last) for one in SPEECH["openai_completions"].said(event)] == [
        ((0, "text"), False),
        ((1, "text"), True),
    ]


@pytest.mark.parametrize("protocol", SPEECH)
@pytest.mark.parametrize(
    "event",
    [
        {},
        {"type": 1, "delta": 2, "choices": 3, "candidates": {}},
        {"choices": [{"delta": [], "text": 1}], "candidates": [{"content": {"parts": 1}}]},
        {"type": "content_block_delta", "delta": {"type": []}},
        {"type": "response.output_text.delta", "delta": []},
        {"choices": [{"delta": {"tool_calls": [{"function": "x"}], "reasoning_details": {}}}]},
    ],
)
def test_what_makes_no_sense_says_nothing(protocol: str, event: dict[str, Any]) -> None:
    assert keys(protocol, event) == []
    assert SPEECH[protocol].over(event, (0, "x"), []) in (False, True)


def test_an_event_alone_repeats_nothing_else() -> None:
    call = {"index": 1, "id": "call", "function": {"name": "f", "arguments": "P"}}
    event = {"id": "c", "usage": {"total": 1}, "choices": [{"index": 0, "delta": {"tool_calls": [call]}}]}
    (said,) = SPEECH["openai_chat"].said(event)
    assert alone(event, said, "P") == {
        "id": "c",
        "choices": [{"index": 0, "delta": {"tool_calls": [{"index": 1, "function": {"arguments": "P"}}]}}],
    }
