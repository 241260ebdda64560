"""What wye sends and answers when it translates, kept to the byte, so that a change of it is seen.

`WYE_UPDATE_GOLDEN=1 pytest tests/golden` keeps what is made now.
"""

import json
from typing import Any

import msgspec
import pytest

from golden import answers, requests
from golden.snapshot import compare, path_of, stale
from wye.core.stream import Event, Order
from wye.protocols.anthropic_messages import AnthropicMessages
from wye.protocols.lossiness import losses
from wye.protocols.lossiness_table import CHAT, MESSAGES
from wye.protocols.openai_chat_dialect import OpenAIChatDialect
from wye.protocols.translate import Dialect, Wire

DIALECTS: dict[str, Dialect] = {CHAT: OpenAIChatDialect(lambda: 1_760_000_001), MESSAGES: AnthropicMessages()}
REQUESTS = {CHAT: requests.CHAT, MESSAGES: requests.CLAUDE}
ANSWERS = {CHAT: answers.CHAT, MESSAGES: answers.CLAUDE}
STREAMS = {CHAT: answers.CHAT_STREAMS, MESSAGES: answers.CLAUDE_STREAMS}
WIRE = Wire(model="upstream-m")
REQUEST_CASES = [
    (source, name, target) for source, bodies in REQUESTS.items() for name in bodies for target in DIALECTS
]
ANSWER_CASES = [
    (source, name, target) for source, bodies in ANSWERS.items() for name in bodies for target in DIALECTS
]
STREAM_CASES = [
    (source, name, target) for source, bodies in STREAMS.items() for name in bodies for target in DIALECTS
]


def sent(body: dict[str, Any], source: str, target: str) -> dict[str, Any]:
    """Return what an upstream gets, or why it gets nothing."""
    chat = DIALECTS[source].read_request(json.dumps(body).encode())
    found = losses(chat, source, target, WIRE)
    if found.refuse:
        return {"refused": list(found.refuse)}
    written = msgspec.json.decode(DIALECTS[target].write_request(chat, WIRE))
    return {"lost": list(found.annotate), "sent": written}


def told(stream: str, source: str) -> list[Event]:
    reader = DIALECTS[source].reader()
    return [*reader.feed(stream.encode()), *reader.finish()]


@pytest.mark.parametrize(("source", "name", "target"), REQUEST_CASES)
def test_requests(source: str, name: str, target: str) -> None:
    compare(sent(REQUESTS[source][name], source, target), "requests", source, target, name)


@pytest.mark.parametrize(("source", "name", "target"), ANSWER_CASES)
def test_answers(source: str, name: str, target: str) -> None:
    answer = DIALECTS[source].read_answer(json.dumps(ANSWERS[source][name]).encode())
    compare(msgspec.json.decode(DIALECTS[target].write_answer(answer)), "answers", source, target, name)


@pytest.mark.parametrize(("source", "name", "target"), STREAM_CASES)
def test_streams(source: str, name: str, target: str) -> None:
    writer = DIALECTS[target].writer(want_usage=True)
    events = told(STREAMS[source][name], source)
    order = Order()
    for event in events:
        order.see(event)
    assert order.state == "over"
    written = b"".join(writer.write(event) for event in events).decode()
    compare(written.split("\n"), "streams", source, target, name)


@pytest.mark.parametrize(
    ("source", "name"), [(source, name) for source in STREAMS for name in STREAMS[source]]
)
def test_streams_are_read_the_same_wherever_they_are_cut(source: str, name: str) -> None:
    stream = STREAMS[source][name].encode()
    whole = told(STREAMS[source][name], source)
    for step in (1, 7):
        reader = DIALECTS[source].reader()
        cut = [event for at in range(0, len(stream), step) for event in reader.feed(stream[at : at + step])]
        assert cut + reader.finish() == whole
    for at in range(len(stream)):
        reader = DIALECTS[source].reader()
        assert [*reader.feed(stream[:at]), *reader.feed(stream[at:]), *reader.finish()] == whole


def test_nothing_is_kept_that_nobody_makes() -> None:
    made = {path_of("requests", source, target, name) for source, name, target in REQUEST_CASES}
    made |= {path_of("answers", source, target, name) for source, name, target in ANSWER_CASES}
    made |= {path_of("streams", source, target, name) for source, name, target in STREAM_CASES}
    assert len(made) == len(REQUEST_CASES) + len(ANSWER_CASES) + len(STREAM_CASES)
    assert stale(made) == []


@pytest.mark.parametrize("source", DIALECTS)
def test_an_answer_nested_too_deeply_is_no_answer(source: str) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(ValueError, match="nested too deeply"):
        DIALECTS[source].read_answer(b'{"content":' + deep + b',"choices":' + deep + b"}")
