import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.anthropic.wire import CITED, PING, STREAM, block, event, start, stop
from wye.core.chat import Citation, Finish, Opaque, Reasoning, Text, ToolCall
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
    Order,
    Ping,
    Sign,
    Used,
)
from wye.core.usage import Usage
from wye.protocols.anthropic.reader import MessagesReader

NAME = "anthropic_messages"
TEXT = {"type": "text", "text": ""}


def read(*chunks: bytes) -> list[Event]:
    reader = MessagesReader()
    events = [event for chunk in chunks for event in reader.feed(chunk)] + reader.finish()
    order = Order()
    for one in events:
        order.see(one)
    return events


CITATION = Citation(
    url="https://example.org/paris",
    title="Paris",
    text="Paris is",
    extras={"type": "web_search_result_location", "encrypted_index": "Eo8="},
)
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "Paris"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "x"}]}
EVENTS: list[Event] = [
    Begin(id="msg_1", model="claude", protocol=NAME, extras={"usage": {"service_tier": "standard"}}),
    Used(usage=Usage(16, 1, 4, 2)),
    Ping(),
    Open(index=0, part=Reasoning(origin=NAME)),
    Delta(index=0, text="Where "),
    Delta(index=0, text="is it?"),
    Sign(index=0, signature="c2ln"),
    Close(index=0),
    Open(index=1, part=Reasoning(encrypted="b3BhcXVl", origin=NAME)),
    Close(index=1),
    Open(index=2, part=Text(text="")),
    Delta(index=2, text="Hé "),
    Cite(index=2, citation=CITATION),
    Delta(index=2, text="🙂"),
    Close(index=2),
    Open(index=3, part=Opaque(protocol=NAME, kind="server_tool_use", value=SEARCH)),
    Close(index=3),
    Open(index=4, part=Opaque(protocol=NAME, kind="web_search_tool_result", value=FOUND)),
    Close(index=4),
    Open(index=5, part=ToolCall(id="toolu_1", name="weather", arguments="")),
    Delta(index=5, text='{"city": "Pa'),
    Delta(index=5, text='ris"}'),
    Close(index=5),
    Open(index=6, part=ToolCall(id="toolu_2", name="now", arguments="")),
    Delta(index=6, text="{}"),
    Close(index=6),
    Finished(
        finish=Finish.TOOL_CALLS,
        extras={"container": {"id": "container_1"}, "usage": {"server_tool_use": {"web_search_requests": 1}}},
    ),
    Used(usage=Usage(16, 30, 4, 2, 5)),
    End(),
]


def test_a_whole_stream() -> None:
    assert read(STREAM) == EVENTS


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_every_cut_gives_the_same_events(ends: bytes) -> None:
    stream = STREAM.replace(b"\n", ends)
    for cut in range(len(stream) + 1):
        assert read(stream[:cut], stream[cut:]) == EVENTS, cut
    assert read(*(stream[at : at + 1] for at in range(len(stream)))) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_any_cuts_give_the_same_events(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert read(*(STREAM[a:b] for a, b in itertools.pairwise(edges))) == EVENTS


def test_nothing_comes_after_the_end() -> None:
    assert read(STREAM, PING, STREAM, b"data: [DONE]\n\n") == EVENTS


def test_a_last_event_without_its_blank_line_counts() -> None:
    assert read(STREAM.rstrip()) == EVENTS


def test_data_alone_says_it_all() -> None:
    lines = [line for line in STREAM.splitlines(keepends=True) if not line.startswith(b"event:")]
    assert read(b"".join(lines)) == EVENTS


def test_content_may_be_there_from_the_start() -> None:
    events = read(
        start()
        + block(0, {"type": "thinking", "thinking": "hm", "signature": "s"})
        + block(1, {"type": "text", "text": "hi", "citations": [CITED]})
        + block(2, {"type": "tool_use", "id": "t", "name": "f", "input": {"a": 1}})
        + stop("stop_sequence", stop_sequence="X", usage={"input_tokens": 11, "output_tokens": 3})
    )
    answer = fold(events)
    assert answer.choices[0].parts == (
        Reasoning(text="hm", signature="s", origin=NAME),
        Text(text="hi", citations=(CITATION,)),
        ToolCall(id="t", name="f", arguments='{"a":1}'),
    )
    assert (answer.choices[0].finish, answer.choices[0].stop_sequence) == (Finish.STOP_SEQUENCE, "X")
    assert answer.usage == Usage(11, 3)


def test_a_block_of_a_kind_to_come_is_put_together() -> None:
    unheard = {"type": "of_next_year", "content": ""}
    pieces = ({"type": "x_delta", "content": "a"}, {"type": "x_delta", "content": "b", "n": 1})
    answer = fold(read(start() + block(0, unheard, *pieces) + stop()))
    value = unheard | {"content": "ab", "n": 1}
    assert answer.choices[0].parts == (Opaque(protocol=NAME, kind="of_next_year", value=value),)


def test_a_block_that_never_ends_fails() -> None:
    piece = event("content_block_delta", index=0, delta={"type": "x_delta", "content": "x" * 1024 * 1024})
    opened = event("content_block_start", index=0, content_block={"type": "of_next_year"})
    events = read(start(), opened, *[piece] * 9)
    assert isinstance(events[-1], Fail)
    assert "larger than" in events[-1].message


def test_time_grows_with_the_bytes_alone() -> None:
    piece = event("content_block_delta", index=0, delta={"type": "x_delta", "content": "x" * 64})
    opened = event("content_block_start", index=0, content_block={"type": "of_next_year", "content": ""})
    began = time.process_time()
    read(start(), opened, piece * 50_000, stop())
    assert time.process_time() - began < 5


def test_a_server_tools_input_may_be_cut_short() -> None:
    call = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}
    stream = (
        start() + block(0, call, {"type": "input_json_delta", "partial_json": '{"q'}) + stop("max_tokens")
    )
    (part,) = fold(read(stream)).choices[0].parts
    assert isinstance(part, Opaque)
    assert part.value["input"] == {"unparsed_arguments": '{"q'}


def test_what_makes_no_sense_here_is_passed_over() -> None:
    opened = event("content_block_start", index=0, content_block=TEXT)
    delta = event("content_block_delta", index=7, delta={"type": "text_delta", "text": "x"})
    odd = event("content_block_delta", index=0, delta={"type": "of_next_year"})
    late = event("message_delta", delta={"stop_reason": None}, usage={"output_tokens": 2})
    ends = event("content_block_stop", index=3)
    events = read(start() + start() + opened + delta + odd + ends + event("unheard") + late + stop())
    assert [type(one) for one in events] == [Begin, Used, Open, Close, Used, Finished, Used, End]


def test_a_block_that_was_not_closed_is() -> None:
    opened = event("content_block_start", index=0, content_block=TEXT)
    events = read(start() + opened + opened + stop())
    assert [type(one) for one in events[2:6]] == [Open, Close, Open, Close]


def test_an_end_without_a_reason_ends() -> None:
    events = read(start() + event("message_stop"))
    assert events[-2:] == [Finished(finish=Finish.OTHER), End()]


OVERLOADED = event("error", error={"type": "overloaded_error", "message": "Overloaded"})


@pytest.mark.parametrize(
    ("stream", "fail"),
    [
        (b"", Fail(message="the upstream's stream ended before the answer was finished")),
        (start(), Fail(message="the upstream's stream ended before the answer was finished")),
        (OVERLOADED, Fail(message="Overloaded", kind="overloaded_error")),
        (start() + OVERLOADED + STREAM, Fail(message="Overloaded", kind="overloaded_error")),
        (event("error", error={}), Fail(message="the upstream failed")),
    ],
)
def test_a_broken_stream_fails(stream: bytes, fail: Fail) -> None:
    assert read(stream)[-1] == fail


@pytest.mark.parametrize(
    "nonsense",
    [
        b"data: {\n\n",
        b"data: [1]\n\n",
        b'data: {"no":"type"}\n\n',
        b'data: {"type":"message_start","message":{"id":7}}\n\n',
        b'data: {"type":"message_start","message":7}\n\n',
        b'data: {"type":"message_start","message":' + b"[" * 5000 + b"\n\n",
    ],
)
def test_nonsense_fails(nonsense: bytes) -> None:
    (fail,) = read(nonsense)
    assert isinstance(fail, Fail)
    assert "makes no sense" in fail.message


def test_an_endless_event_is_refused() -> None:
    reader = MessagesReader()
    reader.feed(b"x" * 8 * 1024 * 1024)
    with pytest.raises(ValueError, match="larger than"):
        reader.feed(b"x")


PIECES = st.sampled_from(
    [
        start(),
        PING,
        block(0, TEXT, {"type": "text_delta", "text": "x"}),
        block(1, {"type": "tool_use", "id": "t", "name": "f", "input": {}}),
        event("content_block_start", index=0, content_block=TEXT),
        event("content_block_start", index=1, content_block={"type": "mcp_tool_use"}),
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": "y"}),
        event("content_block_delta", index=1, delta={"type": "input_json_delta", "partial_json": "{"}),
        event("content_block_stop", index=1),
        stop(),
        event("message_stop"),
        OVERLOADED,
        b"data: {}\n\n",
    ]
)


@given(st.lists(PIECES, max_size=8))
def test_whatever_comes_the_events_are_legal(pieces: list[bytes]) -> None:
    events = read(*pieces)
    assert isinstance(events[-1], End | Fail)


@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_end(pieces: list[bytes]) -> None:
    assert isinstance(read(*pieces)[-1], Fail)
