import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.frames import Frame, decode_frame, decode_segment, encode_frame

FRAMES = [Frame(0, [b"a", b"bc"], b"mark"), Frame(2, [], b""), Frame(2, [b"\0" * 9], b"")]
SEGMENT = b"".join(map(encode_frame, FRAMES))


@given(st.lists(st.binary(max_size=90), max_size=9), st.binary(max_size=255), st.integers(0, 2**60))
def test_frames_return_what_was_put_in(entries: list[bytes], mark: bytes, start: int) -> None:
    frame = Frame(start, entries, mark)
    data = encode_frame(frame)
    assert decode_frame(b"xy" + data + b"z", 2) == (frame, 2 + len(data))


def test_a_segment_with_zeros_after_it() -> None:
    for last in (True, False):
        assert decode_segment(SEGMENT, last=last) == (FRAMES, len(SEGMENT))
        assert decode_segment(SEGMENT + bytes(99), last=last) == (FRAMES, len(SEGMENT))
    assert decode_segment(bytes(99), last=False) == ([], 0)


@pytest.mark.parametrize("zeros", [0, 500])
def test_a_segment_cut_at_every_offset_holds_the_frames_before(zeros: int) -> None:
    ends = [len(b"".join(map(encode_frame, FRAMES[:count]))) for count in range(4)]
    for cut in range(len(SEGMENT) + 1):
        whole = sum(end <= cut for end in ends) - 1
        frames, end = decode_segment(SEGMENT[:cut] + bytes(zeros), last=True)
        # Zeros that an entry ends with may be those that were there before.
        assert frames[:whole] == FRAMES[:whole]
        assert len(frames) == whole or SEGMENT[:cut] + bytes(zeros) >= SEGMENT
        assert end == ends[len(frames)]


@given(st.integers(0, len(SEGMENT) - 1), st.integers(1, 255))
def test_no_changed_byte_is_taken_for_what_was_written(position: int, change: int) -> None:
    data = bytearray(SEGMENT)
    data[position] ^= change
    for last in (True, False):
        try:
            frames, _ = decode_segment(bytes(data), last=last)
        except LogError:
            continue
        else:
            assert last
            assert frames == FRAMES[: len(frames)] != FRAMES


def test_damage_before_more_frames_is_no_crash() -> None:
    data = bytearray(SEGMENT)
    data[30] ^= 1
    with pytest.raises(LogError, match="not by a crash"):
        decode_segment(bytes(data), last=True)
