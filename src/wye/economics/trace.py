"""A trace file as a history: JSON lines or Parquet with the columns of `columns.COLUMNS`, or some of them."""

import gzip
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from wye.core.errors import WyeError
from wye.economics.columns import COLUMNS
from wye.economics.history import History
from wye.economics.optional import needed
from wye.economics.pricing import quoted
from wye.economics.rolled import DAY, connect

if TYPE_CHECKING:
    import duckdb

REQUIRED = ("at", "deployment", "input_tokens", "output_tokens")
_DEFAULTS = {
    "attempts": "1",
    "currency": "'USD'",
    "counted": "input_tokens IS NOT NULL AND output_tokens IS NOT NULL",
    "unknown": "amount IS NULL",
    "day": DAY,
    **dict.fromkeys(("key", "team", "asked", "route", "labels"), "''"),
}
"""What a column is where the trace does not say; null for the others."""
_WHOLES = {
    "cached_tokens": "input_tokens",
    "cache_write_tokens": "input_tokens",
    "cache_write_1h_tokens": "cache_write_tokens",
    "input_audio_tokens": "input_tokens",
    "reasoning_tokens": "output_tokens",
    "output_audio_tokens": "output_tokens",
}
"""A count -> what it is a part of."""
_COUNTS = ("at", "amount", "input_tokens", "output_tokens", *_WHOLES, "images", "ttft_ms", "duration_ms")
"""What is not below 0."""
_NO_JSON = "Invalid Input Error: Malformed JSON"
_LINE = re.compile(r"in line (\d+): (.*)")


class TraceError(WyeError):
    """A trace that cannot be read; the message names the field."""

    kind = "trace"


def open_trace(path: Path) -> History:
    """Open a trace. Raises `TraceError`."""
    driver = needed("duckdb", "traces")
    if not path.is_file():
        message = f"{path}: there is no such file"
        raise TraceError(message)
    connection = connect(path.parent)
    try:
        _load(connection, path)
        _check(connection, path)
    except driver.Error as error:
        connection.close()
        raise TraceError(_said(path, str(error).splitlines()[0])) from error
    except TraceError:
        connection.close()
        raise
    return History(connection, path.parent)


def _said(path: Path, message: str) -> str:
    """Return what DuckDB said of a trace, with its line as editors count them.

    DuckDB passes over empty lines, and names the line after the one that is no JSON.
    """
    found = _LINE.search(message)
    if found is None:
        return f"{path}: {message}"
    counted, what = int(found[1]), found[2]
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        rows = ((number, line) for number, line in enumerate(file, 1) if line.strip())
        if not message.startswith(_NO_JSON):
            number, _ = next(itertools.islice(rows, counted - 1, None), (counted, b""))
            return f"{path}, line {number}: {what}"
        for number, line in rows:
            try:
                msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                return f"{path}, line {number}: {error}"
    return f"{path}: {message}"


def _load(connection: "duckdb.DuckDBPyConnection", path: Path) -> None:
    name = quoted(str(path))
    if path.suffix == ".parquet":
        table = f"read_parquet({name})"
        have = {row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()}  # noqa: S608  # quoted
    else:
        types = ", ".join(f"\"{column}\": '{kind}'" for column, kind in COLUMNS.items())
        table = f"read_json({name}, format='newline_delimited', columns={{{types}}})"
        have = set(COLUMNS)
    for column in REQUIRED:
        if column not in have:
            message = f"{path}: there is no column `{column}`; a trace needs {', '.join(REQUIRED)}"
            raise TraceError(message)
    shown = ", ".join(_column(column, kind, have) for column, kind in COLUMNS.items())
    given = ", ".join(f'NULL::{kind} AS "{column}"' for column, kind in COLUMNS.items() if column not in have)
    inner = f"SELECT *{', ' + given if given else ''} FROM {table}"  # noqa: S608  # our own names
    connection.execute(f"CREATE TABLE request AS SELECT {shown} FROM ({inner})")  # noqa: S608  # our own names


def _column(column: str, kind: str, have: set[str]) -> str:
    default = _DEFAULTS.get(column)
    value = (
        f'"{column}"'
        if default is None
        else f'coalesce("{column}", {default})'
        if column in have
        else default
    )
    return f'({value})::{kind} AS "{column}"'


def _check(connection: "duckdb.DuckDBPyConnection", path: Path) -> None:
    if connection.execute("SELECT count(*) FROM request").fetchall() == [(0,)]:
        message = f"{path}: there are no requests in it"
        raise TraceError(message)
    for column, bad, what in (
        *((name, f'"{name}" IS NULL', "is missing") for name in ("at", "deployment")),
        *((name, f'"{name}" < 0', "is negative") for name in _COUNTS),
        *((part, f"{part} > {whole}", f"is more than `{whole}`") for part, whole in _WHOLES.items()),
    ):
        query = f"SELECT count(*) FROM request WHERE {bad}"  # noqa: S608  # our own names
        [(count,)] = connection.execute(query).fetchall()
        if count:
            message = f"{path}: `{column}` {what} in {count:,} rows"
            raise TraceError(message)
