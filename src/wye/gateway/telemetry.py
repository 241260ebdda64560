"""OpenTelemetry without its SDK: finished records become spans and metrics at an OTLP/HTTP collector.

A request pays for one append to a queue. Everything else happens in two background tasks, in slices
small enough that no request waits for them; a collector that is slow or away costs spans, never requests.
"""

import asyncio
import contextlib
import logging
import random
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

import wye
from wye.core.errors import WyeError
from wye.core.record import Record
from wye.core.secret import Secret
from wye.gateway.otlp import Envelope, Find, Meters, span
from wye.providers.transport.errors import TransportError

log = logging.getLogger(__name__)

QUEUE = 2_048
BATCH = 512
SPAN_SECONDS = 5.0
METRIC_SECONDS = 15.0
RETRY_SECONDS = (1.0, 2.0, 4.0, 8.0)
CLOSE_SECONDS = 3.0
TRACES, METRICS = b"/v1/traces", b"/v1/metrics"

_SLICE = 16
"""Spans encoded before the loop gets its turn: about 0.3 ms."""
_RETRYABLE = frozenset({0, 429, 502, 503, 504})
"""As the OTLP specification has it; 0 = no answer."""

Post = Callable[[bytes, bytes], Awaitable[int]]
"""`(path, body) -> status`: POSTs JSON below the collector's endpoint, with a timeout of its own."""


class Exporter:
    """Sends records to a collector. Belongs to one event loop.

    Attributes: `dropped` counts spans that no collector got.
    """

    def __init__(self, post: Post, find: Find, service: str = "wye") -> None:
        self._post = post
        self._find = find
        self._queue: deque[Record] = deque()
        self._batch: list[bytes] = []
        self._envelope = Envelope(service, wye.__version__, str(uuid.uuid4()))
        self._meters = Meters(find, time.time_ns())
        self._full = asyncio.Event()
        self._posting = asyncio.Lock()
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._troubled: set[bytes] = set()
        self.dropped = 0

    def offer(self, record: Record) -> None:
        """Take a record. Never waits: when the queue is full the oldest span is given up."""
        queue = self._queue
        queue.append(record)
        waiting = len(queue)
        if waiting >= BATCH:
            self._full.set()
            if waiting > QUEUE:
                self._meters.add(queue.popleft())  # its span is lost, its figures are not
                self.dropped += 1

    def start(self) -> None:
        """Begin to send. Call in the event loop."""
        self._tasks = (
            asyncio.create_task(self._send_spans_forever(), name="spans"),
            asyncio.create_task(self._send_metrics_forever(), name="metrics"),
        )

    async def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Stop, after sending what is left, each batch once and all of it within `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                async with self._posting:  # what is under way ends, else it would be sent twice
                    await self._stop()
                while self._batch or self._queue:
                    await self._send_spans(())
                await self._send_metrics()
        except TimeoutError:
            await self._stop()
            self.dropped += len(self._batch) + len(self._queue)
            log.warning("the OTLP collector was too slow at the end; %d spans were dropped", self.dropped)

    async def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _send_spans_forever(self) -> None:
        while True:
            if len(self._queue) < BATCH:
                self._full.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SPAN_SECONDS):
                        await self._full.wait()
            await self._send_spans(RETRY_SECONDS)

    async def _send_metrics_forever(self) -> None:
        while True:
            await asyncio.sleep(METRIC_SECONDS)
            await self._send_metrics()

    async def _send_spans(self, pauses: tuple[float, ...]) -> None:
        """Send one batch, again after each of `pauses` while the collector asks for it."""
        await self._fill()
        if not self._batch:
            return
        body = self._envelope.traces(self._batch)
        for pause in (0.0, *pauses):
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # spreads load, hides nothing
            async with self._posting:
                delivered = await self._deliver(TRACES, body)
                if delivered:
                    self._batch.clear()
                    return
            if delivered is False:
                break
        self.dropped += len(self._batch)
        self._batch.clear()

    async def _fill(self) -> None:
        """Encode queued records until the batch is full or the queue is empty."""
        while self._queue and len(self._batch) < BATCH:
            for _ in range(min(_SLICE, len(self._queue), BATCH - len(self._batch))):
                record = self._queue.popleft()
                self._meters.add(record)
                self._batch.append(span(record, self._find))
            await asyncio.sleep(0)

    async def _send_metrics(self) -> None:
        metrics = self._meters.encode(time.time_ns())
        if metrics:  # cumulative: what is not delivered now is part of the next one
            await self._deliver(METRICS, self._envelope.metrics(metrics))

    async def _deliver(self, path: bytes, body: bytes) -> bool | None:
        """POST once: True = taken, False = refused for good, None = worth another try."""
        try:
            status = await self._post(path, body)
            trouble = "" if 200 <= status < 300 else f"status {status}"  # noqa: PLR2004  # success
        except (TransportError, WyeError, OSError) as error:
            status, trouble = 0, str(error) or type(error).__name__
        if not trouble:
            if path in self._troubled:
                self._troubled.discard(path)
                log.info("the OTLP collector takes %s again", path.decode())
            return True
        if path not in self._troubled:  # said once, not every few seconds
            self._troubled.add(path)
            log.warning("the OTLP collector does not take %s: %s", path.decode(), trouble)
        return None if status in _RETRYABLE else False


def otlp_headers(text: str) -> Secret:
    """Return header lines for `OTEL_EXPORTER_OTLP_HEADERS`: `name=value,name=value`, values percent-encoded.

    Raises `ValueError`, without the values, for what has another form.
    """
    lines = ["content-type: application/json"]
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = pair.partition("=")
        line = f"{name.strip().lower()}: {unquote(value.strip())}"
        if not equals or not line.isascii() or not line.isprintable():
            message = "OTEL_EXPORTER_OTLP_HEADERS must be `name=value,name=value` in printable ASCII"
            raise ValueError(message)
        lines.append(line)
    return Secret("".join(f"{line}\r\n" for line in lines))
