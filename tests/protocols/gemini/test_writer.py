import json
from typing import Any

import pytest

from protocols.gemini.wire import NAME
from wye.core.chat import Citation, Finish, Image, Opaque, Reasoning, Refusal, Source, Text, ToolCall
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
    Ping,
    Sign,
    Used,
)
from wye.core.usage import Usage
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.gemini.framing import ARRAY
from wye.protocols.seal import unseal

BEGIN = Begin(id="a1", model="m", protocol="openai_chat")
DONE = Finished(finish=Finish.STOP)
HEAD = {"modelVersion": "m", "responseId": "a1"}


def write(*events: Event) -> bytes:
    writer = GeminiDialect().writer(want_usage=True)
    return b"".join(map(writer.write, events))


def chunks(*events: Event) -> list[Any]:
    stream = write(*events)
    assert stream.endswith(b"\r\n\r\n")
    pieces = stream.split(b"\r\n\r\n")[:-1]
    assert all(piece.startswith(b"data: ") for piece in pieces)
    return [json.loads(piece.removeprefix(b"data: ")) for piece in pieces]


def parts(*events: Event) -> list[Any]:
    """Return the parts told before the last chunk."""
    told = chunks(BEGIN, *events, DONE, End())
    assert all({name: one[name] for name in HEAD} == HEAD for one in told)
    return [part for one in told[:-1] for part in one["candidates"][0]["content"]["parts"]]


def test_a_whole_stream() -> None:
    events = [
        BEGIN,
        Open(index=0, part=Text(text="")),
        Delta(index=0, text="Hel"),
        Delta(index=0, text="lo"),
        Close(index=0),
        Finished(finish=Finish.LENGTH),
        Used(usage=Usage(9, 5)),
        End(),
    ]

    def candidate(text: str, **more: Any) -> dict[str, Any]:
        return {"content": {"parts": [{"text": text}], "role": "model"}, "index": 0} | more

    assert chunks(*events) == [
        {"candidates": [candidate("Hel")]} | HEAD,
        {"candidates": [candidate("lo")]} | HEAD,
        {
            "candidates": [candidate("", finishReason="MAX_TOKENS")],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 5, "totalTokenCount": 14},
        }
        | HEAD,
    ]


def test_a_call_comes_whole() -> None:
    assert parts(
        Open(index=0, part=ToolCall(id="x", name="f", arguments="")),
        Open(index=1, part=ToolCall(id="y", name="g", arguments="")),
        Delta(index=0, text='{"a"'),
        Delta(index=1, text="{}"),
        Delta(index=0, text=": 1}"),
        Sign(index=1, signature="c2ln"),
        Close(index=1),
        Close(index=0),
    ) == [
        {"functionCall": {"id": "y", "name": "g", "args": {}}, "thoughtSignature": "c2ln"},
        {"functionCall": {"id": "x", "name": "f", "args": {"a": 1}}},
    ]


def test_arguments_that_are_no_object() -> None:
    call = Open(index=0, part=ToolCall(id="x", name="f", arguments='{"a'))
    (part,) = parts(call, Delta(index=0, text='":'), Close(index=0))
    assert part["functionCall"]["args"] == {"unparsed_arguments": '{"a":'}


def test_thoughts() -> None:
    told = parts(
        Open(index=0, part=Reasoning()),
        Delta(index=0, text="One", passage=0),
        Delta(index=0, text="!", passage=0),
        Delta(index=0, text="Two", passage=1),
        Close(index=0),
        Open(index=1, part=Reasoning(origin="anthropic_messages")),
        Delta(index=1, text="Hm."),
        Sign(index=1, signature="sig"),
        Close(index=1),
        Open(index=2, part=Reasoning(origin=NAME, signature="c2ln")),
        Close(index=2),
    )
    sealed = told[4].pop("thoughtSignature")
    assert unseal(sealed) == Reasoning(text="Hm.", signature="sig", origin="anthropic_messages")
    thought: dict[str, Any] = {"thought": True}
    assert told == [
        thought | {"text": "One"},
        thought | {"text": "!"},
        thought | {"text": "\n\nTwo"},
        thought | {"text": "Hm."},
        thought | {"text": ""},
        thought | {"text": "", "thoughtSignature": "c2ln"},
    ]


def test_what_comes_whole() -> None:
    picture = Image(source=Source(kind="data", value="aGk=", media_type="image/png"))
    opaque = Opaque(protocol="openai_responses", kind="x", value={})
    events: list[Event] = []
    for index, part in enumerate((picture, opaque, Text(text="whole"), Refusal(text="No."), Text(text=""))):
        events += [Open(index=index, part=part), Close(index=index)]
    assert parts(*events) == [
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
        {"text": "whole"},
        {"text": "No."},
    ]


def test_a_signed_text() -> None:
    opened = Open(index=0, part=Text(text=""))
    assert parts(opened, Delta(index=0, text="a"), Sign(index=0, signature="c2ln"), Close(index=0)) == [
        {"text": "a"},
        {"text": "", "thoughtSignature": "c2ln"},
    ]


def test_citations_come_last() -> None:
    told = chunks(
        BEGIN,
        Open(index=0, part=Reasoning(text="Hm.")),
        Close(index=0),
        Open(index=1, part=Opaque(protocol="x", kind="x")),
        Close(index=1),
        Open(index=2, part=Text(text="")),
        Delta(index=2, text="é Paris"),
        Cite(index=2, citation=Citation(url="https://a.example", title="A", start=2, end=7)),
        Close(index=2),
        DONE,
        End(),
    )
    assert told[-1]["candidates"][0]["groundingMetadata"] == {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
        "groundingSupports": [
            {
                "segment": {"partIndex": 0, "startIndex": 3, "endIndex": 8, "text": "Paris"},
                "groundingChunkIndices": [0],
            }
        ],
    }


def test_several_choices_and_logprobs() -> None:
    logprobs = {"content": [{"token": "b", "logprob": -1.0, "top_logprobs": []}]}
    told = chunks(
        BEGIN,
        Open(index=0, part=Text(text="")),
        Open(index=0, part=Text(text=""), choice=1),
        Delta(index=0, text="a"),
        Delta(index=0, text="b", choice=1, logprobs=logprobs),
        Close(index=0),
        Close(index=0, choice=1),
        DONE,
        Finished(finish=Finish.CONTENT_FILTER, choice=1),
        End(),
    )
    assert [one["candidates"][0]["index"] for one in told[:-1]] == [0, 1]
    chosen = {"chosenCandidates": [{"token": "b", "logProbability": -1.0}]}
    assert told[1]["candidates"][0]["logprobsResult"] == chosen
    assert [one["finishReason"] for one in told[-1]["candidates"]] == ["STOP", "SAFETY"]


def test_its_own_answer_keeps_its_extras() -> None:
    feedback = {"promptFeedback": {"blockReason": "SAFETY"}}
    begin = Begin(id="r", model="g", protocol=NAME, extras=feedback)
    blocked = Finished(finish=Finish.CONTENT_FILTER, native_finish="SAFETY")
    assert chunks(begin, blocked, End()) == [feedback | {"modelVersion": "g", "responseId": "r"}]
    finished = Finished(finish=Finish.OTHER, native_finish="MALFORMED_RESPONSE", extras={"tokenCount": 3})
    (last,) = chunks(Begin(id="r", model="g", protocol=NAME), finished, End())
    assert (
        last["candidates"][0] | {"finishReason": "MALFORMED_RESPONSE", "tokenCount": 3}
        == last["candidates"][0]
    )


def test_a_ping_and_a_failure() -> None:
    failed = b'{"error":{"code":500,"message":"Overloaded","status":"UNAVAILABLE"}}\r\n\r\n'
    assert write(BEGIN, Ping(), Fail(message="Overloaded", kind="UNAVAILABLE")) == b"\n\n" + failed
    assert b'"status":"INTERNAL"' in write(Fail(message="x"))


TEXT: list[Event] = [BEGIN, Open(index=0, part=Text(text="")), Delta(index=0, text="a"), Close(index=0), DONE]


@pytest.mark.parametrize(
    ("events", "shape"),
    [
        ([BEGIN, End()], []),
        ([*TEXT, End()], ["a", ""]),
        ([*TEXT[:3], Ping(), Fail(message="x")], ["a", "x"]),
        ([Fail(message="x")], ["x"]),
    ],
)
def test_an_array(events: list[Event], shape: list[str]) -> None:
    writer = GeminiDialect(framing=ARRAY).writer(want_usage=True)
    told = json.loads(b"".join(map(writer.write, events)))
    said = [
        one["error"]["message"] if "error" in one else one["candidates"][0]["content"]["parts"][0]["text"]
        for one in told
        if one.keys() - HEAD.keys()
    ]
    assert said == shape


def test_what_is_written_reads_back() -> None:
    reader = GeminiDialect().reader()
    answer = fold([*reader.feed(write(*TEXT, Used(usage=Usage(3, 2)), End())), *reader.finish()])
    assert answer.choices[0].parts == (Text(text="a"),)
    assert answer.usage == Usage(3, 2)
