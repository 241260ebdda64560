import itertools
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.protocols.wire.sse import Cutter, Reader, data_of, split_events, whole_events

END = st.sampled_from([b"\n", b"\r\n", b"\r"])
LINE = st.sampled_from(
    [b"data: a", b"data:b", b"data", b": comment", b"event: x", b"id: 1", b"data:  two spaces"]
)


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    end = draw(END)
    events = draw(st.lists(st.lists(LINE, min_size=1, max_size=3), max_size=5))
    return b"".join(b"".join(line + end for line in event) + end for event in events)


@given(streams(), st.lists(st.integers(0, 200), max_size=8))
def test_any_cut_gives_the_same_events(stream: bytes, cuts: list[int]) -> None:
    whole = Reader().feed(stream + b"data: end\n\n")
    edges = [0, *sorted(min(c, len(stream)) for c in cuts), len(stream)]
    reader = Reader()
    pieces = [d for a, b in itertools.pairwise(edges) for d in reader.feed(stream[a:b])]
    assert pieces + reader.feed(b"data: end\n\n") == whole


@given(streams())
def test_events_join_to_the_stream(stream: bytes) -> None:
    assert b"".join(split_events(stream)) == stream


@pytest.mark.parametrize(
    ("buffer", "length"),
    [
        (b"", 0),
        (b"data: a\n", 0),
        (b"data: a\n\ndata: b", 9),
        (b"data: a\r\n\r\ndata", 11),
        (b"data: a\r\n\r", 0),
        (b"data: a\r\r", 0),
        (b"data: a\r\rd", 9),
        (b"data: a\r\n", 0),
    ],
)
def test_only_whole_events_count(buffer: bytes, length: int) -> None:
    assert whole_events(buffer) == length


@given(
    st.lists(st.sampled_from([b"\n", b"\r", b"\r\n", b"a", b"data: b", b"\n\n", b"\r\n\r\n"]), max_size=30),
    st.lists(st.integers(0, 60), max_size=12),
)
def test_small_pieces_are_cut_after_the_last_blank_line(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    edges = [0, *sorted(min(c, len(stream)) for c in cuts), len(stream)]
    cutter, fed, passed = Cutter(1000), 0, b""
    for a, b in itertools.pairwise(edges):
        whole = cutter.feed(stream[a:b])
        fed, passed = b, passed + whole
        assert not whole or whole_events(whole[-4:] + b"x")
        assert not whole_events(stream[len(passed) : fed])
    assert passed + cutter.rest() in (stream, stream + b"\n\n")  # what is left is closed
    assert cutter.rest() == b""


def test_a_reader_takes_no_longer_for_small_pieces() -> None:
    sent = b"data: " + b"x" * 8_000_000 + b"\n\n"
    reader = Reader()
    began = time.process_time()
    got = [data for i in range(0, len(sent), 1400) for data in reader.feed(sent[i : i + 1400])]
    assert time.process_time() - began < 0.5
    assert got == [b"x" * 8_000_000]


def test_data_lines_join() -> None:
    assert data_of(b"event: x\ndata: a\ndata:b\n\n") == b"a\nb"


@given(streams(), st.lists(st.integers(0, 200), max_size=8))
def test_the_cutter_passes_every_byte_on_in_whole_events(stream: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted(min(c, len(stream)) for c in cuts), len(stream)]
    cutter = Cutter()
    pieces = [cutter.feed(stream[a:b]) for a, b in itertools.pairwise(edges)]
    assert all(whole_events(piece + b"\n") in (len(piece), len(piece) + 1) for piece in pieces if piece)
    assert b"".join(pieces) + cutter.rest() in (stream, stream + b"\n\n")
    assert cutter.rest() == b""


def test_a_last_event_without_a_blank_line_is_read_at_the_end() -> None:
    reader = Reader()
    assert reader.feed(b"data: a\n\ndata: b\n") == [b"a"]
    assert reader.finish() == [b"b"]
    assert reader.finish() == []


def test_an_endless_event_is_refused() -> None:
    with pytest.raises(ValueError, match="larger than 10 bytes"):
        Reader(limit=10).feed(b"data: 0123456789")
