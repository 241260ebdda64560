"""A canned upstream that streams: every request gets EVENTS numbered chat completion chunks, one write each.

    python bench/sse_upstream.py PORT EVENTS

It stops writing while the reader is slow, and takes turns between streams, as a busy engine would.
"""

import asyncio
import sys
from typing import cast

import httptools
import uvloop

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
END = b"0\r\n\r\n"


def chunk(data: str) -> bytes:
    """Frame one event (RFC 9112 section 7.1)."""
    event = f"data: {data}\n\n".encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


def completion(rest: str) -> str:
    """Give a chat.completion.chunk as OpenAI spells it."""
    return f'{{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"gpt-bench",{rest}}}'


def delta(number: int) -> bytes:
    """Give the event that carries `number`."""
    return chunk(
        completion(f'"choices":[{{"index":0,"delta":{{"content":"{number} "}},"finish_reason":null}}]')
    )


def ending(*, usage: bool, events: int) -> bytes:
    """Give the last events: the stop, the usage if it was asked for, and [DONE]."""
    stop = chunk(completion('"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]'))
    counts = f'"prompt_tokens":480,"completion_tokens":{events},"total_tokens":{480 + events}'
    counted = chunk(completion(f'"choices":[],"usage":{{{counts}}}')) if usage else b""
    return stop + counted + chunk("[DONE]") + END


class Streamer(asyncio.Protocol):
    """One connection: answers request after request."""

    events: list[bytes]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with a fresh parser."""
        self.transport = cast("asyncio.Transport", transport)
        self.parser = httptools.HttpRequestParser(self)
        self.loop = asyncio.get_running_loop()
        self.paused = False
        self.position: int | None = None
        self.body = b""

    def data_received(self, data: bytes) -> None:
        """Parse."""
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Keep the request's body."""
        self.body += body

    def on_message_complete(self) -> None:
        """Begin to stream."""
        usage = b'"include_usage":true' in self.body.replace(b" ", b"")
        self.ending = ending(usage=usage, events=len(self.events))
        self.body = b""
        self.position = 0
        self.transport.write(HEAD)
        self.loop.call_soon(self.step)

    def step(self) -> None:
        """Write one event and let the other streams have their turn."""
        if self.position is None or self.paused or self.transport.is_closing():
            return
        if self.position == len(self.events):
            self.position = None
            self.transport.write(self.ending)
            return
        self.transport.write(self.events[self.position])
        self.position += 1
        self.loop.call_soon(self.step)

    def pause_writing(self) -> None:
        """The reader is slow."""
        self.paused = True

    def resume_writing(self) -> None:
        """The reader has caught up."""
        self.paused = False
        self.loop.call_soon(self.step)


async def main(port: int, events: int) -> None:
    """Serve until killed."""
    Streamer.events = [delta(number) for number in range(events)]
    server = await asyncio.get_running_loop().create_server(Streamer, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), int(sys.argv[2])))
