"""The machine's checks, on real directories and clocks that lie."""

import datetime as dt
import itertools
import os
import resource
import time
from pathlib import Path

import pytest

from wye.cli.checkup import machine
from wye.cli.checkup.finding import Level

LONG_AGO = dt.date(2020, 1, 1)


@pytest.mark.parametrize(
    ("version", "level"),
    [((3, 10), Level.FAIL), ((3, 11), Level.OK), ((3, 13), Level.OK), ((3, 14), Level.WARN)],
)
def test_python(version: tuple[int, int], level: Level) -> None:
    assert machine.python(version).level is level


def test_a_sane_clock() -> None:
    assert machine.clock(LONG_AGO).level is Level.OK


def test_a_clock_that_was_never_set() -> None:
    found = machine.clock(LONG_AGO, wall=lambda: 3600.0 + time.monotonic())
    assert found.level is Level.FAIL
    assert "is before 2020-01-01" in found.message


def test_a_clock_that_jumps() -> None:
    jumps = itertools.count(time.time(), 5)
    found = machine.clock(LONG_AGO, wall=lambda: next(jumps))
    assert found.level is Level.WARN
    assert "it jumps" in found.message


def test_open_files() -> None:
    assert machine.open_files(4096, resource.RLIM_INFINITY).message == "no limit"
    assert machine.open_files(4096, 65_536).level is Level.OK
    found = machine.open_files(4096, 1024)
    assert found.level is Level.WARN
    assert found.message == "1,024 allowed: enough for 448 connections, listener.connections is 4,096"
    assert "ulimit -n 8320" in found.todo


@pytest.mark.parametrize(
    ("free", "level"), [(50 << 20, Level.FAIL), (1 << 30, Level.WARN), (50 << 30, Level.OK)]
)
def test_disk(tmp_path: Path, free: int, level: Level) -> None:
    found = machine.disk(tmp_path / "not" / "there", free)
    assert found.level is level
    assert str(tmp_path) in found.message


def levels(path: Path) -> list[Level]:
    return [found.level for found in machine.state_directory(path)]


def test_a_private_state_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert levels(tmp_path) == [Level.OK]
    assert list(tmp_path.iterdir()) == []


def test_a_state_directory_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    assert levels(tmp_path / "wye") == [Level.OK]
    assert not (tmp_path / "wye").exists()


def test_one_that_others_can_read(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (found,) = machine.state_directory(tmp_path)
    assert found.level is Level.WARN
    assert found.todo == f"chmod 700 {tmp_path}"


def test_a_file_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "wye").write_text("x")
    assert levels(tmp_path / "wye") == [Level.FAIL]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_one_of_another_user(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    os.chown(tmp_path, 65_534, 65_534)
    assert levels(tmp_path) == [Level.WARN, Level.OK]


def test_one_that_cannot_be_written() -> None:
    assert levels(Path("/proc/wye")) == [Level.FAIL]
