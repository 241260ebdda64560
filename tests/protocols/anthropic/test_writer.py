import json
from typing import Any

import pytest

from protocols.anthropic.wire import STREAM
from wye.core.answer import Answer, Choice
from wye.core.chat import (
    Audio,
    Citation,
    Finish,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Source,
    Text,
    ToolCall,
)
from wye.core.fold import fold
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Fail, Finished, Open, Ping, Sign, Used
from wye.core.usage import Usage
from wye.protocols.anthropic.answer import write_answer
from wye.protocols.anthropic.reader import MessagesReader
from wye.protocols.anthropic.writer import MessagesWriter
from wye.protocols.seal import CITED, UNSIGNED, unseal

NAME = "anthropic_messages"
BEGIN = Begin(id="c1", model="m", protocol="openai_chat", extras={"theirs": 1})
DONE = Finished(finish=Finish.STOP)


def write(*events: Event) -> bytes:
    writer = MessagesWriter()
    return b"".join(writer.write(event) for event in events)


def told(stream: bytes) -> list[Any]:
    """Return the data of the events, after a look at the framing."""
    data = []
    for event in stream.decode().split("\n\n")[:-1]:
        name, line = event.split("\n")
        data.append(json.loads(line.removeprefix("data: ")))
        assert name == f"event: {data[-1]['type']}"
    return data


def blocks(*events: Event) -> list[Any]:
    """Return what stands between the first event and the last two."""
    return told(write(BEGIN, *events, DONE, End()))[1:-2]


def opened(index: int, **content_block: Any) -> Any:
    return {"type": "content_block_start", "index": index, "content_block": content_block}


def delta(index: int, **members: Any) -> Any:
    return {"type": "content_block_delta", "index": index, "delta": members}


def closed(index: int) -> Any:
    return {"type": "content_block_stop", "index": index}


def test_the_protocols_framing_and_order() -> None:
    stream = write(
        BEGIN,
        Open(index=0, part=Text(text="")),
        Delta(index=0, text="Hé"),
        Ping(),
        Close(index=0),
        Finished(finish=Finish.STOP_SEQUENCE, stop_sequence="X"),
        Used(usage=Usage(10, 4, 3)),
        End(),
    )
    zeros = {
        "input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": 0,
    }
    assert told(stream) == [
        {
            "type": "message_start",
            "message": {
                "id": "c1",
                "type": "message",
                "role": "assistant",
                "model": "m",
                "content": [],
                "stop_reason": None,
                "stop_sequence": None,
                "usage": zeros,
            },
        },
        opened(0, type="text", text=""),
        delta(0, type="text_delta", text="Hé"),
        {"type": "ping"},
        closed(0),
        {
            "type": "message_delta",
            "delta": {"stop_reason": "stop_sequence", "stop_sequence": "X"},
            "usage": zeros | {"input_tokens": 7, "cache_read_input_tokens": 3, "output_tokens": 4},
        },
        {"type": "message_stop"},
    ]


def test_usage_that_is_known_stands_at_the_start() -> None:
    first, _, last, _ = told(
        write(BEGIN, Used(usage=Usage(5, 1)), Ping(), DONE, Used(usage=Usage(5, 9)), End())
    )
    assert first["message"]["usage"]["input_tokens"] == 5
    assert last["usage"]["output_tokens"] == 9


def test_parts_that_were_open_together_come_one_after_the_other() -> None:
    calls = [ToolCall(id=f"c{number}", name="f", arguments="") for number in range(3)]
    events = (
        Open(index=0, part=calls[0]),
        Open(index=1, part=calls[1]),
        Delta(index=1, text='{"b"'),
        Delta(index=0, text='{"a"'),
        Open(index=2, part=calls[2]),
        Delta(index=1, text=":1}"),
        Close(index=1),
        Delta(index=0, text=":0}"),
        Close(index=0),
        Delta(index=2, text="{}"),
        Close(index=2),
    )
    wanted: list[Any] = []
    for number, pieces in enumerate((['{"a"', ":0}"], ['{"b"', ":1}"], ["{}"])):
        wanted.append(opened(number, type="tool_use", id=f"c{number}", name="f", input={}))
        wanted += [delta(number, type="input_json_delta", partial_json=piece) for piece in pieces]
        wanted.append(closed(number))
    assert blocks(*events) == wanted
    answer = MessagesReader()
    events_again = answer.feed(write(BEGIN, *events, DONE, End()))
    assert [part.arguments for part in fold(events_again).choices[0].parts] == ['{"a":0}', '{"b":1}', "{}"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("part", "pieces", "block", "deltas"),
    [
        (Text(text="a"), ["", "b"], {"type": "text", "text": ""}, [("text", "a"), ("text", "b")]),
        (Refusal(text=""), ["no"], {"type": "text", "text": ""}, [("text", "no")]),
        (
            Reasoning(text="a", origin="openai_chat"),
            ["b"],
            {"type": "thinking", "thinking": "", "signature": ""},
            [("thinking", "a"), ("thinking", "b"), ("signature", UNSIGNED)],
        ),
        (
            ToolCall(id="a.b", name="f", arguments="{"),
            ["}"],
            {"type": "tool_use", "id": "a_b", "name": "f", "input": {}},
            [("partial_json", "{"), ("partial_json", "}")],
        ),
    ],
)
def test_parts_become_blocks(
    part: Part, pieces: list[str], block: dict[str, Any], deltas: list[tuple[str, str]]
) -> None:
    got = blocks(Open(index=0, part=part), *(Delta(index=0, text=one) for one in pieces), Close(index=0))
    assert (got[0], got[-1]) == (opened(0, **block), closed(0))
    kinds = {
        "text": "text_delta",
        "thinking": "thinking_delta",
        "signature": "signature_delta",
        "partial_json": "input_json_delta",
    }
    assert got[1:-1] == [
        delta(0, type=kinds[name]) | {"delta": {"type": kinds[name], name: piece}} for name, piece in deltas
    ]


def test_what_has_no_block_is_left_out_and_takes_no_number() -> None:
    got = blocks(
        Open(index=0, part=Audio(source=Source(kind="data", value="x"))),
        Delta(index=0, text="lost"),
        Sign(index=0, signature="lost"),
        Cite(index=0, citation=Citation()),
        Close(index=0),
        Open(index=1, part=Opaque(protocol="openai_responses", kind="x")),
        Close(index=1),
        Open(index=0, part=Text(text=""), choice=1),
        Close(index=0, choice=1),
        Finished(finish=Finish.LENGTH, choice=1),
        Open(index=2, part=Text(text="")),
        Close(index=2),
        Open(index=3, part=Reasoning(origin="openai_responses")),
        Close(index=3),
        Open(index=4, part=ToolCall(id="c", name="f", arguments="")),
        Close(index=4),
    )
    assert got == [opened(0, type="tool_use", id="c", name="f", input={}), closed(0)]


def test_signatures_of_others_are_sealed_with_the_whole_thought() -> None:
    thought = Reasoning(text="Hm.", summary=("One", "Two"), signature="theirs", origin="gemini")
    got = blocks(
        Open(index=0, part=Reasoning(origin="gemini")),
        Delta(index=0, text="H"),
        Delta(index=0, text="m."),
        *(Delta(index=0, text=text, passage=at) for at, text in enumerate(("One", "Two"))),
        Sign(index=0, signature="theirs"),
        Close(index=0),
        Open(index=1, part=Reasoning(encrypted="e", origin="openai_responses")),
        Close(index=1),
        Open(index=2, part=ToolCall(id="c", name="f", arguments="{}", signature="s")),
        Close(index=2),
    )
    signed = [one["delta"]["signature"] for one in got if one.get("delta", {}).get("signature")]
    assert [unseal(one) for one in signed] == [
        thought,
        Reasoning(encrypted="e", origin="openai_responses"),
        Reasoning(signature="s", id="c", origin="gemini"),
    ]
    assert [one["index"] for one in got if one["type"] == "content_block_start"] == [0, 1, 2, 3]


def test_anthropics_own_signatures_are_told_as_they_are() -> None:
    got = blocks(
        Open(index=1, part=Reasoning(origin=NAME)),
        Sign(index=1, signature="ours"),
        Close(index=1),
        Open(index=2, part=Reasoning(origin=NAME, encrypted="d")),
        Close(index=2),
    )
    assert [one["delta"] for one in got if one["type"] == "content_block_delta"] == [
        {"type": "signature_delta", "signature": "ours"}
    ]
    assert got[-2] == opened(1, type="redacted_thinking", data="d")


def test_a_citation_of_another_protocol() -> None:
    cited = Cite(index=0, citation=Citation(url="u", title="T", start=0, end=3, extras={"theirs": 1}))
    got = blocks(Open(index=0, part=Text(text="")), cited, Close(index=0))
    place = {"type": "web_search_result_location", "url": "u", "title": "T", "cited_text": ""}
    assert got[1] == delta(0, type="citations_delta", citation=place | {"encrypted_index": CITED})


@pytest.mark.parametrize(
    ("part", "finish", "reason"),
    [
        (Text(text=""), Finish.STOP, "end_turn"),
        (ToolCall(id="c", name="f", arguments=""), Finish.STOP, "tool_use"),
        (ToolCall(id="c", name="f", arguments=""), Finish.TOOL_CALLS, "tool_use"),
        (Refusal(text=""), Finish.STOP, "refusal"),
        (Text(text=""), Finish.LENGTH, "max_tokens"),
        (Text(text=""), Finish.CONTENT_FILTER, "refusal"),
    ],
)
def test_the_reason_fits_what_was_said(part: Part, finish: Finish, reason: str) -> None:
    stream = write(BEGIN, Open(index=0, part=part), Close(index=0), Finished(finish=finish), End())
    assert told(stream)[-2]["delta"]["stop_reason"] == reason


@pytest.mark.parametrize(("kind", "word"), [("overloaded_error", "overloaded_error"), ("", "api_error")])
def test_a_failure_is_an_error_event(kind: str, word: str) -> None:
    assert told(write(Fail(message="no", kind=kind))) == [
        {"type": "error", "error": {"type": word, "message": "no"}}
    ]


def test_an_empty_answer_is_whole() -> None:
    assert [one["type"] for one in told(write(BEGIN, End()))] == [
        "message_start",
        "message_delta",
        "message_stop",
    ]


def test_its_own_stream_comes_back() -> None:
    reader, again = MessagesReader(), MessagesReader()
    events = reader.feed(STREAM)
    assert again.feed(write(*events)) == events


def test_passages_of_a_summary_are_set_apart() -> None:
    said = [Delta(index=0, text=text, passage=at) for at, text in ((0, "On"), (0, "e"), (1, "Two"), (1, "."))]
    stream = write(BEGIN, Open(index=0, part=Reasoning()), *said, Close(index=0), DONE, End())
    reader = MessagesReader()
    thought = fold([*reader.feed(stream), *reader.finish()]).choices[0].parts[0]
    assert isinstance(thought, Reasoning)
    assert thought.text == "One\n\nTwo."


def test_white_space_alone_makes_no_block() -> None:
    """The client would give it back, and Anthropic would refuse that."""
    blank = [
        Open(index=0, part=Text(text="")),
        *(Delta(index=0, text="\n") for _ in range(2)),
        Close(index=0),
    ]
    assert blocks(*blank) == []
    said = blocks(*blank[:3], Delta(index=0, text="a"), Delta(index=0, text=" "), blank[3])
    texts = [delta(0, type="text_delta", text=text) for text in ("\n\na", " ")]
    assert said == [opened(0, type="text", text=""), *texts, closed(0)]
    parts = (Text(text="\n\n"), Refusal(text=" "), ToolCall(id="c", name="f", arguments="{}"))
    answer = Answer(id="a", model="m", choices=(Choice(parts=parts, finish=Finish.TOOL_CALLS),))
    assert [block["type"] for block in json.loads(write_answer(answer))["content"]] == ["tool_use"]
