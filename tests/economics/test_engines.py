"""From a measured point to slots and a pace."""

import datetime as dt

import msgspec
import pytest

from wye.catalog.figure import Figure
from wye.catalog.throughput import RATE, Throughput, rates
from wye.economics.demand import Demand, of_month
from wye.economics.engines import engine_for, lengths, of_rate, of_row

DEMAND = of_month(1e9, 6)
"""3,000 tokens in, 500 out."""


def row(
    concurrency: int | None, ttft: float | None, itl: float, gpus: int = 1, model: str = "mine"
) -> Throughput:
    output, total = rates(
        concurrency=concurrency or 16,
        gpus=gpus,
        input_tokens=1_500,
        output_tokens=500,
        ttft_ms=ttft or 200,
        itl_ms=itl,
    )
    today = dt.date(2026, 11, 1)
    figures = (Figure(output, RATE, "here", today), Figure(total, RATE, "here", today))
    return Throughput(model, "fp8", "e", "H100", gpus, 1_500, 500, concurrency, *figures, ttft, itl)


def test_a_measured_point_is_slots_and_a_pace() -> None:
    engine = of_row(DEMAND, row(32, 400, 20.0), 2)
    assert engine is not None
    assert (engine.slots, engine.itl_ms, engine.estimate) == (64, 20.0, False)
    assert engine.prefill.mean == pytest.approx(0.8)
    assert engine.answer.mean == pytest.approx(499 * 0.02)
    assert engine.source == "here, 2026-11-01"


def test_the_tail_that_was_measured_counts() -> None:
    seen = msgspec.structs.replace(row(32, 400, 20.0), ttft_p50_ms=300.0, ttft_p95_ms=900.0)
    engine = of_row(DEMAND, seen, 1)
    assert engine is not None
    assert engine.prefill.quantile(0.5) == pytest.approx(0.6)
    assert engine.prefill.quantile(0.95) == pytest.approx(1.8)


def test_a_machine_without_a_name_is_known_by_what_was_measured_on_it() -> None:
    mine = msgspec.structs.replace(row(8, 200, 10.0, model="qwen3-32b"), gpu="")
    assert engine_for(DEMAND, "qwen3-32b", "", 1, ttft=2.0, itl_ms=50, local=[mine]).slots == 8
    with pytest.raises(ValueError, match="nobody measured qwen3-32b on this machine"):
        engine_for(DEMAND, "qwen3-32b", "", 1, ttft=2.0, itl_ms=50)


def test_a_model_that_does_not_fit_the_machine_is_left_out() -> None:
    assert of_row(DEMAND, row(32, 400, 20.0, gpus=4), 2) is None


def test_a_rate_is_taken_apart_so_that_the_machine_makes_it() -> None:
    engine = of_rate(DEMAND, 4_800, 40.0)
    assert engine.capacity * 3_500 == pytest.approx(4_800, rel=0.04)
    assert engine.estimate
    with pytest.raises(ValueError, match="allow more between tokens"):
        of_rate(DEMAND, 10, 40.0)
    told = of_row(DEMAND, row(None, 200, 20.0), 1)
    assert told is not None
    assert told.slots == pytest.approx(16, abs=1)


def test_the_quickest_that_keeps_both_promises_is_taken() -> None:
    mine = [row(8, 200, 10.0), row(32, 400, 20.0), row(64, 3_000, 30.0), row(128, 400, 80.0)]
    chosen = engine_for(DEMAND, "mine", "H100", 1, ttft=2.0, itl_ms=50, local=mine)
    assert chosen.slots == 32
    assert engine_for(DEMAND, "mine", "H100", 1, ttft=2.0, itl_ms=15, local=mine).slots == 8


@pytest.mark.parametrize(
    ("model", "ttft", "itl", "what"),
    [
        ("nobody", 2.0, 50.0, "nobody measured nobody on H100: give --throughput, or run `wye measure`"),
        ("mine", 2.0, 1.0, "no measured point of mine on 1 H100 keeps 1 ms between tokens"),
        ("mine", 0.1, 50.0, "mine on 1 H100 begins 95% of answers within .* s at best, not 0.1 s"),
    ],
)
def test_what_cannot_be_kept_is_said(model: str, ttft: float, itl: float, what: str) -> None:
    with pytest.raises(ValueError, match=what):
        engine_for(DEMAND, model, "H100", 1, ttft=ttft, itl_ms=itl, local=[row(8, 200, 10.0)])


def test_the_catalogue_is_asked_where_nothing_was_measured_here() -> None:
    chosen = engine_for(DEMAND, "qwen3-32b", "H100", 2, ttft=2.0, itl_ms=50)
    assert chosen.itl_ms <= 50
    assert chosen.prefill.quantile(0.95) <= 2.0
    assert not chosen.estimate


def test_nothing_to_serve_has_no_lengths() -> None:
    with pytest.raises(ValueError, match="no traffic"):
        lengths(Demand(0, 0, 0))
    assert lengths(DEMAND) == (pytest.approx(3_000), pytest.approx(500))
