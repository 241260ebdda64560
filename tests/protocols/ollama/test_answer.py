import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from wye.core.answer import Answer, Choice
from wye.core.chat import Citation, Finish, Image, Opaque, Part, Reasoning, Refusal, Source, Text, ToolCall
from wye.core.stream import (
    Begin,
    Cite,
    Close,
    Delta,
    End,
    Event,
    Fail,
    Finished,
    Open,
    Order,
    Ping,
    Sign,
    Used,
)
from wye.core.usage import Usage
from wye.protocols.ollama.codec import OllamaDialect

USAGE = Usage(26, 12, 20, 0, 4)
CALL = ToolCall(id="call_1", name="weather", arguments='{"city": "Paris"}')
LOGPROBS: dict[str, Any] = {
    "content": [{"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []}],
    "refusal": None,
}


SECOND = 10**9


def ticking() -> Callable[[], int]:
    """A clock that is a second on each time somebody looks."""
    return itertools.count(1_760_000_000 * SECOND, SECOND).__next__


def whole(*parts: Part, finish: Finish = Finish.STOP, logprobs: dict[str, Any] | None = None) -> Any:
    choice = Choice(parts=parts, finish=finish, logprobs=logprobs)
    answer = Answer(id="1", model="up", choices=(choice,), usage=USAGE)
    return json.loads(OllamaDialect(ticking()).write_answer(answer))


def lines(*events: Event) -> list[Any]:
    writer, order = OllamaDialect(ticking()).writer(want_usage=False), Order()
    written = []
    for event in events:
        order.see(event)
        written.append(writer.write(event))
    return [json.loads(line) for line in b"".join(written).splitlines()]


def test_a_whole_answer() -> None:
    told = whole(Reasoning(text="Hm."), Text(text="Sunny"), Text(text="."), CALL, finish=Finish.TOOL_CALLS)
    assert told == {
        "model": "up",
        "created_at": "2025-10-09T08:53:21.000000Z",
        "message": {
            "role": "assistant",
            "content": "Sunny.",
            "thinking": "Hm.",
            "tool_calls": [
                {
                    "id": "call_1",
                    "function": {"index": 0, "name": "weather", "arguments": {"city": "Paris"}},
                }
            ],
        },
        "done": True,
        "done_reason": "stop",
        "total_duration": SECOND,
        "load_duration": 0,
        "prompt_eval_count": 26,
        "eval_count": 12,
    }


def test_what_else_there_are_words_for() -> None:
    picture = Image(source=Source(kind="data", value="aGk=", media_type="image/png"))
    told = whole(Reasoning(summary=("a", "b")), Refusal(text="No."), picture, logprobs=LOGPROBS)
    assert told["message"] == {
        "role": "assistant",
        "content": "No.",
        "thinking": "a\n\nb",
        "images": ["aGk="],
    }
    assert told["logprobs"] == LOGPROBS["content"]


@pytest.mark.parametrize(
    ("finish", "word"),
    [
        (Finish.STOP, "stop"),
        (Finish.STOP_SEQUENCE, "stop"),
        (Finish.LENGTH, "length"),
        (Finish.CONTENT_FILTER, "content_filter"),
        (Finish.REFUSAL, "refusal"),
    ],
)
def test_why_it_ended(finish: Finish, word: str) -> None:
    assert whole(Text(text="x"), finish=finish)["done_reason"] == word
    ended = lines(Begin(id="1", model="m"), Finished(finish=finish), End())
    assert [line["done_reason"] for line in ended] == [word]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [("", {}), (" ", {}), ('{"a":1}', {"a": 1}), ('{"a"', {"unparsed_arguments": '{"a"'}), ("[]", None)],
)
def test_arguments_are_an_object(arguments: str, told: dict[str, Any] | None) -> None:
    expected = {"unparsed_arguments": arguments} if told is None else told
    call = ToolCall(id="", name="f", arguments=arguments)
    (written,) = whole(call)["message"]["tool_calls"]
    assert written == {"function": {"index": 0, "name": "f", "arguments": expected}}


def test_a_stream() -> None:
    told = lines(
        Ping(),
        Begin(id="1", model="up"),
        Open(index=0, part=Reasoning()),
        Delta(index=0, text="Hm."),
        Sign(index=0, signature="x"),
        Close(index=0),
        Open(index=1, part=Text(text="")),
        Delta(index=1, text="Sun"),
        Ping(),
        Delta(index=1, text="ny", logprobs=LOGPROBS),
        Delta(index=1, text=""),
        Cite(index=1, citation=Citation(url="https://example.com")),
        Close(index=1),
        Open(index=2, part=ToolCall(id="call_1", name="weather", arguments="")),
        Open(index=3, part=ToolCall(id="call_2", name="clock", arguments="")),
        Delta(index=2, text='{"city":'),
        Delta(index=2, text=' "Paris"}'),
        Close(index=3),
        Close(index=2),
        Open(index=4, part=Opaque(protocol="x", kind="y")),
        Close(index=4),
        Used(usage=USAGE),
        Finished(finish=Finish.TOOL_CALLS),
        End(),
    )
    assert all(line["model"] == "up" for line in told)
    assert [line["message"] for line in told] == [
        {"role": "assistant", "content": "", "thinking": "Hm."},
        {"role": "assistant", "content": "Sun"},
        {"role": "assistant", "content": "ny"},
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "call_2", "function": {"index": 0, "name": "clock", "arguments": {}}}],
        },
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "call_1", "function": {"index": 1, "name": "weather", "arguments": {"city": "Paris"}}}
            ],
        },
        {"role": "assistant", "content": ""},
    ]
    assert [line["done"] for line in told] == [False] * 5 + [True]
    assert told[2]["logprobs"] == LOGPROBS["content"]
    last = told[-1]
    assert (last["done_reason"], last["prompt_eval_count"], last["eval_count"]) == ("stop", 26, 12)
    assert (last["total_duration"], last["load_duration"]) == (6 * SECOND, 0)
    assert (last["prompt_eval_duration"], last["eval_duration"]) == (SECOND, 5 * SECOND)
    assert [line["created_at"][17:19] for line in told] == ["21", "22", "23", "24", "25", "26"]


def test_what_is_known_at_once_is_said_at_once() -> None:
    picture = Image(source=Source(kind="data", value="aGk=", media_type="image/png"))
    told = lines(
        Begin(id="1", model="up"),
        Open(index=0, part=Text(text="Hi")),
        Close(index=0),
        Open(index=1, part=picture),
        Close(index=1),
        Open(index=2, part=CALL),
        Close(index=2),
        Open(index=0, part=Text(text="another choice"), choice=1),
        Delta(index=0, text="!", choice=1),
        Close(index=0, choice=1),
        End(),
    )
    assert [line["message"].get("content") for line in told] == ["Hi", "", "", ""]
    assert told[1]["message"]["images"] == ["aGk="]
    assert told[2]["message"]["tool_calls"][0]["function"]["arguments"] == {"city": "Paris"}
    assert "eval_count" not in told[-1]


def test_a_stream_that_fails_says_why() -> None:
    assert lines(Begin(id="1", model="up"), Fail(message="no more", kind="overloaded")) == [
        {"error": "no more"}
    ]


def test_silence_is_broken_by_what_is_no_line() -> None:
    writer = OllamaDialect().writer(want_usage=True)
    assert writer.write(Ping()).strip() == b""
    assert b"\n" not in writer.write(Ping())


def test_passages_of_a_summary_stand_apart() -> None:
    passages = [("a", 0), ("b", 0), ("c", 1)]
    said = lines(
        Begin(id="1", model="up"),
        Open(index=0, part=Reasoning()),
        *(Delta(index=0, text=text, passage=passage) for text, passage in passages),
        Close(index=0),
        Finished(finish=Finish.STOP),
        End(),
    )
    streamed = "".join(one["message"].get("thinking", "") for one in said)
    assert streamed == "ab\n\nc"
    assert whole(Reasoning(summary=("ab", "c")))["message"]["thinking"] == streamed
