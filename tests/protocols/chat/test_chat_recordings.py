"""Recorded exchanges of many providers: read, written again to the same meaning, streams read however cut."""

import json
from typing import Any

import pytest

from protocols.recordings import recorded
from wye.core.answer import Answer
from wye.core.bare import bare
from wye.core.fold import FailedError, fold
from wye.core.stream import Event
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.translate import Wire

DIALECT = OpenAIChatDialect()
EXCHANGES = [one for one in recorded() if "/chat/completions" in one["url"]]
REQUESTS = [one for one in EXCHANGES if one["request_kind"] == "json"]
ANSWERS = [one for one in EXCHANGES if one["response_kind"] == "json" and "choices" in one["response"]]
STREAMS = [one for one in EXCHANGES if str(one["response"]).startswith(("data:", ":"))]

_DEFAULTS: tuple[tuple[str, Any], ...] = (
    ("stream", False),
    ("n", 1),
    ("type", "function"),
    ("description", ""),
)
"""Members that say nothing when they have this value."""


def name(exchange: dict[str, Any]) -> str:
    return str(exchange["id"])


def test_the_recordings_are_here() -> None:
    if not EXCHANGES:
        pytest.skip("no recorded exchanges on this machine: set WYE_RECORDINGS")
    assert len(REQUESTS) > 100
    assert len(ANSWERS) > 100
    assert STREAMS


def meaning(value: Any) -> Any:
    """Return JSON in which two spellings of one meaning are equal."""
    if isinstance(value, list):
        return [meaning(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: meaning(one) for key, one in value.items() if one is not None and (key, one) not in _DEFAULTS
    }
    if isinstance(kept.get("thinking"), list):
        return {"type": "thought", "text": "".join(one["text"] for one in kept["thinking"])}
    if kept.get("tool_choice") == "any":
        kept["tool_choice"] = "required"
    if "tool_calls" in kept:
        kept["tool_calls"] = [{k: v for k, v in call.items() if k != "index"} for call in kept["tool_calls"]]
    if "role" in kept:
        kept = turn_meaning(kept)
    return {key: one for key, one in kept.items() if one != []}


def turn_meaning(turn: dict[str, Any]) -> dict[str, Any]:
    """As `meaning`: content is a list of parts, thoughts are one text."""
    content = turn.get("content", [])
    parts = [{"type": "text", "text": content}] if isinstance(content, str) and content else list(content)
    spelt = [turn.pop(spelling, "") for spelling in ("reasoning_content", "reasoning")]
    thought = "".join(spelt + [part["text"] for part in parts if part.get("type") == "thought"])
    return {**turn, "thought": thought, "content": [part for part in parts if part.get("type") != "thought"]}


def request_meaning(body: dict[str, Any]) -> Any:
    """As `meaning`; instructions ahead of the conversation are one."""
    told = meaning(body)
    instructions: list[Any] = []
    while told["messages"] and told["messages"][0]["role"] in ("system", "developer"):
        instructions += told["messages"].pop(0).get("content", [])
    told.pop("stream_options", None)
    if isinstance(told.get("stop"), str):
        told["stop"] = [told["stop"]]
    return {**told, "instructions": instructions}


@pytest.mark.parametrize("exchange", REQUESTS, ids=name)
def test_requests_mean_the_same(exchange: dict[str, Any]) -> None:
    body = exchange["request"]
    chat = DIALECT.read_request(json.dumps(body).encode())
    field = "max_tokens" if "max_tokens" in body else "max_completion_tokens"
    wire = Wire(model=body["model"], max_tokens_field=field, reasoning_field="reasoning")
    written = json.loads(DIALECT.write_request(chat, wire))
    assert request_meaning(written) == request_meaning(body)


def said(answer: dict[str, Any]) -> list[Any]:
    """What a client reads of an answer first."""
    messages = [choice["message"] for choice in answer["choices"]]
    return [
        (
            one.get("content") or None if not isinstance(one.get("content"), list) else "list",
            one.get("refusal"),
            [(call["id"], {"arguments": ""} | call["function"]) for call in one.get("tool_calls") or ()],
        )
        for one in messages
    ]


@pytest.mark.parametrize("exchange", ANSWERS, ids=name)
def test_answers_mean_the_same(exchange: dict[str, Any]) -> None:
    body = exchange["response"]
    answer = DIALECT.read_answer(json.dumps(body).encode())
    assert bare(DIALECT.read_answer(json.dumps(body).encode(), bare=True)) == bare(answer)
    written = json.loads(DIALECT.write_answer(answer))
    assert DIALECT.read_answer(json.dumps(written).encode()) == answer
    for before, after in zip(said(body), said(written), strict=True):
        if before[0] != "list":
            assert after == before
    assert (written["id"], written["model"], written["created"]) == (
        body["id"],
        body["model"],
        body["created"],
    )
    if answer.usage is not None:  # one provider reports more cached tokens than tokens
        assert answer.usage.input_tokens == body["usage"]["prompt_tokens"]
        assert answer.usage.output_tokens >= body["usage"]["completion_tokens"]


def events(stream: bytes, step: int) -> list[Event]:
    reader = DIALECT.reader()
    got = [event for at in range(0, len(stream), step) for event in reader.feed(stream[at : at + step])]
    return got + reader.finish()


def folded(got: list[Event]) -> Answer | str:
    try:
        return fold(got)
    except FailedError as failed:
        return str(failed)


@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_streams_are_read_the_same_whole_byte_by_byte_and_cut(exchange: dict[str, Any]) -> None:
    stream = exchange["response"].encode()
    whole = events(stream, len(stream))
    assert folded(whole), "legal from the first event to the last"
    assert events(stream, 1) == whole
    assert events(stream, 1009) == whole
    for at in range(0, len(stream), max(1, len(stream) // 50)):
        reader = DIALECT.reader()
        assert [*reader.feed(stream[:at]), *reader.feed(stream[at:]), *reader.finish()] == whole


@pytest.mark.parametrize("exchange", STREAMS, ids=name)
def test_streams_written_again_tell_the_same(exchange: dict[str, Any]) -> None:
    whole = events(exchange["response"].encode(), 4096)
    writer = DIALECT.writer(want_usage=True)
    again = b"".join(writer.write(event) for event in whole)
    assert folded(events(again, 4096)) == folded(whole)
