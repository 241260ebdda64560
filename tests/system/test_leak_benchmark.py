"""An outside gate: `pii-leak-benchmark`, with its own upstream, its own values and its own idea of a leak."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from running import Running, free_port, running

SECONDS = 100
BIN = Path(sys.executable).parent


def gateway_for(capture: int, folder: Path) -> Any:
    """A gateway whose only upstream is the benchmark's, which may see nothing personal."""
    settings = {
        "default_label": "personal",
        "labels": {"personal": {"lanes": ["own", "hosted"], "mask": "all"}},
        "deployments": {
            "conformance-model": {
                "model": "conformance-model",
                "base_url": f"http://127.0.0.1:{capture}/v1",
                "lane": "hosted",
                "networks": ["127.0.0.0/8"],
            }
        },
    }
    return running(folder, settings)


def ran(*command: object) -> None:
    done = subprocess.run([*map(str, command)], check=False, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode in (0, 1), done.stdout + done.stderr


def test_no_value_reaches_the_upstream_and_each_comes_back(tmp_path: Path) -> None:
    capture, report = free_port(), tmp_path / "report.json"
    gateway: Running
    with gateway_for(capture, tmp_path / "gateway") as gateway:
        url = f"http://127.0.0.1:{gateway.port}/v1"
        options = ("--capture-port", capture, "--iterations", 2, "--json-out", report)
        ran(BIN / "pii-leak-benchmark", "selfcheck", "--target-base-url", url, *options)
    checks = json.loads(report.read_text())["checks"]
    assert checks["configured_upstream_boundary"]["correlated_requests"] > 0
    assert {name: check["passed"] for name, check in checks.items()} == dict.fromkeys(checks, True)


def test_the_gate_can_tell(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    options = ("--capture-port", free_port(), "--iterations", 1, "--json-out", report)
    ran(BIN / "pii-leak-benchmark", "selfcheck", "--target-base-url", "capture://self", *options)
    assert not json.loads(report.read_text())["checks"]["configured_upstream_boundary"]["passed"]


@pytest.mark.deep
def test_values_cut_in_two_anywhere_come_back(tmp_path: Path) -> None:
    """Its other half wants values out of answers that an upstream made up: masking promises no such thing."""
    capture, summary = free_port(), tmp_path / "summary.json"
    with gateway_for(capture, tmp_path / "gateway") as gateway:
        url = f"http://127.0.0.1:{gateway.port}/v1/chat/completions"
        options = ("--upstream-port", capture, "--model", "conformance-model", "--seed", "a1b2c3d4e5f60001")
        command = (BIN / "pii-leak-benchmark-v2", "--out", tmp_path / "out", "--only", "wye")
        ran(*command, "--gateway-url", url, *options, "--json-out", summary)
    (row,) = json.loads(summary.read_text())["rows"]
    assert row["echo_observable"] == row["cases_attempted"] > 0
    assert (row["fidelity_rate"], row["delta_frag"], row["request_path_leak"]) == (1.0, 0.0, [])
