"""A child process that stays: started, restarted with backoff, stopped last, on a port that is its own.

not started → starting → up → (died) waiting → starting → ...; from any of them → stopped.
"""

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
import sys
from pathlib import Path

import msgspec

from wye.core.secret import Secret
from wye.providers.embedded.boot import Boot, Ready
from wye.providers.embedded.weights import EmbeddedUnavailableError

log = logging.getLogger("wye")

READY_SECONDS = 30.0
BACKOFF_SECONDS = (0.2, 1.0, 5.0, 30.0)
STABLE_SECONDS = 60.0
STOP_SECONDS = 2.0
# What a child needs of the environment. Everything else, provider keys above all, is kept from it.
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME", "TMPDIR", "LANG", "LC_ALL")


class Program(msgspec.Struct, frozen=True):
    """What a child runs."""

    module: str
    """A module with a `main` that constructs a `boot.Child`."""
    weights: Path
    log: Path
    threads: int
    slots: int
    context_tokens: int
    """Over all slots."""


class Process:
    """One child. `down` is None while it serves, else the reason it does not.

    The port is bound here for the object's lifetime, without listening, and shared with the child
    (SO_REUSEPORT): nobody else gets it, so no request and no key reaches a stranger during a restart.
    """

    def __init__(self, program: Program) -> None:
        self._module = program.module
        self._name = "embedded " + program.module.rpartition(".")[2].replace("_", " ")
        self._log = program.log
        self._held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._held.bind(("127.0.0.1", 0))
        self.port: int = self._held.getsockname()[1]
        self.key = Secret(secrets.token_urlsafe(32))
        self.down: str | None = "not started"
        self.restarts = 0
        self._boot = Boot(
            parent=os.getpid(),
            port=self.port,
            key=self.key.reveal(),
            model=str(program.weights),
            threads=program.threads,
            slots=program.slots,
            context_tokens=program.context_tokens,
        )
        self._child: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The running child's process id."""
        return self._child.pid if self._child is not None and self._child.returncode is None else None

    async def start(self) -> None:
        """Return once the child serves. Raises `EmbeddedUnavailableError` with its reason if it will not."""
        try:
            await self._spawn()
        except EmbeddedUnavailableError as error:
            self.down = str(error)
            self._held.close()
            raise
        self._keeper = asyncio.create_task(self._keep(), name=f"keeper of {self._module}")

    async def stop(self, finish_seconds: float) -> None:
        """Let the child finish what it serves for up to `finish_seconds`, then end it. Idempotent."""
        self.down = "stopped"
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        if self.pid is not None:
            await self._end(finish_seconds)
        self._held.close()

    async def _end(self, finish_seconds: float) -> None:
        child = self._running()
        stdin = child.stdin
        if stdin is None:  # pragma: no cover  # it was made with a pipe
            raise AssertionError
        with contextlib.suppress(TimeoutError, ConnectionError):
            stdin.write(b"stop\n")
            await asyncio.wait_for(child.wait(), finish_seconds)
        stdin.close()
        try:
            await asyncio.wait_for(child.wait(), STOP_SECONDS)
        except TimeoutError:
            child.kill()
            await child.wait()

    def _running(self) -> asyncio.subprocess.Process:
        if self._child is None:  # pragma: no cover  # callers checked
            raise AssertionError
        return self._child

    async def _spawn(self) -> None:
        self.down = "starting"
        if self._log.exists():
            self._log.replace(self._log.with_suffix(".previous.log"))
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            self._child = await asyncio.create_subprocess_exec(
                sys.executable,
                "-P",  # never import from the current directory
                "-m",
                self._module,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=descriptor,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                start_new_session=True,  # Ctrl-C in the terminal is for the gateway, which drains first
            )
        finally:
            os.close(descriptor)
        try:
            await asyncio.wait_for(self._greet(self._child), READY_SECONDS)
        except TimeoutError:
            await self._kill()
            message = f"not ready within {READY_SECONDS:.0f} s; see {self._log}"
            raise EmbeddedUnavailableError(message) from None
        except BaseException:
            await self._kill()
            raise
        self.down = None

    async def _greet(self, child: asyncio.subprocess.Process) -> None:
        if child.stdin is None or child.stdout is None:  # pragma: no cover  # it was made with pipes
            raise AssertionError
        with contextlib.suppress(ConnectionError):  # died already: its exit says more
            child.stdin.write(msgspec.json.encode(self._boot) + b"\n")
            await child.stdin.drain()
        line = await child.stdout.readline()
        if not line:
            message = f"{_epitaph(await child.wait())}; see {self._log}"
            raise EmbeddedUnavailableError(message)
        if error := msgspec.json.decode(line, type=Ready).error:
            raise EmbeddedUnavailableError(error)

    async def _kill(self) -> None:
        child = self._running()
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()

    async def _keep(self) -> None:
        """Restart the child whenever it dies, waiting longer while it keeps dying."""
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            since = loop.time()
            died = _epitaph(await self._running().wait())
            failures = 0 if loop.time() - since > STABLE_SECONDS else failures
            while True:
                pause = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
                self.down = f"{died}; restarting in {pause:g} s"
                log.warning("%s: %s", self._name, self.down)
                await asyncio.sleep(pause)
                failures += 1
                self.restarts += 1
                try:
                    await self._spawn()
                    log.info("%s: up again", self._name)
                    break
                except (EmbeddedUnavailableError, OSError) as error:
                    died = str(error)


def _epitaph(code: int) -> str:
    """Say how a process ended, from its return code (negative = signal)."""
    if code >= 0:
        return f"the engine ended with status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    hint = " (the processor lacks an instruction it needs)" if name == "SIGILL" else ""
    return f"the engine was ended by {name}{hint}"
