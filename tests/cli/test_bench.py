import gzip
from pathlib import Path
from typing import Any

import click.testing
import msgspec
import pytest

from evaluation import made_up
from wye.cli.bench import bench
from wye.core.errors import WyeError


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("labelled") / "set.jsonl.gz"
    lines = [msgspec.json.encode(row) for row in made_up.rows(450)]
    path.write_bytes(gzip.compress(b"\n".join(lines)))
    return path


def run(path: Path, *options: str) -> str:
    arguments = ["routing", str(path), "--strong", "strong", "--weak", "weak", "--seeds", "2", *options]
    result = click.testing.CliRunner().invoke(bench, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_table_for_people(labelled: Path) -> None:
    shown = run(
        labelled, "--labels", "150", "--gate", "gate", "--certify", "--epsilon", "0.1", "--delta", "0.2"
    )
    assert "450 rows" in shown
    assert "150 labels" in shown
    for words in ("APGR", "CPT80", "strong share at 99 % quality", "static mix", "p99", "false certificates"):
        assert words in shown


def test_json_for_programs(labelled: Path) -> None:
    found: dict[str, Any] = msgspec.json.decode(run(labelled, "--use-category", "--json"))
    assert found["apgr_interval"][0] < found["apgr"] < found["apgr_interval"][1]
    assert found["labels"] == 225
    assert found["used_category"] is True
    assert found["certified"] is None
    assert {"saved_99", "saved_95", "oracle", "random", "ece_weak", "decision_ms_p99"} <= found.keys()


def test_what_cannot_be_measured_is_one_sentence(labelled: Path, tmp_path: Path) -> None:
    arguments = ["routing", str(labelled), "--strong", "nobody", "--weak", "weak"]
    with pytest.raises(WyeError, match="no scores of nobody"):
        click.testing.CliRunner().invoke(bench, arguments, catch_exceptions=False)
    empty = tmp_path / "empty.jsonl"
    empty.write_bytes(b"")
    with pytest.raises(WyeError, match="no scores of"):
        run(empty)


def test_the_merit_order_is_measured() -> None:
    arguments = ["merit", "--slots", "6", "--seeds", "1"]
    shown = click.testing.CliRunner().invoke(bench, arguments, catch_exceptions=False).output
    assert "6 slots, peak/mean 6, 1 days each" in shown
    assert (shown.count("x   queue"), shown.count("x   slots")) == (3, 3)
    told = click.testing.CliRunner().invoke(bench, [*arguments, "--json"], catch_exceptions=False).output
    assert all(0 < row["excess"] < 0.15 for row in msgspec.json.decode(told))
