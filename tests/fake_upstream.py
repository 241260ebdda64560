"""An upstream that plays a scripted exchange, chosen by the `model` of the request.

It speaks raw HTTP/1.1, so that it can also do what no server should.
"""

import asyncio
import json
import re
import threading
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

CHAT = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1_700_000_000,
    "model": "up",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
    "usage": {
        "prompt_tokens": 100,
        "completion_tokens": 20,
        "total_tokens": 120,
        "prompt_tokens_details": {"cached_tokens": 40},
        "completion_tokens_details": {"reasoning_tokens": 5},
    },
}


def chunk(**fields: Any) -> bytes:
    """One event of a stream in OpenAI's shape."""
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "up"} | fields
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def delta(text: str) -> bytes:
    return chunk(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": None}])


FINISH = chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "stop"}])
USAGE = chunk(choices=[], usage=CHAT["usage"])
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
DONE = b"data: [DONE]\n\n"
MODEL = re.compile(rb"/models/([^: ]+):")
"""Where Gemini's paths name the model."""
LOADS = {"GET /metrics", "GET /slots"}
"""How busy an own engine is: asked whenever a tick finds it at work, and counted in `seen` alone."""
KEPT = re.compile(rb"/(?:responses|chat/completions)/([^/? ]+)")
"""Where OpenAI's paths name an answer."""


class Call:
    """One request, and the means to answer it in any way."""

    def __init__(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        self.head = head
        self.body = body
        self.writer = writer
        self.sent = 0
        """Bytes of the answer that were written."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def name(self) -> str:
        """What chooses the script: the model, in the path or the body; without either method and path."""
        if named := MODEL.search(self.head.split(b"\r\n", 1)[0]):
            return named[1].decode()
        if self.body and "model" in self.json:
            return str(self.json["model"])
        return b" ".join(self.head.split(b" ", 2)[:2]).decode()

    async def send(self, data: bytes) -> None:
        self.sent += len(data)
        self.writer.write(data)
        await self.writer.drain()

    async def answer(
        self, status: int = 200, body: object = CHAT, headers: str = "", kind: str = "application/json"
    ) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = (
            f"HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {len(content)}\r\n{headers}\r\n"
        )
        await self.send(head.encode() + content)

    async def begin_stream(self) -> None:
        await self.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )

    async def event(self, data: bytes) -> None:
        await self.send(b"%x\r\n%b\r\n" % (len(data), data))

    async def stream(self, events: Iterable[bytes]) -> None:
        await self.begin_stream()
        for event in events:
            await self.event(event)
        await self.send(b"0\r\n\r\n")

    def reset(self) -> None:
        self.writer.transport.abort()


Script = Callable[[Call], Awaitable[None]]


async def answer_anything(call: Call) -> None:
    """What happens for a model without a script; what is fetched or changed by its id is not there."""
    if by_id := KEPT.search(call.head.split(b"\r\n", 1)[0]):
        message = f"Response with id '{by_id[1].decode()}' not found."
        await call.answer(404, {"error": {"message": message, "type": "invalid_request_error"}})
        return
    await call.answer()


class FakeUpstream:
    """Serves scripts by `Call.name` on a loopback port, from a thread of its own."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.host = host
        self.connections = 0
        self.scripts: dict[str, Script] = {}
        self.calls: list[Call] = []
        self.seen: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        """Connections the other side closed while their script was at it, by model."""
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._started.wait(10)

    def script(self, model: str) -> Callable[[Script], Script]:
        """Register what happens when `model` is asked for."""

        def register(script: Script) -> Script:
            self.scripts[model] = script
            return script

        return register

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._accept, self.host, 0)
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        await self._stopping.wait()
        server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.ensure_future(self._converse(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = LENGTH.search(head)
                body = await reader.readexactly(int(length[1])) if length else b""
                call = Call(head, body, writer)
                model = call.name
                self.seen[model] += 1
                if model not in LOADS:
                    self.calls.append(call)
                await self._play(model, call, reader)
                if writer.is_closing():
                    return
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _play(self, model: str, call: Call, reader: asyncio.StreamReader) -> None:
        playing = asyncio.ensure_future(self.scripts.get(model, answer_anything)(call))
        watching = asyncio.ensure_future(reader.read(1))
        done, _ = await asyncio.wait({playing, watching}, return_when=asyncio.FIRST_COMPLETED)
        if watching in done and playing not in done:
            self.closed[model] += 1
        watching.cancel()
        playing.cancel()
        await asyncio.gather(watching, playing, return_exceptions=True)
        if watching in done:
            call.reset()
