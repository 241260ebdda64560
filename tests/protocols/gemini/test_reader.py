import itertools
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gemini.wire import NAME, USAGE, chunk, sse
from wye.core.chat import Citation, Finish, Image, Opaque, Reasoning, Source, Text, ToolCall
from wye.core.fold import fold
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Fail, Finished, Open, Order, Sign, Used
from wye.core.usage import Usage
from wye.protocols.gemini.answer import read as read_answer
from wye.protocols.gemini.parts import Calls
from wye.protocols.gemini.reader import GeminiReader

UNFINISHED = Fail(message="the upstream's stream ended before the answer was finished")
SEARCH = {"web": {"uri": "https://a.example", "title": "A"}}
GROUNDING = {
    "groundingChunks": [SEARCH],
    "groundingSupports": [{"segment": {"startIndex": 0, "endIndex": 6}, "groundingChunkIndices": [0]}],
}
CODE = {"executableCode": {"language": "PYTHON", "code": "1"}}
STREAM = sse(
    chunk({"text": "Where ", "thought": True}) | {"createTime": "2025-05-31T21:23:04Z"},
    chunk({"text": "is it?", "thought": True}),
    chunk({"text": "Hé ", "thoughtSignature": "c2ln"}),
    chunk({"text": "🙂"}),
    chunk(CODE, {"functionCall": {"name": "f", "args": {"a": "é"}}, "thoughtSignature": "Y2FsbA=="}),
    chunk({"functionCall": {"id": "x", "name": "g"}}),
    chunk({"text": "Béla."}) | {"usageMetadata": USAGE | {"candidatesTokenCount": 9}},
    chunk({"text": ""}, finish="STOP", groundingMetadata=GROUNDING)
    | {"usageMetadata": {"promptTokenCount": 11}},
)
"""A bit of everything."""


def read(*chunks: bytes) -> list[Event]:
    reader = GeminiReader()
    events = [event for chunk in chunks for event in reader.feed(chunk)] + reader.finish()
    order = Order()
    for one in events:
        order.see(one)
    return events


MINTED = Calls("r1 0").called("", "f")
EVENTS: list[Event] = [
    Begin(
        id="r1",
        model="gemini-2.5-flash",
        created=1748726584,
        protocol=NAME,
        extras={"createTime": "2025-05-31T21:23:04Z"},
    ),
    Used(usage=Usage(10, 12, 0, 0, 5)),
    Open(index=0, part=Reasoning()),
    Delta(index=0, text="Where "),
    Delta(index=0, text="is it?"),
    Close(index=0),
    Open(index=1, part=Text(text="")),
    Delta(index=1, text="Hé "),
    Sign(index=1, signature="c2ln"),
    Delta(index=1, text="🙂"),
    Close(index=1),
    Open(index=2, part=Opaque(protocol=NAME, kind="executableCode", value=CODE)),
    Close(index=2),
    Open(index=3, part=ToolCall(id=MINTED, name="f", arguments="", signature="Y2FsbA==")),
    Delta(index=3, text='{"a":"é"}'),
    Close(index=3),
    Open(index=4, part=ToolCall(id="x", name="g", arguments="")),
    Delta(index=4, text="{}"),
    Close(index=4),
    Used(usage=Usage(10, 14, 0, 0, 5)),
    Open(index=5, part=Text(text="")),
    Delta(index=5, text="Béla."),
    Used(usage=Usage(11, 14, 0, 0, 5)),
    Cite(index=5, citation=Citation(url="https://a.example", title="A", start=0, end=5)),
    Close(index=5),
    Finished(finish=Finish.TOOL_CALLS, extras={"groundingMetadata": GROUNDING}),
    End(),
]


def test_a_whole_stream() -> None:
    assert read(STREAM) == EVENTS


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_every_cut_gives_the_same_events(ends: bytes) -> None:
    stream = STREAM.replace(b"\r\n", ends)
    for cut in range(len(stream) + 1):
        assert read(stream[:cut], stream[cut:]) == EVENTS, cut
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cuts_give_the_same_events(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read(*(STREAM[a:b] for a, b in itertools.pairwise(edges))) == EVENTS


def test_a_last_chunk_without_its_blank_line_counts() -> None:
    assert read(STREAM.rstrip()) == EVENTS


def test_nothing_comes_after_the_end() -> None:
    reader = GeminiReader()
    assert reader.feed(STREAM) + reader.finish() == EVENTS
    assert reader.feed(STREAM) + reader.finish() == []


def test_an_answer_in_one_chunk_folds_to_what_it_is_whole() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    whole = chunk(
        {"text": "Hm.", "thought": True},
        {"text": "Hi"},
        picture,
        {"functionCall": {"name": "f"}},
        finish="STOP",
    )
    streamed, read_whole = fold(read(sse(whole))), read_answer(json.dumps(whole).encode())
    assert streamed.choices[0].parts == read_whole.choices[0].parts
    assert streamed.usage == read_whole.usage
    assert (
        Image(source=Source(kind="data", value="aGk=", media_type="image/png")) in streamed.choices[0].parts
    )


def test_signed_thoughts_and_texts_are_parts_of_their_own() -> None:
    signed: dict[str, Any] = {"text": "b", "thought": True, "thoughtSignature": "c2ln"}
    stream = sse(
        chunk({"text": "a", "thought": True}, signed, {"text": "c", "thought": True}),
        chunk({"text": "d", "thoughtSignature": "MQ=="}, {"text": "e", "thoughtSignature": "Mg=="}),
        chunk({"text": "f", "partMetadata": {"x": 1}}, finish="STOP"),
    )
    assert fold(read(stream)).choices[0].parts == (
        Reasoning(text="a"),
        Reasoning(text="b", signature="c2ln", origin=NAME),
        Reasoning(text="c"),
        Text(text="d", signature="MQ=="),
        Text(text="e", signature="Mg=="),
        Text(text="f", extras={"partMetadata": {"x": 1}}),
    )


def test_several_candidates() -> None:
    def of(index: int, text: str, finish: str = "") -> Any:
        told = chunk({"text": text}, finish=finish)
        return told | {"candidates": [told["candidates"][0] | {"index": index}]}

    answer = fold(read(sse(of(0, "a"), of(1, "x"), of(1, "y", "MAX_TOKENS"), of(0, "b", "STOP"))))
    assert [choice.parts for choice in answer.choices] == [(Text(text="ab"),), (Text(text="xy"),)]
    assert [choice.finish for choice in answer.choices] == [Finish.STOP, Finish.LENGTH]


def test_logprobs_go_with_the_text() -> None:
    def told(token: str) -> dict[str, Any]:
        return {"chosenCandidates": [{"token": token, "logProbability": -1.0}]}

    stream = sse(
        chunk({"text": "a"}, logprobsResult=told("a")),
        chunk({"text": ""}, finish="STOP", logprobsResult=told("")),
    )
    logprobs = fold(read(stream)).choices[0].logprobs
    assert logprobs is not None
    assert [one["token"] for one in logprobs["content"]] == ["a", ""]


def test_a_blocked_prompt() -> None:
    events = read(
        sse({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}})
    )
    assert events[1:] == [
        Used(usage=Usage(3, 0)),
        Finished(finish=Finish.CONTENT_FILTER, native_finish="SAFETY"),
        End(),
    ]


ERROR = {"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}
FAIL = Fail(message="Overloaded", kind="UNAVAILABLE")


@pytest.mark.parametrize(
    ("stream", "fail"),
    [
        (b"", UNFINISHED),
        (sse(chunk({"text": "a"})), UNFINISHED),
        (sse({"usageMetadata": USAGE}), UNFINISHED),
        (sse(ERROR), FAIL),
        (sse(chunk({"text": "a"})) + json.dumps(ERROR, indent=2).encode(), FAIL),
        (sse(chunk({"text": "a"})) + json.dumps([ERROR]).encode() + b"\n\n", FAIL),
        (sse(chunk({"text": "a"}), ERROR, chunk({"text": "b"}, finish="STOP")), FAIL),
        (sse({"error": {}}), Fail(message="the upstream failed")),
    ],
)
def test_a_broken_stream_fails(stream: bytes, fail: Fail) -> None:
    assert read(stream)[-1] == fail


@pytest.mark.parametrize(
    "nonsense",
    [
        b"data: {\n\n",
        b"data: [1]\n\n",
        b'data: {"candidates":7}\n\n',
        b'data: {"candidates":[{"content":{"parts":[{"text":7}]}}]}\n\n',
        sse(chunk({"text": "a"}, finish="STOP", groundingMetadata=7)),
        b'data: {"candidates":' + b"[" * 5000 + b"\n\n",
    ],
)
def test_nonsense_fails(nonsense: bytes) -> None:
    fail = read(nonsense)[-1]
    assert isinstance(fail, Fail)
    assert "makes no sense" in fail.message


def test_comments_and_nonsense_counts_are_passed_over() -> None:
    told = chunk({"text": "a"}, finish="STOP") | {"usageMetadata": {"promptTokenCount": "many"}}
    events = read(b": hello\n\nevent: x\n\n" + sse(told))
    assert [type(event) for event in events] == [Begin, Open, Delta, Close, Finished, End]


def test_an_endless_event_is_refused() -> None:
    reader = GeminiReader()
    reader.feed(b"x" * 8 * 1024 * 1024)
    with pytest.raises(ValueError, match="larger than"):
        reader.feed(b"x")


def test_time_grows_with_the_bytes_alone() -> None:
    began = time.process_time()
    read(sse(chunk({"text": "x"})) * 20_000 + sse(chunk({"text": ""}, finish="STOP")))
    assert time.process_time() - began < 5


PIECES = st.sampled_from(
    [
        sse(chunk({"text": "a"})),
        sse(chunk({"text": "a", "thought": True, "thoughtSignature": "c2ln"})),
        sse(chunk({"text": "", "thoughtSignature": "c2ln"})),
        sse(chunk({"functionCall": {"name": "f", "args": {}}})),
        sse(chunk(CODE, finish="STOP")),
        sse(chunk({"text": "b"}, finish="MAX_TOKENS", groundingMetadata=GROUNDING)),
        sse({"candidates": [{"index": 3, "content": {}}]}),
        sse({"promptFeedback": {"blockReason": "OTHER"}}),
        sse(ERROR),
        b"data: {}\n\n",
        b"{}\n\n",
    ]
)


@given(st.lists(PIECES, max_size=8))
def test_whatever_comes_the_events_are_legal(pieces: list[bytes]) -> None:
    assert isinstance(read(*pieces)[-1], End | Fail)


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_end(pieces: list[bytes]) -> None:
    assert isinstance(read(*pieces)[-1], Fail)
