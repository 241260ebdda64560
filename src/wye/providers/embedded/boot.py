"""How a child starts and ends: one JSON line in, one JSON line out, and the watchdog.

    parent                            child
      | -- Boot, one line, stdin ------> |
      | <------ Ready, one line, stdout -|   stdout then becomes the log, as stderr is already
      | -- `stop` line, stdin ---------> |   finishes what it serves, then exits
      | -- end of stdin ---------------> |   exits at once: the parent is gone

End of file on stdin works everywhere, but only once a thread of the child may run. On Linux the
kernel also kills the child when the parent's thread that started it dies (prctl(2), PR_SET_PDEATHSIG).
"""

import ctypes
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

import msgspec

LOG_BYTES = 1_048_576
_PR_SET_PDEATHSIG = 1


class Boot(msgspec.Struct, frozen=True):
    """What a child is told."""

    parent: int
    """Process id that must still be the child's parent."""
    port: int
    key: str
    model: str
    """Path of the weights."""
    threads: int
    slots: int = 1
    context_tokens: int = 0
    """Over all slots."""


class Ready(msgspec.Struct, frozen=True):
    """What a child answers once it serves; `error` says why it never will."""

    error: str = ""


class Child:
    """The child's side. Construct it before anything slow: it arms the watchdog."""

    def __init__(self) -> None:
        self._input = os.fdopen(os.dup(0), "rb", buffering=0)
        self._report = os.fdopen(os.dup(1), "wb", buffering=0)
        os.dup2(2, 1)  # native libraries print to stdout: it goes to the log
        # Bounds the log: what comes after is lost, the process goes on (Python ignores SIGXFSZ).
        resource.setrlimit(resource.RLIMIT_FSIZE, (LOG_BYTES, LOG_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold prompts and the key
        self.boot = msgspec.json.decode(self._input.readline(65_536), type=Boot)
        if sys.platform == "linux":
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.boot.parent:  # died before the line above took effect
            os._exit(0)
        self._stop: Callable[[], None] | None = None
        threading.Thread(target=self._watch, name="watchdog", daemon=True).start()

    def _watch(self) -> None:
        while line := self._input.readline(64):
            if line == b"stop\n" and self._stop is not None:
                self._stop()
        os._exit(0)

    def ready(self, stop: Callable[[], None]) -> None:
        """Say that requests are served. `stop` is called from a thread when the parent wants an end."""
        self._stop = stop
        self._say(Ready())

    def fail(self, reason: str) -> NoReturn:
        """Say why there will be no service, and exit."""
        self._say(Ready(error=reason))
        os._exit(1)

    def _say(self, word: Ready) -> None:
        self._report.write(msgspec.json.encode(word) + b"\n")
        self._report.close()
