"""A real `wye serve` in a process of its own."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import yaml

START_SECONDS = 60
RECORD_SECONDS = 60
ADDRESS = re.compile(rb"wye \S+  http://127\.0\.0\.1:(\d+)")
"""Not at a line's beginning where the one before was killed while it wrote one."""
QUIET: dict[str, Any] = {
    "discovery": {"environment": False, "engines": False},
    "embedded": {"enabled": False},
}
"""Nothing but what the test configures."""
KEY = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass
class Answered:
    """An answer, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> Any:
        return self.json["error"]


@dataclass
class Running:
    """A gateway under test."""

    port: int
    process: subprocess.Popen[bytes]
    state: Path
    log: Path

    def connect(self, timeout: float = 30) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answered:
        """Send one request on a connection of its own."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if body is not None else {}
        with contextlib.closing(self.connect()) as connection:
            connection.request(method, path, content, sent | dict(headers or {}))
            response = connection.getresponse()
            return Answered(
                response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
            )

    def chat(self, model: str, headers: Mapping[str, str] | None = None, **fields: object) -> Answered:
        """Ask `model` something."""
        body = {"model": model, "messages": [{"role": "user", "content": "hi"}]} | fields
        return self.ask("POST", "/v1/chat/completions", body, headers)

    def record(self, answered: Answered, headers: Mapping[str, str] | None = None) -> Any:
        """The ledger's record of a request, also on a machine whose disk is busy."""
        path = f"/v1/wye/requests/{answered.headers['x-wye-decision']}"
        deadline = time.monotonic() + RECORD_SECONDS
        while (found := self.ask("GET", path, headers=headers)).status == HTTPStatus.NOT_FOUND:
            assert time.monotonic() < deadline, found.body
        assert found.status == 200, found.body
        return found.json

    def metrics(self) -> str:
        return self.ask("GET", "/metrics").body.decode()

    def stop(self, seconds: float = 60) -> int:
        """End it as a service manager would; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)


def free_port() -> int:
    """A port nobody listens on, just now: for what must not be reached."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    folder: Path,
    settings: Mapping[str, Any],
    environ: Mapping[str, str] | None = None,
) -> Iterator[Running]:
    """Run `wye serve` with `settings` as its wye.yaml; discovery and engine are off unless named."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "wye.yaml"
    config.write_text(yaml.safe_dump(QUIET | dict(settings), sort_keys=False))
    log = folder / "log"
    command = [sys.executable, "-m", "wye", "serve", "--config", str(config), "--listen", "127.0.0.1:0"]
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "WYE_STATE_DIR": str(folder / "state"),
        **(environ or {}),
    }
    with log.open("ab") as output:
        begins = output.tell()
        process = subprocess.Popen(command, env=env, cwd=folder, stdout=output, stderr=output)
    gateway = Running(0, process, folder / "state", log)
    try:
        _wait(gateway, begins)
        yield gateway
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait(gateway: Running, begins: int) -> None:
    """Wait until it says where it listens, and is ready. A port chosen before would be anybody's by then."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if gateway.process.poll() is not None:
            break
        told = ADDRESS.search(gateway.log.read_bytes(), begins)
        gateway.port = int(told[1]) if told else 0
        with contextlib.suppress(OSError):
            if told and gateway.ask("GET", "/readyz").status == 200:
                return
        time.sleep(0.02)
    raise AssertionError(gateway.log.read_text())
