from pathlib import Path

import pytest

from ledger.records import START, record
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.core.usage import Usage
from wye.economics import traffic
from wye.economics.demand import Hour
from wye.economics.traffic import hours
from wye.ledger import Ledger
from wye.ledger.reader import Filter

FIRST = int(START) // 3600 * 3600


@pytest.mark.parametrize("rolled", [False, True])
def test_hours_add_up_what_clients_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, rolled: bool
) -> None:
    if rolled:
        monkeypatch.setattr(traffic, "TAIL_ROWS", 2)
    settings = LedgerSettings()
    ledger = Ledger.open(settings, tmp_path)
    for made in (
        record(1, usage=Usage(500, 40, 100, 0, 8)),
        record(2, usage=None),
        record(3, usage=Usage(1, 2, 0, 0, 0), deployment="gpt"),
        record(4, asked="", shadow_of="r000001"),
        record(5, at=FIRST + 2 * 3600.0 - 0.001),
        record(6, at=FIRST + 2 * 3600.0),
    ):
        ledger.append(made)
    ledger.close()
    assert hours(Filter(), settings, tmp_path) == [
        Hour(FIRST, 3, 501, 42, 100, 8),
        Hour(FIRST + 3600, 1, 500, 40, 100, 8),
        Hour(FIRST + 7200, 1, 500, 40, 100, 8),
    ]
    assert hours(Filter(deployment="gpt"), settings, tmp_path) == [Hour(FIRST, 1, 1, 2)]


def test_there_must_be_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger"):
        hours(Filter(), LedgerSettings(), tmp_path)
