"""Streams as several upstreams vary them become the same events, and events become OpenAI's framing."""

import json
import time
from typing import Any

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat import ChatCompletionChunk

from golden.answers import CHAT_STREAMS, COUNTS, DONE, ROLE, chunk, events, piece, started
from wye.core.answer import Answer
from wye.core.chat import Citation, Finish, Reasoning, Refusal, Text, ToolCall
from wye.core.fold import fold
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
from wye.protocols.chat.dialect import OpenAIChatDialect

DIALECT = OpenAIChatDialect(lambda: 1_760_000_001)


def told(*datas: Any) -> list[Event]:
    reader = DIALECT.reader()
    return [*reader.feed(events(*datas).encode()), *reader.finish()]


def folded(*datas: Any) -> Answer:
    return fold(told(*datas))


def test_a_text_event_by_event() -> None:
    assert told(ROLE, chunk(content="Hel"), chunk(content="lo"), chunk("stop"), COUNTS, DONE) == [
        Begin(id="chatcmpl-1", model="m-2", created=1760000000, protocol="openai_chat"),
        Open(index=0, part=Text(text="")),
        Delta(index=0, text="Hel"),
        Delta(index=0, text="lo"),
        Used(usage=Usage(120, 30, 100, 0, 12)),
        Close(index=0),
        Finished(finish=Finish.STOP),
        End(),
    ]


def test_calls_whose_arguments_come_in_turns() -> None:
    answer = folded(
        chunk(tool_calls=started(0, "a", "f") + started(1, "b", "g")),
        chunk(tool_calls=piece(1, "{}")),
        chunk(tool_calls=piece(0, "[]")),
        chunk("tool_calls"),
        DONE,
    )
    assert answer.choices[0].parts == (
        ToolCall(id="a", name="f", arguments="[]"),
        ToolCall(id="b", name="g", arguments="{}"),
    )


def test_a_call_is_opened_once_its_name_is_known() -> None:
    nameless = [{"index": 0, "id": "a", "function": {"arguments": "{"}}]
    answer = folded(
        chunk(tool_calls=nameless),
        chunk(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": "}"}}]),
        chunk("tool_calls"),
        DONE,
    )
    assert answer.choices[0].parts == (ToolCall(id="a", name="f", arguments="{}"),)


def test_calls_without_an_index_are_told_apart_by_id() -> None:
    whole = [{"id": name, "function": {"name": name, "arguments": "{}"}} for name in ("a", "b")]
    answer = folded(*(chunk(tool_calls=[one]) for one in whole), chunk("stop"), DONE)
    assert [part.id for part in answer.choices[0].parts if isinstance(part, ToolCall)] == ["a", "b"]
    assert answer.choices[0].finish is Finish.TOOL_CALLS


def test_a_legacy_call_and_a_custom_one() -> None:
    first = chunk(function_call={"name": "f", "arguments": "{"})
    legacy = folded(first, chunk(function_call={"arguments": "}"}), chunk("function_call"), DONE)
    assert legacy.choices[0].parts == (
        ToolCall(id="call_0", name="f", arguments="{}", extras={"kind": "legacy"}),
    )
    custom = {"index": 0, "id": "a", "type": "custom", "custom": {"name": "sql", "input": "SEL"}}
    more = {"index": 0, "custom": {"input": "ECT"}}
    got = folded(chunk(tool_calls=[custom]), chunk(tool_calls=[more]), chunk("tool_calls"), DONE)
    assert got.choices[0].parts == (ToolCall(id="a", name="sql", arguments="SELECT", custom=True),)


def test_the_signature_behind_a_call_is_googles() -> None:
    call = {
        "index": 0,
        "id": "a",
        "function": {"name": "f", "arguments": "{}"},
        "extra_content": {"google": {"thought_signature": "c2ln", "new": 1}},
    }
    got = folded(chunk(tool_calls=[call]), chunk("tool_calls"), DONE)
    extras = {"extra_content": {"google": {"new": 1}}}
    assert got.choices[0].parts == (
        ToolCall(id="a", name="f", arguments="{}", signature="c2ln", extras=extras),
    )


def test_usage_may_stand_anywhere() -> None:
    usage = COUNTS["usage"]
    beside = {**chunk("stop"), "usage": usage}
    groq = {**chunk("stop"), "x_groq": {"usage": usage}}
    for last in (beside, groq):
        assert folded(chunk(content="a"), last, DONE).usage == Usage(120, 30, 100, 0, 12)


def test_what_no_event_tells_is_told_at_the_end() -> None:
    audio = [chunk(audio={"id": "au", "data": data}) for data in ("AA", "BB")]
    assert folded(*audio, chunk("stop"), DONE).choices[0].extras == {
        "message": {"audio": {"id": "auau", "data": "AABB"}}
    }


def test_logprobs_stay_with_their_text() -> None:
    def likely(text: str) -> dict[str, Any]:
        made = chunk(content=text)
        made["choices"][0]["logprobs"] = {"content": [{"token": text}], "refusal": None}
        return made

    got = folded(likely("a"), likely("b"), chunk("stop"), DONE).choices[0]
    assert got.logprobs == {"content": [{"token": "a"}, {"token": "b"}], "refusal": None}


@pytest.mark.parametrize(
    ("error", "fail"),
    [
        ({"message": "busy", "type": "server_error"}, Fail(message="busy", kind="server_error")),
        ({"message": "busy", "code": 429}, Fail(message="busy", kind="429")),
        ("busy", Fail(message="busy")),
        ({}, Fail(message="the upstream reported an error")),
    ],
)
def test_an_error_ends_the_stream(error: Any, fail: Fail) -> None:
    assert told(ROLE, {"error": error}, chunk(content="late"), DONE)[-1] == fail


def test_a_stream_that_was_cut_off_failed() -> None:
    for cut in ([], [ROLE], [ROLE, chunk(content="a")], [DONE]):
        assert isinstance(told(*cut)[-1], Fail)


def test_done_may_be_missing_after_the_finish() -> None:
    assert told(ROLE, chunk(content="a"), chunk("stop"))[-1] == End()


def test_what_is_no_chunk_is_a_value_error() -> None:
    deep = "[" * 100_000 + "]" * 100_000
    for data in ("[]", "{", '{"choices": 3}', deep, '{"choices": [], "x_groq": [1]}'):
        with pytest.raises(ValueError, match=r"."):
            DIALECT.reader().feed(events(data).encode())


@pytest.mark.parametrize("details", [3, {}, ["x"], [{"index": [1], "text": 5}]])
def test_thoughts_that_make_no_sense_are_a_value_error(details: Any) -> None:
    with pytest.raises(ValueError, match=r"reasoning_details"):
        told(ROLE, chunk(reasoning_details=details))


def written(*told_: Event, want_usage: bool = True) -> bytes:
    writer = DIALECT.writer(want_usage=want_usage)
    return b"".join(map(writer.write, told_))


BEGIN = Begin(id="1", model="m", created=5)
FINISHED = Finished(finish=Finish.STOP)
TEXT = (Open(index=0, part=Text(text="")), Delta(index=0, text="Hi"), Close(index=0))


def test_usage_only_where_it_is_wanted() -> None:
    told_ = (BEGIN, *TEXT, Used(usage=Usage(1, 2)), FINISHED, End())
    assert written(*told_).count(b'"usage":null') == 3
    assert b'"choices":[],"usage":{"prompt_tokens":1' in written(*told_)
    assert b"usage" not in written(*told_, want_usage=False)
    assert written(*told_).endswith(b"data: [DONE]\n\n")


def test_the_framing_is_openais() -> None:
    head = b'data: {"id":"1","object":"chat.completion.chunk","created":5,"model":"m","choices":[{"index":0,'
    assert written(BEGIN, *TEXT, FINISHED, End(), want_usage=False) == b"".join(
        (
            head,
            b'"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}\n\n',
            head,
            b'"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]}\n\n',
            head,
            b'"delta":{},"logprobs":null,"finish_reason":"stop"}]}\n\n',
            b"data: [DONE]\n\n",
        )
    )


def test_a_failure_is_an_error_chunk_and_a_ping_a_comment() -> None:
    assert json.loads(written(Fail(message="no", kind="k"))[6:]) == {
        "error": {"message": "no", "type": "k", "param": None, "code": None}
    }
    assert written(Ping()).startswith(b":")


def test_the_second_choice_has_a_role_of_its_own() -> None:
    second = Open(index=0, part=Text(text=""), choice=1)
    assert b'"index":1,"delta":{"role":"assistant"' in written(BEGIN, second)


kinds = st.sampled_from(
    [
        Text(text=""),
        Refusal(text=""),
        Reasoning(text="", origin="anthropic_messages"),
        ToolCall(id="c", name="f", arguments=""),
    ]
)


@st.composite
def streams(draw: st.DrawFn) -> list[Event]:
    """A legal stream: parts one after the other, some pieces each."""
    made: list[Event] = [Begin(id="1", model="m", created=5, protocol="openai_chat")]
    previous = ""
    for part in draw(st.lists(kinds, max_size=4)):
        if type(part).__name__ == previous and not isinstance(part, ToolCall):
            continue  # neighbours of one kind are one part in Chat
        previous = type(part).__name__
        index = sum(isinstance(event, Open) for event in made)
        known = ToolCall(id=f"c{index}", name="f", arguments="") if isinstance(part, ToolCall) else part
        made.append(Open(index=index, part=known))
        made += [
            Delta(index=index, text=text)
            for text in draw(st.lists(st.text(min_size=1), min_size=1, max_size=3))
        ]
        if isinstance(part, Reasoning):
            made.append(Sign(index=index, signature="s"))
        if isinstance(part, Text):
            made += [Cite(index=index, citation=Citation(url="u"))] * draw(st.integers(0, 1))
        made.append(Close(index=index))
    finish = Finish.TOOL_CALLS if "ToolCall" in str(made) else Finish.LENGTH
    return [*made, Used(usage=Usage(1, 2)), Finished(finish=finish), End()]


@given(made=streams(), step=st.integers(1, 400))
def test_what_is_written_is_read_again(made: list[Event], step: int) -> None:
    stream = written(*made)
    reader = DIALECT.reader()
    read = [event for at in range(0, len(stream), step) for event in reader.feed(stream[at : at + step])]
    read += reader.finish()
    order = Order()
    for event in read:
        order.see(event)
    assert fold(read) == fold(made)


@pytest.mark.parametrize("name", CHAT_STREAMS)
def test_openais_own_client_understands_it(name: str) -> None:
    reader = DIALECT.reader()
    lines = written(*reader.feed(CHAT_STREAMS[name].encode()), *reader.finish()).decode().split("\n\n")
    for line in lines:
        if line.startswith("data: {") and '"error"' not in line:
            ChatCompletionChunk.model_validate(json.loads(line[6:]), strict=True)
    assert openai.__version__


def test_a_call_without_a_name_is_an_error() -> None:
    """As in a whole answer: without it a client would wait for a call that it was never told of."""
    nameless = [{"index": 0, "id": "a", "function": {"arguments": "{}"}}]
    assert told(chunk(tool_calls=nameless), chunk("tool_calls"), DONE)[-1] == Fail(
        message="the upstream called a tool without saying which"
    )


def test_members_that_grow_take_no_square_of_their_length() -> None:
    delta = {"odd": ["x"], "inner": {"text": "y" * 50}}
    chunk = (
        b"data: " + json.dumps({"id": "a", "model": "m", "choices": [{"index": 0, "delta": delta}]}).encode()
    )
    many = 40_000
    reader = OpenAIChatDialect().reader()
    began = time.process_time()
    for _ in range(many):
        reader.feed(chunk + b"\n\n")
    assert time.process_time() - began < 8
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    events = reader.feed(b"data: %b\n\ndata: [DONE]\n\n" % json.dumps(end).encode())
    (finished,) = (event for event in events if isinstance(event, Finished))
    assert finished.extras["message"] == {"odd": ["x"] * many, "inner": {"text": "y" * 50 * many}}
