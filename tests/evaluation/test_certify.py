import math

import numpy as np
import pytest

from wye.evaluation.certify import Row, certify, data_hash, in_order, walk

EPSILON, DELTA = 0.02, 0.05


def population(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a strong model, and of settings that send ever more to a weak one, the worst prompts last."""
    hard = rng.random(size)
    strong = (rng.random(size) < 0.9 - 0.2 * hard).astype(float)
    weak = (rng.random(size) < 0.95 - 0.6 * hard).astype(float)
    thresholds = np.linspace(0.1, 1.0, 10)
    chosen = np.where(hard[:, None] < thresholds[None, :], weak[:, None], strong[:, None])
    return strong, chosen


def test_the_chance_of_a_false_certificate_is_at_most_delta() -> None:
    """2,000 draws with replacement from a frozen pool; false = what is accepted loses more than allowed."""
    rng = np.random.default_rng(11)
    strong, chosen = population(rng, 5000)
    true_loss = ((1 - EPSILON) * strong[:, None] - chosen).mean(axis=0)
    assert true_loss[0] < 0 < true_loss[-1]
    false = accepted = 0
    for _ in range(2000):
        draw = rng.integers(0, len(strong), 400)
        setting = walk(strong[draw], chosen[draw], epsilon=EPSILON, delta=DELTA).setting
        if setting is not None:
            accepted += 1
            false += int(true_loss[: setting + 1].max() > 0)
    assert accepted > 1000
    assert false / 2000 <= DELTA


def test_the_walk_stops_at_the_first_failure() -> None:
    good, bad = np.ones(500), np.zeros(500)
    outcome = walk(good, np.stack([good, bad, good], axis=1), epsilon=EPSILON, delta=DELTA)
    assert outcome.setting == 0
    assert [test.accepted for test in outcome.tests] == [True, False]
    assert outcome.tests[0].log_capital >= math.log(1 / DELTA)


def test_without_rows_there_is_the_strong_model() -> None:
    assert certify([], epsilon=EPSILON, delta=DELTA).setting is None


def row(number: int, conversation: str = "", score: float = 1.0) -> Row:
    return Row(f"r{number}", conversation or f"c{number}", 1.0, (score,))


def test_the_order_depends_on_the_data_alone() -> None:
    rows = [row(number) for number in range(50)]
    data = data_hash(rows)
    assert data_hash(rows[::-1]) == data
    assert in_order(rows[::-1], data) == in_order(rows, data) != rows
    other = [*rows, row(50)]
    assert [one.id for one in in_order(other, data_hash(other)) if one.id != "r50"] != [
        one.id for one in in_order(rows, data)
    ]


def test_one_row_a_conversation_counts() -> None:
    rows = [row(number, f"c{number % 3}") for number in range(30)]
    kept = in_order(rows, data_hash(rows))
    assert sorted(one.conversation for one in kept) == ["c0", "c1", "c2"]


def test_a_certificate_from_rows() -> None:
    rows = in_order([row(number) for number in range(400)], "00" * 32)
    outcome = certify(rows, epsilon=EPSILON, delta=DELTA)
    assert (outcome.setting, outcome.rows) == (0, 400)
    bad = certify([row(number, score=0.0) for number in range(400)], epsilon=EPSILON, delta=DELTA)
    assert bad.setting is None
    with pytest.raises(ValueError, match="scores"):
        certify([row(1, score=2.0)], epsilon=EPSILON, delta=DELTA)
