"""Made-up history in Parquet, by the million: what reports are timed on. Made by DuckDB, seeded."""

from pathlib import Path

from wye.economics.columns import COLUMNS
from wye.economics.rolled import DAY, connect

SECONDS = 30 * 86_400
START = 1_759_276_800
"""2025-10-01 00:00 UTC."""

_DEPLOYMENTS = (
    "['openai/gpt-5.5', 'anthropic/claude-opus-4-8', 'together/gemma', 'local/gemma', 'google/flash']"
)
_LANES = "['closed', 'closed', 'hosted', 'own', 'closed']"


def make(folder: Path, rows: int, *, part_rows: int = 2_000_000) -> None:
    """Write parts with `rows` requests of 30 days into `folder`, as a roll of a ledger would."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with connect(folder) as connection:
        for first in range(1, rows + 1, part_rows):
            last = min(first + part_rows - 1, rows)
            path = folder / f"{first:019d}-{last:019d}.parquet"
            query = _query(first, last, rows)
            connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def _query(first: int, last: int, rows: int) -> str:
    """Return the rows `first` to `last` of a month of `rows`, in SQL."""
    # `h` and `g` are as good as random, and the same each time.
    inner = f"""
        SELECT seq, (hash(seq) % 1000003)::BIGINT AS h, (hash(seq * 31 + 7) % 1000003)::BIGINT AS g,
               {START} + (seq - 1) * {SECONDS}.0 / {rows} AS moment
        FROM range({first}, {last + 1}) AS t(seq)
    """  # noqa: S608  # our own names
    made = {
        "id": "printf('%016x%016x', seq, hash(seq) % 1000000007)",
        "seq": "seq",
        "at": "moment",
        "day": DAY,
        "key": "'key_' || (h % 200)",
        "team": "'team-' || (h % 40)",
        "asked": "CASE WHEN g % 3 = 0 THEN 'auto' ELSE 'gpt-5.5' END",
        "route": "CASE WHEN g % 3 = 0 THEN 'auto' ELSE 'pinned' END",
        "task": "CASE WHEN g % 3 = 0 THEN ['code', 'chat', 'extraction', 'reasoning'][1 + g % 4] END",
        "deployment": f"{_DEPLOYMENTS}[1 + h % 5]",
        "lane": f"{_LANES}[1 + h % 5]",
        "labels": "CASE WHEN g % 10 = 0 THEN 'internal,phi' ELSE 'internal' END",
        "operation": "'chat'",
        "outcome": "CASE WHEN g % 100 = 0 THEN 'error' ELSE 'ok' END",
        "status": "CASE WHEN g % 100 = 0 THEN 502 ELSE 200 END",
        "attempts": "1 + (g % 50 = 0)::INTEGER",
        "amount": "CASE WHEN g % 100 <> 0 THEN ((500 + h % 7000) * 5 + (10 + g % 900) * 30) "
        "::DECIMAL(38,18) * 0.000001 END",
        "currency": "'USD'",
        "unknown": "g % 100 = 0",
        "basis": "'price list'",
        "counted": "true",
        "input_tokens": "500 + h % 7000",
        "output_tokens": "10 + g % 900",
        "cached_tokens": "CASE WHEN h % 3 = 0 THEN 400 ELSE 0 END",
        "reasoning_tokens": "0",
        "cache_write_tokens": "0",
        "cache_write_1h_tokens": "0",
        "input_audio_tokens": "0",
        "output_audio_tokens": "0",
        "apart": "''",
        "ttft_ms": "100.0 + h % 900",
        "duration_ms": "500.0 + g % 9000",
        "certificate": "''",
        "gate": "''",
        "shadow_of": "''",
        "unlike": "false",
        "candidates": f"""CASE WHEN g % 3 = 0 THEN list_transform([0, 1, 2, 3, 4], lambda i: {{
            'deployment': {_DEPLOYMENTS}[1 + i], 'lane': {_LANES}[1 + i],
            'expected_cost': (500 + h % 7000) * (5 - i) / 1e6, 'quality': 0.9 - i * 0.1 - (g % 20) / 100,
            'output_tokens': 10 + g % 900}}) END""",
        "tried": f"""[{{'deployment': {_DEPLOYMENTS}[1 + h % 5], 'cause': 'first', 'started_ms': 0.5,
            'duration_ms': 499.0 + g % 9000, 'status': 200}}]""",
    }
    shown = ", ".join(f'({made.get(name, "NULL")})::{kind} AS "{name}"' for name, kind in COLUMNS.items())
    return f'SELECT {shown} FROM (SELECT *, moment AS "at" FROM ({inner}))'  # noqa: S608  # our own names
