"""bench/ is a folder of scripts: let tests import them."""

import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(autouse=True)
def bench(monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put bench/ on the path; gives the folder."""
    monkeypatch.setattr(sys, "path", [str(BENCH), *sys.path])
    return BENCH
