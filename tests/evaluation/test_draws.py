import numpy as np
import pytest

from wye.evaluation.draws import Pool, Terms, certified, lower_bound, settings

TERMS = Terms(epsilon=0.02, delta=0.05, labels=500, draws=400)


def pool(rng: np.random.Generator, size: int = 3000, noise: float = 0.1) -> Pool:
    hard = rng.random(size)
    strong = (rng.random(size) < 0.9).astype(float)
    weak = strong * (rng.random(size) > np.maximum(hard - 0.5, 0))
    return Pool(strong, weak, hard + rng.normal(0, noise, size))


def test_certificates_save_and_are_hardly_ever_false() -> None:
    rng = np.random.default_rng(1)
    frozen = pool(rng)
    found = certified(frozen, settings(pool(rng).gain), TERMS, rng)
    assert found.oracle_share < found.strong_share < 0.7
    assert found.false_rate_lower <= TERMS.delta
    assert found.false_rate_lower <= found.false_rate
    assert max(found.boundary_false_rates.values()) < 0.08


def test_a_weak_model_that_is_useless_is_not_certified() -> None:
    rng = np.random.default_rng(2)
    frozen = pool(rng)
    useless = frozen._replace(weak=np.zeros_like(frozen.weak))
    found = certified(useless, settings(frozen.gain), TERMS, rng)
    assert found.strong_share == found.oracle_share == 1
    assert found.false_rate == 0


def test_settings_go_from_the_safest_on() -> None:
    thresholds = settings(np.random.default_rng(3).random(1000))
    assert (np.diff(thresholds) > 0).all()
    assert len(settings(np.zeros(10))) == len(thresholds)


@pytest.mark.parametrize(
    ("hits", "tries", "bound"), [(0, 100, 0.0), (10, 100, 0.0424), (100, 100, 0.955), (100, 2000, 0.0394)]
)
def test_the_lower_bound_is_exact(hits: int, tries: int, bound: float) -> None:
    assert lower_bound(hits, tries) == pytest.approx(bound, abs=5e-4)
