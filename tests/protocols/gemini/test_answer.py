import json
from typing import Any

import pytest

from protocols.gemini.wire import NAME, USAGE, chunk, meaning
from wye.core.answer import Answer, Choice
from wye.core.chat import Citation, Finish, Image, Opaque, Reasoning, Refusal, Source, Text, ToolCall
from wye.core.usage import Usage
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.seal import unseal

DIALECT = GeminiDialect()


def read(body: Any) -> Answer:
    """Read an answer, and check that writing it says the same."""
    answer = DIALECT.read_answer(json.dumps(body).encode())
    assert meaning(json.loads(DIALECT.write_answer(answer))) == meaning(body)
    return answer


def write(*parts: Any, finish: Finish = Finish.STOP, **fields: Any) -> Any:
    """Write another protocol's answer."""
    choice = Choice(parts=parts, finish=finish, **fields)
    answer = Answer(id="a1", model="m", choices=(choice,), usage=Usage(9, 5, 4, 0, 2), protocol="openai_chat")
    return json.loads(DIALECT.write_answer(answer))


def test_a_whole_answer() -> None:
    thought = {"text": "Hm.", "thought": True}
    call = {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}
    answer = read(
        chunk(thought, {"text": "Hi"}, call, finish="STOP", finishMessage="done")
        | {"createTime": "2025-05-31T21:23:04.717155Z"}
    )
    reasoning, text, made = answer.choices[0].parts
    assert (reasoning, text) == (Reasoning(text="Hm."), Text(text="Hi"))
    assert isinstance(made, ToolCall)
    assert (made.name, made.arguments, made.signature) == ("f", '{"a":1}', "c2ln")
    assert answer.choices[0].finish is Finish.TOOL_CALLS
    assert answer.usage == Usage(10, 12, 0, 0, 5)
    assert (answer.id, answer.model, answer.created, answer.protocol) == (
        "r1",
        "gemini-2.5-flash",
        1748726584,
        NAME,
    )


def test_ids_that_are_minted_differ_from_answer_to_answer_and_stay_the_same_for_one() -> None:
    call = {"functionCall": {"name": "f"}}

    def ids(identity: str) -> list[str]:
        answer = read(chunk(call, call, finish="STOP") | {"responseId": identity})
        return [part.id for part in answer.choices[0].parts if isinstance(part, ToolCall)]

    assert ids("r1") == ids("r1")
    assert len({*ids("r1"), *ids("r2")}) == 4


@pytest.mark.parametrize(
    ("word", "finish", "native"),
    [
        ("STOP", Finish.STOP, ""),
        ("MAX_TOKENS", Finish.LENGTH, ""),
        ("SAFETY", Finish.CONTENT_FILTER, ""),
        ("RECITATION", Finish.CONTENT_FILTER, "RECITATION"),
        ("MODEL_ARMOR", Finish.CONTENT_FILTER, "MODEL_ARMOR"),
        ("OTHER", Finish.OTHER, ""),
        ("MALFORMED_FUNCTION_CALL", Finish.OTHER, "MALFORMED_FUNCTION_CALL"),
        ("OF_NEXT_YEAR", Finish.OTHER, "OF_NEXT_YEAR"),
    ],
)
def test_finish_reasons(word: str, finish: Finish, native: str) -> None:
    choice = read(chunk({"text": "a"}, finish=word)).choices[0]
    assert (choice.finish, choice.native_finish) == (finish, native)


@pytest.mark.parametrize(
    ("finish", "word"),
    [
        (Finish.STOP, "STOP"),
        (Finish.STOP_SEQUENCE, "STOP"),
        (Finish.TOOL_CALLS, "STOP"),
        (Finish.LENGTH, "MAX_TOKENS"),
        (Finish.CONTENT_FILTER, "SAFETY"),
        (Finish.REFUSAL, "SAFETY"),
        (Finish.PAUSE, "OTHER"),
    ],
)
def test_finishes_of_others(finish: Finish, word: str) -> None:
    assert (
        write(Text(text="a"), finish=finish, native_finish="weird")["candidates"][0]["finishReason"] == word
    )


def test_a_blocked_prompt() -> None:
    counts = {"promptTokenCount": 5, "totalTokenCount": 5}
    feedback = {"blockReason": "PROHIBITED_CONTENT", "safetyRatings": [{"category": "X"}]}
    answer = read({"promptFeedback": feedback, "usageMetadata": counts, "responseId": "r"})
    (choice,) = answer.choices
    assert choice == Choice(parts=(), finish=Finish.CONTENT_FILTER, native_finish="PROHIBITED_CONTENT")
    assert answer.usage == Usage(5, 0)


def test_several_candidates_come_in_order() -> None:
    one, two = (chunk({"text": text}, finish="STOP")["candidates"][0] for text in "ab")
    answer = DIALECT.read_answer(json.dumps({"candidates": [two | {"index": 1}, one]}).encode())
    assert [choice.parts for choice in answer.choices] == [(Text(text="a"),), (Text(text="b"),)]


GROUNDING = {
    "groundingChunks": [
        {"web": {"uri": "https://a.example", "title": "A"}},
        {"retrievedContext": {"uri": "gs://b", "title": "B", "text": "Béla"}},
        {"web": {"uri": "https://c.example"}},
    ],
    "groundingSupports": [
        {"segment": {"endIndex": 6, "text": "Zürich"}, "groundingChunkIndices": [0, 1, 9]},
    ],
    "webSearchQueries": ["q"],
}


def test_citations() -> None:
    supported = GROUNDING | {
        "groundingSupports": [
            {
                "segment": {"startIndex": 3, "endIndex": 10, "text": "Zürich"},
                "groundingChunkIndices": [0, 1, 9],
            }
        ]
    }
    quoted = {
        "citationSources": [{"startIndex": 0, "endIndex": 2, "uri": "https://q.example", "license": "mit"}]
    }
    answer = read(
        chunk({"text": "In Zürich."}, finish="STOP", groundingMetadata=supported, citationMetadata=quoted)
    )
    (text,) = answer.choices[0].parts
    assert isinstance(text, Text)
    assert text.citations == (
        Citation(url="https://a.example", title="A", start=3, end=9),
        Citation(url="gs://b", title="B", text="Béla", start=3, end=9),
        Citation(url="https://c.example"),
        Citation(url="https://q.example", start=0, end=2),
    )


def test_citations_without_a_text_are_nobodys() -> None:
    answer = read(chunk({"functionCall": {"name": "f"}}, finish="STOP", groundingMetadata=GROUNDING))
    assert isinstance(answer.choices[0].parts[0], ToolCall)


def test_citations_of_others() -> None:
    passage = Citation(title="Doc", text="passage")
    cited = Text(
        text="In Zürich.", citations=(Citation(url="https://a.example", title="A", start=3, end=9), passage)
    )
    told = write(Opaque(protocol="openai_responses", kind="x"), cited)
    candidate = told["candidates"][0]
    assert candidate["content"]["parts"] == [{"text": "In Zürich."}]
    assert candidate["groundingMetadata"] == {
        "groundingChunks": [
            {"web": {"uri": "https://a.example", "title": "A"}},
            {"retrievedContext": {"title": "Doc", "text": "passage"}},
        ],
        "groundingSupports": [
            {
                "segment": {"partIndex": 0, "startIndex": 3, "endIndex": 10, "text": "Zürich"},
                "groundingChunkIndices": [0],
            },
            {
                "segment": {"partIndex": 0, "startIndex": 0, "endIndex": 11, "text": "In Zürich."},
                "groundingChunkIndices": [1],
            },
        ],
    }


TOP = [{"token": "2", "tokenId": 7, "logProbability": -0.1}, {"token": "4", "logProbability": -2.5}]


def test_logprobs() -> None:
    result = {"chosenCandidates": TOP[:1], "topCandidates": [{"candidates": TOP}]}
    logprobs = read(chunk({"text": "2"}, finish="STOP", logprobsResult=result)).choices[0].logprobs
    two = {"token": "2", "logprob": -0.1, "bytes": [50]}
    four = {"token": "4", "logprob": -2.5, "bytes": [52]}
    assert logprobs == {"content": [two | {"top_logprobs": [two, four]}], "refusal": None}
    again = write(Text(text="2"), logprobs=logprobs)["candidates"][0]["logprobsResult"]
    plain = [{name: value for name, value in one.items() if name != "tokenId"} for one in TOP]
    assert again == {"chosenCandidates": plain[:1], "topCandidates": [{"candidates": plain}]}
    for nothing in ({}, {"content": None}, {"content": [7]}):
        assert "logprobsResult" not in write(Text(text="2"), logprobs=nothing)["candidates"][0]


def test_another_protocols_answer() -> None:
    told = write(
        Reasoning(summary=("One.", "Two.")),
        Reasoning(text="Hm.", signature="sig", origin="anthropic_messages"),
        Refusal(text="No."),
        ToolCall(id="toolu_1", name="f", arguments='{"a": 1}'),
        Image(source=Source(kind="data", value="aGk=", media_type="image/png")),
        finish=Finish.TOOL_CALLS,
    )
    parts = told["candidates"][0]["content"]["parts"]
    sealed = parts[1].pop("thoughtSignature")
    assert unseal(sealed) == Reasoning(text="Hm.", signature="sig", origin="anthropic_messages")
    assert parts == [
        {"text": "One.\n\nTwo.", "thought": True},
        {"text": "Hm.", "thought": True},
        {"text": "No."},
        {"functionCall": {"id": "toolu_1", "name": "f", "args": {"a": 1}}},
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
    ]
    assert told["usageMetadata"] == {
        "promptTokenCount": 9,
        "candidatesTokenCount": 3,
        "totalTokenCount": 14,
        "cachedContentTokenCount": 4,
        "thoughtsTokenCount": 2,
    }
    assert (told["modelVersion"], told["responseId"]) == ("m", "a1")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"error":{"code":400}}',
        b'{"candidates":7}',
        b'{"candidates":[7]}',
        b'{"candidates":[{"content":{"parts":[{"functionCall":{"args":{}}}]}}]}',
        b'{"candidates":' + b"[" * 5000,
    ],
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        DIALECT.read_answer(body)


@pytest.mark.parametrize("time", [7, "soon", "9999999-01-01T00:00:00Z"])
def test_a_time_that_is_none(time: object) -> None:
    assert DIALECT.read_answer(json.dumps({"candidates": [], "createTime": time}).encode()).created is None


def test_usage_that_makes_no_sense_is_left_alone() -> None:
    for counts in ({"promptTokenCount": -1}, {"promptTokenCount": "x"}, {}, {"promptTokenCount": 2**50}):
        answer = DIALECT.read_answer(json.dumps({"usageMetadata": counts}).encode())
        assert answer.usage is None
    assert USAGE["promptTokenCount"] == 10
