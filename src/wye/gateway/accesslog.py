"""One line a request: for people in a terminal, JSON otherwise."""

import asyncio
import time
from typing import IO

import msgspec

from wye.core.record import Record

FLUSH_SECONDS = 0.25


class AccessLog:
    """Gathers lines and writes them a few times a second: a line costs a request no system call."""

    def __init__(self, stream: IO[str], *, human: bool) -> None:
        self._stream = stream
        self._format = _human if human else _json
        self._lines: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    def write(self, record: Record) -> None:
        """Add the line of a finished request."""
        self._lines.append(self._format(record))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what is gathered."""
        self._timer = None
        lines, self._lines = self._lines, []
        if lines:
            self._stream.write("".join(lines))
            self._stream.flush()


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


def _json(record: Record) -> str:
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
    return _encode(line).decode() + "\n"


def _human(record: Record) -> str:
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
    )


def _printable(text: str) -> str:
    """Text a client chose, fit for a terminal: no control characters, not long."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:200])
