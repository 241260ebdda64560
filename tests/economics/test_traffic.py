import contextlib
import time
from pathlib import Path

import msgspec
import pytest

from ledger.records import START, record
from wye.config.settings import LedgerSettings
from wye.core.errors import LedgerError
from wye.core.usage import Usage
from wye.economics import traffic
from wye.economics.demand import Hour
from wye.economics.measuring import LABEL
from wye.economics.traffic import hours, month
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
        msgspec.structs.replace(record(7), labels=("internal", LABEL)),
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


def test_a_month_counts_from_the_first_request_or_later_and_until_now(tmp_path: Path) -> None:
    settings = LedgerSettings()
    now = time.time()
    with contextlib.closing(Ledger.open(settings, tmp_path)) as ledger:
        usage = Usage(input_tokens=900, output_tokens=100)
        for number, ago in enumerate((71.5, 70.5, 1.5)):
            ledger.append(record(number, at=now - ago * 3600, usage=usage))
    assert month(Filter(), settings, tmp_path).tokens == pytest.approx(3_000 * 730 / 72, rel=0.02)
    day = month(Filter(since=now - 24 * 3600), settings, tmp_path)
    assert day.tokens == pytest.approx(1_000 * 730 / 24, rel=0.05)
    with pytest.raises(ValueError, match="no traffic"):
        month(Filter(since=now - 40 * 3600, until=now - 30 * 3600), settings, tmp_path)
