"""When an exchange has taken too long, and in which phase.

No timer runs for a request: the sweeper asks every active exchange a few times a second.
"""

from wye.catalog.deployments import Timeouts
from wye.providers.transport.errors import (
    FirstByteTimeoutError,
    IdleTimeoutError,
    TotalTimeoutError,
    TransportTimeoutError,
    WriteTimeoutError,
)


class Deadlines:
    """The deadlines of one exchange after the other on a connection. Times are the loop's, in seconds."""

    __slots__ = ("_progress", "_since", "_started", "_timeouts")

    def begin(self, timeouts: Timeouts, started: float, now: float, progress: int) -> None:
        """A request is written at `now` by a caller that began to wait at `started`."""
        self._timeouts = timeouts
        self._started = started
        self._since = now
        self._progress = progress

    def missed(
        self, now: float, progress: int, *, excused: bool, writing: bool, answering: bool
    ) -> TransportTimeoutError | None:
        """Return the error of a deadline that has passed.

        `progress`: bytes that went out or came in, in all; `excused`: our own side is the slow one, a
        reader or a producer of the body; `writing`: the upstream does not take the request.
        """
        timeouts = self._timeouts
        if now - self._started >= timeouts.total:
            return TotalTimeoutError(f"more than {timeouts.total:g} s")
        if excused or progress != self._progress:
            self._progress = progress
            self._since = now
            return None
        waited = now - self._since
        if writing:
            late = waited >= timeouts.idle
            return WriteTimeoutError(f"no byte was taken for {timeouts.idle:g} s") if late else None
        if answering:
            late = waited >= timeouts.idle
            return IdleTimeoutError(f"no byte for {timeouts.idle:g} s") if late else None
        late = waited >= timeouts.first_byte
        return FirstByteTimeoutError(f"no answer for {timeouts.first_byte:g} s") if late else None
