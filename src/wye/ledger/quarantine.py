"""Where spool lines go that cannot go into the database: kept, reported, and never in the way."""

import logging
import os
from pathlib import Path

from wye.ledger.spool import private_directory

log = logging.getLogger(__name__)


class Quarantine:
    """A directory with one file a segment that had bad lines."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def add(self, source: Path, lines: list[bytes]) -> None:
        """Keep damaged lines of the segment `source`, and say so."""
        path = private_directory(self._directory) / f"{source.parent.name}-{source.name}"
        fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        with os.fdopen(fd, "wb") as file:
            file.writelines(line + b"\n" for line in lines)
        log.error("%d ledger records could not be read or stored; kept in %s", len(lines), path)
