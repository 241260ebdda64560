"""How requests come, by their records."""

import random

import msgspec
import pytest

from wye.core.record import Outcome, Record
from wye.core.usage import Usage
from wye.economics.habits import Habits, habits
from wye.economics.measuring import LABEL


def record(at: float, output: int, ttft: float | None = None, shadow_of: str = "") -> Record:
    return Record(
        f"d{at}",
        at,
        "r",
        "openai_chat",
        "chat",
        "auto",
        Outcome.OK,
        200,
        1_000.0,
        deployment="api",
        usage=Usage(10, output),
        ttft_ms=ttft,
        shadow_of=shadow_of,
    )


def test_the_latest_records_tell_spread_bunches_and_first_tokens() -> None:
    draw = random.Random(3)  # noqa: S311  # a made-up trace
    starts = [draw.uniform(0, 6_000) for _ in range(60)]
    records = [
        record(start + k, 100 if n % 2 else 300, 500.0 + 10 * n)
        for n, start in enumerate(starts)
        for k in (0, 1, 2)
    ]
    measured = msgspec.structs.replace(record(6.0, 10**6), labels=(LABEL,))
    seen = habits([*records[::-1], record(5.0, 10**6, shadow_of="d1"), measured])
    assert seen.answer_scv == pytest.approx(0.25)
    assert seen.at == tuple(sorted(seen.at))
    assert len(seen.at) == 180
    assert seen.burst(20.0) > 1.5
    first = seen.first_token("api")
    assert first is not None
    assert first.quantile(0.5) == pytest.approx(0.795)
    assert seen.first_token("other") is None


def test_few_records_tell_nothing() -> None:
    seen = habits([record(1.0, 5, 100.0)])
    assert (seen.answer_scv, seen.first_tokens, seen.burst(1.0)) == (1.0, {}, 1.0)
    assert Habits().burst(1.0) == 1.0
