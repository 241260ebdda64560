"""The floor to measure against: a bare ASGI app with an httptools upstream, and nothing else.

It decodes and re-encodes the request's JSON and reads usage from the answer, as any gateway must; it has no
keys, policy, ledger, metrics, limits, timeouts or error handling, and must never serve anyone. With
BENCH_SPIN_US it keeps its core busy for so long a request, half of it each way: as slow as a gateway, and
nothing else.

    uvicorn bare_proxy:app --app-dir bench --loop uvloop --http httptools --no-access-log
"""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any, cast

import httptools
import msgspec

HOST = "127.0.0.1"
PORTS = {False: int(os.environ["BENCH_UPSTREAM"]), True: int(os.environ["BENCH_STREAMS"])}
SPIN = float(os.environ.get("BENCH_SPIN_US", "0")) / 2_000_000
HEAD = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer upstream\r\n"
    b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
)

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Usage(msgspec.Struct):
    """What the answer says it took."""

    prompt_tokens: int = 0
    completion_tokens: int = 0


class Answer(msgspec.Struct):
    """The part of an answer that is read."""

    usage: Usage | None = None


decode_request = msgspec.json.Decoder().decode
encode_request = msgspec.json.Encoder().encode
decode_answer = msgspec.json.Decoder(Answer).decode


class Upstream(asyncio.Protocol):
    """One connection. `wait()` returns when body bytes or the end have come."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport
        self.waiter: asyncio.Future[None] | None = None
        self.chunks: list[bytes] = []
        self.complete = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin with a fresh parser."""
        self.transport = cast("asyncio.Transport", transport)
        self.parser = httptools.HttpResponseParser(self)

    def data_received(self, data: bytes) -> None:
        """Parse, then wake whoever waits."""
        self.parser.feed_data(data)
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        self.chunks.append(body)

    def on_message_complete(self) -> None:
        """Note the end."""
        self.complete = True

    async def wait(self) -> None:
        """Suspend until more has come."""
        self.waiter = asyncio.get_running_loop().create_future()
        await self.waiter
        self.waiter = None

    def take(self) -> bytes:
        """Give what has come since the last time."""
        taken = b"".join(self.chunks)
        self.chunks.clear()
        return taken


def spin() -> None:
    """Do nothing, without letting anybody else."""
    end = time.perf_counter() + SPIN
    while time.perf_counter() < end:
        pass


pools: dict[bool, list[Upstream]] = {False: [], True: []}


async def send_upstream(body: bytes, *, stream: bool) -> Upstream:
    """Send a request on a pooled connection."""
    pool = pools[stream]
    if pool:
        upstream = pool.pop()
    else:
        loop = asyncio.get_running_loop()
        _, upstream = await loop.create_connection(Upstream, HOST, PORTS[stream])
    upstream.complete = False
    upstream.transport.write(HEAD % (len(body), body))
    return upstream


async def read_body(receive: Receive) -> bytes:
    """Read the whole request."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            return body


async def relay_answer(upstream: Upstream, send: Send) -> None:
    """Read the answer whole and pass it on."""
    while not upstream.complete:
        await upstream.wait()
    body = upstream.take()
    decode_answer(body)
    if SPIN:
        spin()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def relay_stream(upstream: Upstream, send: Send) -> None:
    """Pass on the answer's bytes as they come."""
    headers = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    while not upstream.complete:
        if not upstream.chunks:
            await upstream.wait()
        await send({"type": "http.response.body", "body": upstream.take(), "more_body": True})
    await send({"type": "http.response.body", "body": upstream.take()})


async def app(scope: Message, receive: Receive, send: Send) -> None:
    """The ASGI application."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    request = decode_request(await read_body(receive))
    request["model"] = "gpt-bench"
    if SPIN:
        spin()
    stream = bool(request.get("stream"))
    upstream = await send_upstream(encode_request(request), stream=stream)
    await (relay_stream if stream else relay_answer)(upstream, send)
    pools[stream].append(upstream)
