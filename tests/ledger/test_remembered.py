"""What conversations are labelled with is there after a restart, whole, or the gateway says so."""

from pathlib import Path

import pytest

from ledger.test_spool import files_end_at
from wye.core.errors import LedgerError
from wye.ledger.remembered import FILE, Remembered, RememberedFile

FIRST = Remembered("key", b"0" * 16, 1_790_000_000, ("phi",))
SECOND = Remembered("", b"\n\xff" * 8, 1_790_000_001, ("a", "b"))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / FILE


def written(path: Path, *those: Remembered) -> RememberedFile:
    file = RememberedFile(path)
    for one in those:
        file.append(one)
    return file


def test_what_is_written_is_found(path: Path) -> None:
    file = written(path, FIRST, SECOND)
    again = RememberedFile(path)
    assert again.found == [FIRST, SECOND]
    assert again.mark("a", b"x") == file.mark("a", b"x")
    again.append(FIRST)
    assert RememberedFile(path).found == [FIRST, SECOND, FIRST]


def test_a_mark_is_of_one_account_one_name_and_one_file(tmp_path: Path) -> None:
    one, other = RememberedFile(tmp_path / "a"), RememberedFile(tmp_path / "b")
    marks = {file.mark(account, name) for file in (one, other) for account in "ab" for name in (b"x", b"y")}
    assert len(marks) == 8


def test_without_anything_to_remember_there_is_no_file(path: Path) -> None:
    RememberedFile(path).close()
    assert not path.exists()


def test_it_is_its_owners_alone(path: Path) -> None:
    written(path, FIRST)
    assert path.stat().st_mode & 0o777 == 0o600


def test_wherever_a_loss_of_power_cuts_it_whole_lines_are_left(path: Path) -> None:
    written(path, FIRST, SECOND)
    content = path.read_bytes()
    for size in range(content.index(b"\n") + 1, len(content)):  # the first line is on the disk
        path.write_bytes(content[:size])
        file = RememberedFile(path)
        assert file.found == [FIRST, SECOND][: content[:size].count(b"\n") - 1]
        file.append(FIRST)
        assert RememberedFile(path).found == [*file.found, FIRST]


@pytest.mark.parametrize("content", [b"\n", b"no key\n", b"\xff\n", b"00\n"])
def test_a_file_without_its_key_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(LedgerError, match="does not begin with its key"):
        RememberedFile(path)


def test_a_damaged_line_is_refused(path: Path) -> None:
    written(path, FIRST, SECOND)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{}\n", lines[2]]))
    with pytest.raises(LedgerError, match="line 2 is damaged"):
        RememberedFile(path)


def test_a_full_disk_leaves_whole_lines(path: Path) -> None:
    file = written(path, FIRST)
    size = path.stat().st_size
    with files_end_at(size + 10):
        for _ in range(2):
            with pytest.raises(LedgerError, match="cannot be written"):
                file.append(SECOND)
    assert path.stat().st_size == size
    file.append(SECOND)
    assert RememberedFile(path).found == [FIRST, SECOND]


def test_it_is_written_anew_with_its_key(path: Path) -> None:
    file = written(path, FIRST, FIRST, FIRST)
    mark = file.mark("a", b"x")
    file.rewrite([SECOND])
    assert file.lines == 1
    file.append(FIRST)
    again = RememberedFile(path)
    assert (again.found, again.mark("a", b"x")) == ([SECOND, FIRST], mark)
    assert [one.name for one in path.parent.iterdir()] == [FILE]
