"""A guess before there are labels."""

from pathlib import Path

import numpy as np
import pytest

from evaluation.made_up import rows
from wye.evaluation.cold import FEWEST, guess, load, teaching
from wye.evaluation.dataset import DatasetError
from wye.evaluation.learn import Lesson
from wye.routing.opinion import Opinions
from wye.routing.revision import RevisionError, Trace, mark, read, write
from wye.routing.tasks import BUILT_IN, Tasks

LESSON = Lesson(route="auto", strong="strong", weak="weak", everything=True)
EASY = "What is 2 + 2?"
HARD = (
    "Let G be a finite group whose order is divisible by exactly three primes, and let H be a maximal "
    "subgroup whose index is not a prime power. Determine, with proof, whether H can be solvable, and "
    "compute the number of conjugates of H for the smallest such group that is not simple."
)


def test_without_labels_more_is_to_be_won_where_more_is_asked(tmp_path: Path) -> None:
    taught = guess([], LESSON, 1.0)
    assert taught.held_out is None
    assert taught.facts.labels == {"strong": 0, "weak": 0}
    assert list(taught.facts.thresholds) == sorted(taught.facts.thresholds)
    opinions = Opinions(read(tmp_path, write(tmp_path, taught.facts, taught.weights, taught.trace).id))
    easy, hard = opinions.form(EASY), opinions.form(HARD)
    assert easy.gain is not None
    assert hard.gain is not None
    assert hard.gain > easy.gain
    assert not hard.unlike
    assert "a guess" in taught.facts.notes[0]


def test_few_labels_draw_the_means_towards_them(tmp_path: Path) -> None:
    few = rows(80)
    taught = guess(few, LESSON, 1.0)
    assert taught.held_out is not None
    assert taught.rows == 80
    assert set(taught.facts.priors) == {BUILT_IN(row.prompt) for row in few}
    opinions = Opinions(read(tmp_path, write(tmp_path, taught.facts, taught.weights, taught.trace).id))
    unlabelled = guess([], LESSON, 1.0)
    before = Opinions(read(tmp_path, write(tmp_path, unlabelled.facts, unlabelled.weights, Trace()).id))
    for name in ("strong", "weak"):
        true = np.mean([row.quality(name) for row in few])
        was, is_ = (
            np.mean([one.form(row.prompt).quality[name].right for row in few]) for one in (before, opinions)
        )
        assert abs(is_ - true) < max(abs(was - true), 0.05)


def test_a_guess_says_the_same_whatever_kinds_of_work_are_added(tmp_path: Path) -> None:
    """What is certified, without wye.yaml's own kinds, is what serves with them."""
    few = rows(80)
    taught = guess(few, LESSON, 1.0)
    assert any(any(by.values()) for by in taught.facts.priors.values())
    learnt = read(tmp_path, write(tmp_path, taught.facts, taught.weights, taught.trace).id)
    served = Opinions(learnt, Tasks({"ours": [row.prompt for row in few[:40]]}))
    certified = Opinions(learnt)
    assert {served.form(row.prompt).task for row in few} >= {"ours"}
    assert all(served.form(row.prompt).gain == certified.form(row.prompt).gain for row in few)


def test_a_guess_is_void_where_the_kinds_of_work_are_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taught, unlabelled = guess(rows(80), LESSON, 1.0), guess([], LESSON, 1.0)
    by_task = write(tmp_path, taught.facts, taught.weights, taught.trace).id
    everywhere = write(tmp_path, unlabelled.facts, unlabelled.weights, Trace()).id
    monkeypatch.setattr("wye.routing.tasks.fingerprint", lambda: "another")
    with pytest.raises(RevisionError, match="other kinds of work"):
        read(tmp_path, by_task)
    assert read(tmp_path, everywhere).revision.kinds == ""


def test_only_rows_that_may_teach_count() -> None:
    few = rows(60)
    seen = (Trace(tuple(mark(row.prompt) for row in few[:30])),)
    assert (
        len(teaching(few, Lesson(route="a", strong="strong", weak="weak", everything=True, spent=seen))) == 30
    )
    assert 5 < len(teaching(few, Lesson(route="a", strong="strong", weak="weak"))) < 55
    assert FEWEST < 60


def test_rows_of_other_models_are_told() -> None:
    with pytest.raises(DatasetError, match="no scores of nobody here"):
        guess(rows(5), Lesson(route="a", strong="nobody", weak="weak"), 0.0)


def test_what_is_shipped_is_two_lines_over_the_features() -> None:
    cold = load()
    assert cold.lines.shape == (2, len(cold.mean))
    assert len(cold.thresholds) > 20
