"""The commands for people against `wye serve` with its own model."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

WYE = (sys.executable, "-m", "wye.cli.main")


class Served:
    """A gateway of its own, and commands that speak with it."""

    def __init__(self, home: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            self.address = f"127.0.0.1:{server.getsockname()[1]}"
        config = home / "wye.yaml"
        settings = "discovery: {engines: false, environment: false}\nembedded: {embeddings: false}\n"
        config.write_text(f"listen: {self.address}\n{settings}")
        unset = ("WYE_API_KEY", "WYE_BOOTSTRAP_KEY", "OTEL_EXPORTER_OTLP_ENDPOINT")
        self._environ = {name: value for name, value in os.environ.items() if name not in unset} | {
            "WYE_CONFIG": str(config),
            "WYE_STATE_DIR": str(home / "state"),
            "WYE_URL": f"http://{self.address}",
        }
        self.log = home / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*WYE, "serve"], stdout=subprocess.PIPE, stderr=log, env=self._environ
            )

    def panel(self) -> str:
        """Wait for the panel and return it."""
        assert self.process.stdout is not None
        shown = ""
        for line in self.process.stdout:
            shown += line.decode()
            if "-d '{" in shown:
                return shown
        raise AssertionError(self.log.read_text())

    def run(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*WYE, *arguments], input=given, capture_output=True, text=True, check=False, env=self._environ
        )

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.communicate(timeout=90)
        finally:
            self.process.kill()
        return self.process.returncode


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    gateway = Served(tmp_path_factory.mktemp("gateway"))
    try:
        panel = gateway.panel()
        assert "own       embedded/smollm2-135m  (comes with wye)" in panel
        assert f"curl http://{gateway.address}/v1/chat/completions" in panel
        yield gateway
    finally:
        status = gateway.stop()
    assert status == 0


def test_an_answer_with_its_facts(served: Served) -> None:
    shown = served.run("ask", "Name one colour.", "--max-tokens", "12")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.strip()
    lane, deployment, tokens, cost, seconds, decision, *_ = shown.stderr.strip().split(" · ")
    assert (lane, deployment) == ("own", "embedded/smollm2-135m")
    assert tokens.endswith(" out")
    assert cost == "cost unknown: machine_hour is not set"
    assert seconds.endswith(" s")
    explained = served.run("explain", decision)
    assert explained.returncode == 0, explained.stderr
    assert deployment in explained.stdout


def test_json(served: Served) -> None:
    shown = json.loads(served.run("ask", "Say hi.", "--json", "--max-tokens", "5").stdout)
    assert shown["deployment"] == "embedded/smollm2-135m"
    assert shown["usage"]["completion_tokens"] <= 5
    assert shown["cost"]["amount"] is None


def test_a_conversation(served: Served) -> None:
    shown = served.run("chat", given="/label phi\nSay hi in two words.\n/quit\n")
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.strip()
    assert "label: phi" in shown.stderr
    assert "own · embedded/smollm2-135m" in shown.stderr


def test_errors_of_the_gateway(served: Served) -> None:
    shown = served.run("ask", "-m", "embedded/smollm2", "Hi")
    assert shown.returncode == 1
    assert "embedded/smollm2-135m" in shown.stderr, "near names are suggested"
    shown = served.run("ask", "-l", "not a label!", "Hi")
    assert shown.returncode == 1
    assert "is not a label" in shown.stderr


def test_models(served: Served) -> None:
    shown = served.run("models").stdout
    assert "own  on machines you control" in shown
    assert "embedded/smollm2-135m" in shown
    assert "auto" in shown


def test_the_doctor_sees_it(served: Served) -> None:
    found = json.loads(served.run("doctor", "--json").stdout)
    said = {one["check"]: one["message"] for one in found}
    assert said["port"] == f"wye runs on {served.address} and is ready"
    assert said["spool"] == "nothing is left over"
