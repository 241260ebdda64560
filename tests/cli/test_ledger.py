"""`wye ledger roll`, and reports that read what it wrote."""

import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ledger.records import record
from wye.cli.cost import cost
from wye.cli.ledger import ledger, told
from wye.config.settings import LedgerSettings
from wye.economics import history, showback
from wye.ledger import Ledger


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WYE_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    opened = Ledger.open(LedgerSettings(), tmp_path / "state")
    for number in range(5):
        opened.append(record(number, labels=("internal", "phi")[: 1 + number % 2]))
    opened.close()
    return tmp_path / "state"


def test_a_roll_says_what_it_did(runner: CliRunner, state: Path) -> None:
    done = runner.invoke(ledger, ["roll"])
    assert done.stdout == f"5 rows rolled into {state / 'parquet'}, 5 in all.\n"
    again = runner.invoke(ledger, ["roll", "--json"])
    assert msgspec.json.decode(again.stdout) == {
        "rows": 0,
        "last": 5,
        "parts": 1,
        "directory": str(state / "parquet"),
    }


@pytest.mark.usefixtures("state")
def test_a_report_reads_parts_where_there_is_much(runner: CliRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    small = runner.invoke(cost, ["--by", "day"])
    monkeypatch.setattr(showback, "TAIL_ROWS", 2)
    monkeypatch.setattr(history, "TAIL_ROWS", 2)
    large = runner.invoke(cost, ["--by", "day"])
    assert large.stdout == small.stdout
    shown = runner.invoke(cost, ["--by", "label"])
    assert [line.split()[:2] for line in shown.stdout.splitlines()[1:3]] == [
        ["internal", "3"],
        ["internal,phi", "2"],
    ]


def test_progress_is_for_who_looks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told()(5, 10)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    tell = told()
    tell(5, 1_000)
    tell(1_000, 1_000)
    assert capsys.readouterr().err == "rolling the ledger: 1,000 of 1,000 rows\n"
