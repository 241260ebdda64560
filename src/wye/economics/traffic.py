"""The traffic of a ledger, hour by hour: what machines are sized for and break-evens are reckoned from."""

from pathlib import Path

from wye.config.settings import LedgerSettings
from wye.economics.demand import Hour
from wye.ledger.reader import Filter, Reader


def hours(filter_: Filter, settings: LedgerSettings, state_dir: Path) -> list[Hour]:
    """Return each hour that had requests, in order; those without are left out.

    Of what clients asked: shadows and judges are left out. A request whose tokens nobody counted adds none.
    Raises `LedgerError` when there is no ledger.
    """
    with Reader(settings, state_dir) as reader:
        return [Hour(*figures) for figures in reader.hours(filter_)]
