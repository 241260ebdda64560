"""One `wye serve` with the embedded model for all the pages, as a reader would have it running."""

import os
import signal
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
from running import ADDRESS

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


def port_when_ready(process: subprocess.Popen[bytes], log: Path) -> int:
    """Return the port it says it listens on, once `/readyz` answers 200."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        told = ADDRESS.search(log.read_bytes())
        port = int(told[1]) if told else 0
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30):
                return port
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(f"wye serve was not ready within {READY_SECONDS} s:\n{log.read_text(encoding='utf-8')}")


@contextmanager
def serving(home: Path, provider_key: str = "") -> Iterator[Gateway]:
    """Start `wye serve` on a free port; stop it as Ctrl-C would.

    `provider_key` names a variable that gets a made-up key: deployments appear, and nobody may call them.
    """
    unset = ("OPENAI_API_KEY", "OPENAI_BASE_URL", "WYE_URL")
    served = {name: value for name, value in environment(home, 0).items() if name not in unset}
    if provider_key:
        served[provider_key] = "made-up"
    log = home / "serve.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "wye"), "serve", "--listen", "127.0.0.1:0"],
            env=served,
            cwd=home,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        port = port_when_ready(process, log)
        yield Gateway(port, environment(home, port), log)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
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
