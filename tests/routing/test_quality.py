import math
import time

import numpy as np
import pytest

from wye.routing.features import Extractor, Features
from wye.routing.features.extract import BUCKETS
from wye.routing.quality import Head, Quality, Space

WIDTH = 4


def space(limit: float = 9.0) -> Space:
    axes = np.eye(WIDTH, dtype=np.float32)[:2]
    one = np.ones(WIDTH, dtype=np.float32)
    return Space(0 * one, one, axes, np.array([1, 0.25], dtype=np.float32), 1.0, limit)


def head(model: str, constant: float = 0.0, gain: float = 0.0) -> Head:
    dense = np.zeros(WIDTH, dtype=np.float32)
    dense[0] = 1
    grams = np.zeros(BUCKETS, dtype=np.float32)
    grams[7] = 2
    axes = np.eye(WIDTH, dtype=np.float32)[:1]
    return Head(model, dense, grams, constant, axes, np.array([gain], dtype=np.float32))


def features(*dense: float, grams: tuple[int, ...] = ()) -> Features:
    return Features(np.array(dense, dtype=np.float32), np.array(grams, dtype=np.int64))


def test_a_logit_is_what_dense_and_grams_add_up_to() -> None:
    quality = Quality(space(), [head("a", gain=1.0), head("b", constant=-1, gain=1.0)])
    estimates, _ = quality.estimate(features(0.5, 0, 0, 0, grams=(7, 7, 9)))
    # Counts 2 and 1 as a vector of length 1: 2 / √5 of bucket 7, at weight 2.
    logit = 0.5 + 2 * 2 / math.sqrt(5)
    assert estimates["a"].variance == pytest.approx(0, abs=1e-6)
    assert estimates["a"].right == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-5)
    assert estimates["b"].right == pytest.approx(1 / (1 + math.exp(1 - logit)), abs=1e-5)


def test_what_is_not_known_pulls_towards_one_half() -> None:
    sure, unsure = (
        Quality(space(), [head("a", gain=gain)]).estimate(features(2, 0, 0, 0))[0]["a"] for gain in (1.0, 0.0)
    )
    assert (sure.variance, unsure.variance) == pytest.approx((0, 4))
    assert 0.5 < unsure.right < sure.right


def test_a_prompt_unlike_any_fitted_is_flagged() -> None:
    quality = Quality(space(), [head("a")])
    assert quality.estimate(features(2, 0, 0, 0))[1]
    assert quality.estimate(features(0, 5, 0, 0))[1]  # rows vary more in this direction
    assert not quality.estimate(features(4, 0, 0, 0))[1]
    assert not quality.estimate(features(0, 0, 0, 4))[1]


def test_a_decision_takes_a_fraction_of_a_millisecond() -> None:
    extract = Extractor()
    rng = np.random.default_rng(1)
    wide = extract.dimensions
    one = np.ones(wide, dtype=np.float32)
    axes = np.linalg.qr(rng.normal(size=(wide, 32)))[0].T.astype(np.float32)
    heads = [
        Head(name, one, rng.normal(size=BUCKETS).astype(np.float32), 0.0, axes, one[:32]) for name in "abcdef"
    ]
    quality = Quality(Space(0 * one, one, axes, one[:32], 1.0, 1e9), heads)
    prompt = ("Explain what a list and a tuple have in common, and where they differ. " * 20)[:1024]
    spent = []
    for _ in range(300):
        begin = time.thread_time()
        quality.estimate(extract(prompt))
        spent.append(time.thread_time() - begin)
    assert sorted(spent)[150] < 0.0015  # .2 ms alone on a core: docs/benchmarks
