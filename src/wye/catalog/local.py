"""What was measured here: `catalog.jsonl` in the state directory, append-only, one row a line."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from wye.catalog.throughput import Throughput

FILE = "catalog.jsonl"


def append(state_dir: Path, rows: Iterable[Throughput]) -> None:
    """Write rows down for good. Raises `OSError`."""
    lines = b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
    state_dir.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(state_dir / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "ab") as file:
        file.write(lines)
        file.flush()
        os.fsync(file.fileno())


def read(state_dir: Path) -> tuple[Throughput, ...]:
    """Return the rows, the latest first; a last line that was cut short is left out.

    Raises `ValueError` that names the line of any other that is not a row.
    """
    try:
        lines = (state_dir / FILE).read_bytes().split(b"\n")
    except FileNotFoundError:
        return ()
    rows = []
    for number, line in enumerate(lines[:-1], 1):  # what follows the last newline is not whole
        try:
            rows.append(msgspec.json.decode(line, type=Throughput))
        except msgspec.DecodeError as error:
            message = f"{state_dir / FILE} line {number}: {error}"
            raise ValueError(message) from None
    return tuple(reversed(rows))
