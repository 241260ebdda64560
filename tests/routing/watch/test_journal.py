from pathlib import Path

import msgspec
import pytest

from routing.test_certificate import CERTIFICATE
from wye.config.strategies import ShadowSettings
from wye.routing.state import StateError
from wye.routing.watch.journal import Sight, note, plan_of, resumed, sights
from wye.routing.watch.judge import PROMPTS
from wye.routing.watch.monitor import Monitor, Plan

PLAN = Plan(0.02, 100.0, 0.5)


def sight(number: int, **more: object) -> Sight:
    facts: dict[str, object] = {"strong": 1.0, "weak": 0.0} | more
    return Sight(f"r{number}", 1.0, "c1", PLAN.id, "weak", 0.5, **facts)  # type: ignore[arg-type]


def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    by_hand = Monitor(PLAN)
    for number in range(20):
        note(tmp_path, sight(number))
        by_hand.see(0.98, 0.5)
    resumed_ = resumed(tmp_path, "c1", PLAN)
    assert (resumed_.level, resumed_.rows, resumed_.fired_at) == (by_hand.level, 20, by_hand.fired_at)
    assert resumed_.fired_at is not None


def test_lines_of_another_certificate_or_plan_do_not_count(tmp_path: Path) -> None:
    note(tmp_path, sight(1))
    note(tmp_path, msgspec.structs.replace(sight(2), certificate="c0"))
    note(tmp_path, msgspec.structs.replace(sight(3), plan=Plan(0.02, 200.0).id))
    assert resumed(tmp_path, "c1", PLAN).rows == 1
    assert len(sights(tmp_path)) == 3


def test_missing_scores_are_the_worst_and_a_strong_answer_loses_nothing(tmp_path: Path) -> None:
    note(tmp_path, sight(1, weak=None, why="no final answers to compare"))
    worst = Monitor(PLAN)
    worst.see(0.98, 0.5)
    assert resumed(tmp_path, "c1", PLAN).level == worst.level
    note(tmp_path, msgspec.structs.replace(sight(2), served="strong", weak=None))
    worst.see(-0.02, 0.5)
    assert resumed(tmp_path, "c1", PLAN).level == worst.level


def test_a_line_that_was_torn_counts_as_the_worst(tmp_path: Path) -> None:
    note(tmp_path, sight(1))
    with (tmp_path / "shadows.jsonl").open("ab") as file:
        file.write(b'{"request": "r2", "at"')
    note(tmp_path, sight(3))  # which has no line of its own now
    assert len(sights(tmp_path)) == 1
    worst = Monitor(PLAN)
    worst.see(0.98, 0.5)
    worst.see(0.98, 0.5)
    assert resumed(tmp_path, "c1", PLAN).level == worst.level


def test_a_journal_that_cannot_be_read_is_no_empty_one(tmp_path: Path) -> None:
    assert resumed(tmp_path, "c1", PLAN).rows == 0
    (tmp_path / "shadows.jsonl").mkdir()
    with pytest.raises(StateError, match="cannot read"):
        resumed(tmp_path, "c1", PLAN)


def test_scores_of_different_judges_are_no_one_series(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = (plan_of(CERTIFICATE, ShadowSettings(judge=judge)) for judge in ("referee", "umpire"))
    monkeypatch.setattr("wye.routing.watch.journal.PROMPTS", "told otherwise")
    told = plan_of(CERTIFICATE, ShadowSettings(judge="referee"))
    note(tmp_path, msgspec.structs.replace(sight(1, strong=1.0, weak=0.0), plan=one.id, probability=1.0))
    assert [resumed(tmp_path, "c1", plan).rows for plan in (one, other, told)] == [1, 0, 0]


def test_what_a_drop_is_depends_on_who_scores() -> None:
    labelled = msgspec.structs.replace(CERTIFICATE, watch=0.07)
    assert plan_of(labelled, ShadowSettings()) == Plan(0.02, 2000, 0.02, 0.07)
    by_judge = plan_of(labelled, ShadowSettings(judge="referee"))
    assert (by_judge.allowed, by_judge.judge, by_judge.prompts) == (0.0, "referee", PROMPTS)
    judged = msgspec.structs.replace(CERTIFICATE, judge="referee", margin=0.03)
    assert plan_of(judged, ShadowSettings(judge="referee")).allowed == -0.03
