"""Started by test_crash: appends under SIGKILL, many times over, in one state directory.

    crash.py STATE_DIR KILLS PROMISES SEED sealed|plain

Each round forks a gateway that opens the ledger (replaying what the killed one left), appends, and
acknowledges each record over a pipe after `append` has returned. There are `KILLS` of them, and more on a
machine so slow that they came too early for so many `PROMISES`. Prints how many, then the acknowledged ids.
"""

import os
import random
import signal
import sys
import time
from pathlib import Path

import alembic.command
import alembic.config

from ledger.records import record
from wye.config.settings import LedgerSettings
from wye.ledger import Ledger
from wye.ledger.spool import Spool

PRELOADED = (alembic.command, alembic.config)
"""Imported before the forks, so that the first rounds come further than importing it."""


def serve(state: Path, acknowledge: int, run: int, settings: LedgerSettings) -> None:
    """Append until killed. Small segments, so that kills meet rotation too."""
    defaults = Spool.__init__.__kwdefaults__
    assert defaults is not None
    defaults["segment_bytes"] = 20_000
    ledger = Ledger.open(settings, state)
    for number in range(1_000_000):
        made = record(number, id=f"{run}-{number}")
        ledger.append(made)
        os.write(acknowledge, f"{made.id}\n".encode())
        if number % 50 == 0:
            time.sleep(0.002)


def acknowledged(state: Path, run: int, chance: random.Random, settings: LedgerSettings) -> list[str]:
    """Kill one gateway at a random moment: while it opens, replays, appends or commits."""
    incoming, outgoing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(incoming)
        serve(state, outgoing, run, settings)
        os._exit(1)
    os.close(outgoing)
    moment = time.monotonic() + chance.uniform(0, 0.3)
    os.set_blocking(incoming, False)
    received = b""
    killed = False
    while True:
        if not killed and time.monotonic() >= moment:
            os.kill(child, signal.SIGKILL)
            killed = True
        try:
            got = os.read(incoming, 1 << 16)
        except BlockingIOError:
            time.sleep(0.001)
            continue
        if not got:
            break
        received += got
    os.close(incoming)
    assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
    return received.decode().splitlines()


def main() -> None:
    """Print what the ledger has promised to hold."""
    state, (kills, promises, seed) = Path(sys.argv[1]), map(int, sys.argv[2:5])
    settings = LedgerSettings(transparency=sys.argv[5] == "sealed")
    chance = random.Random(seed)  # noqa: S311  # moments
    promised: list[str] = []
    runs = 0
    while runs < kills or len(promised) < promises:
        promised += acknowledged(state, runs, chance, settings)
        runs += 1
    sys.stdout.write("\n".join([str(runs), *promised]))


if __name__ == "__main__":
    main()
