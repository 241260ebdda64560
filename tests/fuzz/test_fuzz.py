"""No decoder crashes, hangs or grows, whatever it is fed."""

import random

import pytest

from fuzz.decoders import DECODERS, Decoder
from fuzz.mutation import Mutator
from fuzz.run import Report, run, told

MOST_GROWTH = 32 * 2**20
"""Bytes: what an allocator may hold on to. A leak of a small answer in each execution would be far more."""


def check(report: Report) -> None:
    assert not report.findings, told(report)
    assert report.grown < MOST_GROWTH, told(report)


def test_a_short_run() -> None:
    report = run(8_000)
    check(report)
    assert report.executions > 6_000


@pytest.mark.deep
def test_two_million_executions(capsys: pytest.CaptureFixture[str]) -> None:
    report = run(2_000_000 + 10 * len(DECODERS) * 2, processes=2, first=1_000_000, recorded=True)
    with capsys.disabled():
        print("\n" + told(report))  # noqa: T201  # the figure is what the run is for
    check(report)
    assert report.executions >= 2_000_000


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)
def test_what_is_not_spoilt_is_taken(decoder: Decoder) -> None:
    mutator = Mutator([{"a": "b"}])
    for seed in decoder.seeds:
        mutator.start(random.Random(1))  # noqa: S311  # it has to come again
        decoder.attempt(seed, mutator)


def test_the_same_number_gives_the_same_bytes() -> None:
    mutator = Mutator([{"a": [1, {"b": "c"}]}])
    made = []
    for _ in range(2):
        mutator.start(random.Random(7))  # noqa: S311  # it has to come again
        made.append([mutator.body(b'{"a":[1,{"b":"c"}]}') for _ in range(50)])
    assert made[0] == made[1]
    assert len(set(made[0])) > 25
