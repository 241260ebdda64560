"""The traffic of a ledger, hour by hour: what machines are sized for and break-evens are reckoned from."""

import time
from pathlib import Path

import msgspec

from wye.config.settings import LedgerSettings
from wye.economics.demand import Demand, Hour, of_hours
from wye.economics.history import TAIL_ROWS, History, conditions
from wye.economics.measuring import LABEL
from wye.economics.optional import installed
from wye.ledger.reader import Filter, Reader

_COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")


def month(filter_: Filter, settings: LedgerSettings, state_dir: Path, *, batch: float = 0.0) -> Demand:
    """Return a month like the time that a filter asks for, as far as the ledger saw it: silence counts.

    Raises `LedgerError` when there is no ledger, `ValueError` when that time had no traffic.
    """
    now = time.time()
    with Reader(settings, state_dir) as reader:
        oldest = reader.oldest()
    since = max(filter_.since or 0.0, now if oldest is None else oldest)
    until = min(now if filter_.until is None else filter_.until, now)
    found = hours(filter_, settings, state_dir)
    if not any(hour.input_tokens + hour.output_tokens for hour in found):
        found = []
    return of_hours(found, since=since, until=until, batch=batch)


def hours(filter_: Filter, settings: LedgerSettings, state_dir: Path) -> list[Hour]:
    """Return each hour that had requests, in order; those without are left out.

    Of what clients asked: shadows and judges are left out, and what `wye measure` sent. A
    request whose tokens nobody counted adds none.
    Raises `LedgerError` when there is no ledger.
    """
    filter_ = msgspec.structs.replace(filter_, without=LABEL)
    with Reader(settings, state_dir) as reader:
        if reader.newest() <= TAIL_ROWS or not installed("duckdb"):
            return [Hour(*figures) for figures in reader.hours(filter_)]
    where, parameters = conditions(filter_)
    sums = ", ".join(f"coalesce(sum({name}), 0)::BIGINT" for name in _COUNTS)
    query = f"""
        SELECT floor("at" / 3600)::BIGINT * 3600, count(*), {sums}
        FROM request WHERE asked <> '' AND {where} GROUP BY 1 ORDER BY 1
    """  # noqa: S608  # our own names
    with History.open(settings, state_dir) as history:
        return [Hour(*figures) for figures in history.rows(query, parameters)]
