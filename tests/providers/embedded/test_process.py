"""A child that will not start, and the ends of one that did."""

import asyncio
import logging
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


async def test_a_missing_native_package_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "xllamacpp.py").write_text("raise ImportError('No module named xllamacpp')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process = Process(_program(tmp_path, "wye.providers.embedded.chat_engine", tmp_path))
    with pytest.raises(EmbeddedUnavailableError, match=r"named xllamacpp; install.*wye\[embedded\]"):
        await process.start()


FLAKY = """
import os, pathlib, sys, time
from wye.providers.embedded.boot import Child
child = Child()
lives = pathlib.Path(child.boot.model)
lives.write_text(lives.read_text() + "x")
match len(lives.read_text()):
    case 1:
        child.ready(lambda: None)
        time.sleep(0.1)
        os._exit(3)
    case 2:
        child.fail("out of luck")
    case _:
        child.ready(lambda: os._exit(0))
        time.sleep(60)
"""


async def test_restarts_go_on_after_one_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "wye")
    (tmp_path / "flaky.py").write_text(FLAKY)
    lives = tmp_path / "lives"
    lives.write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    process = Process(_program(tmp_path, "flaky", lives))
    await process.start()
    reasons = set()
    async with asyncio.timeout(60):
        while process.restarts < 2 or process.down is not None:  # what a caller sees is the point
            reasons.add(process.down)
            await asyncio.sleep(0.01)
    await process.stop(5)
    assert {
        "the engine ended with status 3; restarting in 0.2 s",
        "out of luck; restarting in 1 s",
        "starting",
    } <= reasons
    assert [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "wye"] == [
        ("WARNING", "embedded flaky: the engine ended with status 3; restarting in 0.2 s"),
        ("WARNING", "embedded flaky: out of luck; restarting in 1 s"),
        ("INFO", "embedded flaky: up again"),
    ]


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
        assert child.wait(60) == 0


def test_a_child_whose_parent_is_gone_already_does_not_start(tmp_path: Path) -> None:
    with _start(tmp_path, parent=1) as child:
        assert child.wait(60) == 0


def test_the_log_is_bounded(tmp_path: Path) -> None:
    with _start(tmp_path, os.getpid(), size=2 * LOG_BYTES) as child:
        child.wait(60)  # this Python child ends by its own exception; native code goes on
        assert child.stdout is not None
        assert child.stdout.read() == b'{"error":""}\n'
    assert (tmp_path / "log").stat().st_size <= LOG_BYTES
