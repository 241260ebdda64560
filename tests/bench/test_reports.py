"""Reports over millions of requests: within seconds, and within memory."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from wye.economics.showback import GROUPS


def run(bench: Path, folder: Path, rows: int) -> list[tuple[str, float, float]]:
    """Return (report, seconds of a core, MB at most) of each."""
    command = [sys.executable, str(bench / "reports.py"), str(rows), str(folder)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ}).stdout
    lines = [line for line in shown.splitlines() if "of a core" in line]
    return [
        (line[:20].strip(), float(line.split("core")[1].split()[0]), float(line.split()[-2]))
        for line in lines
    ]


def test_every_report_is_timed(bench: Path, tmp_path: Path) -> None:
    assert {name for name, _, _ in run(bench, tmp_path / "rows", 50_000)} >= {
        f"cost --by {by}" for by in GROUPS
    }


@pytest.mark.deep
def test_twenty_million_requests_take_five_seconds_and_a_gigabyte(bench: Path, tmp_path: Path) -> None:
    run(bench, tmp_path / "rows", 20_000_000)  # made once, which takes more memory
    for name, seconds, peak in run(bench, tmp_path / "rows", 20_000_000):
        assert seconds <= 5, name
        assert peak <= 1_000, name
