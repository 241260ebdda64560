"""What is learnt of labelled prompts predicts, and says what it rests on."""

import msgspec
import numpy as np
import pytest

from evaluation.made_up import rows
from wye.evaluation.clusters import clusters
from wye.evaluation.columns import extract
from wye.evaluation.dataset import DatasetError, Result, Row
from wye.evaluation.learn import Class, Lesson, Taught, learn
from wye.evaluation.pair import RICH
from wye.routing.features import extractor
from wye.routing.opinion import Opinions
from wye.routing.quality import Quality
from wye.routing.revision import Learnt, Pace, Trace, mark
from wye.routing.tasks import BUILT_IN

LESSON = Lesson(route="auto", strong="strong", weak="weak")


@pytest.fixture(scope="module")
def taught() -> Taught:
    return learn(rows(600), LESSON, BUILT_IN, 5.0)


def test_heads_tell_what_the_weak_model_cannot_do(taught: Taught) -> None:
    learnt = Learnt(msgspec.structs.replace(taught.facts, id="r1"), taught.weights)
    opinions = Opinions(learnt)
    formed = [(row.category, opinions.form(row.prompt)) for row in rows(60, seed=9)]
    law = [one.gain or 0 for category, one in formed if category == "law"]
    sums = [one.gain or 0 for category, one in formed if category == "sums"]
    assert np.mean(law) > 0.25
    assert np.mean(sums) < 0.15
    assert all(set(one.quality) == {"strong", "weak", "gate"} for _, one in formed)
    # 50 to 500 characters, at four a token.
    assert all(12 <= tokens <= 125 for _, one in formed for tokens in one.tokens.values())
    assert taught.held_out.figures.apgr > 0.6
    assert taught.held_out.error_strong < 0.1


def test_half_of_the_rows_are_left_to_certify_with(taught: Taught) -> None:
    assert 200 < taught.rows < 400
    assert taught.rows + taught.kept_back == 600
    assert taught.facts.labels == dict.fromkeys(("strong", "weak", "gate"), taught.rows)
    every = learn(rows(120), msgspec.structs.replace(LESSON, everything=True), BUILT_IN, 0.0)
    assert (every.rows, every.kept_back) == (120, 0)


def test_near_duplicates_stay_on_one_side() -> None:
    originals = rows(150)
    twins = [msgspec.structs.replace(row, id=f"{row.id}'", prompt=f"{row.prompt}!") for row in originals]
    both = [*originals, *twins]
    teaching = set(learn(both, LESSON, BUILT_IN, 0.0).trace.rows)
    sides: dict[int, set[bool]] = {}
    for group, row in zip(clusters([row.prompt for row in both]).tolist(), both, strict=True):
        sides.setdefault(group, set()).add(mark(row.prompt) in teaching)
    assert all(len(side) == 1 for side in sides.values())


def test_what_certified_does_not_teach() -> None:
    every = rows(400)
    seen = Trace(tuple(mark(row.prompt) for row in every[:60]))
    again = learn(every, msgspec.structs.replace(LESSON, spent=(seen,)), BUILT_IN, 0.0)
    assert set(seen.rows).isdisjoint(again.trace.rows)


def test_settings_are_in_order_and_the_safest_first(taught: Taught) -> None:
    thresholds = taught.facts.thresholds
    assert list(thresholds) == sorted(thresholds)
    assert len(thresholds) > 20


def test_means_by_task_are_drawn_together(taught: Taught) -> None:
    tasks = taught.facts.tasks
    assert tasks
    assert all(0.4 < means["weak"] < means["strong"] < 1 for means in tasks.values())


def test_a_judge_s_score_stands_in_where_people_gave_none() -> None:
    judged = [
        msgspec.structs.replace(
            row, results={m: Result(judged=r.quality) for m, r in row.results.items() if m != "gate"}
        )
        for row in rows(400)
    ]
    taught = learn(judged, LESSON, BUILT_IN, 0.0)
    assert set(taught.facts.labels) == {"strong", "weak"}
    assert taught.weights.lengths == []


def test_what_a_model_counts_sets_its_lengths() -> None:
    paced = msgspec.structs.replace(LESSON, paces={"weak": Pace(bytes_per_token=2.0)})
    lengths = {head.model: head for head in learn(rows(400), paced, BUILT_IN, 0.0).weights.lengths}
    assert lengths["weak"].most > 200
    assert lengths["strong"].most <= 125


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (rows(100), "are the least"),
        ([Row("1", "a", {"strong": Result(1.0)})], "no scores of strong, weak|no scores of weak"),
        ([], "there are: none"),
    ],
)
def test_too_little_is_told(given: list[Row], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        learn(given, LESSON, BUILT_IN, 0.0)


def test_models_beside_a_pair_that_bends_have_straight_lines() -> None:
    every = rows(200)
    groups = np.arange(len(every))
    class_ = Class(every, extract([row.prompt for row in every]), groups)
    weights = class_.weights(LESSON, RICH)
    assert [len(head.near) for head in weights.heads] == [len(weights.space.landmarks)] * 3
    assert weights.heads[0].near.any()
    assert not weights.heads[2].near.any()
    assert set(Quality(weights.space, weights.heads).estimate(extractor()(every[0].prompt))[0]) == {
        "strong",
        "weak",
        "gate",
    }
