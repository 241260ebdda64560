"""`wye doctor` as a whole."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path


def doctor(tmp_path: Path, *arguments: str, config: str = "") -> subprocess.CompletedProcess[str]:
    """Run it in a home of its own, with no key and no engine to be found."""
    file = tmp_path / "wye.yaml"
    file.write_text("discovery: {engines: false, environment: false}\n" + config)
    unset = ("_API_KEY", "_PROXY", "_proxy")
    return subprocess.run(
        [sys.executable, "-m", "wye.cli.main", "doctor", "--config", str(file), *arguments],
        cwd=tmp_path,
        env={
            **{name: value for name, value in os.environ.items() if not name.endswith(unset)},
            "WYE_STATE_DIR": str(tmp_path / "state"),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def listen() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"listen: 127.0.0.1:{server.getsockname()[1]}\n"


def test_a_machine_that_is_in_order(tmp_path: Path) -> None:
    shown = doctor(tmp_path, config=listen())
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert shown.stderr == ""
    checks = [line[6:27].strip() for line in shown.stdout.splitlines() if not line.startswith(" ")]
    for check in (
        "python",
        "clock",
        "config",
        "disk",
        "ledger",
        "port",
        "proxies",
        "embedded chat",
        "upstreams",
    ):
        assert check in checks
    assert "\x1b" not in shown.stdout
    assert "→ set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY for the closed lane" in shown.stdout
    assert not (tmp_path / "state").exists(), "looking changes nothing"


def test_a_port_that_is_taken_fails_and_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        shown = doctor(tmp_path, "--json", config=f"listen: 127.0.0.1:{port}\n")
    assert shown.returncode == 1
    failed = [one for one in json.loads(shown.stdout) if one["level"] == "fail"]
    assert [one["check"] for one in failed] == ["port"]
    assert "--listen" in failed[0]["todo"]


def test_a_broken_file_does_not_stop_the_rest(tmp_path: Path) -> None:
    shown = doctor(tmp_path, config="listn: x\n" + listen())
    assert shown.returncode == 1
    assert "listn" in shown.stdout
    assert "embedded chat" in shown.stdout
    assert "Traceback" not in shown.stderr
