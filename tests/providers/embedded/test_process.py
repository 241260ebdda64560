"""A child that will not start, and the ends of one that did."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from wye.providers.embedded import weights
from wye.providers.embedded.boot import LOG_BYTES, Boot
from wye.providers.embedded.process import Process, Program
from wye.providers.embedded.weights import EmbeddedUnavailableError


def _program(tmp_path: Path, module: str, model: Path) -> Program:
    return Program(module=module, weights=model, log=tmp_path / "log", threads=1, slots=1, context_tokens=512)


@pytest.mark.parametrize("module", ["chat_engine", "embedding_engine"])
async def test_broken_weights_are_a_reason_not_a_crash(tmp_path: Path, module: str) -> None:
    broken = tmp_path / "weights"
    broken.write_bytes(b"not a model")
    process = Process(_program(tmp_path, f"wye.providers.embedded.{module}", broken))
    with pytest.raises(EmbeddedUnavailableError):
        await process.start()
    assert process.down
    assert process.pid is None


async def test_a_child_that_dies_at_once_points_to_its_log(tmp_path: Path) -> None:
    process = Process(_program(tmp_path, "wye.no_such_module", tmp_path))
    with pytest.raises(EmbeddedUnavailableError, match=r"ended with status 1; see .*log"):
        await process.start()
    assert "No module named" in (tmp_path / "log").read_text()


async def test_the_port_is_held_while_the_child_is_down(tmp_path: Path) -> None:
    process = Process(_program(tmp_path, "wye.no_such_module", tmp_path))
    with pytest.raises(OSError, match="in use"):
        await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", process.port)
    await process.stop(0)


def test_a_missing_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "CHAT_PACKAGE", "no-such-package")
    with pytest.raises(EmbeddedUnavailableError, match=r"no-such-package is not installed.*wye\[embedded\]"):
        weights.chat_weights()


CHILD = """
import time
from wye.providers.embedded.boot import Child
child = Child()
child.ready(lambda: None)
print("x" * {size}, flush=True)
time.sleep(60)
"""


def _start(tmp_path: Path, parent: int, size: int = 1) -> "subprocess.Popen[bytes]":
    boot = Boot(parent=parent, port=1, key="k", model="m", threads=1)
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD.format(size=size)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
        )
    assert child.stdin is not None
    child.stdin.write(msgspec.json.encode(boot) + b"\n")
    child.stdin.flush()
    return child


def test_end_of_stdin_alone_ends_a_child(tmp_path: Path) -> None:
    with _start(tmp_path, os.getpid()) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == b'{"error":""}\n'
        child.stdin.close()
        assert child.wait(2) == 0


def test_a_child_whose_parent_is_gone_already_does_not_start(tmp_path: Path) -> None:
    with _start(tmp_path, parent=1) as child:
        assert child.wait(5) == 0


def test_the_log_is_bounded(tmp_path: Path) -> None:
    with _start(tmp_path, os.getpid(), size=2 * LOG_BYTES) as child:
        child.wait(5)  # this Python child ends by its own exception; native code goes on
        assert child.stdout is not None
        assert child.stdout.read() == b'{"error":""}\n'
    assert (tmp_path / "log").stat().st_size <= LOG_BYTES
