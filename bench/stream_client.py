"""Open many streams at once and check each: every numbered event once, in order, and the end.

    python bench/stream_client.py URL STREAMS EVENTS MODEL [HEADER: VALUE]...

Prints JSON: seconds, events, events_per_second, first_event_ms (median), faults (a list of sentences).
"""

import asyncio
import json
import re
import statistics
import sys
import time
from typing import cast
from urllib.parse import urlsplit

import httptools
import uvloop

NUMBER = re.compile(rb'"content": ?"(\d+) "')
PROMPT = "Count, please. " * 130
SECONDS = 120


class Stream(asyncio.Protocol):
    """One streamed answer, kept whole and judged when it is complete."""

    def __init__(self, request: bytes) -> None:
        loop = asyncio.get_running_loop()
        self.request = request
        self.body: list[bytes] = []
        self.done: asyncio.Future[None] = loop.create_future()
        self.first: float | None = None
        self.fault: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        self.transport = cast("asyncio.Transport", transport)
        self.parser = httptools.HttpResponseParser(self)
        self.transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Parse."""
        self.parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        """Keep a piece."""
        if self.first is None:
            self.first = time.perf_counter()
        self.body.append(body)

    def on_message_complete(self) -> None:
        """The answer has ended as HTTP says it should."""
        self.end(None)

    def connection_lost(self, _: Exception | None) -> None:
        """Closed before the end, unless it was the end."""
        self.end("the connection was lost")

    def end(self, fault: str | None) -> None:
        """Settle once."""
        if not self.done.done():
            self.fault = fault
            self.done.set_result(None)

    def judge(self, events: int) -> str | None:
        """Say what is wrong with the stream; None = nothing."""
        status, body = self.parser.get_status_code(), b"".join(self.body)
        if self.fault or status != 200:
            return f"{self.fault or 'refused'}, status {status}: {body[:200]!r}"
        numbers = [int(number) for number in NUMBER.findall(body)]
        if numbers != list(range(events)):
            return f"{len(numbers)} events instead of {events}, or out of order"
        return None if body.rstrip().endswith(b"data: [DONE]") else "no [DONE] at the end"


async def main(url: str, streams: int, events: int, model: str, headers: list[str]) -> None:
    """Run all the streams and print what came of them."""
    target = urlsplit(url)
    messages = [{"role": "user", "content": PROMPT}]
    body = json.dumps({"model": model, "stream": True, "messages": messages}).encode()
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.netloc}", "Content-Type: application/json"]
    head = "\r\n".join([*lines, *headers, f"Content-Length: {len(body)}", "", ""]).encode()
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    pairs = await asyncio.gather(
        *(
            loop.create_connection(lambda: Stream(head + body), "127.0.0.1", target.port or 80)
            for _ in range(streams)
        )
    )
    all_streams = [stream for _, stream in pairs]
    await asyncio.wait([stream.done for stream in all_streams], timeout=SECONDS)
    seconds = time.perf_counter() - started
    for stream in all_streams:
        stream.end(f"not complete after {SECONDS} s")
    faults = [fault for stream in all_streams if (fault := stream.judge(events))]
    firsts = [(stream.first - started) * 1e3 for stream in all_streams if stream.first]
    total = streams * events
    report = {
        "seconds": seconds,
        "events": total,
        "events_per_second": total / seconds,
        "first_event_ms": statistics.median(firsts) if firsts else None,
        "faults": faults[:5],
    }
    print(json.dumps(report))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5:]))
