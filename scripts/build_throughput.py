"""Write `catalog/data/throughput.json` from aiconfigurator-core's measured sample (Apache-2.0).

    uv run --no-project --with 'aiconfigurator-core==0.12.0' --with msgspec python scripts/build_throughput.py

Kept of its 5,221 rows: those where one engine does both prefill and decode, and of these, for each model,
precision, engine, GPU and shape of request, the ones that no other beats in both rate and latency. Rows in
the file stay: a new version of the sample adds to it. `OTHERS` are single figures from elsewhere.
"""

import csv
import datetime as dt
import importlib.metadata
import re
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from wye.catalog.figure import Figure
from wye.catalog.throughput import RATE, Table, Throughput, _Row, rates

TARGET = Path(__file__).parents[1] / "src/wye/catalog/data/throughput.json"
PACKAGE = "aiconfigurator-core"
LATEST = dt.date(2026, 4, 27)
"""The last day that the sample names: what a row counts as that names none."""
GPUS = {
    "h100_sxm": "H100",
    "h200_sxm": "H200",
    "b200_sxm": "B200",
    "b300_sxm": "B300",
    "gb200": "GB200",
    "gb300": "GB300",
}
QUEUED_MS = 10_000
"""A first token that comes later waited in a queue: fewer requests than `concurrency` were under way."""
ENERGY = ("ML.ENERGY leaderboard, at 40 to 48 ms a token", dt.date(2026, 11, 22), "Apache-2.0")
RECKONED = ("wye: reckoned from rows of like models and memory bandwidth", dt.date(2026, 11, 22))


def _energy(model: str, precision: str, gpu: str, gpus: int, rate: str, joules: str) -> Throughput:  # noqa: PLR0913, PLR0917  # the leaderboard's columns
    return Throughput(
        model=model,
        precision=precision,
        engine="vllm",
        gpu=gpu,
        gpus=gpus,
        input_tokens=None,
        output_tokens=None,
        concurrency=None,
        output_rate=Figure(Decimal(rate), RATE, *ENERGY),
        itl_ms=48.0,
        joules=Figure(Decimal(joules), "J/token", *ENERGY),
    )


def _reckoned(model: str, gpu: str, total: str, low: str, high: str) -> Throughput:
    """Return an estimate for 3,000 tokens in and 500 out."""

    def share(rate: str) -> Decimal:
        return (Decimal(rate) / 7).quantize(Decimal("0.1"))

    return Throughput(
        model=model,
        precision="fp8",
        engine="vllm",
        gpu=gpu,
        gpus=1,
        input_tokens=3_000,
        output_tokens=500,
        concurrency=None,
        output_rate=Figure(share(total), RATE, *RECKONED, "", True, share(low), share(high)),  # noqa: FBT003  # a struct's field
        total_rate=Figure(Decimal(total), RATE, *RECKONED, "", True, Decimal(low), Decimal(high)),  # noqa: FBT003  # as above
        itl_ms=50.0,
    )


OTHERS = (
    _energy("meta-llama/Llama-3.1-8B-Instruct", "bf16", "H100", 1, "9806", "0.070"),
    _energy("Qwen/Qwen3-32B", "bf16", "H100", 2, "2578", "0.228"),
    _energy("google/gemma-3-27b-it", "bf16", "H100", 2, "2090", "0.290"),
    _energy("meta-llama/Llama-3.1-405B-Instruct", "fp8", "H100", 8, "237", "2.43"),
    _energy("meta-llama/Llama-4-Maverick-17B-128E-Instruct", "fp8", "H100", 8, "894", "0.484"),
    _energy("openai/gpt-oss-120b", "fp4", "B200", 1, "17766", "0.044"),
    _reckoned("google/gemma-4-31B-it", "H100", "4800", "3400", "6500"),
    _reckoned("meta-llama/Llama-3.1-8B-Instruct", "L4", "1800", "1200", "2500"),
)


def _int(text: str) -> int:
    return max(int(text or 1), 1)


def _date(told: str) -> dt.date:
    measured = re.search(r"measured=(\d{4}-\d\d-\d\d)", told)
    return dt.date.fromisoformat(measured[1]) if measured else LATEST


def _read(sample: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    rows = []
    for row in sample:
        if row["mode"] != "agg" or not row["silicon_tpot_ms"] or not row["silicon_ttft_ms"]:
            continue
        told = row["silicon_data_source"]
        said = re.search(r"silicon_concurrency=(\d+)", told)
        replicas = _int(row["attention_dp_size"])
        # Experts may lie on more GPUs than a copy of the attention does.
        gpus = max(
            _int(row["tp_size"]) * replicas, _int(row["moe_tp_size"]) * _int(row["moe_ep_size"])
        ) * _int(row["pp_size"])
        concurrency = int(said[1]) if said else int(row["batch_size"]) * replicas
        if concurrency != int(row["batch_size"]) * replicas:
            continue  # its columns contradict each other
        if float(row["silicon_ttft_ms"]) > QUEUED_MS:
            continue
        rows.append(
            {
                "model": row["model_path"],
                "precision": row["precision"] or "bf16",
                "engine": f"{row['backend']} {row['backend_version']}".strip(),
                "gpu": GPUS[row["system"]],
                "gpus": gpus,
                "input_tokens": int(row["isl"]),
                "output_tokens": int(row["osl"]),
                "concurrency": concurrency,
                "ttft_ms": round(float(row["silicon_ttft_ms"]), 1),
                "itl_ms": round(float(row["silicon_tpot_ms"]), 2),
                "as_of": _date(told),
            }
        )
    return rows


_WORDS = ("concurrency", "gpus", "input_tokens", "output_tokens", "ttft_ms", "itl_ms")


def _front(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the rows that no other beats in both rate and latency."""

    def rate(row: dict[str, Any]) -> Decimal:
        return rates(**{word: row[word] for word in _WORDS})[0]

    kept: list[dict[str, Any]] = []
    for row in sorted(rows, key=lambda row: (row["itl_ms"], -rate(row))):
        if not kept or rate(row) > rate(kept[-1]):
            kept.append(row)
    return kept


def build(sample: Iterable[dict[str, str]], source: str) -> Table:
    """Return the table of a sample."""
    groups = defaultdict(list)
    for row in _read(sample):
        family = row["engine"].partition(" ")[0]
        groups[
            row["model"], row["precision"], family, row["gpu"], row["input_tokens"], row["output_tokens"]
        ].append(row)
    kept = [row for key in sorted(groups) for row in _front(groups[key])]
    models = tuple(dict.fromkeys(row["model"] for row in kept))
    numbered = tuple(_Row(**(row | {"model": models.index(row["model"])})) for row in kept)
    return Table(source, "Apache-2.0", models, numbered, OTHERS)


def merge(old: Table, new: Table) -> Table:
    """Return both: every row of `old` where it was, then those of `new` that it lacks."""
    models = tuple(dict.fromkeys((*old.models, *new.models)))
    renumbered = tuple(
        msgspec.structs.replace(row, model=models.index(new.models[row.model])) for row in new.rows
    )
    rows = tuple(dict.fromkeys((*old.rows, *renumbered)))
    others = (*old.others, *(row for row in new.others if row not in old.others))
    return Table(new.source, new.licence, models, rows, others)


def main() -> None:
    """Write the file and say what is in it."""
    files = importlib.metadata.files(PACKAGE) or []
    path = next(file for file in files if file.name == "silicon_sample.csv").locate()
    with Path(str(path)).open(encoding="utf-8", newline="") as file:
        source = f"{PACKAGE} {importlib.metadata.version(PACKAGE)} silicon_sample.csv, closed loop"
        table = build(csv.DictReader(file), source)
    if TARGET.exists():
        table = merge(msgspec.json.decode(TARGET.read_bytes(), type=Table), table)
    data = (
        msgspec.json.encode(table).replace(b"],[", b"],\n[").replace(b'},{"model"', b'},\n{"model"') + b"\n"
    )
    TARGET.write_bytes(data)
    print(f"{TARGET.name}: {len(table.rows)} rows, {len(table.others)} single figures, {len(data)} bytes")


if __name__ == "__main__":
    main()
