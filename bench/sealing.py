"""Measure sealing: how many records a second reach the disk, and how long each waits for it.

    python bench/sealing.py [--directory DIR] [--rate 20000] [--bare]

Records' lines are offered evenly at a rate, encrypted, and appended to a log; each waits until its group is
on the disk. Run it where the log is to be: it is the disk that is measured. `--bare` leaves the encryption
out, and appends 32 bytes an entry: the log alone. Nothing is deleted before the end, since deleting stalls
disks that are mounted with `discard`.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from wye.ledger.entries import record_entry
from wye.ledger.tlog.log import Log
from wye.ledger.vault import Vault

STEP_SECONDS = 0.002
LINE = b'{"id":"%016x","at":1760000000.0,"filler":"' + b"x" * 940 + b'"}'


def run(directory: Path, rate: int, seconds: float, *, bare: bool) -> str:
    """Offer records for so long; return what came of it."""
    acknowledged: list[tuple[int, float]] = []

    def committed(size: int) -> None:
        acknowledged.append((size, time.perf_counter()))

    vault = Vault.open(directory)
    with Log(directory / "log", origin="example.com/bench", committed=committed) as log:
        offered: list[tuple[int, float]] = []
        began, count = time.perf_counter(), 0
        while (now := time.perf_counter()) - began < seconds:
            due = int((now - began) * rate)
            if bare:
                entries = [os.urandom(32) for _ in range(count, due)]
            else:
                entries = [record_entry(vault, LINE % number)[1] for number in range(count, due)]
            if entries:
                offered.append((log.append(entries), now))
            count = due
            time.sleep(STEP_SECONDS)
        log.wait(count)
        took = time.perf_counter() - began
        log.wait_published(count)
    vault.close()
    waited: list[float] = []
    group = size = 0
    for upto, at in offered:
        while acknowledged[group][0] < upto:
            group += 1
        waited += [acknowledged[group][1] - at] * (upto - size)
        size = upto
    waited.sort()
    p50, p99, p999 = (waited[int(len(waited) * part)] * 1e3 for part in (0.5, 0.99, 0.999))
    return (
        f"{count / took:,.0f} records/s; to acknowledge p50 {p50:.1f} ms, p99 {p99:.1f} ms, "
        f"p99.9 {p999:.1f} ms, longest {waited[-1] * 1e3:.1f} ms; {len(acknowledged)} groups"
    )


def main() -> None:
    """Read the command line and print a line a run."""
    parser = argparse.ArgumentParser(description="Measure how fast records are sealed.")
    parser.add_argument("--directory", type=Path, default=Path(), help="on the disk that is to be measured")
    parser.add_argument("--rate", type=int, default=20_000, help="records a second (20,000)")
    parser.add_argument("--seconds", type=float, default=5, help="length of a run (5)")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--bare", action="store_true", help="32 bytes an entry, nothing encrypted")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="wye-sealing-", dir=options.directory))
    try:
        for number in range(options.runs):
            told = run(folder / str(number), options.rate, options.seconds, bare=options.bare)
            sys.stdout.write(f"run {number + 1}: {told}\n")
            sys.stdout.flush()
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
