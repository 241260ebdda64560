"""The traffic of a ledger, hour by hour: what machines are sized for and break-evens are reckoned from."""

from pathlib import Path

from wye.config.settings import LedgerSettings
from wye.economics.demand import Hour
from wye.economics.history import TAIL_ROWS, History, conditions
from wye.economics.optional import installed
from wye.ledger.reader import Filter, Reader

_COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")


def hours(filter_: Filter, settings: LedgerSettings, state_dir: Path) -> list[Hour]:
    """Return each hour that had requests, in order; those without are left out.

    Of what clients asked: shadows and judges are left out. A request whose tokens nobody counted adds none.
    Raises `LedgerError` when there is no ledger.
    """
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
