import gzip
from pathlib import Path

import msgspec
import pytest

from wye.evaluation.dataset import DatasetError, Result, Row, models, read, with_both


def row(name: str, **quality: float | None) -> Row:
    return Row(name, f"prompt {name}", {model: Result(score) for model, score in quality.items()})


def written(path: Path, rows: list[Row]) -> Path:
    data = b"".join(msgspec.json.encode(one) + b"\n" for one in rows)
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


@pytest.mark.parametrize("name", ["set.jsonl", "set.jsonl.gz"])
def test_rows_are_read_as_they_were_written(tmp_path: Path, name: str) -> None:
    rows = [row("a", one=1.0, two=None), row("b", one=0.5)]
    assert read(written(tmp_path / name, rows)) == rows


def test_a_model_that_was_not_run_has_no_score() -> None:
    rows = [row("a", one=1.0, two=None), row("b", one=0.0, two=0.25)]
    assert with_both(rows, "one", "two") == rows[1:]
    assert models(rows) == ["one", "two"]
    assert models(rows[:1]) == ["one"]
    assert rows[0].quality("three") is None


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b'{"id": "a", "prompt": "p", "results": {"m": {"quality": 1.5}}}', "line 2.*m is not in"),
        (b'{"id": "a"', "line 2"),
        (b'{"id": "a", "prompt": 3, "results": {}}', "line 2.*prompt"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, line: bytes, says: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(b"\n" + line + b"\n")
    with pytest.raises(DatasetError, match=says):
        read(path)


def test_a_file_that_is_no_gzip_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl.gz"
    for content in (b"not gzipped", gzip.compress(b'{"id": "a"}' * 100)[:-20]):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match="cannot read"):
            read(path)
