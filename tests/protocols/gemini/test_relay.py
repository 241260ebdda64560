import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.gemini.wire import USAGE, array, chunk, sse
from wye.core.usage import Usage
from wye.protocols.gemini.framing import ARRAY, EVENTS, Framing
from wye.protocols.gemini.relay import GeminiRelay
from wye.protocols.wire.relay import MAX_HELD_BYTES

ERROR = {"error": {"code": 503, "message": "Overloaded", "status": "UNAVAILABLE"}}
CHUNKS = [
    chunk({"text": 'a "quote\\" } ] é'}) | {"usageMetadata": USAGE | {"candidatesTokenCount": 1}},
    chunk({"text": "b", "list": [{}, [1]]}),
    chunk({"text": ""}, finish="STOP") | {"usageMetadata": {"promptTokenCount": 11}},
]
LATER = {"usageMetadata": {"cachedContentTokenCount": 4}}
STREAMS = {EVENTS: sse(*CHUNKS), ARRAY: array(*CHUNKS)}
BOTH = pytest.mark.parametrize("framing", [EVENTS, ARRAY])


def relay(framing: Framing, *pieces: bytes) -> tuple[bytes, GeminiRelay]:
    made = GeminiRelay(framing)
    return b"".join(map(made.feed, pieces)) + made.finish(), made


@BOTH
def test_a_stream_is_passed_on_as_it_is(framing: Framing) -> None:
    stream = STREAMS[framing]
    for cut in range(len(stream) + 1):
        passed, read = relay(framing, stream[:cut], stream[cut:])
        assert (passed, read.error) == (stream, ""), cut
        assert read.usage == Usage(11, 12, 0, 0, 5)
    passed, read = relay(framing, *(stream[at : at + 1] for at in range(len(stream))))
    assert (passed, read.error, read.usage) == (stream, "", Usage(11, 12, 0, 0, 5))


@given(st.lists(st.integers(0, len(STREAMS[ARRAY])), max_size=12))
def test_any_cuts_of_an_array(cuts: list[int]) -> None:
    stream = STREAMS[ARRAY]
    edges = [0, *sorted(cuts), len(stream)]
    assert relay(ARRAY, *(stream[a:b] for a, b in itertools.pairwise(edges)))[0] == stream


@BOTH
def test_the_end_is_held_back(framing: Framing) -> None:
    made = GeminiRelay(framing)
    stream = STREAMS[framing]
    ready = made.feed(stream)
    assert framing.mark in ready
    assert b"STOP" not in ready
    assert made.finish() == stream[len(ready) :]


def test_what_follows_the_end_is_held_back_too_and_counted() -> None:
    made = GeminiRelay(EVENTS)
    assert b"STOP" not in made.feed(STREAMS[EVENTS])
    assert made.feed(sse(LATER)) == b""
    assert made.finish().endswith(sse(LATER))
    assert made.usage == Usage(11, 12, 4, 0, 5)


def test_all_candidates_must_have_finished() -> None:
    one, two = chunk({"text": "a"}, finish="STOP"), chunk({"text": "b"})
    two["candidates"][0]["index"] = 1
    done = chunk({"text": ""}, finish="STOP")
    done["candidates"][0]["index"] = 1
    made = GeminiRelay(EVENTS)
    assert made.feed(sse(two)) == sse(two)
    assert made.feed(sse(one)) == sse(one)
    assert made.feed(sse(done)) == b""
    assert made.finish() == sse(done)
    assert made.error == ""
    late = GeminiRelay(EVENTS)
    assert late.feed(sse(one)) == b""
    assert late.feed(sse(two)) == sse(one, two)
    late.finish()
    assert "ended before" in late.error


@BOTH
def test_a_stream_that_breaks_off(framing: Framing) -> None:
    for stream in (b"", STREAMS[framing][:-70], framing.chunk(b"{}", first=True)):
        passed, read = relay(framing, stream)
        assert passed.rstrip() == stream.rstrip()
        assert "ended before" in read.error


def test_a_blocked_prompt_is_an_answer() -> None:
    told = sse({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4}})
    passed, read = relay(EVENTS, told)
    assert (passed, read.error, read.usage) == (told, "", Usage(4, 0))


@pytest.mark.parametrize(
    ("framing", "error"),
    [
        (EVENTS, sse(ERROR)),
        (EVENTS, json.dumps(ERROR, indent=2).encode()),
        (EVENTS, json.dumps([ERROR]).encode() + b"\r\n\r\n"),
        (EVENTS, sse({"error": {}, "candidates": 7})),
        (ARRAY, b"[" + json.dumps(ERROR).encode() + b"]"),
    ],
)
def test_errors(framing: Framing, error: bytes) -> None:
    _, read = relay(framing, error)
    assert "reported an error" in read.error


def test_counts_that_make_no_sense_break_nothing() -> None:
    odd = chunk({"text": "a"}, finish="STOP") | {"usageMetadata": {"promptTokenCount": "many"}}
    passed, read = relay(EVENTS, sse(odd))
    assert (passed, read.error, read.usage) == (sse(odd), "", None)
    passed, read = relay(EVENTS, b"data: nonsense\n\n: comment\n\n" + sse(odd))
    assert read.error == ""


@BOTH
def test_an_endless_piece_is_refused(framing: Framing) -> None:
    made = GeminiRelay(framing)
    made.feed(b'[{"' + b"x" * (8 * 1024 * 1024 - 3))
    with pytest.raises(ValueError, match="larger than"):
        made.feed(b"x")


@given(st.lists(st.binary(max_size=40), max_size=6), st.sampled_from([EVENTS, ARRAY]))
def test_any_bytes_pass(pieces: list[bytes], framing: Framing) -> None:
    passed, read = relay(framing, *pieces)
    assert read.error
    assert passed.startswith(b"".join(pieces).rstrip(b"\r\n"))


@pytest.mark.parametrize("nonsense", [b'{"candidates":' + b"[" * 5000, b'{"\xf8":1}'])
def test_nonsense_breaks_nothing(nonsense: bytes) -> None:
    _, read = relay(EVENTS, b"data: " + nonsense + b"\n\n")
    assert "ended before" in read.error


def test_what_follows_the_end_is_bounded() -> None:
    made = GeminiRelay(EVENTS)
    made.feed(STREAMS[EVENTS])
    half = sse({"later": "x" * (MAX_HELD_BYTES // 2)})
    assert made.feed(half) == b""
    with pytest.raises(ValueError, match="more than"):
        made.feed(half)
