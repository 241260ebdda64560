"""Started by test_log: appends to a log until it is killed.

    crashing.py DIRECTORY ROUND

Each entry is printed after it was acknowledged. Segments are small, so that kills meet rotation too.
"""

import os
import sys
from pathlib import Path

from wye.ledger.tlog.log import Log


def main() -> None:
    """Append groups of one to forty entries, for ever."""
    directory, turn = Path(sys.argv[1]), sys.argv[2]
    log = Log(directory, origin="example.com/crashing", segment_bytes=20_000, publish_seconds=0.003)
    number = 0
    while True:
        group = [b"%s-%d" % (turn.encode(), number + i) for i in range(1 + number % 40)]
        number += len(group)
        log.wait(log.append(group, b"%d" % number))
        os.write(1, b"".join(entry + b"\n" for entry in group))


if __name__ == "__main__":
    main()
