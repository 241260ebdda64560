from pathlib import Path

import pytest

from evaluation import made_up
from wye.evaluation.dataset import DatasetError, Row, read
from wye.evaluation.routing import Plan, Report, measure

PLAN = Plan("strong", "weak", seeds=3)
ROWS = made_up.rows(700, seed=1)
DATA = Path(__file__).parents[3] / "shared" / "data" / "routing"


def test_half_of_a_file_teaches_what_to_do_with_the_other() -> None:
    report = measure(PLAN, ROWS)
    assert (report.labels, report.rows, report.transfer_labels, report.dropped) == (350, 700, 0, 0)
    assert report.apgr_interval[0] < report.apgr < report.apgr_interval[1]
    assert 0.6 < report.apgr < report.oracle["apgr"]
    assert report.strong_share_99 < report.random["share99"]
    assert report.saved_95.against_static_mix > 0
    assert report.ece_weak is not None
    assert 0 < report.decision_ms_p50 <= report.decision_ms_p99
    assert report.certified is None


def test_the_same_seeds_give_the_same_figures() -> None:
    one, same = measure(PLAN, ROWS[:400]), measure(PLAN, ROWS[:400])
    assert (one.apgr, one.cpt80_interval) == (same.apgr, same.cpt80_interval)


def test_a_gate_helps_and_a_category_may_be_used() -> None:
    plain = measure(PLAN, ROWS)
    gated = measure(Plan("strong", "weak", gates=("gate",), seeds=2), ROWS)
    assert gated.apgr > plain.apgr
    assert gated.saved_95.gated_share > 0
    category = measure(Plan("strong", "weak", labels=60, use_category=True, seeds=2), ROWS)
    assert category.used_category
    assert category.labels == 60


def test_labels_come_from_the_training_file_and_all_of_the_file_is_tested() -> None:
    train = [*made_up.rows(500, seed=2, prefix="train"), *ROWS[:50]]
    report = measure(Plan("strong", "weak", seeds=2, labels=200), ROWS, [train])
    assert (report.labels, report.tested, report.dropped) == (200, 700, 50)
    assert report.apgr > 0.6
    everything = measure(Plan("strong", "weak", seeds=1), ROWS, [train])
    assert everything.labels == 500


def others(rows: list[Row]) -> list[Row]:
    """The same prompts, answered by models with other names."""
    return [
        Row(row.id, row.prompt, {f"other {name}": result for name, result in row.results.items()})
        for row in rows
    ]


def test_without_labels_other_models_elsewhere_tell_what_is_hard() -> None:
    elsewhere = others(made_up.rows(500, seed=3))
    report = measure(Plan("strong", "weak", seeds=1, labels=0), ROWS, [elsewhere])
    assert (report.labels, report.transfer_labels) == (0, 1500)
    assert report.apgr > 0.55
    assert report.ece_weak is None
    few = measure(Plan("strong", "weak", seeds=3, labels=50), ROWS, [elsewhere])
    assert few.apgr > measure(Plan("strong", "weak", seeds=3, labels=50), ROWS).apgr


def test_a_certificate_is_measured_against_a_frozen_pool() -> None:
    plan = Plan("strong", "weak", gates=("gate",), seeds=1, labels=300, epsilon=0.1, delta=0.1)
    found = measure(plan, ROWS, [made_up.rows(600, seed=4)]).certified
    assert found is not None
    assert found.labels == 300
    assert found.strong_share < 1
    assert found.false_rate_lower <= 0.1


@pytest.mark.parametrize(
    ("plan", "rows", "says"),
    [
        (Plan("strong", "nobody"), ROWS, "no scores of nobody.*there are: gate, strong, weak"),
        (PLAN, ROWS[:50], "only 50 rows"),
        (Plan("strong", "weak", labels=690), ROWS, "690 labels leave fewer than"),
    ],
)
def test_what_cannot_be_measured_is_said(plan: Plan, rows: list[Row], says: str) -> None:
    with pytest.raises(DatasetError, match=says):
        measure(plan, rows)


def test_a_training_file_that_is_the_file_itself_teaches_nothing() -> None:
    with pytest.raises(DatasetError, match="near-duplicate"):
        measure(PLAN, ROWS, [ROWS])


@pytest.mark.deep
@pytest.mark.skipif(not DATA.exists(), reason="the public sets are not here: ../shared/data/routing")
@pytest.mark.parametrize(
    ("name", "plan", "least"),
    [
        (
            "routellm_mmlu",
            Plan("gpt-4-1106-preview", "mixtral-8x7b-instruct-v0.1", labels=1500, seeds=4),
            0.63,
        ),
        ("routellm_gsm8k", Plan("gpt-4-1106-preview", "mixtral-8x7b-instruct-v0.1", seeds=8), 0.58),
        (
            "zeroeval",
            Plan(
                "claude-3-5-sonnet-20241022",
                "deepseek-v2.5-0908",
                gates=("Meta-Llama-3.1-70B-Instruct", "Qwen2-72B-Instruct"),
                seeds=4,
            ),
            0.87,
        ),
    ],
)
def test_public_sets_are_routed_as_well_as_docs_say(name: str, plan: Plan, least: float) -> None:
    report: Report = measure(plan, read(DATA / f"{name}.jsonl.gz"))
    assert report.apgr > least
