"""Recorded exchanges of many providers: passed on byte for byte, read, written again to the same meaning."""

import json
from typing import Any

import msgspec
import pydantic
import pytest

from protocols.recordings import recorded
from protocols.responses.sdk_types import check_answer, check_stream
from wye.core.answer import Answer
from wye.core.chat import Part, Reasoning
from wye.core.fold import fold
from wye.core.stream import Begin, Event, Order
from wye.protocols.codec import Edits
from wye.protocols.responses.codec import OpenAIResponses
from wye.protocols.responses.compact import OpenAIResponsesCompact
from wye.protocols.responses.count import OpenAIResponsesCount
from wye.protocols.responses.dialect import OpenAIResponsesDialect
from wye.protocols.translate import Wire

CODEC, DIALECT = OpenAIResponses(), OpenAIResponsesDialect(clock=lambda: 1.0)
EXCHANGES = [one for one in recorded() if "/responses" in one["url"]]
REQUESTS = [one for one in EXCHANGES if one["request_kind"] == "json" and one["url"].endswith("/responses")]
ANSWERS = [
    one for one in EXCHANGES if one["response_kind"] == "json" and one["response"].get("object") == "response"
]
STREAMS = [one for one in EXCHANGES if str(one["response"]).startswith("event:")]
_DEFAULTS: tuple[tuple[str, Any], ...] = (
    ("stream", False),
    ("type", "message"),
    ("instructions", ""),
    ("description", ""),
    ("status", "completed"),
)
"""Members that say nothing when they have this value."""
_SERVER_SIDE = ("search_call", "mcp_", "code_interpreter", "queued")
"""In the names of events that tell how the upstream's own tools get on."""


def name(exchange: dict[str, Any]) -> str:
    return str(exchange["id"])


def encoded(body: object) -> bytes:
    return json.dumps(body).encode()


def test_the_recordings_are_here() -> None:
    if not EXCHANGES:
        pytest.skip("no recorded exchanges on this machine: set WYE_RECORDINGS")
    assert len(REQUESTS) > 80
    assert len(ANSWERS) > 60
    assert len(STREAMS) > 10


def meaning(value: Any) -> Any:
    """Return JSON in which two spellings of one meaning are equal."""
    if isinstance(value, list):
        return [meaning(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: meaning(one) for key, one in value.items() if one is not None and (key, one) not in _DEFAULTS
    }
    if "role" in kept:
        content = kept["content"]
        parts = [{"type": "input_text", "text": content}] if isinstance(content, str) else content
        kept["content"] = [
            {key: "text" if key == "type" and "text" in str(one) else one for key, one in part.items() if one}
            for part in parts
        ]
    return kept


@pytest.mark.parametrize("exchange", REQUESTS, ids=name)
def test_requests_mean_the_same(exchange: dict[str, Any]) -> None:
    body = exchange["request"]
    chat = DIALECT.read_request(encoded(body))
    written = json.loads(DIALECT.write_request(chat, Wire(model=body["model"])))
    assert meaning(written) == meaning(body)


@pytest.mark.parametrize("exchange", REQUESTS, ids=name)
def test_requests_are_passed_on_but_for_the_model(exchange: dict[str, Any]) -> None:
    request = CODEC.decode(encoded(exchange["request"]))
    CODEC.refuse_duplicates(request)
    assert CODEC.splice(request, Edits(model=request.model)) == request.body
    spliced = json.loads(CODEC.splice(request, Edits(model="up", output_cap=7)))
    assert spliced == exchange["request"] | {"model": "up", "max_output_tokens": 7}


@pytest.mark.parametrize("exchange", ANSWERS, ids=name)
def test_answers_mean_the_same(exchange: dict[str, Any]) -> None:
    body = exchange["response"]
    answer = DIALECT.read_answer(encoded(body))
    written = json.loads(DIALECT.write_answer(answer))
    if fits(body):
        check_answer(encoded(written))
    again = DIALECT.read_answer(encoded(written))
    assert (again.choices, again.usage, again.id, again.model) == (
        answer.choices,
        answer.usage,
        answer.id,
        answer.model,
    )
    assert [bare(item) for item in written["output"]] == [bare(item) for item in body["output"]]
    told_anew = {"output", "usage", "completed_at", "status"}
    others = {key for key, one in body.items() if one is not None and key not in told_anew}
    assert {key: written.get(key) for key in others} == {key: body[key] for key in others}


def fits(answer: dict[str, Any]) -> bool:
    """Tell whether a recorded answer fits the SDK's types, where they have members that are newer than it."""
    usage = answer["usage"] and msgspec.convert(answer["usage"], dict[str, Any])
    details = (
        {"input_tokens_details": {"cache_write_tokens": 0} | usage["input_tokens_details"]} if usage else {}
    )
    try:
        check_answer(encoded(answer | {"usage": usage and usage | details}))
    except pydantic.ValidationError:
        return False
    return True


def bare(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item without what says only what holds anyway."""
    content = [
        {key: one for key, one in part.items() if one not in (None, [])} for part in item.get("content") or ()
    ]
    kept = {
        key: one for key, one in item.items() if one not in (None, []) and key not in {"status", "content"}
    }
    return kept | {"content": content}


@pytest.mark.parametrize("exchange", ANSWERS, ids=name)
def test_usage_is_read_from_answers(exchange: dict[str, Any]) -> None:
    usage, told = CODEC.usage(encoded(exchange["response"])), exchange["response"]["usage"]
    if told is None:  # it is made in the background
        assert usage is None
        return
    assert usage is not None
    assert usage == DIALECT.read_answer(encoded(exchange["response"])).usage
    assert (usage.input_tokens, usage.output_tokens) == (told["input_tokens"], told["output_tokens"])
    assert usage.cache_read_tokens == told["input_tokens_details"]["cached_tokens"]
    assert usage.reasoning_tokens == told["output_tokens_details"]["reasoning_tokens"]


def events(stream: bytes, step: int) -> list[Event]:
    reader = DIALECT.reader()
    got = [event for at in range(0, len(stream), step) for event in reader.feed(stream[at : at + step])]
    return got + reader.finish()


@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_streams_are_read_the_same_whole_byte_by_byte_and_cut(exchange: dict[str, Any]) -> None:
    stream = exchange["response"].encode()
    whole = events(stream, len(stream))
    order = Order()
    for event in whole:
        order.see(event)
    assert order.state == "over"
    assert events(stream, 1) == whole
    assert events(stream, 1009) == whole
    for at in range(0, len(stream), max(1, len(stream) // 50)):
        reader = DIALECT.reader()
        assert [*reader.feed(stream[:at]), *reader.feed(stream[at:]), *reader.finish()] == whole


def last_response(exchange: dict[str, Any]) -> dict[str, Any]:
    last = exchange["response"].strip().split("data:")[-1]
    response: dict[str, Any] = json.loads(last)["response"]
    return response


def comparable(parts: tuple[Part, ...]) -> list[Part]:
    """Return parts in an order, without thoughts' encryption, which OpenAI does anew each time it tells them.

    One recorded stream never tells that an item is done, so that it comes last.
    """
    plain = [
        msgspec.structs.replace(one, encrypted="") if isinstance(one, Reasoning) else one for one in parts
    ]
    return sorted(plain, key=str)


@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_a_stream_tells_what_its_last_response_holds(exchange: dict[str, Any]) -> None:
    answer = fold(events(exchange["response"].encode(), 4096))
    whole = DIALECT.read_answer(encoded(last_response(exchange)))
    assert (answer.id, answer.model, answer.created, answer.usage) == (
        whole.id,
        whole.model,
        whole.created,
        whole.usage,
    )
    assert comparable(answer.choices[0].parts) == comparable(whole.choices[0].parts)
    assert answer.choices[0].finish == whole.choices[0].finish
    assert (answer.choices[0].logprobs is None) == (whole.choices[0].logprobs is None)


@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_streams_written_again_tell_the_same_in_the_same_order(exchange: dict[str, Any]) -> None:
    whole = events(exchange["response"].encode(), 4096)
    writer = DIALECT.writer(want_usage=True)
    again = b"".join(writer.write(event) for event in whole)
    written = check_stream(again, typed=fits(last_response(exchange)))
    before, after = fold(whole), fold(events(again, 4096))
    assert (after.choices, after.usage) == (before.choices, before.usage)
    assert before.extras.items() <= after.extras.items()
    if "backfills_missing" in exchange["id"] or "/resp_" in exchange["url"]:
        return  # an item is never done; a stream is taken up in its midst
    lines = exchange["response"].split("\n")
    recorded_names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert [one["type"] for one in written] == [
        one for one in recorded_names if not any(word in one for word in _SERVER_SIDE)
    ]


def relayed(stream: bytes, step: int) -> tuple[bytes, bytes, Any, str]:
    relay = CODEC.relay(Edits(model="m"))
    passed = b"".join(relay.feed(stream[at : at + step]) for at in range(0, len(stream), step))
    last = relay.finish()
    return passed, last, relay.usage, relay.error


@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_streams_are_passed_on_byte_for_byte_with_the_end_held_back(exchange: dict[str, Any]) -> None:
    stream = exchange["response"].encode()
    for step in (1, 1009, len(stream)):
        passed, last, usage, error = relayed(stream, step)
        assert passed + last == stream
        assert last.startswith(b"event: response.completed")
        assert error == ""
        assert usage == DIALECT.read_answer(encoded(last_response(exchange))).usage
    begun = [event for event in events(stream, 4096) if isinstance(event, Begin)]
    assert len(begun) == 1


def test_counts_and_compactions_are_read() -> None:
    count, compact = OpenAIResponsesCount(), OpenAIResponsesCompact()
    seen = 0
    for one in EXCHANGES:
        codec = {"input_tokens": count, "compact": compact}.get(one["url"].rpartition("/")[2])
        if codec is not None:
            request = codec.decode(encoded(one["request"]))
            assert codec.splice(request, Edits(model=request.model, output_cap=9)) == request.body
            usage, told = codec.usage(encoded(one["response"])), one["response"].get("usage")
            assert usage is not None
            assert usage.input_tokens == (told["input_tokens"] if told else 0)
            seen += 1
    if not EXCHANGES:
        pytest.skip("no recorded exchanges on this machine: set WYE_RECORDINGS")
    assert seen == 6


def test_an_answer_that_came_in_pieces_is_an_answer() -> None:
    if not STREAMS:
        pytest.skip("no recorded exchanges on this machine: set WYE_RECORDINGS")
    assert all(isinstance(fold(events(one["response"].encode(), 4096)), Answer) for one in STREAMS)
