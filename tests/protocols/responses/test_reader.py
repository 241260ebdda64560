import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.responses.wire import ENCRYPTED, PATCH
from wye.core.chat import Citation, Finish, Opaque, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.fold import FailedError, fold
from wye.core.stream import Event, Fail, Order
from wye.core.usage import Usage
from wye.protocols.responses.dialect import OpenAIResponsesDialect
from wye.protocols.responses.reader import ResponsesReader

NAME = "openai_responses"
USAGE = {"input_tokens": 3, "output_tokens": 2}


def event(name: str, **fields: Any) -> bytes:
    told = {"type": f"response.{name}"} | fields
    return f"event: response.{name}\ndata: {json.dumps(told)}\n\n".encode()


def response(**fields: Any) -> dict[str, Any]:
    return {"id": "resp_1", "object": "response", "model": "m", "created_at": 5, "output": []} | fields


BEGUN = event("created", response=response(status="in_progress", service_tier="auto"))
DONE = event("completed", response=response(status="completed", usage=USAGE))


def message(*content: dict[str, Any]) -> dict[str, Any]:
    return {"type": "message", "id": "msg_1", "role": "assistant", "content": list(content)}


def added(item: dict[str, Any], at: int = 0) -> bytes:
    return event("output_item.added", output_index=at, item={"status": "in_progress"} | item)


def done(item: dict[str, Any], at: int = 0) -> bytes:
    return event("output_item.done", output_index=at, item={"status": "completed"} | item)


def delta(kind: str, text: str, at: int = 0, **fields: Any) -> bytes:
    return event(f"{kind}.delta", output_index=at, delta=text, **fields)


def read(*stream: bytes) -> list[Event]:
    reader = ResponsesReader()
    got = [told for piece in stream for told in reader.feed(piece)]
    return got + reader.finish()


def parts(*stream: bytes) -> tuple[Part, ...]:
    return fold(read(BEGUN, *stream, DONE)).choices[0].parts


def test_text_comes_as_it_is_said() -> None:
    web = {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 2}
    token = {"token": "Hi", "logprob": -0.1}
    stream = [
        BEGUN,
        event("in_progress", response=response(status="in_progress")),
        added(message() | {"phase": "final_answer"}),
        event("content_part.added", output_index=0, content_index=0, part={"type": "output_text"}),
        delta("output_text", "Hi", content_index=0, logprobs=[token]),
        event("output_text.annotation.added", output_index=0, content_index=0, annotation=web),
        delta("output_text", "!", content_index=0, logprobs=[]),
        event("output_text.done", output_index=0, content_index=0, text="Hi!"),
        delta("refusal", "No.", content_index=1),
        done(
            message(
                {"type": "output_text", "text": "Hi!", "annotations": [web]},
                {"type": "refusal", "refusal": "No."},
            )
        ),
        DONE,
    ]
    answer = fold(read(*stream))
    assert (answer.id, answer.model, answer.created) == ("resp_1", "m", 5)
    assert answer.extras == {"service_tier": "auto"}
    assert answer.usage == Usage(3, 2)
    choice = answer.choices[0]
    assert choice.parts == (
        Text(
            text="Hi!",
            citations=(Citation(url="u", title="t", start=0, end=2),),
            extras={"item": {"id": "msg_1", "phase": "final_answer"}},
        ),
        Refusal(text="No."),
    )
    assert choice.logprobs == {"content": [token]}
    assert choice.finish is Finish.REFUSAL


def test_thoughts_come_in_passages_and_are_encrypted_at_the_end() -> None:
    item = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "of the beginning"}
    whole = item | {
        "summary": [{"type": "summary_text", "text": "One."}, {"type": "summary_text", "text": "Two."}],
        "content": [{"type": "reasoning_text", "text": "Hm."}],
        "encrypted_content": ENCRYPTED,
    }
    got = parts(
        added(item),
        delta("reasoning_summary_text", "On", summary_index=0),
        delta("reasoning_summary_text", "e.", summary_index=0),
        delta("reasoning_summary_text", "Two.", summary_index=1),
        delta("reasoning_text", "Hm.", content_index=0),
        done(whole),
    )
    assert got == (
        Reasoning(id="rs_1", summary=("One.", "Two."), text="Hm.", encrypted=ENCRYPTED, origin=NAME),
    )


def test_calls_that_come_in_turns() -> None:
    one = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "f", "arguments": ""}
    two = {"type": "custom_tool_call", "id": "ctc_1", "call_id": "c2", "name": "apply_patch", "input": ""}
    got = parts(
        added(one),
        added(two, 1),
        delta("function_call_arguments", '{"a"'),
        delta("custom_tool_call_input", PATCH, 1),
        delta("function_call_arguments", ":1}"),
        event("function_call_arguments.done", output_index=0, arguments='{"a":1}'),
        done(one | {"arguments": '{"a":1}'}),
        done(two | {"input": PATCH}, 1),
    )
    assert got == (
        ToolCall(id="c1", name="f", arguments='{"a":1}', extras={"item": {"id": "fc_1"}}),
        ToolCall(id="c2", name="apply_patch", arguments=PATCH, custom=True, extras={"item": {"id": "ctc_1"}}),
    )


def test_what_was_not_said_in_pieces_is_said_when_its_item_is_done() -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": '{"a":1}'}
    thought = {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Hm."}]}
    text = {"type": "output_text", "text": "Hi!", "annotations": [], "logprobs": [{"token": "Hi!"}]}
    answer = fold(
        read(
            BEGUN,
            done(thought),
            added(message(), 1),
            delta("output_text", "H", 1, content_index=0),
            done(message(text), 1),
            done(call, 2),
            DONE,
        )
    )
    assert answer.choices[0].parts == (
        Reasoning(id="rs_1", summary=("Hm.",), origin=NAME),
        Text(text="Hi!", extras={"item": {"id": "msg_1"}}),
        ToolCall(id="c1", name="f", arguments='{"a":1}'),
    )
    assert answer.choices[0].finish is Finish.TOOL_CALLS


def test_a_response_that_is_only_told_at_the_end() -> None:
    text = {"type": "output_text", "text": "Hi!", "logprobs": [{"token": "Hi!"}]}
    output = [message(text), {"type": "web_search_call", "id": "ws_1"}]
    told = event("completed", response=response(status="completed", output=output))
    answer = fold(read(told))
    assert answer.choices[0].parts == (
        Text(text="Hi!", extras={"item": {"id": "msg_1"}}),
        Opaque(protocol=NAME, kind="web_search_call", value=output[1]),
    )
    assert answer.choices[0].logprobs == {"content": [{"token": "Hi!"}]}


def test_items_of_the_upstreams_own_tools_come_whole_and_in_order() -> None:
    items = [{"type": "mcp_list_tools", "id": f"mcpl_{at}"} for at in range(3)]
    got = parts(
        *(added(item, at) for at, item in enumerate(items)),
        event("mcp_list_tools.in_progress", output_index=0, item_id="mcpl_0"),
        done(items[2], 2),
        done(items[0], 0),
        done(items[1], 1),
    )
    assert [part.value["id"] for part in got if isinstance(part, Opaque)] == ["mcpl_0", "mcpl_1", "mcpl_2"]


@pytest.mark.parametrize(
    ("told", "message", "kind"),
    [
        (
            b'event: error\ndata: {"type":"error","code":"rate_limit_exceeded","message":"Slow."}\n\n',
            "Slow.",
            "rate_limit_exceeded",
        ),
        (b'data: {"error":{"message":"Bad.","type":"server_error"}}\n\n', "Bad.", "server_error"),
        (b'data: {"error":"Bad."}\n\n', "Bad.", ""),
        (b'data: {"type":"error"}\n\n', "the upstream failed", ""),
        (
            event("failed", response=response(status="failed", error={"code": "x", "message": "Gone."})),
            "Gone.",
            "x",
        ),
    ],
)
def test_an_upstream_may_fail(told: bytes, message: str, kind: str) -> None:
    for stream in (told, BEGUN + told):
        got = read(stream, DONE)
        assert got[-1] == Fail(message=message, kind=kind)
        with pytest.raises(FailedError):
            fold(got)


@pytest.mark.parametrize(
    ("status", "reason", "finish"),
    [
        ("incomplete", "max_output_tokens", Finish.LENGTH),
        ("incomplete", "content_filter", Finish.CONTENT_FILTER),
        ("completed", None, Finish.STOP),
    ],
)
def test_why_it_ended(status: str, reason: str | None, finish: Finish) -> None:
    details = {"incomplete_details": {"reason": reason}} if reason else {}
    answer = fold(read(BEGUN, event(status, response=response(status=status, **details))))
    assert answer.choices[0].finish is finish


def test_an_item_cut_short_is_closed() -> None:
    got = read(
        BEGUN,
        added(message()),
        delta("output_text", "Hi", content_index=0),
        event("incomplete", response=response(status="incomplete")),
    )
    assert fold(got).choices[0].parts == (Text(text="Hi", extras={"item": {"id": "msg_1"}}),)


@pytest.mark.parametrize("stream", [b"", BEGUN, BEGUN + delta("output_text", "Hi", content_index=0)])
def test_a_stream_without_an_end_failed(stream: bytes) -> None:
    last = read(stream)[-1]
    assert isinstance(last, Fail)
    assert "ended before" in last.message


def test_an_item_that_turns_out_to_be_another() -> None:
    call = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": ""}
    web = {"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}
    got = parts(
        added(call),
        delta("reasoning_summary_text", "Hm.", summary_index=0),
        delta("refusal", "No.", content_index=0),
        event("output_text.annotation.added", output_index=0, content_index=0, annotation=web),
    )
    assert [type(part) for part in got] == [ToolCall, Reasoning, Refusal, Text]


def test_what_comes_ahead_of_the_beginning_or_after_the_end_is_nothing() -> None:
    late = delta("output_text", "x", content_index=0)
    assert fold(read(late, BEGUN, DONE, late, b"data: [DONE]\n\n")).choices[0].parts == ()


@pytest.mark.parametrize(
    "data",
    [
        b"data: {\n\n",
        b"data: []\n\n",
        b'data: {"type": 1}\n\n',
        b"data: " + b"[" * 100_000 + b"\n\n",
        BEGUN + event("output_item.added", output_index=0, item={"type": "reasoning", "summary": 1}),
        BEGUN + event("output_item.added", output_index="x", item={}),
        event("created", response=[]),
    ],
)
def test_what_is_no_event_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # each says something else
        read(data)


_TEXTS = st.text(min_size=1, max_size=6)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """A stream that leaves out some of what it might tell."""
    pieces, output = [BEGUN], []
    for at in range(draw(st.integers(0, 4))):
        texts, quiet = draw(st.lists(_TEXTS, max_size=3)), draw(st.booleans())
        match draw(st.sampled_from(["message", "reasoning", "function_call", "web_search_call"])):
            case "message":
                item = message({"type": "output_text", "text": "".join(texts), "annotations": []})
                begun, kind = message(), "output_text"
            case "reasoning":
                item = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "".join(texts)}]}
                begun, kind = {"type": "reasoning", "summary": []}, "reasoning_summary_text"
            case "function_call":
                item = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "".join(texts)}
                begun, kind = item | {"arguments": ""}, "function_call_arguments"
            case _:
                item = begun = {"type": "web_search_call", "id": f"ws_{at}", "status": "completed"}
                kind = "web_search_call"
        output.append(item)
        if draw(st.booleans()):
            pieces.append(added(begun, at))
            if not quiet:
                pieces += [delta(kind, text, at, content_index=0, summary_index=0) for text in texts]
        if draw(st.booleans()):
            pieces.append(done(item, at))
    pieces.append(event("completed", response=response(status="completed", output=output)))
    return b"".join(pieces)


@given(streams(), st.integers(1, 200))
def test_whatever_an_upstream_leaves_out_the_answer_is_the_same(stream: bytes, step: int) -> None:
    got = read(stream)
    order = Order()
    for told in got:
        order.see(told)
    assert read(*(stream[at : at + step] for at in range(0, len(stream), step))) == got
    last = json.loads(stream.rpartition(b"data: ")[2])["response"]
    whole = OpenAIResponsesDialect().read_answer(json.dumps(last).encode())
    assert told_by(fold(got).choices[0].parts) == told_by(whole.choices[0].parts)


def told_by(parts: tuple[Part, ...]) -> list[bytes]:
    """What is in parts, in any order: an item that is never done comes last."""
    told = (part for part in parts if not isinstance(part, Text) or part.text)
    return sorted(msgspec.json.encode(part, order="deterministic") for part in told)


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_refused(data: bytes) -> None:
    try:
        got = read(b"data: " + data)
    except ValueError:
        return
    assert isinstance(got[-1], Fail)
