"""What is in the logs of a state directory, once they have verified."""

from pathlib import Path

from wye.ledger.entries import Entry, entries_from, taken_apart
from wye.ledger.sealer import logs
from wye.ledger.tlog.log import KEY, PUBLIC
from wye.ledger.tlog.note import VerifierKey
from wye.ledger.tlog.store import directory_source
from wye.ledger.tlog.verify import verify


def sealed_entries(state: Path) -> list[Entry]:
    """All entries of all logs, taken apart."""
    found: list[Entry] = []
    for log in logs(state):
        source = directory_source(log / PUBLIC)
        key = VerifierKey.parse((log / PUBLIC / KEY).read_text(encoding="utf-8"))
        size = verify(source, key).checkpoint.size
        found += map(taken_apart, entries_from(source, 0, size))
    return found


def sealed_ids(state: Path) -> list[str]:
    """What the records are called that were sealed, each as often as it was."""
    return [entry.name for entry in sealed_entries(state) if entry.kind in ("record", "digest")]
