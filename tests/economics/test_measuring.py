"""Samples of a load test, summed up."""

import datetime as dt
from decimal import Decimal

import msgspec
import pytest

from wye.economics.measuring import Measured, Point, Sample, knee, point, rises, rows


def test_a_level_is_summed_up() -> None:
    samples = [Sample(0.0, 0.5, 2.5, 100, 11), Sample(0.0, 1.0, 3.0, 100, 11)]
    found = point(2, samples, 3.0)
    assert (found.concurrency, found.requests, found.input_tokens, found.output_tokens) == (2, 2, 100, 11)
    assert (found.ttft_ms, found.ttft_p50_ms) == (750.0, 750.0)
    assert found.ttft_p95_ms == pytest.approx(975.0)
    assert found.itl_ms == pytest.approx(200.0)
    assert found.output_rate == pytest.approx(22 / 3)
    assert found.total_rate == pytest.approx(222 / 3)


def test_what_was_under_way_when_the_first_worker_was_done_counts_in_part() -> None:
    samples = [Sample(0.0, 0.5, 2.0, 10, 10), Sample(0.0, 0.5, 4.0, 10, 10)]
    assert point(2, samples, 2.0).output_rate == pytest.approx((10 + 10 * 1.5 / 3.5) / 2)


def test_who_waits_makes_nothing_meanwhile() -> None:
    """One slot, two at once: as many tokens a second as one at a time."""
    samples = [Sample(0.0, 0.0, 1.0, 0, 10), Sample(0.0, 1.0, 2.0, 0, 10), Sample(1.0, 2.0, 3.0, 0, 10)]
    assert point(2, samples, 2.0).output_rate == pytest.approx(10)


def test_an_answer_of_one_token_has_no_pace() -> None:
    assert point(1, [Sample(0.0, 1.0, 1.0, 5, 1)], 1.0).itl_ms is None
    with pytest.raises(ValueError, match="nothing was answered at concurrency 4"):
        point(4, [], 1.0)


def at(concurrency: int, rate: float) -> Point:
    return Point(concurrency, 10, 100, 50, 210.0, 200.0, 300.0, 20.0, rate, rate * 3)


def test_it_goes_on_while_more_brings_more() -> None:
    assert rises([at(1, 10)])
    assert rises([at(1, 10), at(2, 10.6)])
    assert not rises([at(1, 10), at(2, 10.4)])
    assert knee([at(1, 10), at(2, 19), at(4, 19.5)]).concurrency == 2


def test_the_curve_is_kept_as_one_machines() -> None:
    what = Measured("m", "fp8", "vllm", "H100", gpus=2, machines=2)
    found = rows([at(1, 10), at(8, 80.0)], what, dt.date(2026, 11, 23))
    [one] = found
    assert (one.model, one.precision, one.gpus, one.concurrency) == ("m", "fp8", 2, 4)
    assert (one.output_rate.value, one.output_rate.source) == (Decimal("20.00"), "wye measure")
    assert (one.ttft_ms, one.ttft_p50_ms, one.ttft_p95_ms, one.itl_ms) == (210.0, 200.0, 300.0, 20.0)
    assert not one.output_rate.estimate
    assert msgspec.json.decode(msgspec.json.encode(one), type=type(one)) == one
