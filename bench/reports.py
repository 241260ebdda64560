"""Time every report over a made-up month: `python bench/reports.py [ROWS] [FOLDER]`.

On one core, and without a database. Prints seconds and the process's peak memory. A folder that is named is
kept, and used again.
"""

import datetime as dt
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import rows

from wye.core.money import Price, Rates
from wye.economics import rolled, showback
from wye.economics.history import History
from wye.economics.replay import Choice, Scenario, replay
from wye.ledger.reader import Filter

ROWS = 20_000_000


def reports(history: History) -> dict[str, Callable[[], object]]:
    """Return name -> what computes it."""
    found: dict[str, Callable[[], object]] = {
        f"cost --by {by}": lambda by=by: showback.cost(history, by) for by in showback.GROUPS
    }
    found["budgets"] = lambda: showback.spent(history)
    return found


def simulations(history: History) -> dict[str, Callable[[], object]]:
    """Return name -> what replays the first million requests."""
    price = Price(Rates(Decimal("0.14"), Decimal("0.4")), dt.date(2025, 10, 1), "list")
    filter_ = Filter(until=rows.START + rows.SECONDS * 1_000_000 / ROWS)
    scenarios = {
        "--price": Scenario(prices=(("gpt-5.5", price),)),
        "--swap": Scenario(swaps=(("gpt-5.5", "gemma"),)),
        "--choice": Scenario(choice=Choice(quality=0.6)),
    }
    return {
        f"simulate {name}": lambda scenario=scenario: replay(history, filter_, scenario, lambda _: price)
        for name, scenario in scenarios.items()
    }


def history_of(folder: Path) -> History:
    """Open parts without a ledger, on one core."""
    connection = rolled.connect(folder, threads=1)
    history = History(connection, folder)
    history.show([], rolled.parts_table(rolled.parts(folder)))
    return history


def main() -> None:
    """Make the month if it is not there, and time the reports."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp(prefix="wye-reports-"))
    if not rolled.parts(folder):
        began = time.perf_counter()
        rows.make(folder, count)
        print(f"made {count:,} rows in {time.perf_counter() - began:.0f} s")
    size = sum(part.path.stat().st_size for part in rolled.parts(folder))
    print(f"{size / 1e6:,.0f} MB of Parquet; peak before: {peak():.0f} MB")
    with history_of(folder) as history:
        for name, report in (reports(history) | simulations(history)).items():
            began, worked = time.perf_counter(), time.process_time()
            report()
            took, work = time.perf_counter() - began, time.process_time() - worked
            print(f"{name:20} {took:6.2f} s, of a core {work:6.2f} s   peak {peak():5.0f} MB")


def peak() -> float:
    """Return the most memory this process ever had, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
