"""Promise 4: what `append` took is in the ledger exactly once, whenever the process is killed."""

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.sealed import sealed_ids
from wye.config.settings import LedgerSettings
from wye.ledger import Ledger

TESTS = Path(__file__).parents[1]


def _quarantined(state: Path) -> list[bytes]:
    return [line for file in (state / "quarantine").glob("*") for line in file.read_bytes().splitlines()]


@pytest.mark.parametrize(
    ("kills", "how"),
    [
        (25, "plain"),
        (6, "sealed"),
        pytest.param(200, "plain", marks=[pytest.mark.deep, pytest.mark.timeout(600)]),
        pytest.param(200, "sealed", marks=[pytest.mark.deep, pytest.mark.timeout(1200)]),
    ],
)
def test_sigkill_loses_nothing_and_doubles_nothing(kills: int, how: str, tmp_path: Path) -> None:
    command = [
        sys.executable,
        str(TESTS / "ledger" / "crash.py"),
        str(tmp_path / "state"),
        *map(str, (kills, 20 * kills, kills)),
        how,
    ]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    shown = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    runs, *promised = shown.stdout.split()
    Ledger.open(LedgerSettings(), tmp_path / "state").close()
    with sqlite3.connect(tmp_path / "state" / "ledger.db") as database:
        stored = [id_ for (id_,) in database.execute("SELECT id FROM request")]
    assert len(set(stored)) == len(stored)
    assert set(promised) <= set(stored)
    assert len(stored) - len(promised) <= int(runs), (
        "a kill leaves at most one record appended but not acknowledged"
    )
    assert not list((tmp_path / "state" / "spool").glob("*/*"))
    for torn in _quarantined(tmp_path / "state"):  # a kill may cut a `write` short, at the end of a page
        assert torn.startswith(b'{"id":"')
        assert torn[7:].partition(b'"')[0].decode() not in promised
    assert sorted(sealed_ids(tmp_path / "state")) == (sorted(stored) if how == "sealed" else [])
