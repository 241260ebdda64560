"""Killed at any moment, a roll loses nothing and counts nothing twice."""

import contextlib
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from ledger.records import record
from wye.config.settings import LedgerSettings
from wye.economics import rolled
from wye.ledger import Ledger

ROWS = 6_000
SCRIPT = """
import sys
from pathlib import Path
from wye.config.settings import LedgerSettings
from wye.economics import rolled
rolled.PART_ROWS = 500
rolled._READING_SECONDS = -1.0
print("began", flush=True)
rolled.roll(LedgerSettings(), Path(sys.argv[1]))
print("done", flush=True)
"""


def ids(state_dir: Path) -> list[str]:
    found = rolled.parts(rolled.directory(state_dir))
    if not found:
        return []
    return [row[0] for row in duckdb.sql(f"SELECT id FROM {rolled.parts_table(found)}").fetchall()]  # noqa: S608  # our own names


@pytest.mark.parametrize("kills", [3, pytest.param(40, marks=pytest.mark.deep)])
def test_whatever_it_was_doing(tmp_path: Path, kills: int) -> None:
    rng = random.Random(7)  # noqa: S311  # moments of a kill
    with contextlib.closing(Ledger.open(LedgerSettings(), tmp_path)) as ledger:
        for number in range(ROWS):
            ledger.append(record(number))
        assert ledger.flush(60)
    for _ in range(kills):
        with subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "began\n"
            time.sleep(rng.uniform(0.05, 0.8))
            process.send_signal(signal.SIGKILL)
        seen = ids(tmp_path)
        assert seen == [f"r{number:06d}" for number in range(len(seen))]
    rolled.roll(LedgerSettings(), tmp_path)
    assert ids(tmp_path) == [f"r{number:06d}" for number in range(ROWS)]
