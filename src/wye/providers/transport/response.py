"""A response: its head, and a body that is read whole or in pieces."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from wye.providers.transport.content import Decoder
from wye.providers.transport.errors import AbortedError, TooLargeError, TransportError
from wye.providers.transport.upload import Body, pieces, upload

if TYPE_CHECKING:
    from wye.providers.transport.connection import Connection
    from wye.providers.transport.framing import Headers

_STREAM = -1


class Response:
    """One exchange, from the moment its request is written.

    It is also the token of ownership: while the exchange runs, its connection and it point at each other;
    once it is complete or broken they do not, so a late `abort` can never reach somebody else's exchange.

    Attributes: `status`; `headers` and `trailers`, (lower-case name, value) pairs in order of arrival;
    `bytes_sent` and `bytes_received` on this exchange, heads included; `body_bytes` as received.
    """

    __slots__ = (
        "_chunks",
        "_coding",
        "_collect",
        "_complete",
        "_connection",
        "_decoded_bytes",
        "_decoder",
        "_size",
        "_waiter",
        "body_bytes",
        "bytes_received",
        "bytes_sent",
        "error",
        "headers",
        "status",
        "trailers",
    )

    def __init__(self, connection: "Connection", decoded_bytes: int) -> None:
        self._connection: Connection | None = connection
        self._decoded_bytes = decoded_bytes
        self._chunks: list[bytes] = []
        self._size = 0
        self._collect = _STREAM
        self._complete = False
        self.error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._coding: bytes | None = None
        self._decoder: Decoder | None = None
        self.status = 0
        self.headers: Headers = []
        self.trailers: Headers = []
        self.body_bytes = 0
        self.bytes_sent = 0
        self.bytes_received = 0

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of header `name` (lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    async def read(self, limit: int) -> bytes:
        """Return the whole body. Does not suspend when it is here already.

        Raises `TooLargeError` beyond `limit` bytes, after the exchange was aborted.
        """
        self._collect = limit
        while not self._complete and self._size <= limit:
            await self.more()
        if self._size > limit:
            self._too_large(limit)
        body = self._take()
        return body if self._coding is None else self._decode_whole(body, limit)

    def __aiter__(self) -> "Response":
        return self

    async def __anext__(self) -> bytes:
        """Return what arrived of the body since the last call; waits for at least a byte."""
        self._collect = _STREAM
        while True:
            if self._decoder is not None and (piece := self._decoded_piece()):
                return piece
            if self._chunks:
                data = self._take()
                if self._coding is None:
                    return data
                self._decoder = self._decoder or Decoder(self._coding, self._decoded_bytes)
                self._decoder.give(data)
            elif self._complete and self.error is None:
                if self._decoder is not None:
                    self._decoder.finish()
                raise StopAsyncIteration
            else:
                await self.more()

    def abort(self) -> None:
        """Drop the connection at once. Does nothing when the exchange is over."""
        if self._connection is not None:
            message = "by this side"
            self._connection.fail(AbortedError(message))

    async def more(self) -> None:
        """Suspend until something changed; raise what ended the exchange."""
        if self.error is not None:
            raise self.error
        connection = self._connection
        if connection is None:
            return
        connection.consumed()
        waiter = self._waiter = connection.loop.create_future()
        try:
            await waiter
        except BaseException:
            self._waiter = None
            self.abort()
            raise

    def _take(self) -> bytes:
        """Return the pieces that are here, and let the upstream go on."""
        data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._size = 0
        if self._connection is not None:
            self._connection.consumed()
        return data

    def _decode_whole(self, body: bytes, limit: int) -> bytes:
        decoder = self._decoder or Decoder(self._coding or b"", min(limit, self._decoded_bytes))
        decoder.give(body)
        pieces = []
        while piece := decoder.take():
            pieces.append(piece)
        decoder.finish()
        return b"".join(pieces)

    def _decoded_piece(self) -> bytes:
        try:
            return self._decoder.take() if self._decoder is not None else b""
        except TransportError:
            self.abort()
            raise

    def _too_large(self, limit: int) -> None:
        self.abort()
        message = f"larger than {limit} bytes"
        raise TooLargeError(message)

    # What the connection calls.

    def upload(self, body: Body) -> None:
        """Write the rest of the request beside the exchange."""
        connection = self._connection
        if connection is None:
            return
        source = body if isinstance(body, AsyncIterator) else pieces(body)
        task = asyncio.ensure_future(upload(connection, self, source, chunked=source is body))
        connection.uploading(task)

    def broken_body(self, error: Exception) -> None:
        """The source of the request body failed: nobody can complete this request."""
        if self._connection is not None:
            self._connection.fail(error)

    def begin(self, status: int, headers: "Headers", coding: bytes | None) -> None:
        """Take the final head."""
        self.status = status
        self.headers = headers
        if coding is not None and coding != b"identity":
            self._coding = coding
            self.headers = [pair for pair in headers if pair[0] not in _CODED]
        self.wake()

    def add(self, data: bytes) -> None:
        """Take a piece of the body."""
        self._chunks.append(data)
        self._size += len(data)
        self.body_bytes += len(data)

    def tail(self) -> bytes:
        """Return the last piece taken."""
        return self._chunks[-1] if self._chunks else b""

    def arrived(self, pause_at: int) -> bool:
        """Wake the reader if it has use for what is here; return whether to pause the upstream."""
        if self._collect < 0:
            self.wake()
            return self._size > pause_at
        if self._size > self._collect:
            self.wake()
            return True
        return False

    def finish(self) -> None:
        """The body is complete and the connection no longer ours."""
        self._complete = True
        self._connection = None
        self.wake()

    def fail(self, error: BaseException) -> None:
        """The exchange ended badly and the connection is gone."""
        self.error = error
        self._connection = None
        self.wake()

    def wake(self) -> None:
        """Resume whoever waits. Twice in one turn of the loop is once."""
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)


_CODED = frozenset({b"content-encoding", b"content-length"})
