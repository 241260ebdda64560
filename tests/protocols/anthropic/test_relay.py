import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.anthropic.wire import STREAM, block, event, start, stop
from wye.core.usage import Usage
from wye.protocols.anthropic.relay import MessagesRelay
from wye.protocols.wire.relay import MAX_HELD_BYTES

STOP = event("message_stop")
USED = Usage(16, 30, 4, 2, 5)


def test_the_end_waits() -> None:
    relay = MessagesRelay()
    assert relay.feed(STREAM) == STREAM.removesuffix(STOP)
    assert relay.feed(b": late\n\n") == b""
    assert relay.finish() == STOP + b": late\n\n"
    assert (relay.usage, relay.error) == (USED, "")


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"])
def test_every_cut_passes_the_same_bytes_on(ends: bytes) -> None:
    stream, end = STREAM.replace(b"\n", ends), STOP.replace(b"\n", ends)
    for cut in range(len(stream) + 1):
        relay = MessagesRelay()
        out = relay.feed(stream[:cut]) + relay.feed(stream[cut:])
        assert out == stream.removesuffix(end), cut
        assert relay.finish() == end
        assert (relay.usage, relay.error) == (USED, "")


def test_byte_by_byte() -> None:
    relay = MessagesRelay()
    out = b"".join(relay.feed(STREAM[at : at + 1]) for at in range(len(STREAM)))
    assert out + relay.finish() == STREAM
    assert (relay.usage, relay.error) == (USED, "")


@given(st.binary(max_size=300), st.integers(0, 300))
def test_no_byte_is_lost_of_anything(noise: bytes, cut: int) -> None:
    relay = MessagesRelay()
    out = relay.feed(noise[:cut]) + relay.feed(noise[cut:]) + relay.finish()
    assert out in (noise, noise + b"\n\n")


@pytest.mark.parametrize(
    ("stream", "says"),
    [
        (b"", "ended before"),
        (start(), "ended before"),
        (STREAM.removesuffix(STOP), "ended before"),
        (start() + event("error", error={"type": "overloaded_error", "message": "x"}), "reported an error"),
        (start() + b'data: {"type":"error","error":{"type":"api_error"}}\n\n', "reported an error"),
        (start() + b'event: error\ndata: {"message":"x"}\n\n', "reported an error"),
    ],
)
def test_a_broken_stream_says_so(stream: bytes, says: str) -> None:
    relay = MessagesRelay()
    assert relay.feed(stream) + relay.finish() == stream
    assert says in relay.error


def test_text_that_spells_an_event_is_text() -> None:
    said = 'event: message_stop\n\ndata: {"type":"message_stop"} "error" message_start'
    stream = start() + block(0, {"type": "text", "text": said}, {"type": "text_delta", "text": said})
    relay = MessagesRelay()
    assert relay.feed(stream) == stream
    assert relay.error == ""
    assert relay.feed(stop()) + relay.finish() == stop()
    assert relay.error == ""


def test_a_last_event_without_its_blank_line_is_kept() -> None:
    relay = MessagesRelay()
    assert relay.feed(STREAM.rstrip()) + relay.finish() == STREAM
    assert relay.error == ""


def test_a_senseless_usage_is_none() -> None:
    relay = MessagesRelay()
    relay.feed(start(input_tokens=-5) + stop())
    relay.finish()
    assert (relay.usage, relay.error) == (None, "")


def test_time_grows_with_the_bytes_alone() -> None:
    piece = b"x" * 64
    relay = MessagesRelay()
    began = time.process_time()
    relay.feed(b"data: ")
    for _ in range(100_000):  # 6.4 MB of one event: seconds, if each piece looked at all before it
        relay.feed(piece)
    assert relay.feed(b"\n\n").endswith(b"x\n\n")
    assert time.process_time() - began < 2


def test_an_endless_event_is_refused() -> None:
    relay = MessagesRelay()
    relay.feed(b"x" * 8 * 1024 * 1024)
    with pytest.raises(ValueError, match="larger than"):
        relay.feed(b"x")


def test_what_follows_the_end_is_bounded() -> None:
    relay = MessagesRelay()
    relay.feed(STREAM)
    half = b":" + b"x" * (MAX_HELD_BYTES // 2) + b"\n\n"
    relay.feed(half)
    with pytest.raises(ValueError, match="more than"):
        relay.feed(half)
