import asyncio
from typing import Any

from wye.gateway.downstream import Downstream, Heart
from wye.gateway.spoken import CHAT, MESSAGES


class Exchange:
    """Records what a real exchange would put on the wire."""

    def __init__(self) -> None:
        self.out: list[Any] = []
        self.paused = False

    def start(self, status: int, headers: bytes) -> None:
        self.out.append((status, headers))

    def write(self, data: bytes) -> None:
        self.out.append(data)

    def finish(self) -> None:
        self.out.append("end")


async def test_each_protocol_has_its_own_heartbeat() -> None:
    exchange = Exchange()
    downstream = Downstream(exchange, b"", MESSAGES)  # type: ignore[arg-type]
    downstream.beat()
    assert exchange.out[1:] == [b'event: ping\ndata: {"type": "ping"}\n\n']


def beating(exchange: Exchange, silence: float = 0.06) -> tuple[Heart, Downstream, asyncio.Task[None]]:
    heart = Heart(silence)
    downstream = Downstream(exchange, b"x-request-id: r\r\n", CHAT)  # type: ignore[arg-type]
    heart.watch(downstream)
    return heart, downstream, asyncio.create_task(heart.run())


async def test_silence_before_the_first_byte_is_broken_with_head_and_comment() -> None:
    exchange = Exchange()
    _, downstream, task = beating(exchange)
    async with asyncio.timeout(60):
        while len(exchange.out) < 2:  # noqa: ASYNC110  # what was sent is the point
            await asyncio.sleep(0.01)
    (status, headers), comment, *_ = exchange.out
    assert status == 200
    assert b"text/event-stream" in headers
    assert comment == b": keep-alive\n\n"
    await downstream.write(b"data: x\n\n")
    downstream.begin(b"too-late: yes\r\n")
    assert exchange.out.count((status, headers)) == 1
    task.cancel()


async def test_a_stream_that_speaks_is_left_alone() -> None:
    exchange = Exchange()
    _, downstream, task = beating(exchange, silence=0.5)
    for _ in range(40):
        await downstream.write(b"data: x\n\n")
        await asyncio.sleep(0.02)
    assert b": keep-alive\n\n" not in exchange.out
    task.cancel()


async def test_no_comment_after_the_end_or_to_one_who_does_not_read() -> None:
    exchange = Exchange()
    _, downstream, task = beating(exchange)
    exchange.paused = True
    await asyncio.sleep(0.1)
    assert exchange.out == []
    exchange.paused = False
    downstream.begin()
    downstream.end(b"data: [DONE]\n\n")
    count = len(exchange.out)
    await asyncio.sleep(0.1)
    assert len(exchange.out) == count
    task.cancel()


async def test_what_breaks_the_silence_says_nothing() -> None:
    exchange = Exchange()
    downstream = Downstream(exchange, b"", CHAT)  # type: ignore[arg-type]
    downstream.beat()
    assert (downstream.begun, downstream.said) == (True, False)
    await downstream.write(b"data: x\n\n")
    assert downstream.said
