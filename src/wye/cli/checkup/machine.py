"""The machine: Python, clock, files, disk."""

import datetime as dt
import os
import platform
import resource
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from wye.cli.checkup.finding import Finding, fail, ok, warn

OLDEST, FIRST_UNTRIED = (3, 11), (3, 14)
LOW_BYTES, TOO_LOW_BYTES = 2 << 30, 100 << 20
"""The spool alone may grow to 1 GB while the database is away."""
SPARE_FILES = 128
"""Beside connections: the ledger, the engine, logs, libraries."""
_WAIT_SECONDS = 0.05
_DRIFT_SECONDS = 0.02


def python(version: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Look at the interpreter."""
    name = f"{platform.python_implementation()} {platform.python_version()}"
    if version < OLDEST:
        return fail("python", name, "install Python 3.11 or newer")
    if version >= FIRST_UNTRIED:
        return warn("python", f"{name} is newer than what wye is tested with", "use Python 3.11 to 3.13")
    return ok("python", name)


def clock(
    known: dt.date,
    wall: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.monotonic,
) -> Finding:
    """Look at the clock. `known`: a day that is certainly past.

    Prices are dated and keys expire, so a wrong clock costs money.
    """
    before = wall() - steady()
    time.sleep(_WAIT_SECONDS)
    now = wall()
    shown = f"{dt.datetime.fromtimestamp(now, dt.UTC):%Y-%m-%d %H:%M:%S} UTC"
    if dt.datetime.fromtimestamp(now, dt.UTC).date() < known:
        return fail(
            "clock", f"{shown} is before {known}, when this wye's prices were listed", "set the clock"
        )
    if abs(now - steady() - before) > _DRIFT_SECONDS:
        return warn("clock", f"{shown}, and it jumps", "let one time service set it")
    return ok("clock", shown)


def open_files(connections: int, limit: int | None = None) -> Finding:
    """Look at the limit of open files. A request needs two: the client's connection and the upstream's."""
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if limit is None else limit
    wanted = 2 * connections + SPARE_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return ok("open files", "no limit" if soft == resource.RLIM_INFINITY else f"{soft:,} allowed")
    enough = max(1, (soft - SPARE_FILES) // 2)
    return warn(
        "open files",
        f"{soft:,} allowed: enough for {enough:,} connections, listener.connections is {connections:,}",
        f"start wye after `ulimit -n {wanted}` (systemd: LimitNOFILE={wanted})",
    )


def disk(state_dir: Path, free: int | None = None) -> Finding:
    """Look at the room for the ledger."""
    place = _nearest(state_dir)
    left = shutil.disk_usage(place).free if free is None else free
    message = f"{left / (1 << 30):,.1f} GB free at {place}"
    if left < TOO_LOW_BYTES:
        return fail("disk", message, "free some: a request that cannot be recorded is not answered")
    if left < LOW_BYTES:
        return warn("disk", message, "free some before it runs full: then requests are refused")
    return ok("disk", message)


def state_directory(state_dir: Path) -> Iterator[Finding]:
    """Look at who can read and write where the ledger lives."""
    name = "state directory"
    place = _nearest(state_dir)
    other = "or choose another one with --state-dir or WYE_STATE_DIR"
    if not place.is_dir():
        yield fail(name, f"{place} is not a directory", f"move it away, {other}")
        return
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        yield fail(name, f"{place} cannot be written: {error.strerror}", f"give it to this user, {other}")
        return
    if place != state_dir:
        yield ok(name, f"{state_dir} will be made at the first start")
        return
    about = state_dir.stat()
    if about.st_uid != os.geteuid():
        yield warn(name, f"{state_dir} belongs to another user", f"run wye as that user, {other}")
    if about.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        todo = f"chmod 700 {state_dir}"
        yield warn(name, f"{state_dir} is open to other users ({stat.filemode(about.st_mode)})", todo)
    else:
        yield ok(name, str(state_dir))


def _nearest(path: Path) -> Path:
    """Return `path`, or the parent that exists."""
    return next((place for place in (path, *path.absolute().parents) if place.exists()), Path("/"))
