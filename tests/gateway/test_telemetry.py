"""The exporter against a real HTTP server that plays the collector."""

import asyncio
import json
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from wye.catalog.deployments import LOOPBACK, Deployment, Endpoint, Timeouts
from wye.core.record import Outcome, Record
from wye.gateway import telemetry
from wye.gateway.telemetry import BATCH, QUEUE, Exporter, Post
from wye.providers.egress import Egress
from wye.providers.transport.transport import Transport


def record(number: int = 0) -> Record:
    return Record(
        id=f"id-{number}",
        at=1_700_000_000.0,
        request_id="r",
        protocol="openai_chat",
        operation="chat",
        asked="auto",
        outcome=Outcome.OK,
        status=200,
        duration_ms=10.0,
    )


def nobody(_: str) -> Deployment | None:
    return None


@dataclass
class Collector:
    """What it got, and how it will answer spans: the statuses in turn, then 200."""

    port: int = 0
    bodies: list[tuple[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    pause: float = 0.0

    def spans(self) -> list[str]:
        """Return the decision ids of all spans."""
        return [
            next(one["value"]["stringValue"] for one in span["attributes"] if one["key"] == "wye.decision.id")
            for path, body in self.bodies
            if path == "/v1/traces"
            for span in body["resourceSpans"][0]["scopeSpans"][0]["spans"]
        ]

    def metrics(self) -> list[Any]:
        return [body for path, body in self.bodies if path == "/v1/metrics"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    collector: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        time.sleep(self.collector.pause)
        spans = self.path == "/v1/traces"
        status = self.collector.answers.pop(0) if spans and self.collector.answers else 200
        if status == 200:
            assert self.headers["content-type"] == "application/json"
            self.collector.bodies.append((self.path, json.loads(body)))
        self.send_response(status)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as state:
        yield state


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector."""
    state = Collector()
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"collector": state})) as server:
        server.daemon_threads = True
        state.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield state
        server.shutdown()
        thread.join()


@pytest.fixture
async def post(collector: Collector) -> AsyncIterator[Post]:
    """Return what the gateway wires up: its own transport, with a grant for the operator's traffic."""
    egress = Egress()
    async with Transport(egress) as transport:
        endpoint = Endpoint("http", "127.0.0.1", collector.port, base_path="", networks=LOOPBACK)
        grant = egress.admit_operator(endpoint, "telemetry", Timeouts(total=10.0))

        async def send(path: bytes, body: bytes) -> int:
            response = await transport.send(grant, b"POST", path, b"content-type: application/json\r\n", body)
            await response.read(65_536)
            return response.status

        yield send


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "SPAN_SECONDS", 0.05)
    monkeypatch.setattr(telemetry, "METRIC_SECONDS", 0.1)
    monkeypatch.setattr(telemetry, "RETRY_SECONDS", (0.02, 0.02))


async def until(true: Any, seconds: float = 60) -> None:  # a condition
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110  # the other side is a thread
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("quick")
async def test_spans_and_metrics_arrive(collector: Collector, post: Post) -> None:
    exporter = Exporter(post, nobody, "tested")
    exporter.start()
    exporter.offer(record(1))
    exporter.offer(record(2))
    await until(lambda: collector.spans() and collector.metrics())
    await exporter.close()
    assert collector.spans() == ["id-1", "id-2"]
    assert exporter.dropped == 0
    last = collector.metrics()[-1]["resourceMetrics"][0]
    assert last["resource"]["attributes"][0] == {"key": "service.name", "value": {"stringValue": "tested"}}
    (duration,) = last["scopeMetrics"][0]["metrics"]
    assert duration["histogram"]["dataPoints"][0]["count"] == "2"


async def test_a_full_batch_does_not_wait(collector: Collector, post: Post) -> None:
    exporter = Exporter(post, nobody)
    exporter.start()
    for number in range(BATCH + 1):
        exporter.offer(record(number))
    await until(collector.spans)
    assert len(collector.spans()) == BATCH
    await exporter.close()
    assert collector.spans() == [f"id-{number}" for number in range(BATCH + 1)]


async def test_close_sends_what_is_left_without_start(collector: Collector, post: Post) -> None:
    exporter = Exporter(post, nobody)
    for number in range(QUEUE):
        exporter.offer(record(number))
    await exporter.close()
    assert len(collector.spans()) == QUEUE
    assert len(collector.metrics()) == 1


async def test_a_full_queue_gives_up_the_oldest_span_but_not_its_figures(
    collector: Collector, post: Post
) -> None:
    exporter = Exporter(post, nobody)
    for number in range(QUEUE + 10):
        exporter.offer(record(number))
    assert exporter.dropped == 10
    await exporter.close()
    assert collector.spans()[0] == "id-10"
    points = collector.metrics()[0]["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["histogram"]
    assert points["dataPoints"][0]["count"] == str(QUEUE + 10)


@pytest.mark.usefixtures("quick")
async def test_a_collector_that_is_busy_is_asked_again(
    collector: Collector, post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "wye.gateway.telemetry")
    collector.answers = [503, 429]
    exporter = Exporter(post, nobody)
    exporter.offer(record())
    exporter.start()
    await until(collector.spans)
    await exporter.close()
    assert collector.spans() == ["id-0"]
    assert exporter.dropped == 0
    assert [one.getMessage() for one in caplog.records] == [
        "the OTLP collector does not take /v1/traces: status 503",
        "the OTLP collector takes /v1/traces again",
    ]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("answers", [[400], [503, 503, 503]])
async def test_what_is_refused_for_good_is_counted(
    collector: Collector, post: Post, answers: list[int]
) -> None:
    collector.answers = answers
    exporter = Exporter(post, nobody)
    exporter.offer(record(1))
    exporter.start()
    await until(lambda: exporter.dropped)
    assert exporter.dropped == 1
    exporter.offer(record(2))
    await until(collector.spans)
    await exporter.close()
    assert collector.spans() == ["id-2"]


async def test_a_collector_that_is_away_costs_spans_and_raises_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    egress = Egress()
    async with Transport(egress) as transport:
        grant = egress.admit_operator(Endpoint("http", "127.0.0.1", 9, networks=LOOPBACK), "telemetry")

        async def send(path: bytes, body: bytes) -> int:
            return (await transport.send(grant, b"POST", path, b"", body)).status

        exporter = Exporter(send, nobody)
        exporter.offer(record())
        await exporter.close()
    assert exporter.dropped == 1
    assert "does not take /v1/traces" in caplog.text


async def test_close_does_not_wait_for_a_slow_collector(collector: Collector, post: Post) -> None:
    collector.pause = 60
    exporter = Exporter(post, nobody)
    for number in range(BATCH + 1):
        exporter.offer(record(number))
    began = time.monotonic()
    await exporter.close(0.2)
    assert time.monotonic() - began < 30
    assert exporter.dropped == BATCH + 1


async def test_a_batch_under_way_when_it_closes_is_sent_once(collector: Collector, post: Post) -> None:
    collector.pause = 0.2
    exporter = Exporter(post, nobody)
    exporter.start()
    for number in range(BATCH):
        exporter.offer(record(number))
    await asyncio.sleep(0.1)
    collector.pause = 0.0
    await exporter.close()
    assert collector.spans() == [f"id-{number}" for number in range(BATCH)]
    assert exporter.dropped == 0


async def test_an_offer_takes_no_time(post: Post) -> None:
    """A queue that is full is the worst case: the budget of a whole request is 45 µs."""
    exporter = Exporter(post, nobody)
    one = record()
    for _ in range(QUEUE):
        exporter.offer(one)
    began = time.thread_time()
    for _ in range(10_000):
        exporter.offer(one)
    assert (time.thread_time() - began) / 10_000 < 10e-6
