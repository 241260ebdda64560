"""Every recorded Gemini exchange, of the Gemini API and of Vertex AI."""

import json
from typing import Any

import pytest

from protocols.both import Dialect
from protocols.gemini.wire import asked, meaning, recordings
from wye.core.answer import Answer
from wye.core.fold import fold
from wye.core.stream import Event, Order
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.codec import Edits
from wye.protocols.gemini.codec import Gemini
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.gemini.paths import gemini_at
from wye.protocols.translate import Wire

DIALECT = GeminiDialect()
OTHERS: list[Dialect] = [OpenAIChatDialect(), AnthropicMessages()]
EDITS = Edits(model="up")


def codec_of(exchange: dict[str, Any]) -> Gemini:
    codec = gemini_at(exchange["path"], exchange["query"])
    assert isinstance(codec, Gemini)
    return codec


def whole() -> list[dict[str, Any]]:
    return [one for one in recordings() if one["response_kind"] == "json"]


def streams() -> list[dict[str, Any]]:
    return [one for one in recordings() if one["response_kind"] == "text"]


def events(stream: bytes, size: int = 0) -> list[Event]:
    reader, order = DIALECT.reader(), Order()
    step = size or len(stream)
    read = [event for at in range(0, len(stream), step) for event in reader.feed(stream[at : at + step])]
    read += reader.finish()
    for event in read:
        order.see(event)
    return read


def test_there_are_as_many_as_ever() -> None:
    assert (len(whole()), len(streams())) == (76, 12)


def test_requests_are_forwarded_as_they_are() -> None:
    for exchange in recordings():
        codec, body = codec_of(exchange), json.dumps(exchange["request"]).encode()
        request = codec.decode(body)
        assert codec.splice(request, EDITS) is body
        assert (request.model in exchange["url"], request.stream) == (
            True,
            exchange["response_kind"] == "text",
        )
        codec.refuse_duplicates(request)
        capped = codec.decode(codec.splice(request, Edits(model="up", output_cap=17)))
        assert capped.max_output_tokens == 17


def test_requests_come_back_with_the_same_meaning() -> None:
    for exchange in recordings():
        chat = DIALECT.read_request(json.dumps(exchange["request"]).encode())
        again = json.loads(DIALECT.write_request(chat, Wire(model="up")))
        assert asked(again) == asked(exchange["request"]), exchange["id"]


def test_answers_come_back_with_the_same_meaning() -> None:
    for exchange in whole():
        body = json.dumps(exchange["response"]).encode()
        answer = DIALECT.read_answer(body)
        assert meaning(json.loads(DIALECT.write_answer(answer))) == meaning(exchange["response"]), exchange[
            "id"
        ]
        assert answer.usage == codec_of(exchange).usage(body)
        assert answer.usage is not None
        counts = exchange["response"]["usageMetadata"]
        assert answer.usage.input_tokens + answer.usage.output_tokens == counts["totalTokenCount"]


def test_streams_are_passed_on_as_they_are() -> None:
    for exchange in streams():
        stream = exchange["response"].encode()
        relay = codec_of(exchange).relay(EDITS)
        assert relay.feed(stream) + relay.finish() == stream
        assert relay.error == ""
        assert relay.usage == fold(events(stream)).usage


@pytest.mark.parametrize("size", [1, 7, 61])
def test_streams_read_the_same_however_they_are_cut(size: int) -> None:
    for exchange in streams():
        stream = exchange["response"].encode()
        assert events(stream, size) == events(stream), exchange["id"]


def test_streams_come_back() -> None:
    for exchange in streams():
        told = events(exchange["response"].encode())
        writer = DIALECT.writer(want_usage=True)
        again = events(b"".join(map(writer.write, told)))
        assert fold(again) == fold(told), exchange["id"]


def test_others_can_tell_what_gemini_answered() -> None:
    answers: list[Answer] = [DIALECT.read_answer(json.dumps(one["response"]).encode()) for one in whole()]
    for other in OTHERS:
        for answer in answers:
            assert other.read_answer(other.write_answer(answer)).usage is not None
        for exchange in streams():
            writer, reader = other.writer(want_usage=True), other.reader()
            told = b"".join(map(writer.write, events(exchange["response"].encode())))
            assert fold([*reader.feed(told), *reader.finish()]).choices
