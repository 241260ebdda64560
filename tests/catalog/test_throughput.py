import datetime as dt
import sys
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from wye.catalog import throughput
from wye.catalog.figure import Figure
from wye.catalog.throughput import Throughput, best, measured, plain

sys.path.insert(0, str(Path(__file__).parents[2] / "scripts"))
import build_throughput

MINE = Throughput(
    model="Qwen/Qwen3-32B",
    precision="fp8",
    engine="vllm",
    gpu="H100",
    gpus=1,
    input_tokens=1_024,
    output_tokens=1_024,
    concurrency=8,
    output_rate=Figure(Decimal(100), throughput.RATE, "measured here", dt.date(2026, 11, 23)),
    itl_ms=20.0,
)


def test_a_rate_is_tokens_over_time_in_a_closed_loop() -> None:
    # 64 requests of 4,096 in and 512 out over 1.0606 s + 511 x 38.7 ms, on two GPUs.
    output, total = throughput.rates(
        concurrency=64, gpus=2, input_tokens=4_096, output_tokens=512, ttft_ms=1060.6, itl_ms=38.7
    )
    assert (output, total) == (Decimal("786.3"), Decimal("7076.9"))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Qwen/Qwen3-32B", "qwen3-32b"),
        ("nvidia/Llama-3.1-8B-Instruct-FP8", "llama-3.1-8b"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct", "llama-3.1-8b"),
        ("llama 3.1 8b", "llama-3.1-8b"),
        ("google/gemma-4-31B-it", "gemma-4-31b"),
        ("gpt-oss:120b", "gpt-oss-120b"),
    ],
)
def test_a_model_is_found_however_it_is_spelt(name: str, expected: str) -> None:
    assert plain(name) == expected
    assert measured(name)


def test_the_best_row_keeps_the_latency_and_has_the_most_output() -> None:
    row = best("qwen3-32b", "H100", itl_ms=40, input_tokens=3_000, output_tokens=500)
    assert row is not None
    assert row.total_rate is not None
    assert (row.gpus, row.input_tokens, row.output_tokens) == (2, 4_096, 512)
    assert row.total_rate.value == Decimal("7076.9")
    assert not row.output_rate.estimate
    slow = best("qwen3-32b", "H100", itl_ms=15, input_tokens=3_000, output_tokens=500)
    assert slow is not None
    assert slow.output_rate.value < row.output_rate.value


def test_what_was_measured_here_comes_first_and_an_estimate_last() -> None:
    assert best("qwen3-32b", "H100", local=[MINE]) == MINE
    assert measured("qwen3-32b", "H100", local=[MINE])[0] == MINE
    estimate = best("gemma-4-31b", "H100")
    assert estimate is not None
    assert estimate.output_rate.estimate
    rows = measured("llama-3.1-8b")
    assert [row.output_rate.estimate for row in rows] == sorted(row.output_rate.estimate for row in rows)


def test_what_nobody_measured_is_not_made_up() -> None:
    assert measured("no-such-model") == ()
    assert best("qwen3-32b", "L4") is None
    assert best("qwen3-32b", "H100", itl_ms=0.1) is None


def test_every_row_has_a_source_a_day_and_a_licence_or_is_an_estimate() -> None:
    for row in throughput.shipped():
        figure = row.output_rate
        assert figure.source
        assert figure.licence or figure.estimate
        assert figure.value > 0
        assert row.gpus >= 1


def test_joules_are_kept_where_somebody_measured_them() -> None:
    joules = {plain(row.model): row.joules.value for row in throughput.shipped() if row.joules is not None}
    assert joules["llama-3.1-8b"] == Decimal("0.070")
    assert joules["llama-3.1-405b"] == Decimal("2.43")


def test_a_new_table_adds_to_the_old_one() -> None:
    old = throughput.load()
    row = msgspec.structs.replace(old.rows[0], model=1, itl_ms=1.0)
    new = msgspec.structs.replace(old, models=("a", "b"), rows=(row, old.rows[0]))
    both = build_throughput.merge(old, new)
    assert both.rows[: len(old.rows)] == old.rows
    assert both.models == (*old.models, "a", "b")
    assert both.models[both.rows[len(old.rows)].model] == "b"
    assert both.others == old.others
    assert build_throughput.merge(old, old) == old


def _sample(**other: str) -> dict[str, str]:
    row = {
        "silicon_data_source": "x; silicon_concurrency=8; measured=2026-03-01T00:00:00Z",
        "backend": "vllm",
        "backend_version": "0.19.0",
        "model_path": "a/b",
        "system": "h100_sxm",
        "precision": "fp8",
        "mode": "agg",
        "isl": "1000",
        "osl": "100",
        "batch_size": "8",
        "tp_size": "2",
        "pp_size": "1",
        "attention_dp_size": "",
        "moe_tp_size": "0",
        "moe_ep_size": "0",
        "silicon_ttft_ms": "100",
        "silicon_tpot_ms": "10",
    }
    return row | other


def test_the_sample_is_read_as_measured() -> None:
    table = build_throughput.build(
        [
            _sample(),
            _sample(silicon_tpot_ms="20"),  # slower, and no more tokens
            _sample(mode="disagg"),
            _sample(silicon_ttft_ms="20000"),
            _sample(batch_size="9"),
        ],
        "a sample",
    )
    (row,) = table.rows
    assert (row.gpus, row.concurrency, row.itl_ms, row.as_of) == (2, 8, 10.0, dt.date(2026, 3, 1))
    assert row.engine == "vllm 0.19.0"


def test_a_machine_holds_only_what_fits_its_gpus() -> None:
    one = best("qwen3-32b", "H100", gpus=1)
    assert one is not None
    assert one.gpus == 1
    assert best("llama-3.1-405b", "H100", gpus=4) is None
