"""What reading a streamed answer as it is passed on has in common, whatever the protocol.

Whole pieces go on as they come. The answer's end is held back until `finish()`: a client takes it for the
end, and by then the request has to be in the ledger.
"""

from typing import Protocol

from wye.core.usage import Usage

UNFINISHED = "the upstream's stream ended before the answer was finished"
BROKEN = "the upstream reported an error in its stream"
MAX_HELD_BYTES = 8 * 1024 * 1024


class Cutter(Protocol):
    """Cuts a byte stream after its whole pieces."""

    def feed(self, chunk: bytes) -> bytes:
        """Take bytes; return the pieces that are now whole. Raises `ValueError` for one beyond the limit."""

    def rest(self) -> bytes:
        """Return what the stream ended with."""


class HoldingRelay:
    """The base of each protocol's relay, which says in `_pass_on` what of its pieces may go on."""

    __slots__ = ("_cutter", "_finished", "_held", "_limit", "error", "trouble", "usage")

    def __init__(self, cutter: Cutter, limit: int = MAX_HELD_BYTES) -> None:
        self._cutter = cutter
        self._limit = limit
        self._held = bytearray()
        self._finished = False
        """The upstream told the end of the answer."""
        self.usage: Usage | None = None
        self.error = ""
        self.trouble = b""

    def feed(self, chunk: bytes) -> bytes:
        """Take the upstream's bytes; return those to pass on now (may be empty).

        Raises `ValueError` when a single piece, or what comes from the last one on, is beyond the limit.
        """
        whole = self._cutter.feed(chunk)
        return self._pass_on(whole) if whole else b""

    def finish(self) -> bytes:
        """The upstream ended; return what was held back: the answer's last bytes."""
        rest = self._cutter.rest()
        passed = self._pass_on(rest) if rest else b""
        if not self._finished and not self.error:
            self.error = UNFINISHED
        last = passed + bytes(self._held)
        self._held.clear()
        return last

    def _pass_on(self, whole: bytes) -> bytes:
        """Read whole pieces; return those to pass on now."""
        raise NotImplementedError

    def _broke(self, told: bytes) -> None:
        """Note that the upstream told of an error: `told`, its JSON."""
        self.error = BROKEN
        self.trouble = self.trouble or told

    def _hold(self, pieces: bytes) -> None:
        self._held += pieces
        if len(self._held) > self._limit:
            message = f"the upstream sent more than {self._limit} bytes from the end of its answer on"
            raise ValueError(message)
