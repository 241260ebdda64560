import numpy as np

from evaluation import made_up
from evaluation.test_pair import sheet
from wye.evaluation.pair import elsewhere
from wye.evaluation.trial import Split, run, sample, split
from wye.evaluation.two_stage import Costs

COSTS = Costs(weak=0.1, gates=0.05)


def test_clusters_stay_on_one_side() -> None:
    whole = sheet(made_up.rows(120))
    whole.groups[:] = np.arange(120) // 7
    for seed in range(10):
        parts = split(whole, 50, np.random.default_rng(seed))
        assert len(parts.labelled) == 50
        assert 120 - 50 - 6 <= len(parts.tested) <= 70
        assert not set(parts.labelled.groups.tolist()) & set(parts.tested.groups.tolist())
        assert len(sample(whole, 33, np.random.default_rng(seed))) == 33


def test_splits_differ_by_seed_alone() -> None:
    whole = sheet(made_up.rows(100))
    one, same, other = (split(whole, 40, np.random.default_rng(seed)).labelled.groups for seed in (1, 1, 2))
    assert one.tolist() == same.tolist() != other.tolist()


def test_routing_beats_chance_and_pays_for_its_gates() -> None:
    parts = split(sheet(made_up.rows(600)), 300, np.random.default_rng(1))
    outcome = run(parts, elsewhere([]), COSTS, np.random.default_rng(1))
    assert outcome.figures.apgr > 0.7
    assert outcome.errors is not None
    assert max(outcome.errors) < 0.1
    at_95 = outcome.saved[1]
    assert at_95.cost < at_95.mix
    dear = run(parts, elsewhere([]), Costs(0.1, 3.0), np.random.default_rng(1))
    assert dear.saved[1].gated == 0


def test_without_labels_there_is_still_an_order() -> None:
    whole = sheet(made_up.rows(300))
    nothing = whole.at(np.zeros(0, dtype=np.int64))
    outcome = run(Split(nothing, whole), elsewhere([]), COSTS, np.random.default_rng(1))
    assert outcome.errors is None
    assert 0 < outcome.figures.apgr < 1.5
    assert outcome.saved[0].gated == 0
