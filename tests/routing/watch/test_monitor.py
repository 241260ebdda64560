import numpy as np
import pytest

from wye.routing.watch.monitor import STAKES, Monitor, Plan, rows_to_detect

PLAN = Plan(epsilon=0.02, run_length=500)


def drawn(rng: np.random.Generator, drop: float) -> tuple[float, float]:
    """Scores of a strong model, and of a route that is as good but for `drop`."""
    strong = float(rng.random() < 0.83)
    served = strong if rng.random() < 0.95 else float(rng.random() < 0.83)
    return strong, 0.0 if rng.random() < drop / 0.83 else served


def run(monitor: Monitor, rng: np.random.Generator, drop: float, most: int) -> int | None:
    for _ in range(most):
        if monitor.see(*drawn(rng, drop)):
            return monitor.fired_at
    return None


def test_stakes_stay_below_what_could_make_capital_negative() -> None:
    assert max(STAKES) < 1 / (1 / (2 - 0.0))


def test_the_mean_run_length_is_at_least_what_was_stated() -> None:
    """The guarantee, simulated at the boundary, where it is the hardest to keep: E[L] = 0."""
    rng = np.random.default_rng(5)
    runs = [run(Monitor(PLAN), rng, 0.02 * 0.83, 4000) or 4000 for _ in range(60)]
    mean, error = np.mean(runs), np.std(runs) / np.sqrt(len(runs))
    assert mean + 3 * error >= PLAN.run_length
    assert min(runs) < 4000  # it does fire in the end: a detector that never does would pass, too


def test_good_history_is_not_banked() -> None:
    """After 3,000 good rows a drop is noticed nearly as fast as after none."""
    rng = np.random.default_rng(6)
    late = []
    for _ in range(10):
        monitor = Monitor(Plan(0.02, 100_000))
        assert run(monitor, rng, 0.0, 3000) is None
        fired = run(monitor, rng, 0.2, 3000)
        assert fired is not None
        late.append(fired - 3000)
    assert np.median(late) < 300


def test_a_missing_score_counts_as_the_worst() -> None:
    missing, worst = Monitor(PLAN), Monitor(PLAN)
    missing.see(1.0, None)
    worst.see(1.0, 0.0)
    assert missing.level == worst.level > 1


def test_a_rare_shadow_counts_for_those_that_were_not_seen() -> None:
    often, rarely = Monitor(Plan(0.02, least_probability=0.1)), Monitor(Plan(0.02, least_probability=0.1))
    often.see(1.0, 0.0, probability=1.0)
    rarely.see(1.0, 0.0, probability=0.1)
    assert rarely.level > often.level
    for _ in range(200):
        rarely.see(0.0, 1.0, probability=0.1)
        assert rarely.level > 0


def test_what_was_not_planned_is_refused() -> None:
    with pytest.raises(ValueError, match="probability"):
        Monitor(Plan(0.02, least_probability=0.5)).see(1.0, 1.0, probability=0.4)
    with pytest.raises(ValueError, match="probability"):
        Monitor(Plan(0.02, least_probability=0.0))
    with pytest.raises(ValueError, match="scores"):
        Monitor(PLAN).see(1.0, 1.5)


def test_how_many_rows_it_takes_is_told_beforehand() -> None:
    rng = np.random.default_rng(8)
    losses = np.array([0.98 * strong - served for strong, served in (drawn(rng, 0.0) for _ in range(1000))])
    small, large = rows_to_detect(PLAN, losses, 0.05), rows_to_detect(PLAN, losses, 0.2)
    assert small is not None
    assert large is not None
    assert large < small
    fired = [run(Monitor(PLAN), rng, 0.05, 20_000) or 20_000 for _ in range(20)]
    assert 0.5 < np.median(fired) / small < 2
    assert rows_to_detect(PLAN, losses, 0.0) is None
