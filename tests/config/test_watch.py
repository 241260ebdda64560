"""When a changed file is told: each way a file gets new content, and what must not count."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from wye.config.governance import PolicySettings
from wye.config.settings import Settings
from wye.config.watch import Files, Watch


def write(file: Path, text: str) -> None:
    """Write so that the time differs even on a coarse clock."""
    before = file.stat().st_mtime_ns if file.exists() else 0
    file.write_text(text)
    if file.stat().st_mtime_ns == before:
        os.utime(file, ns=(before, before + 1_000_000))


def rename(file: Path, text: str) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(file)


@pytest.mark.parametrize("put", [write, rename])
def test_a_change_is_told_once_when_it_has_settled(tmp_path: Path, put: Callable[[Path, str], None]) -> None:
    file = tmp_path / "wye.yaml"
    file.write_text("listen: a")
    watch = Watch(file)
    assert not watch.changed()
    put(file, "listen: b")
    assert [watch.changed() for _ in range(4)] == [False, True, False, False]


def test_a_file_that_is_still_being_written_is_not_told(tmp_path: Path) -> None:
    file = tmp_path / "wye.yaml"
    file.write_text("")
    watch = Watch(file)
    for length in range(1, 4):
        write(file, "x" * length)
        assert not watch.changed()
    assert watch.changed()


def test_a_link_that_is_swapped_counts(tmp_path: Path) -> None:
    for version in ("one", "two"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "wye.yaml").write_text("same size")
    data = tmp_path / "..data"
    data.symlink_to("one")
    file = tmp_path / "wye.yaml"
    file.symlink_to("..data/wye.yaml")
    watch = Watch(file)
    fresh = tmp_path / "..data_tmp"
    fresh.symlink_to("two")
    fresh.rename(data)
    assert [watch.changed() for _ in range(3)] == [False, True, False]


def test_a_file_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "wye.yaml"
    watch = Watch(file)
    assert not watch.changed()
    write(file, "listen: a")
    assert [watch.changed() for _ in range(3)] == [False, True, False]
    file.unlink()
    assert [watch.changed() for _ in range(2)] == [False, False]
    write(file, "listen: bb")
    assert [watch.changed() for _ in range(3)] == [False, True, False]


def test_a_touch_back_to_what_was_read_is_not_told(tmp_path: Path) -> None:
    file = tmp_path / "wye.yaml"
    file.write_text("a")
    watch = Watch(file)
    before = file.stat()
    write(file, "bb")
    assert not watch.changed()
    write(file, "a")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert [watch.changed() for _ in range(3)] == [False, False, False]


def test_a_configuration_is_not_told_while_a_file_that_it_names_is_being_written(tmp_path: Path) -> None:
    config, policy = tmp_path / "wye.yaml", tmp_path / "my.cedar"
    write(config, "")
    write(policy, "")
    files = Files(config)
    files.follow(Settings(policy=PolicySettings(files=(str(policy),))))
    write(config, "listen: b")
    told = []
    for length in range(1, 4):
        write(policy, "x" * length)
        told.append(files.changed())
    told += [files.changed() for _ in range(3)]
    assert told == [False] * 3 + [True, False, False]
