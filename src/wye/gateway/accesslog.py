"""One line a request: for people in a terminal, JSON otherwise.

A request pays for an append to a queue; a thread formats and writes. Whoever reads the lines may be slow,
or gone: that costs lines, never requests.
"""

import errno
import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import IO

import msgspec

from wye.core.record import Record

log = logging.getLogger(__name__)

QUEUE = 10_000
"""Lines that wait for a slow reader; then the oldest are dropped."""
GATHER_SECONDS = 0.25
CLOSE_SECONDS = 1.0
_SLICE = 64
"""Lines formatted at a stretch, about 0.2 ms: the interpreter's lock is given back with each write."""
_GONE = frozenset({errno.EPIPE, errno.EBADF, errno.EIO})
"""Nobody will read the rest."""


class AccessLog:
    """Writes finished requests to a stream's file descriptor. `write` belongs to one thread.

    It is the descriptor because a thread that waits in `sys.stdout.write` holds a lock which the
    interpreter wants at its end.
    """

    def __init__(self, stream: IO[str] | None, *, human: bool) -> None:
        """Start the thread. `stream` is None where the process was started without one."""
        self._pushed_out = self._lost = self._told = 0
        self._format: Callable[[Record], bytes] = _human if human else _json
        self._dropped_line = _human_dropped if human else _json_dropped
        self._queue: deque[Record] = deque(maxlen=QUEUE)
        self._wake, self._hurry = threading.Event(), threading.Event()
        self._idle = self._stopping = False
        self._fd = -1
        self._thread = threading.Thread(target=self._run, name="wye-access-log", daemon=True)
        self._open = stream is not None
        if stream is None:
            log.warning("there is no standard output: the access log is off")
            return
        stream.flush()
        self._fd = stream.fileno()
        self._thread.start()

    @property
    def dropped(self) -> int:
        """Lines that nobody got."""
        return self._pushed_out + self._lost

    def write(self, record: Record) -> None:
        """Take a finished request."""
        if not self._open:
            return
        if record.content:  # up to 2 MB that no line shows
            record = msgspec.structs.replace(record, content="")
        queue = self._queue
        if len(queue) == QUEUE:
            self._pushed_out += 1
        queue.append(record)
        if self._idle:
            self._idle = False
            self._wake.set()

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Write what is left and stop; after `seconds` leave it to whoever does not read."""
        self._stopping = True
        self._hurry.set()
        self._wake.set()
        if self._fd >= 0:
            self._thread.join(seconds)
        self._open = False

    def _run(self) -> None:
        queue = self._queue
        while self._open and not (self._stopping and not queue):
            self._wake.clear()
            self._idle = True
            if not queue and not self._stopping:
                self._wake.wait()
            self._idle = False
            self._hurry.wait(GATHER_SECONDS)
            while queue and self._open:
                self._put(b"".join([self._format(queue.popleft()) for _ in range(min(_SLICE, len(queue)))]))

    def _put(self, lines: bytes) -> None:
        dropped = self.dropped
        if dropped != self._told:
            lines = self._dropped_line(dropped - self._told) + lines
        rest = memoryview(lines)
        while rest:
            try:
                rest = rest[os.write(self._fd, rest) :]
            except BlockingIOError:  # someone else made it so
                time.sleep(0.01)
            except OSError as error:
                if error.errno not in _GONE:  # a full disk, say
                    self._lost += lines.count(b"\n")
                    return
                self._open = False
                self._queue.clear()
                log.warning("nobody reads the access log (%s): it is off from now on", error.strerror)
                return
        self._told = dropped


class _Line(msgspec.Struct, omit_defaults=True):
    at: float
    decision: str
    request_id: str
    protocol: str
    asked: str
    deployment: str
    outcome: str
    status: int
    ms: float
    key: str = ""
    ttft_ms: float | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    error: str = ""


_encode = msgspec.json.Encoder().encode


def _json(record: Record) -> bytes:
    usage = record.usage
    line = _Line(
        at=round(record.at, 3),
        decision=record.id,
        request_id=record.request_id,
        protocol=record.protocol,
        asked=record.asked,
        deployment=record.deployment,
        outcome=record.outcome.value,
        status=record.status,
        ms=record.duration_ms,
        key=record.key,
        ttft_ms=record.ttft_ms,
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        error=record.error,
    )
    try:
        return _encode(line) + b"\n"
    except UnicodeEncodeError:  # a lone surrogate, as file names in error messages have them
        return json.dumps(msgspec.structs.asdict(line)).encode() + b"\n"


def _human(record: Record) -> bytes:
    clock = time.strftime("%H:%M:%S", time.localtime(record.at))
    served = record.deployment or "nobody"
    lane = f" [{record.lane.value}]" if record.lane else ""
    usage = record.usage
    tokens = f"{usage.input_tokens}→{usage.output_tokens} tokens" if usage else "no usage"
    asked = _printable(record.asked)
    error = f"  {_printable(record.error)}" if record.error else ""
    return (
        f"{clock} {record.status or '---'} {record.outcome.value:<6} {asked} → {served}{lane}  "
        f"{record.duration_ms:,.0f} ms  {tokens}  {record.id}{error}\n"
    ).encode("utf-8", "replace")


def _json_dropped(count: int) -> bytes:
    return _encode({"at": round(time.time(), 3), "dropped": count}) + b"\n"


def _human_dropped(count: int) -> bytes:
    return f"{time.strftime('%H:%M:%S')} {count} lines were dropped: nobody read them\n".encode()


def _printable(text: str) -> str:
    """Text a client chose, fit for a terminal: no control characters, not long."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:200])
