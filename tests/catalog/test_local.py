from pathlib import Path

import pytest

from wye.catalog import local
from wye.catalog.throughput import shipped


def test_rows_are_appended_and_read_the_latest_first(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert local.read(state) == ()
    first, second, third = shipped()[:3]
    local.append(state, [first])
    before = (state / local.FILE).read_bytes()
    local.append(state, [second, third])
    assert (state / local.FILE).read_bytes().startswith(before)
    assert local.read(state) == (third, second, first)


def test_a_line_cut_short_is_left_out_and_a_broken_one_is_named(tmp_path: Path) -> None:
    row = shipped()[0]
    local.append(tmp_path, [row])
    with (tmp_path / local.FILE).open("ab") as file:
        file.write(b'{"model": "x')
    assert local.read(tmp_path) == (row,)
    with (tmp_path / local.FILE).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(ValueError, match="line 2"):
        local.read(tmp_path)
