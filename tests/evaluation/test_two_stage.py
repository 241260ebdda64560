import numpy as np
import pytest

from wye.evaluation.dataset import Result, Row
from wye.evaluation.two_stage import (
    ALL_STRONG,
    Band,
    Costs,
    Predicted,
    cheapest,
    gate_columns,
    rethreshold,
    spent,
)

COSTS = Costs(weak=0.1, gates=0.05)


def test_a_gate_sees_answers_and_lengths_and_no_scores() -> None:
    def row(quality: float) -> Row:
        return Row(
            "r",
            "p",
            {
                "weak": Result(quality, answer="4", output_chars=10),
                "g1": Result(quality, answer="4.0", output_chars=20),
                "g2": Result(quality),
            },
        )

    right, wrong = gate_columns([row(1.0), row(0.0)], "weak", ["g1", "g2"])
    assert right.tolist() == wrong.tolist()
    assert right[:2].tolist() == [1, 0]
    alone = gate_columns([row(1.0)], "weak", ["not run"])
    assert alone[0, 0] == 0


def rows(rng: np.random.Generator, size: int = 2000) -> Predicted:
    """The first prediction knows a little, the second a lot."""
    hard = rng.random(size)
    strong = np.ones(size)
    weak = (rng.random(size) > hard).astype(float)
    return Predicted(strong, weak, hard + rng.normal(0, 0.5, size), 1 - weak + rng.normal(0, 0.3, size))


def test_who_is_gated_pays_for_it() -> None:
    one = Predicted(
        np.ones(4), np.array([1.0, 0, 0, 0]), np.array([0.1, 0.5, 0.5, 0.9]), np.array([0, 0.2, 1, 1])
    )
    found = spent(one, Band(0.3, 0.7, 0.5), COSTS)
    # weak alone, gated and weak, gated and strong, strong alone
    assert found.cost == pytest.approx((0.1 + 0.15 + 1.15 + 1) / 4)
    assert found.quality == 0.75
    assert (found.strong_share, found.gated_share) == (0.5, 0.5)
    assert spent(one, ALL_STRONG, COSTS).cost == 1


def test_the_cheapest_band_reaches_the_quality_and_saves() -> None:
    one = rows(np.random.default_rng(4))
    band = cheapest(one, COSTS, 0.95)
    found = spent(one, band, COSTS)
    assert found.quality >= 0.95
    assert found.cost < 0.8
    assert found.gated_share > 0.3


def test_a_gate_that_costs_more_than_it_saves_is_not_asked() -> None:
    one = rows(np.random.default_rng(5))
    assert spent(one, cheapest(one, Costs(0.1, 5.0), 0.95), COSTS).gated_share == 0
    useless = one._replace(second=np.random.default_rng(6).random(len(one.first)))
    assert spent(useless, cheapest(useless, Costs(0.5, 0.5), 0.95), COSTS).gated_share < 0.2


def test_a_threshold_is_found_again_on_other_rows() -> None:
    one, other = rows(np.random.default_rng(7)), rows(np.random.default_rng(8))
    band = rethreshold(other, cheapest(one, COSTS, 0.9), 0.9)
    assert spent(other, band, COSTS).quality == pytest.approx(0.9, abs=0.002)
    assert rethreshold(other, Band(np.inf, np.inf, 0.0), 0.99) == ALL_STRONG
