"""Ten thousand tagged requests under faults: no answer ever reaches another request."""

import asyncio
import random
from collections import Counter

import pytest

from providers.transport.exchanges import CHUNKED, chunks, head
from providers.transport.upstreams import Wire, answer
from wye.catalog.deployments import Timeouts
from wye.providers.transport.errors import TransportError

REQUESTS = 10_000
CALLERS = 32
FAULTS = {
    "none": 40,
    "chunked": 10,
    "interim": 8,
    "interim, apart": 5,
    "delayed": 5,
    "in pieces": 5,
    "extra in the same write": 5,
    "extra in the next write": 4,
    "early, before the body": 5,
    "reset before": 3,
    "close before": 2,
    "short body": 3,
    "reset inside": 2,
    "close behind": 2,
    "too late": 0.1,
}


class Faulty:
    """Answers each request with its own tag, and misbehaves around it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  # reproducible faults
        self.done: Counter[str] = Counter()
        self.due = list(FAULTS)
        """Each comes once; only then chance decides, which would leave out the rare one in few requests."""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await reader.readuntil(b"\r\n\r\n")
            tag = request.split(b"X-Tag: ")[1].split(b"\r\n")[0]
            length = int(request.split(b"Content-Length: ")[1].split(b"\r\n")[0])
            fault = self.due.pop() if self.due else self.random.choices(list(FAULTS), FAULTS.values())[0]
            self.done[fault] += 1
            if fault == "early, before the body":
                writer.write(answer(tag))
                await reader.readexactly(length)
                continue
            await reader.readexactly(length)
            if not await self.respond(fault, tag, writer):
                return

    async def respond(self, fault: str, tag: bytes, writer: asyncio.StreamWriter) -> bool:
        """Answer; return whether the connection goes on."""
        whole = answer(tag)
        stray = answer(b"stray " + tag)
        cut = self.random.randrange(len(whole))
        await asyncio.sleep({"delayed": self.random.random() / 100, "too late": 0.5}.get(fault, 0))
        for piece in {
            "chunked": [head(CHUNKED) + chunks(tag[:3], tag[3:])],
            "interim": [head(b"X: y", status=b"103 Early Hints") * self.random.randint(1, 3) + whole],
            "interim, apart": [head(status=b"103 Early Hints"), whole],
            "in pieces": [whole[:cut], whole[cut:]],
            "extra in the same write": [whole + self.random.choice([stray, b"\r\n", stray[:20], b"x"])],
            "short body": [whole[:-2]],
            "reset inside": [whole[:-2]],
            "reset before": [],
            "close before": [],
        }.get(fault, [whole]):
            writer.write(piece)
            if piece is not whole:
                await asyncio.sleep(0)
        # Strays leave before the next request can have been written. Later ones cannot be told from an
        # answer by any HTTP/1.1 client; test_connection.py has those that come while idle.
        return self.afterwards(fault, stray, writer)

    def afterwards(self, fault: str, stray: bytes, writer: asyncio.StreamWriter) -> bool:
        """Do what follows an answer; return whether the connection goes on."""
        if fault == "extra in the next write":
            writer.write(stray)
        elif fault.startswith("reset"):
            writer.transport.abort()
        elif fault in {"short body", "close behind", "close before"}:
            writer.close()
        return not writer.is_closing()


async def storm(wire: Wire, requests: int, seed: int) -> tuple[Counter[str], Counter[str], int]:
    """Return (faults done, outcomes, answers that were somebody else's)."""
    faulty = Faulty(seed)
    timeouts = Timeouts(connect=10, first_byte=0.3, idle=0.3, total=10)
    grant = await wire.up(faulty.handle, timeouts)
    outcomes: Counter[str] = Counter()
    crossed = 0
    numbers = iter(range(requests))

    async def caller() -> None:
        nonlocal crossed
        for number in numbers:
            tag = b"%08d" % number
            try:
                response = await wire.transport.send(
                    grant, b"POST", b"/", b"X-Tag: %b\r\n" % tag, b"b" * (number % 500)
                )
                body = await response.read(1000)
            except TransportError as error:
                outcomes[type(error).__name__] += 1
            else:
                outcomes["answered"] += 1
                crossed += body != tag

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    assert grant.origin.pool is not None
    assert grant.origin.pool.slots == len(grant.origin.pool.connections) == grant.origin.pool.idle
    return faulty.done, outcomes, crossed


async def test_ten_thousand_tagged_requests_under_faults_cross_nothing(wire: Wire) -> None:
    """Over TLS fewer: nearly all of its time would be handshakes. The ten storms below have all."""
    requests = REQUESTS if wire.scheme == "http" else REQUESTS // 5
    done, outcomes, crossed = await storm(wire, requests, seed=1)
    assert crossed == 0
    assert set(done) == set(FAULTS)
    assert sum(outcomes.values()) == requests
    assert outcomes["answered"] > requests * 0.8
    assert {"ClosedError", "ShortBodyError", "FirstByteTimeoutError"} <= set(outcomes)


@pytest.mark.deep
@pytest.mark.parametrize("seed", range(2, 12))
async def test_ten_storms(wire: Wire, seed: int) -> None:
    _, outcomes, crossed = await storm(wire, REQUESTS, seed)
    assert (crossed, sum(outcomes.values())) == (0, REQUESTS)
