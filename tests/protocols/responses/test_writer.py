import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.responses.sdk_types import check_stream
from protocols.responses.wire import ENCRYPTED
from wye.core.answer import Answer
from wye.core.chat import Citation, Finish, Image, Opaque, Part, Reasoning, Refusal, Source, Text, ToolCall
from wye.core.fold import fold
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Fail, Finished, Open, Ping, Sign, Used
from wye.core.usage import Usage
from wye.protocols.responses.dialect import OpenAIResponsesDialect
from wye.protocols.seal import unseal

NAME = "openai_responses"
BEGIN = Begin(id="chatcmpl-1", model="m", created=5, protocol="openai_chat", extras={"theirs": 1})
STOP = Finished(finish=Finish.STOP)
LOGPROBS = {"content": [{"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []}]}


class Ids:
    """Ids that can be told beforehand."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self, prefix: str) -> str:
        self.made += 1
        return f"{prefix}{self.made}"


def write(*events: Event, told: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """Write a stream; the SDK's types accept each event."""
    dialect = OpenAIResponsesDialect(b"", told or {}, clock=lambda: 9.0, mint=Ids())
    writer = dialect.writer(want_usage=True)
    return check_stream(b"".join(writer.write(event) for event in events))


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events]


def test_a_text_in_the_protocols_own_order() -> None:
    told = write(
        BEGIN,
        Open(index=0, part=Text(text="")),
        Delta(index=0, text="Hi", logprobs=LOGPROBS),
        Cite(index=0, citation=Citation(url="https://x", title="T")),
        Cite(index=0, citation=Citation(text="in a document")),
        Delta(index=0, text="!"),
        Close(index=0),
        STOP,
        Used(usage=Usage(3, 2)),
        End(),
        told={"store": True},
    )
    assert names(told) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.annotation.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    begun, last = told[0]["response"], told[-1]["response"]
    assert (begun["status"], begun["output"], begun["usage"]) == ("in_progress", [], None)
    assert (begun["id"], begun["created_at"], begun["store"]) == ("resp_1", 5, True)
    assert "theirs" not in begun
    part = {
        "type": "output_text",
        "text": "Hi!",
        "annotations": [
            {"type": "url_citation", "url": "https://x", "title": "T", "start_index": 0, "end_index": 2}
        ],
        "logprobs": LOGPROBS["content"],
    }
    item = {"id": "msg_2", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    assert told[3]["part"] == {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
    assert told[8]["part"] == part
    assert told[9]["item"] == item
    assert last["output"] == [item]
    assert (last["status"], last["completed_at"]) == ("completed", 9)
    assert last["usage"]["total_tokens"] == 5
    assert {event["item_id"] for event in told[3:9]} == {"msg_2"}


def test_thoughts_of_a_summary_and_in_the_open() -> None:
    told = write(
        BEGIN,
        Open(index=0, part=Reasoning()),
        Delta(index=0, text="One.", passage=0),
        Delta(index=0, text="Two.", passage=1),
        Delta(index=0, text="Hm"),
        Delta(index=0, text="."),
        Close(index=0),
        STOP,
        End(),
    )
    assert names(told)[2:-1] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "content_part.added",
        "reasoning_text.delta",
        "reasoning_text.delta",
        "reasoning_text.done",
        "content_part.done",
        "output_item.done",
    ]
    assert [event["summary_index"] for event in told if "summary_index" in event] == [0] * 4 + [1] * 4
    item = told[-1]["response"]["output"][0]
    assert [one["text"] for one in item["summary"]] == ["One.", "Two."]
    assert item["content"] == [{"type": "reasoning_text", "text": "Hm."}]
    assert unseal(item["encrypted_content"]) == Reasoning(text="Hm.", summary=("One.", "Two."))


def test_thoughts_that_another_signed_are_shown_as_a_summary_and_carried() -> None:
    told = write(
        BEGIN,
        Open(index=0, part=Reasoning(origin="anthropic_messages")),
        Delta(index=0, text="Two cities."),
        Sign(index=0, signature="si"),
        Sign(index=0, signature="g"),
        Close(index=0),
        Open(index=1, part=Reasoning(encrypted="xyz", origin="anthropic_messages")),
        Close(index=1),
        Open(index=2, part=Text(text="")),
        Close(index=2),
        STOP,
        End(),
    )
    assert "reasoning_summary_text.delta" in names(told)
    shown, redacted = told[-1]["response"]["output"]
    assert shown["summary"] == [{"type": "summary_text", "text": "Two cities."}]
    assert "content" not in shown
    assert unseal(shown["encrypted_content"]) == Reasoning(
        text="Two cities.", signature="sig", origin="anthropic_messages"
    )
    assert unseal(redacted["encrypted_content"]) == Reasoning(encrypted="xyz", origin="anthropic_messages")


def test_calls_that_come_in_turns() -> None:
    told = write(
        BEGIN,
        Open(index=0, part=Text(text="")),
        Delta(index=0, text="I look."),
        Close(index=0),
        Open(index=1, part=ToolCall(id="c1", name="f", arguments="")),
        Open(index=2, part=ToolCall(id="c2", name="patch", arguments="", custom=True)),
        Delta(index=1, text='{"a"'),
        Delta(index=2, text="+a"),
        Delta(index=1, text=":1}"),
        Close(index=1),
        Close(index=2),
        Finished(finish=Finish.TOOL_CALLS),
        End(),
    )
    assert names(told)[8:-1] == [
        "output_item.added",
        "output_item.added",
        "function_call_arguments.delta",
        "custom_tool_call_input.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
        "custom_tool_call_input.done",
        "output_item.done",
    ]
    message, call, custom = told[-1]["response"]["output"]
    assert message["status"] == "completed"
    assert call == {
        "type": "function_call",
        "id": call["id"],
        "call_id": "c1",
        "name": "f",
        "arguments": '{"a":1}',
        "status": "completed",
    }
    assert (custom["input"], custom["call_id"]) == ("+a", "c2")
    assert [event["output_index"] for event in told if "delta" in event] == [0, 1, 2, 1]


def test_a_call_told_at_once_and_its_signature() -> None:
    call = ToolCall(id="c1", name="f", arguments='{"a":1}', signature="gem")
    told = write(BEGIN, Open(index=0, part=call), Close(index=0), STOP, End())
    carried, item = told[-1]["response"]["output"]
    assert unseal(carried["encrypted_content"]) == Reasoning(signature="gem", id="c1", origin="gemini")
    assert item["arguments"] == '{"a":1}'


def test_texts_in_a_row_are_one_message() -> None:
    told = write(
        BEGIN,
        Open(index=0, part=Text(text="a")),
        Close(index=0),
        Open(index=1, part=Refusal(text="")),
        Delta(index=1, text="No."),
        Close(index=1),
        STOP,
        End(),
    )
    (item,) = told[-1]["response"]["output"]
    assert [part["type"] for part in item["content"]] == ["output_text", "refusal"]
    assert [event["content_index"] for event in told if "part" in event] == [0, 0, 1, 1]
    assert "refusal.done" in names(told)


def test_messages_that_were_several_stay_so() -> None:
    def text(identity: str) -> Text:
        return Text(text="", extras={"item": {"id": identity, "phase": "commentary"}})

    begin = Begin(id="resp_9", model="m", protocol=NAME, extras={"service_tier": "flex"})
    told = write(
        begin,
        Open(index=0, part=text("msg_a")),
        Close(index=0),
        Open(index=1, part=text("msg_b")),
        Delta(index=1, text="b"),
        Close(index=1),
        STOP,
        End(),
    )
    last = told[-1]["response"]
    assert (last["id"], last["service_tier"]) == ("resp_9", "flex")
    assert [(item["id"], item["phase"]) for item in last["output"]] == [
        ("msg_a", "commentary"),
        ("msg_b", "commentary"),
    ]
    assert last["output"][0]["content"][0]["text"] == ""


def test_what_does_not_come_in_pieces() -> None:
    web = {
        "type": "web_search_call",
        "id": "ws_1",
        "status": "completed",
        "action": {"type": "search", "query": "x"},
    }
    told = write(
        Begin(id="resp_9", model="m", protocol=NAME),
        Open(index=0, part=Opaque(protocol=NAME, kind="web_search_call", value=web)),
        Close(index=0),
        Open(index=1, part=Image(source=Source(kind="data", value="AA"))),
        Close(index=1),
        Open(index=2, part=Opaque(protocol="gemini", kind="x")),
        Close(index=2),
        STOP,
        End(),
    )
    searched, picture = told[-1]["response"]["output"]
    assert searched == web
    assert picture["result"] == "AA"
    assert names(told)[2:-1] == ["output_item.added", "output_item.done"] * 2


@pytest.mark.parametrize(
    ("finish", "name", "reason"),
    [
        (Finish.LENGTH, "incomplete", "max_output_tokens"),
        (Finish.CONTENT_FILTER, "incomplete", "content_filter"),
        (Finish.STOP, "completed", None),
    ],
)
def test_why_it_ended(finish: Finish, name: str, reason: str | None) -> None:
    told = write(BEGIN, Open(index=0, part=Text(text="a")), Close(index=0), Finished(finish=finish), End())
    last = told[-1]
    assert last["type"] == f"response.{name}"
    assert last["response"]["status"] == name
    assert (last["response"]["incomplete_details"] or {}).get("reason") == reason


@pytest.mark.parametrize("part", [Text(text=""), ToolCall(id="c", name="f", arguments="")])
@pytest.mark.parametrize("last", [False, True])
def test_only_the_item_that_was_cut_is_incomplete(part: Part, *, last: bool) -> None:
    other = Text(text="") if isinstance(part, ToolCall) else ToolCall(id="d", name="g", arguments="")
    more = (Open(index=1, part=other), Delta(index=1, text="{"), Close(index=1)) if not last else ()
    opened = Open(index=0, part=part), Delta(index=0, text="{"), Close(index=0), *more
    told = write(BEGIN, *opened, Used(usage=Usage(1, 1)), Finished(finish=Finish.LENGTH), End())
    done = [one["item"] for one in told if one["type"] == "response.output_item.done"]
    assert [one["status"] for one in done] == [*(["completed"] if more else []), "incomplete"]
    assert told[-1]["response"]["output"] == done


def test_a_refusal_in_words_is_whole() -> None:
    said = Open(index=0, part=Refusal(text="")), Delta(index=0, text="No."), Close(index=0)
    *_, done, last = write(BEGIN, *said, Finished(finish=Finish.REFUSAL), End())
    assert (done["item"]["status"], last["response"]["status"]) == ("completed", "completed")


def test_other_choices_and_pings_are_not_told() -> None:
    told = write(
        BEGIN,
        Open(index=0, part=Text(text="a"), choice=1),
        Delta(index=0, text="b", choice=1),
        Close(index=0, choice=1),
        Finished(finish=Finish.LENGTH, choice=1),
        STOP,
        End(),
    )
    assert names(told) == ["created", "in_progress", "completed"]
    writer = OpenAIResponsesDialect().writer(want_usage=False)
    assert writer.write(Ping()) == b": keep-alive\n\n"


def test_a_failure_is_told_twice_over() -> None:
    told = write(BEGIN, Open(index=0, part=Text(text="a")), Fail(message="Gone.", kind="rate_limit_error"))
    error, failed = told[-2:]
    assert (error["type"], error["code"], error["message"]) == ("error", "rate_limit_error", "Gone.")
    assert failed["response"]["error"] == {"code": "rate_limit_exceeded", "message": "Gone."}
    assert failed["response"]["id"] == "resp_1"
    (alone,) = write(Fail(message="Gone."))
    assert (alone["type"], alone["code"]) == ("error", "server_error")


_PARTS = st.sampled_from(
    [
        Text(text=""),
        Refusal(text=""),
        Reasoning(),
        Reasoning(origin="anthropic_messages"),
        Reasoning(origin=NAME, id="rs_x"),
        ToolCall(id="c", name="f", arguments=""),
        ToolCall(id="d", name="g", arguments="", custom=True),
        Opaque(protocol="gemini", kind="x"),
    ]
)


@st.composite
def answers(draw: st.DrawFn) -> list[Event]:
    """Events of another protocol's answer, calls being told at the same time."""
    events: list[Event] = [BEGIN]
    waiting: list[int] = []
    for index in range(draw(st.integers(0, 5))):
        part = draw(_PARTS)
        events.append(Open(index=index, part=part))
        whole = isinstance(part, Opaque)
        for text in () if whole else draw(st.lists(st.text(min_size=1, max_size=4), max_size=3)):
            passage = draw(st.sampled_from([None, 0, 1])) if isinstance(part, Reasoning) else None
            events.append(Delta(index=index, text=text, passage=passage))
        if isinstance(part, Reasoning) and part.origin == "anthropic_messages":
            events.append(Sign(index=index, signature="sig"))
        if isinstance(part, ToolCall) and draw(st.booleans()):
            waiting.append(index)
        else:
            events.append(Close(index=index))
    events += [Close(index=index) for index in waiting]
    return [*events, Finished(finish=draw(st.sampled_from(list(Finish)))), Used(usage=Usage(1, 1)), End()]


def said(answer: Answer) -> list[Part]:
    """What an answer tells, thoughts aside: theirs are sealed, see above."""
    return [
        type(part)(
            **{key: getattr(part, key) for key in ("text", "id", "name", "arguments") if hasattr(part, key)}
        )
        for part in answer.choices[0].parts
        if isinstance(part, ToolCall) or (isinstance(part, Text | Refusal) and part.text)
    ]


@given(answers())
def test_any_answer_is_written_as_the_sdk_reads_it_and_tells_the_same(events: list[Event]) -> None:
    told = write(*events)
    open_items = 0
    for event in told:
        open_items += event["type"].endswith("output_item.added") - event["type"].endswith("output_item.done")
    assert open_items == 0
    last = told[-1]["response"]
    done = {event["output_index"]: event["item"] for event in told if event["type"].endswith("item.done")}
    assert [done[at] | {"status": ""} for at in sorted(done)] == [
        item | {"status": ""} for item in last["output"]
    ]
    reader = OpenAIResponsesDialect().reader()
    stream = b"".join(f"data: {json.dumps(event)}\n\n".encode() for event in told)
    again, before = fold([*reader.feed(stream), *reader.finish()]), fold(events)
    assert sorted(map(str, said(again))) == sorted(map(str, said(before)))
    whole = OpenAIResponsesDialect().read_answer(json.dumps(last).encode())
    assert said(whole) == said(again)


def test_own_thoughts_keep_what_they_are() -> None:
    part = Reasoning(id="rs_1", origin=NAME)
    begin = Begin(id="resp_9", model="m", protocol=NAME)
    sign = Sign(index=0, encrypted=ENCRYPTED)
    told = write(begin, Open(index=0, part=part), sign, Close(index=0), STOP, End())
    assert told[-1]["response"]["output"] == [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": ENCRYPTED}
    ]
