import numpy as np
import pytest

from wye.routing.watch.loss import Scale
from wye.routing.watch.monitor import STAKES, Monitor, Plan

PLAN = Plan(epsilon=0.02, run_length=500)
SCALE = Scale(0.02)


def drawn(rng: np.random.Generator, drop: float) -> float:
    """The loss of a route that is as good as its strong model but for `drop`."""
    strong = float(rng.random() < 0.83)
    served = strong if rng.random() < 0.95 else float(rng.random() < 0.83)
    return SCALE.loss(strong, 0.0 if rng.random() < drop / 0.83 else served, served_strong=False)


def run(monitor: Monitor, rng: np.random.Generator, drop: float, most: int) -> int | None:
    for _ in range(most):
        if monitor.see(drawn(rng, drop)):
            return monitor.fired_at
    return None


def test_stakes_stay_below_what_could_make_capital_negative() -> None:
    assert max(STAKES) < 1 / Scale(0.0, 0.2).null


def test_the_mean_run_length_is_at_least_what_was_stated() -> None:
    """The guarantee, simulated at the boundary, where it is the hardest to keep: E[L] = 0."""
    rng = np.random.default_rng(5)
    runs = [run(Monitor(PLAN), rng, 0.02 * 0.83, 4000) or 4000 for _ in range(60)]
    mean, error = np.mean(runs), np.std(runs) / np.sqrt(len(runs))
    assert mean + 3 * error >= PLAN.run_length
    assert min(runs) < 4000  # it does fire in the end: a detector that never does would pass, too


def test_it_fires_when_the_evidence_reaches_one() -> None:
    monitor, rng = Monitor(PLAN), np.random.default_rng(7)
    assert monitor.evidence == 0
    while not monitor.see(drawn(rng, 0.3)):
        assert 0 <= monitor.evidence < 1
    assert monitor.evidence >= 1


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


def test_a_rare_shadow_counts_for_those_that_were_not_seen() -> None:
    often, rarely = Monitor(Plan(0.02, least_probability=0.1)), Monitor(Plan(0.02, least_probability=0.1))
    often.see(0.98, probability=1.0)
    rarely.see(0.98, probability=0.1)
    assert rarely.level > often.level
    for _ in range(200):
        rarely.see(-1.0, probability=0.1)
        assert rarely.level > 0


def test_one_probability_for_all_weighs_nothing() -> None:
    always, seldom = Monitor(Plan(0.02)), Monitor(Plan(0.02, least_probability=0.02))
    for loss in (0.98, -0.02, 0.0):
        always.see(loss)
        seldom.see(loss, probability=0.02)
    assert seldom.level == pytest.approx(always.level)


def test_what_is_allowed_on_the_mean_is_no_drop() -> None:
    """Where a score stands in for another, more may be lost by it: twice the losses, half the alarm."""
    strict, lenient = Monitor(Plan(0.02)), Monitor(Plan(0.02, allowed=0.3))
    for loss in (0.98, -0.02, -0.02):
        strict.see(loss)
        lenient.see(loss)
    assert lenient.level < strict.level
    assert Plan(0.02).id != Plan(0.02, allowed=0.3).id


def test_what_was_not_planned_is_refused() -> None:
    with pytest.raises(ValueError, match="probability"):
        Monitor(Plan(0.02, least_probability=0.5)).see(0.0, probability=0.4)
    with pytest.raises(ValueError, match="probability"):
        Monitor(Plan(0.02, least_probability=0.0))
    with pytest.raises(ValueError, match="losses must be"):
        Monitor(PLAN).see(0.99)
    with pytest.raises(ValueError, match="no bound"):
        Monitor(Plan(0.02, allowed=1.0))
