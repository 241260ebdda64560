"""Whether a log could be written now, and if not, what to do: seen before somebody waits for it."""

import os
import stat
from pathlib import Path

from wye.ledger.tlog.errors import LogError

ROOM_BYTES = 32 << 20
"""Free space below which the disk counts as full: a few segments, and the tiles of their entries."""


def demand_writable(directory: Path) -> None:
    """Raise `LogError` when nothing could be written in `directory`: by whom, where, or how much."""
    try:
        found = os.statvfs(directory)
        writable = os.access(directory, os.W_OK | os.X_OK, effective_ids=True)
        owner = directory.stat().st_uid
    except OSError as error:
        message = f"{directory} cannot be used ({error.strerror}): put it back as it was"
        raise LogError(message) from None
    if found.f_flag & os.ST_RDONLY:
        message = f"{directory} is on a file system that is read-only: mount it for writing"
        raise LogError(message)
    if owner != os.geteuid() or not writable:
        message = (
            f"{directory} belongs to user {owner} and wye runs as {os.geteuid()}, "
            "or its mode forbids to write there: chown or chmod it"
        )
        raise LogError(message)
    if found.f_bavail * found.f_frsize < ROOM_BYTES:
        message = f"the disk of {directory} is full: free at least {ROOM_BYTES >> 20} MiB there"
        raise LogError(message)


def demand_private(key: Path) -> None:
    """Raise `LogError` when a private key is gone, somebody else's, or open to others."""
    try:
        found = key.stat()
    except OSError as error:
        message = (
            f"the log's key {key} cannot be read ({error.strerror}): put it back; if it is lost, move "
            f"{key.parent.parent} away and start wye again: another log begins"
        )
        raise LogError(message) from None
    if found.st_uid != os.geteuid():
        message = (
            f"the log's key {key} belongs to user {found.st_uid}, and wye runs as {os.geteuid()}: chown it"
        )
        raise LogError(message)
    if stat.S_IMODE(found.st_mode) & 0o077:
        message = f"the log's key {key} is open to others: chmod 600 it"
        raise LogError(message)
