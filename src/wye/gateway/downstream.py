"""The way back to the client: one whole answer, or a stream that never falls silent for long."""

import asyncio
import time

from wye.gateway.listener.exchange import Exchange
from wye.protocols.codec import Codec

SILENCE_SECONDS = 15.0

STREAM_HEADERS = b"; charset=utf-8\r\ncache-control: no-cache\r\nx-accel-buffering: no\r\n"
JSON = b"content-type: application/json\r\n"


class Downstream:
    """Writes one answer. Header blocks are ready lines, each with its CRLF.

    `begun`: the head of a stream is out already; `over`: the last byte is. `bytes`: how much body is out.
    `said`: something of the answer is, and not only what breaks the silence.
    """

    __slots__ = ("_codec", "_exchange", "_headers", "begun", "bytes", "last_write", "over", "said")

    def __init__(self, exchange: Exchange, headers: bytes, codec: Codec) -> None:
        self._exchange = exchange
        self._headers = headers
        self._codec = codec
        self.begun = self.over = self.said = False
        self.bytes = 0
        self.last_write = time.monotonic()

    def whole(self, status: int, headers: bytes, body: bytes) -> None:
        """Send a complete answer."""
        self.over = True
        self.bytes = len(body)
        self._exchange.respond(status, self._headers + headers, body)

    def begin(self, headers: bytes = b"") -> None:
        """Send the head of a stream, unless a keep-alive already had to."""
        if not self.begun:
            self.begun = True
            kind = b"content-type: " + self._codec.stream_type
            self._exchange.start(200, self._headers + kind + STREAM_HEADERS + headers)

    async def write(self, chunk: bytes) -> None:
        """Pass a piece of a stream on; returns once the client keeps up."""
        self.said = True
        self._put(chunk)
        if self._exchange.paused:
            await self._exchange.drain()

    def end(self, chunk: bytes) -> None:
        """Send a stream's last bytes."""
        self._put(chunk)
        self.over = True
        self._exchange.finish()

    def beat(self) -> None:
        """Break the silence with what means nothing. Sends the head first if no upstream has answered yet."""
        if not self.over and not self._exchange.paused:
            self.begin()
            self._put(self._codec.heartbeat)

    def _put(self, chunk: bytes) -> None:
        self.bytes += len(chunk)
        self.last_write = time.monotonic()
        self._exchange.write(chunk)


class Heart:
    """One slow ticker for all open streams, so that none needs a timer of its own."""

    def __init__(self, silence: float = SILENCE_SECONDS) -> None:
        self._silence = silence
        self._open: set[Downstream] = set()

    def watch(self, downstream: Downstream) -> None:
        """Keep `downstream` from falling silent until `forget`."""
        self._open.add(downstream)

    def forget(self, downstream: Downstream) -> None:
        """The stream is over."""
        self._open.discard(downstream)

    async def run(self) -> None:
        """Tick until cancelled."""
        while True:
            await asyncio.sleep(self._silence / 15)
            now = time.monotonic()
            for downstream in self._open:
                if now - downstream.last_write >= self._silence:
                    downstream.beat()
