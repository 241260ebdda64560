"""`wye serve` that cannot start: each reason names its setting, and what to do."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def serve(tmp_path: Path, *arguments: str, config: str = "", **environment: str) -> str:
    """Start it where it must fail; return the line it ends with."""
    file = tmp_path / "wye.yaml"
    file.write_text(f"discovery: {{engines: false}}\nembedded: {{enabled: false}}\n{config}")
    done = subprocess.run(
        [sys.executable, "-m", "wye.cli.main", "serve", "--config", str(file), *arguments],
        env={**os.environ, "WYE_STATE_DIR": str(tmp_path / "state"), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr.splitlines()[-1]


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        todo = "choose another with --listen, or stop what listens there (`wye doctor`)"
        wanted = f"Error: {address} is in use; {todo}"
        assert serve(tmp_path, "--listen", address) == wanted
        assert serve(tmp_path, config=f"listen: {address}\n") == wanted


@pytest.mark.parametrize("listen", ["192.0.2.1:4000", "no-such-host.invalid:4000"])
def test_an_address_that_is_not_of_this_machine(tmp_path: Path, listen: str) -> None:
    said = serve(tmp_path, "--listen", listen, WYE_BOOTSTRAP_KEY="0123456789abcdefghijklmnopqrstuv")
    assert listen.partition(":")[0] in said
    assert said.endswith("choose another with --listen")


def test_a_bootstrap_file_that_is_not_there(tmp_path: Path) -> None:
    said = serve(tmp_path, WYE_BOOTSTRAP_KEY_FILE="/nowhere/key")
    assert said.startswith(
        "Error: WYE_BOOTSTRAP_KEY_FILE names /nowhere/key, which cannot be read: No such file or directory; "
    )


def test_a_state_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = serve(tmp_path, "--state-dir", str(tmp_path / "file" / "state"))
    assert "cannot use the state directory" in said
    assert "--state-dir" in said


def test_a_certificate_that_is_not_there(tmp_path: Path) -> None:
    said = serve(tmp_path, config="listener: {tls_cert_file: /nowhere/a, tls_key_file: /nowhere/b}\n")
    assert "listener.tls_key_file: '/nowhere/b' cannot be read" in said
