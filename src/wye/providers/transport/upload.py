"""Request bodies that are not written in one go."""

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from wye.providers.transport.limits import PIECE

if TYPE_CHECKING:
    from wye.providers.transport.connection import Connection
    from wye.providers.transport.response import Response

Body = bytes | Sequence[bytes] | AsyncIterator[bytes]


async def pieces(body: bytes | Sequence[bytes]) -> AsyncIterator[memoryview]:
    """Cut a body of known size into slices of at most `PIECE` bytes, without copying."""
    for part in (body,) if isinstance(body, bytes) else body:
        view = memoryview(part)
        for start in range(0, len(view), PIECE):
            yield view[start : start + PIECE]


async def upload(
    connection: "Connection",
    response: "Response",
    body: "AsyncIterator[bytes] | AsyncIterator[memoryview]",
    *,
    chunked: bool,
) -> None:
    """Write `body` as fast as the upstream takes it. An exception of `body` itself ends the exchange."""
    try:
        async for piece in body:
            # An empty chunk would end a chunked body (RFC 9112 section 7.1).
            if not len(piece):
                continue
            data = b"".join((b"%x\r\n" % len(piece), piece, b"\r\n")) if chunked else piece
            if not await connection.write(response, data):
                return
        if chunked and not await connection.write(response, b"0\r\n\r\n"):
            return
    except Exception as error:  # noqa: BLE001  # whatever the producer of the body raised is the caller's to see
        connection.uploaded(response)
        response.broken_body(error)
    else:
        connection.uploaded(response)
