"""The processes that look into requests, as the gateway sees them: asked, waited for, started again.

Processes and not threads: the rules hold the interpreter's lock while they look, so that a thread would
keep every other request waiting, and nobody can end a thread that hangs. Whatever goes wrong is told as
trouble, and whoever asked raises its labels.
"""

import asyncio
import hashlib
import logging
import os
import secrets
import socket
import subprocess
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import cast

import msgspec

from wye.config.detection import DetectionSettings
from wye.gateway.inspector import LENGTH, READY, Ask, Order, Told, framed
from wye.gateway.metrics import Reading
from wye.policy.detectors.entities import installed

log = logging.getLogger("wye")

HANG_SECONDS = 2.0
"""After its time is over, in which a process must have said so; then it is killed."""
TICK_SECONDS = 0.02
MOST_SEEN = 10_000
"""Bodies known again as a whole: retries and the like are not looked at twice."""
BACKOFF_SECONDS = (0.1, 5.0)
"""Before a process is started again, the first time and at most."""
LIVED_SECONDS = 10.0
MOST_BUFFERED = 33_554_432
"""Bytes on their way to one process; beyond them streams are not looked at."""
_BEGINNING = 512
"""Bytes of a body that choose its process: a conversation is looked at where its beginning is known."""
_TOLD = msgspec.msgpack.Decoder(Told)
_INHERITED = ("PATH", "LD_LIBRARY_PATH", "PYTHON", "LANG", "LC_", "TZ", "VIRTUAL_ENV", "HOME", "TMPDIR")

LATE = "late"
FULL = "queue full"
CRASHED = "crashed"


class _Worker(asyncio.Protocol):
    """One process, and the next one when it dies."""

    def __init__(self, order: Order, counts: Counter[str]) -> None:
        self._order = framed(order)
        self._counts = counts
        self._buffer = bytearray()
        self._open: dict[int, tuple[float, asyncio.Future[Told]]] = {}
        """By number, in order: until when somebody waits, and who."""
        self._ticking = False
        self._transport: asyncio.WriteTransport | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = False
        self._began = 0.0
        self._backoff = BACKOFF_SECONDS[0]
        self._connecting: asyncio.Task[None] | None = None
        self.ready = asyncio.Event()

    @property
    def pid(self) -> int:
        """The process that looks now; 0 = there is none."""
        return 0 if self._process is None else self._process.pid

    @property
    def waiting(self) -> int:
        """Requests it has not answered."""
        return len(self._open)

    def start(self) -> None:
        """Start the process. Needs a running loop."""
        if self._stopped:
            return
        self._began = time.monotonic()
        ours, its = socket.socketpair()
        with its:
            # -P: what lies in the working directory is not imported.
            command = [sys.executable, "-P", "-m", "wye.gateway.inspector", str(its.fileno())]
            try:
                self._process = subprocess.Popen(  # noqa: S603  # our own interpreter and module
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[its.fileno()],
                    env={name: value for name, value in os.environ.items() if name.startswith(_INHERITED)},
                )
            except OSError as error:
                ours.close()
                self._again(f"cannot be started: {error.strerror}")
                return
        self._connecting = asyncio.get_running_loop().create_task(self._greet(ours))

    async def _greet(self, ours: socket.socket) -> None:
        """Tell the process what to look for.

        Not in `connection_made`: where the process is dead already, uvloop loses the connection before it has
        taken `ours`, and its descriptor is closed twice. By then it may be anybody's.
        """
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_unix_connection(lambda: self, sock=ours)
        transport.write(self._order)

    def send(self, ask: Ask) -> bool:
        """Send what is not answered; False = it cannot be sent now."""
        transport = self._transport
        if transport is None or not self.ready.is_set() or transport.get_write_buffer_size() > MOST_BUFFERED:
            return False
        transport.write(framed(ask))
        return True

    def ask(self, ask: Ask) -> asyncio.Future[Told]:
        """Return what will be found, whenever it is."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Told] = loop.create_future()
        if not self.send(ask):
            future.set_result(Told(ask.number, trouble=CRASHED))
            return future
        self._open[ask.number] = ask.deadline, future
        if not self._ticking:
            self._ticking = True
            loop.call_later(TICK_SECONDS, self._tick)
        return future

    def stop(self) -> None:
        """End the process; what waits is told so."""
        self._stopped = True
        if self._transport is not None:
            self._transport.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        """End a process that hangs; another one follows."""
        if self._process is not None:
            self._process.kill()

    def _tick(self) -> None:
        """Tell who has waited long enough: one ticker, since a timer a request costs."""
        now = time.monotonic()
        for number, (deadline, future) in self._open.items():
            if deadline > now:
                break
            if not future.done():
                future.set_result(Told(number, trouble=LATE))
            if deadline + HANG_SECONDS <= now:
                log.warning("the process that looks into requests hangs: it is ended, and started again")
                self.kill()
                break
        self._ticking = bool(self._open)
        if self._ticking:
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to ask."""
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        """Take what was found."""
        buffer = self._buffer
        buffer += data
        while len(buffer) >= LENGTH:
            end = LENGTH + int.from_bytes(buffer[:LENGTH], "big")
            if len(buffer) < end:
                return
            told = _TOLD.decode(bytes(buffer[LENGTH:end]))
            del buffer[:end]
            if told.number == READY:
                self.ready.set()
                continue
            waited = self._open.pop(told.number, None)
            if waited is not None and not waited[1].done():
                waited[1].set_result(told)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # a protocol's shape
        """Tell who waits, and start another process."""
        self._transport = None
        self.ready.clear()
        self._buffer.clear()
        waiting, self._open = self._open, {}
        for number, (_, future) in waiting.items():
            if not future.done():
                future.set_result(Told(number, trouble=CRASHED))
        if self._stopped:
            return
        self._counts["restarts"] += 1
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        self._again("ended")

    def _again(self, why: str) -> None:
        if time.monotonic() - self._began > LIVED_SECONDS:
            self._backoff = BACKOFF_SECONDS[0]
        log.warning("the process that looks into requests %s; until another looks, labels are raised", why)
        asyncio.get_running_loop().call_later(self._backoff, self.start)
        self._backoff = min(2 * self._backoff, BACKOFF_SECONDS[1])


class Crew(msgspec.Struct, frozen=True):
    """The processes that settings ask for, and what each begins with."""

    workers: int
    order: Order


class Inspectors:
    """All of them. Belongs to the event loop."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        """By outcome: `looked`, `late`, `crashed`, ..."""
        self.seconds = 0.0
        """That requests waited."""
        self._workers: list[_Worker] = []
        self._made_of: Crew | None = None
        self._number = READY
        self._key = secrets.token_bytes(32)
        self._seen: dict[bytes, Told] = {}

    @staticmethod
    def wanted(
        settings: DetectionSettings, words: tuple[str, ...] = (), *, masks: bool = False
    ) -> Crew | None:
        """Return what `use` takes; None where nothing is looked for. Raises `ValueError`.

        `words`: the organisation's own. `masks`: a label obliges to mask, so that something is.
        """
        if not settings.raises and not masks:
            return None
        full = settings.cascade == "full"
        if full and not installed():
            message = "detection.cascade: `full` needs the extra `entities`: pip install 'wye[entities]'"
            raise ValueError(message)
        return Crew(settings.workers, Order(words, full))

    def use(self, wanted: Crew | None) -> None:
        """Have those processes."""
        if wanted == self._made_of:
            return
        before, self._workers = self._workers, []
        self._seen = {}
        self._made_of = wanted
        if wanted is not None:
            self._workers = [_Worker(wanted.order, self.counts) for _ in range(wanted.workers)]
        for worker in self._workers:
            worker.start()
        for worker in before:
            worker.stop()

    async def ready(self, seconds: float) -> bool:
        """Wait until all of them look; False when `seconds` were not enough."""
        try:
            async with asyncio.timeout(seconds):
                for worker in self._workers:
                    await worker.ready.wait()
        except TimeoutError:
            return False
        return True

    def stop(self) -> None:
        """End them."""
        workers, self._workers, self._made_of = self._workers, [], None
        for worker in workers:
            worker.stop()

    @property
    def pids(self) -> list[int]:
        """The processes."""
        return [worker.pid for worker in self._workers]

    async def look(self, what: str, content: bytes, settings: DetectionSettings) -> Told:
        """Return what stands in `content`, or why nobody knows. Raises nothing but a cancellation."""
        number = self._next()
        mark = hashlib.blake2b(content, key=self._key, digest_size=16, person=what.encode()).digest()
        known = self._seen.get(mark)
        if known is not None:
            return self.counted(known, 0.0)
        worker = self._of(content)
        if worker is None:
            return self.counted(Told(number, trouble=CRASHED), 0.0)
        if worker.waiting >= settings.queue:
            return self.counted(Told(number, trouble=FULL), 0.0)
        seen, began = self._seen, time.monotonic()
        told = await worker.ask(Ask(number, what, content, began + settings.timeout_ms / 1000))
        if not told.trouble:
            seen[mark] = told  # of the settings under which it was looked at
            if len(seen) > MOST_SEEN:
                del seen[next(iter(seen))]
        return self.counted(told, began)

    def stream(self, settings: DetectionSettings) -> "Stream":
        """Return one streamed answer that is to be looked at."""
        number = self._next()
        worker = self._workers[number % len(self._workers)] if self._workers else None
        return Stream(number, worker, settings, self)

    def readings(self) -> Iterator[Reading]:
        """Return what they did."""
        if not self._workers:
            return
        for outcome, count in self.counts.items():
            name, told = "wye_inspections_total", "Requests and answers looked at, by how it ended"
            yield name, told, {"outcome": outcome.partition(" (")[0]}, count
        yield "wye_inspection_seconds_total", "That requests waited to be looked at", {}, self.seconds
        waiting = sum(worker.waiting for worker in self._workers)
        yield "wye_inspections_waiting", "Requests and answers being looked at", {}, waiting

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _of(self, content: bytes) -> _Worker | None:
        workers = self._workers
        if not workers:
            return None
        return workers[0] if len(workers) == 1 else workers[zlib.crc32(content[:_BEGINNING]) % len(workers)]

    def counted(self, told: Told, began: float) -> Told:
        """Count what became of one; it began to wait at `began`, 0 = it did not."""
        self.counts[told.trouble or "looked"] += 1
        if began:
            self.seconds += time.monotonic() - began
        return told


class Stream:
    """One answer, sent to be looked at while it is passed on."""

    ENOUGH = 2_048
    """Bytes that are worth a message."""

    def __init__(
        self, number: int, worker: _Worker | None, settings: DetectionSettings, of: Inspectors
    ) -> None:
        self._number = number
        self._worker = worker
        self._settings = settings
        self._of = of
        self._pending = bytearray()
        self._begun = False
        self._process = 0 if worker is None else worker.pid
        self._trouble = "" if worker is not None else CRASHED

    def feed(self, content: bytes) -> None:
        """Take more of it. Waits for nobody."""
        self._pending += content
        if len(self._pending) >= self.ENOUGH:
            self._flush("more")

    async def end(self) -> Told:
        """Return what stands in it."""
        worker = self._worker
        if worker is None or self._trouble or worker.pid != self._process:  # who saw its beginning is gone
            return self._of.counted(Told(self._number, trouble=self._trouble or CRASHED), 0.0)
        began = time.monotonic()
        deadline = began + self._settings.timeout_ms / 1000
        ask = Ask(self._number, "end", bytes(self._pending), deadline, begins=not self._begun)
        return self._of.counted(await worker.ask(ask), began)

    def drop(self) -> None:
        """Nobody asks what stands in it any more."""
        if self._begun:
            self._flush("end")

    def _flush(self, what: str) -> None:
        content, self._pending = bytes(self._pending), bytearray()
        ask = Ask(self._number, what, content, begins=not self._begun)
        self._begun = True
        if self._worker is None or not self._worker.send(ask):
            self._trouble = self._trouble or CRASHED
