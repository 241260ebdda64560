"""A trace needs little, and says which field is wrong."""

import datetime as dt
import gzip
import json
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from wye.core.money import Price, Rates
from wye.economics.replay import Scenario, replay
from wye.economics.trace import TraceError, open_trace
from wye.ledger.reader import Filter

WEAK = Price(Rates(Decimal(1), Decimal(2)), dt.date(2025, 10, 1), "list")
ROW = {
    "at": 1_760_000_000,
    "deployment": "a/strong",
    "input_tokens": 1_000,
    "output_tokens": 100,
    "amount": "0.5",
}


def trace(tmp_path: Path, *rows: dict[str, object]) -> Path:
    path = tmp_path / "trace.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_a_trace_is_replayed_like_a_ledger(tmp_path: Path, kind: str) -> None:
    path = trace(tmp_path, ROW, {**ROW, "ignored": 1}, {**ROW, "amount": None}, {**ROW, "input_tokens": None})
    if kind == "parquet":
        lines, path = path, tmp_path / "trace.parquet"
        duckdb.sql(f"COPY (SELECT * FROM read_json('{lines}')) TO '{path}' (FORMAT parquet)")  # noqa: S608  # made here
    with open_trace(path) as history:
        found = replay(history, Filter(), Scenario(swaps=(("strong", "weak"),)), lambda _: WEAK)
    assert (found.requests, found.changed, found.was) == (4, 2, 1.0)
    assert found.would_be == pytest.approx(2 * (1_000 * 1 + 100 * 2) / 1e6)
    assert found.missing == {"what it cost is not known": 1, "its tokens were not counted": 1}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"input_tokens": -1}, "`input_tokens` is negative in 1 rows"),
        ({"deployment": None}, "`deployment` is missing in 1 rows"),
        ({"at": None}, "`at` is missing in 1 rows"),
        ({"cached_tokens": 2_000}, "`cached_tokens` is more than `input_tokens` in 1 rows"),
        ({"cache_write_tokens": -5}, "`cache_write_tokens` is negative in 1 rows"),
        ({"reasoning_tokens": 101}, "`reasoning_tokens` is more than `output_tokens` in 1 rows"),
        ({"images": -1}, "`images` is negative in 1 rows"),
        ({"output_tokens": "many"}, "line 2"),
    ],
)
def test_a_bad_field_is_named(tmp_path: Path, change: dict[str, object], said: str) -> None:
    with pytest.raises(TraceError, match=said):
        open_trace(trace(tmp_path, ROW, {**ROW, **change}))


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ("{oops", "malformed"),
        ('{"at": 1', "truncated"),
        (json.dumps({**ROW, "output_tokens": "many"}), 'cast value to numerical: "many"'),
        ("[1]", "got ARRAY"),
    ],
)
def test_a_bad_line_is_named_as_an_editor_counts_it(
    tmp_path: Path, bad: str, why: str, *, compressed: bool
) -> None:
    good = json.dumps(ROW)
    path = tmp_path / ("trace.jsonl.gz" if compressed else "trace.jsonl")
    for lines in ([bad, good], [good, bad], [good, "", good, bad, good]):
        told = ("\n".join(lines) + "\n").encode()
        path.write_bytes(gzip.compress(told) if compressed else told)
        number = lines.index(bad) + 1
        with pytest.raises(TraceError, match=rf"jsonl(\.gz)?, line {number}: .*{re.escape(why)}"):
            open_trace(path)


def test_a_trace_must_be_there_and_have_requests_and_columns(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="no such file"):
        open_trace(tmp_path / "none.jsonl")
    with pytest.raises(TraceError, match="no requests"):
        open_trace(trace(tmp_path))
    path = tmp_path / "t.parquet"
    duckdb.sql(f"COPY (SELECT 1 AS \"at\", 'x' AS deployment) TO '{path}' (FORMAT parquet)")
    with pytest.raises(TraceError, match="no column `input_tokens`"):
        open_trace(path)
