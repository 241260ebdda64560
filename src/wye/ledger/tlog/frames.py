"""The journal's form: what is acknowledged before it is in tiles.

A segment is a file of frames; a frame is what one group commit wrote, whole or, after a crash, not. Only the
last frame of the last segment can be torn: the next one is written when it is on the disk. A segment is made
full of zeros, so that a commit changes no more than data: the file system's own journal is not waited for.
"""

import struct
import zlib

import msgspec

from wye.ledger.tlog.errors import LogError
from wye.ledger.tlog.tiles import decode_bundle, encode_bundle

_HEAD = struct.Struct(">4sQIIH")
"""Magic, index of the first entry, how many, bytes of them, bytes of the mark. A CRC-32 follows."""
_CRC = struct.Struct(">I")
_MAGIC = b"wyJ1"
_HEAD_BYTES = _HEAD.size + _CRC.size
MARK_BYTES = 255


class Frame(msgspec.Struct, frozen=True):
    """One group of entries."""

    start: int
    """The first entry's index."""
    entries: list[bytes]
    mark: bytes
    """The caller's own, of the last entry: how far it was with what it reads."""


def encode_frame(frame: Frame) -> bytes:
    """Return a frame as a segment has it."""
    body = frame.mark + encode_bundle(frame.entries)
    length = len(body) - len(frame.mark)
    head = _HEAD.pack(_MAGIC, frame.start, len(frame.entries), length, len(frame.mark))
    return head + _CRC.pack(zlib.crc32(body, zlib.crc32(head))) + body


def decode_frame(data: bytes, position: int) -> tuple[Frame | None, int]:
    """Read the frame at `position`; return it and where it ends, or None and where it claims to end.

    The claim of a header that cannot be read is the end of `data`.
    """
    start = position + _HEAD_BYTES
    if start > len(data):
        return None, len(data)
    magic, first, count, length, mark = _HEAD.unpack_from(data, position)
    if magic != _MAGIC:
        return None, len(data)
    end = start + mark + length
    crc = zlib.crc32(data[position : position + _HEAD.size])
    if end > len(data) or _CRC.unpack_from(data, start - _CRC.size) != (zlib.crc32(data[start:end], crc),):
        return None, end
    entries = decode_bundle(data[start + mark : end])
    if len(entries) != count:
        return None, end
    return Frame(first, entries, data[start : start + mark]), end


def decode_segment(data: bytes, *, last: bool) -> tuple[list[Frame], int]:
    """Return a segment's whole frames, and where they end.

    Raises `LogError` for damage that no crash explains: in a segment that others follow, or before more.
    """
    used = len(data.rstrip(b"\0"))
    frames: list[Frame] = []
    position = 0
    while position < used:
        frame, end = decode_frame(data, position)
        if frame is None:
            if not last or end < used:
                message = f"the frame at byte {position} is damaged, and not by a crash"
                raise LogError(message)
            break
        frames.append(frame)
        position = end
    return frames, position
