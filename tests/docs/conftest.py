"""One `wye serve` with the embedded model for all the pages, as a reader would have it running."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from docs.blocks import ROOT

READY_SECONDS = 60
PUBLISHED = 4000
"""The port that the pages name."""


class Gateway(NamedTuple):
    """A running gateway and the environment its clients need."""

    port: int
    env: dict[str, str]
    log: Path = Path(os.devnull)
    """What it printed: the start-up panel first."""

    def here(self, text: str) -> str:
        """Replace the published port by the real one."""
        return text.replace(f":{PUBLISHED}", f":{self.port}")

    def published(self, text: str) -> str:
        """Replace the real port by the published one."""
        return text.replace(f":{self.port}", f":{PUBLISHED}")


def free_port() -> int:
    """Ask the kernel for a port nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def environment(home: Path, port: int) -> dict[str, str]:
    """A reader's environment: an empty home, no provider's key, nothing of the machine's."""
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "OPENAI_API_KEY": "unused",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{port}/v1",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "WYE_STATE_DIR": str(home / "state"),
        "WYE_URL": f"http://127.0.0.1:{port}",
    }


def wait_until_ready(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return once `/readyz` answers 200."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"wye serve was not ready within {READY_SECONDS} s:\n{log.read_text(encoding='utf-8')}")


@contextmanager
def serving(home: Path, provider_key: str = "") -> Iterator[Gateway]:
    """Start `wye serve` on a free port; stop it as Ctrl-C would.

    `provider_key` names a variable that gets a made-up key: deployments appear, and nobody may call them.
    """
    port = free_port()
    env = environment(home, port)
    served = {name: value for name, value in env.items() if not name.startswith("OPENAI_")}
    if provider_key:
        served[provider_key] = "made-up"
    log = home / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "wye"), "serve", "--listen", f"127.0.0.1:{port}"],
            env=served,
            cwd=home,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until_ready(port, process, log)
        yield Gateway(port, env, log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(40)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """Start the gateway that the pages share."""
    with serving(tmp_path_factory.mktemp("reader")) as shared:
        yield shared


@pytest.fixture
def repository() -> Path:
    """The root of the tree."""
    return ROOT
