"""A response: its head, and a body that is read whole or in pieces."""

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, NoReturn

from wye.providers.transport.content import Decoder
from wye.providers.transport.errors import AbortedError, ContentError, TooLargeError
from wye.providers.transport.upload import Body, pieces, upload

if TYPE_CHECKING:
    from wye.providers.transport.connection import Connection
    from wye.providers.transport.framing import Headers

_STREAM = -1
_CODED = frozenset({b"content-encoding", b"content-length"})


class Response:
    """One exchange, from the moment its request is written.

    It is also the token of ownership: while the exchange runs, its connection and it point at each other;
    once it is complete or broken they do not, so a late `abort` can never reach somebody else's exchange.

    Attributes: `status`; `headers` and `trailers`, (lower-case name, value) pairs in order of arrival;
    `bytes_sent` and `bytes_received` on this exchange, heads included. `chunks`, `size` and `error` are
    for the connection to fill in.
    """

    __slots__ = (
        "_collect",
        "_complete",
        "_connection",
        "_decoder",
        "_waiter",
        "bytes_received",
        "bytes_sent",
        "chunks",
        "error",
        "headers",
        "size",
        "status",
        "trailers",
    )

    def __init__(self, connection: "Connection", bytes_sent: int) -> None:
        self._connection: Connection | None = connection
        self._collect = _STREAM
        self._complete = False
        self._decoder: Decoder | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.chunks: list[bytes] = []
        self.size = 0
        self.error: BaseException | None = None
        self.status = 0
        self.headers: Headers = []
        self.trailers: Headers = []
        self.bytes_sent = bytes_sent
        self.bytes_received = 0

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of header `name` (lower case), or None."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def ready(self, limit: int) -> bytes | None:
        """Return the whole body if it is all here as it is meant; None = await `read`."""
        if not self._complete or self.size > limit or self._decoder is not None:
            return None
        return self._take()

    async def read(self, limit: int) -> bytes:
        """Return the whole body. Does not suspend when it is here already.

        Raises `TooLargeError` beyond `limit` bytes, after the exchange was aborted.
        """
        self._collect = limit
        while not self._complete and self.size <= limit:
            await self.more()
        if self.size > limit:
            self._too_large()
        body = self._take()
        return body if self._decoder is None else self._decode(self._decoder, body, limit)

    def __aiter__(self) -> "Response":
        return self

    async def __anext__(self) -> bytes:
        """Return what arrived of the body since the last call; waits for at least a byte."""
        self._collect = _STREAM
        decoder = self._decoder
        while True:
            if decoder is not None and (piece := self._decoded(decoder)):
                return piece
            if self.chunks:
                data = self._take()
                if decoder is None:
                    return data
                decoder.give(data)
            elif self._complete:
                if decoder is not None:
                    decoder.finish()
                raise StopAsyncIteration
            else:
                await self.more()

    @property
    def coded(self) -> bool:
        """Whether the body is decoded on its way."""
        return self._decoder is not None

    def abort(self) -> None:
        """Drop the connection at once. Does nothing when the exchange is over."""
        if self._connection is not None:
            message = "by this side"
            self._connection.fail(AbortedError(message))

    def change(self) -> asyncio.Future[None]:
        """Return what is done when something changed; raise what ended the exchange.

        For while the answer is not complete. Who is cancelled while waiting has to `abort`.
        """
        if self.error is not None:
            raise self.error
        connection = self._connection
        assert connection is not None  # noqa: S101  # else it is complete, or has an error
        connection.consumed()
        waiter = self._waiter = connection.loop.create_future()
        return waiter

    async def more(self) -> None:
        """Suspend until something changed; raise what ended the exchange."""
        waiter = self.change()
        try:
            await waiter
        except BaseException:
            self.abort()
            raise

    def _take(self) -> bytes:
        """Return the pieces that are here, and let the upstream go on."""
        data = self.chunks[0] if len(self.chunks) == 1 else b"".join(self.chunks)
        self.chunks = []
        self.size = 0
        if self._connection is not None:
            self._connection.consumed()
        return data

    def _decode(self, decoder: Decoder, body: bytes, limit: int) -> bytes:
        decoder.give(body)
        pieces = []
        while piece := decoder.take():
            limit -= len(piece)
            if limit < 0:
                self._too_large()
            pieces.append(piece)
        decoder.finish()
        return b"".join(pieces)

    def _decoded(self, decoder: Decoder) -> bytes:
        try:
            return decoder.take()
        except ContentError:
            self.abort()
            raise

    def _too_large(self) -> NoReturn:
        self.abort()
        message = "larger than the reader allows"
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

    def begin(self, status: int, headers: "Headers", coding: bytes | None, decoded_bytes: int) -> None:
        """Take the final head."""
        self.headers = headers
        if coding is not None and coding != b"identity":
            self._decoder = Decoder(coding, decoded_bytes)
            self.headers = [pair for pair in headers if pair[0] not in _CODED]
        self.status = status
        self.wake()

    def arrived(self, pause_at: int) -> bool:
        """Wake the reader if it has use for what is here; return whether to pause the upstream."""
        if self._collect < 0:
            self.wake()
            return self.size > pause_at
        if self.size > self._collect:
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
