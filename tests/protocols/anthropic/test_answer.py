import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.anthropic.drawn import CALL, CITED, NEW, OPAQUE, TEXT, THOUGHT, WORD, obj
from protocols.anthropic.wire import meaning
from wye.core.answer import Answer, Choice
from wye.core.chat import Audio, Finish, Opaque, Part, Reasoning, Refusal, Source, Text, ToolCall
from wye.core.usage import Usage
from wye.protocols.anthropic.answer import read_answer, write_answer
from wye.protocols.seal import UNSIGNED, seal

NAME = "anthropic_messages"


def message(**members: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [{"type": "text", "text": "hi"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 2},
    } | members


def read(**members: Any) -> Answer:
    return read_answer(json.dumps(message(**members)).encode())


def write(answer: Answer) -> Any:
    return json.loads(write_answer(answer))


def foreign(*parts: Part, finish: Finish = Finish.STOP, **members: Any) -> Answer:
    choice = Choice(parts=parts, finish=finish)
    return Answer(id="c", model="m", choices=(choice,), protocol="openai_chat", **members)


def test_a_whole_answer_is_read() -> None:
    told = read(
        content=[
            {"type": "thinking", "thinking": "hm", "signature": "s"},
            {"type": "text", "text": "hi", "citations": None},
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
            {"type": "tool_use", "id": "t1", "name": "f", "input": {}},
        ],
        stop_reason="tool_use",
        stop_details=None,
        container={"id": "c1"},
        usage={"input_tokens": 1, "cache_read_input_tokens": 4, "output_tokens": 2, "service_tier": "batch"},
    )
    opaque = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}}
    assert told == Answer(
        id="msg_1",
        model="claude",
        protocol=NAME,
        choices=(
            Choice(
                parts=(
                    Reasoning(text="hm", signature="s", origin=NAME),
                    Text(text="hi"),
                    Opaque(protocol=NAME, kind="server_tool_use", value=opaque),
                    ToolCall(id="t1", name="f", arguments="{}"),
                ),
                finish=Finish.TOOL_CALLS,
            ),
        ),
        usage=Usage(5, 2, 4, service="batch"),
        extras={"container": {"id": "c1"}, "usage": {"service_tier": "batch"}},
    )


@pytest.mark.parametrize(
    ("reason", "finish", "native"),
    [
        ("end_turn", Finish.STOP, ""),
        ("max_tokens", Finish.LENGTH, ""),
        ("stop_sequence", Finish.STOP_SEQUENCE, ""),
        ("tool_use", Finish.TOOL_CALLS, ""),
        ("pause_turn", Finish.PAUSE, ""),
        ("refusal", Finish.REFUSAL, ""),
        ("model_context_window_exceeded", Finish.LENGTH, "model_context_window_exceeded"),
        ("of_next_year", Finish.OTHER, "of_next_year"),
    ],
)
def test_every_reason_comes_back(reason: str, finish: Finish, native: str) -> None:
    sequence = "END" if reason == "stop_sequence" else None
    answer = read(stop_reason=reason, stop_sequence=sequence)
    choice = answer.choices[0]
    assert (choice.finish, choice.native_finish, choice.stop_sequence) == (finish, native, sequence or "")
    written = write(answer)
    assert (written["stop_reason"], written["stop_sequence"]) == (reason, sequence)


CALL_PART = ToolCall(id="t", name="f", arguments="{}")


@pytest.mark.parametrize(
    ("part", "finish", "reason"),
    [
        (Text(text="x"), Finish.STOP, "end_turn"),
        (Text(text="x"), Finish.LENGTH, "max_tokens"),
        (Text(text="x"), Finish.CONTENT_FILTER, "refusal"),
        (Text(text="x"), Finish.OTHER, "end_turn"),
        (Refusal(text="x"), Finish.STOP, "refusal"),
        (CALL_PART, Finish.TOOL_CALLS, "tool_use"),
        (CALL_PART, Finish.STOP, "tool_use"),
        (CALL_PART, Finish.LENGTH, "max_tokens"),
    ],
)
def test_reasons_of_another_protocol(part: Part, finish: Finish, reason: str) -> None:
    assert write(foreign(part, finish=finish))["stop_reason"] == reason


def test_an_answer_of_another_protocol() -> None:
    summed = Reasoning(summary=("one", "two"), encrypted="e", origin="openai_responses")
    hidden = Reasoning(encrypted="e", origin="openai_responses")
    answer = foreign(
        Reasoning(text="hm", id="rs_1"),
        summed,
        hidden,
        Text(text=""),
        Text(text="hi", extras={"theirs": 1}),
        ToolCall(id="call.1", name="f", arguments='{"a": '),
        Audio(source=Source(kind="data", value="x")),
        usage=Usage(100, 20, 40, 10, 5),
        extras={"theirs": 1},
    )
    assert write(answer) == {
        "id": "c",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [
            {"type": "thinking", "thinking": "hm", "signature": UNSIGNED},
            {"type": "thinking", "thinking": "one\n\ntwo", "signature": seal(summed)},
            {"type": "thinking", "thinking": "", "signature": seal(hidden)},
            {"type": "text", "text": "hi"},
            {"type": "tool_use", "id": "call_1", "name": "f", "input": {"unparsed_arguments": '{"a": '}},
        ],
        "stop_reason": "tool_use",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 50,
            "cache_creation_input_tokens": 10,
            "cache_read_input_tokens": 40,
            "cache_creation": {"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 20,
            "output_tokens_details": {"thinking_tokens": 5},
        },
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"content":"x"}',
        b'{"content":[1]}',
        b'{"content":[],"usage":7}',
        b'{"type":"error","error":{"type":"api_error","message":"x"}}',
        b'{"content":' + b"[" * 5000,
    ],
)
def test_what_is_no_answer_is_told_apart(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        read_answer(body)


COUNT = st.integers(0, 999)
USAGE = obj(
    {"input_tokens": COUNT, "output_tokens": COUNT},
    {"cache_read_input_tokens": COUNT, "cache_creation_input_tokens": COUNT, "service_tier": WORD},
)


def _split(usage: dict[str, Any], hours: int) -> dict[str, Any]:
    written = usage.get("cache_creation_input_tokens", 0)
    hour = min(hours, written)
    split = {"ephemeral_5m_input_tokens": written - hour, "ephemeral_1h_input_tokens": hour}
    return usage | {"cache_creation": split}


@given(
    st.lists(TEXT | CITED | CALL | OPAQUE | THOUGHT, max_size=4),
    st.builds(_split, USAGE, COUNT),
    st.sampled_from(["end_turn", "tool_use", "refusal", "model_context_window_exceeded", "new"]),
    NEW,
)
def test_any_answer_comes_back(
    content: list[Any], usage: dict[str, Any], reason: str, new: dict[str, Any]
) -> None:
    told = new | message(content=content, usage=usage, stop_reason=reason)
    if reason == "end_turn" and any(block["type"] == "tool_use" for block in content):
        told["stop_reason"] = "tool_use"  # Anthropic never says otherwise
    body = write_answer(read_answer(json.dumps(told).encode()))
    assert meaning(json.loads(body)) == meaning(told)
    assert read_answer(body) == read_answer(json.dumps(told).encode())
