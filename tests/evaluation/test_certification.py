"""What a certificate claims, held against made-up traffic whose truth is known."""

import math
from pathlib import Path

import msgspec
import numpy as np
import pytest

from wye.evaluation.attempts import Register
from wye.evaluation.certification import Corrected, Sheet, Terms, beyond, calibration, earn
from wye.evaluation.dataset import Result, Row
from wye.routing.revision import Revision, Trace, mark

EPSILON, DELTA, ROWS = 0.02, 0.1, 400
TERMS = Terms(EPSILON)
WORDS = [f"word{number}" for number in range(100)]
DRAWS = 1000
REVISION = Revision(
    route="auto",
    strong="big",
    weak="small",
    models=("big", "small"),
    thresholds=(0.1, 0.2),
    features="",
    heads="",
    rows="",
    labels={},
)


def sheet(
    strong: np.ndarray,
    weak: np.ndarray,
    gold: tuple[np.ndarray, np.ndarray] | None = None,
    shown: float = 1.0,
) -> Sheet:
    """One setting, that sends everything to the weak model; scores of people for a share `shown` of rows."""
    count = len(strong)
    nothing = np.full(count, math.nan)
    held = np.arange(count) < shown * count
    return Sheet(
        strong=strong,
        weak=weak,
        gold_strong=np.where(held, gold[0], nothing) if gold else nothing,
        gold_weak=np.where(held, gold[1], nothing) if gold else nothing,
        agree=nothing,
        to_strong=np.zeros((count, 1), dtype=np.bool_),
        gain=np.zeros(count),
        agreed=np.zeros(count, dtype=np.bool_),
    )


def drawn(rng: np.random.Generator, right: float, columns: int = DRAWS) -> np.ndarray:
    """Scores of a model that is right so often: rows x draws."""
    return (rng.random((ROWS, columns)) < right).astype(float)


def false_rate(excess: np.ndarray) -> float:
    """The share of draws that pass. It is printed with -rP."""
    rate = float((excess >= 0).mean())
    print(f"false: {rate:.3f} of {excess.size} draws; at most {DELTA} is stated")  # noqa: T201  # the figure
    return rate


def test_at_the_boundary_a_certificate_is_false_at_most_as_often_as_stated() -> None:
    """E[L] = 0: nothing worse is easier to certify by mistake."""
    losses = (1 - EPSILON) - drawn(np.random.default_rng(17), 1 - EPSILON)
    assert 0 < false_rate(beyond(EPSILON, losses, None, DELTA)) <= DELTA


@pytest.mark.parametrize(
    ("right", "seen", "margin"),
    [
        (0.49, 0.9, 0.40),  # the judge is kind: that is what people find, on the edge
        (0.49, 0.9, 0.05),  # and more so than the margin makes up for
        (0.49, 0.49, 0.0),  # the judge is right, and the route on the edge
        (0.49, 0.51, 0.02),  # a little of both
    ],
)
def test_a_kind_judge_certifies_nothing_that_people_would_not(
    right: float, seen: float, margin: float
) -> None:
    """Quality, not the judge's opinion of it: to people the route loses what is allowed, and not less.

    The strong model is right in half of the rows, the weak one in .49: at ε = .02 that is the edge.
    """
    rng = np.random.default_rng(23)
    strong, truth = drawn(rng, 0.5), drawn(rng, right)
    judged = np.maximum(truth, drawn(rng, (seen - right) / (1 - right)))
    losses, true = (1 - EPSILON) * strong - judged, (1 - EPSILON) * strong - truth
    corrected = Corrected(margin, true - losses)
    assert false_rate(beyond(EPSILON, losses, corrected, DELTA)) <= DELTA


def test_without_people_a_kind_judge_certifies_its_own_opinion() -> None:
    """Why the certificate says `judge J's score` then: E[L_judge] is below 0, E[L_gold] far above."""
    losses = (1 - EPSILON) * np.ones((ROWS, 1)) - 1.0
    assert beyond(EPSILON, losses, None, DELTA)[0] >= 0
    corrected = Corrected(0.0, 0.5 * np.ones((ROWS, 1)))
    assert beyond(EPSILON, losses, corrected, DELTA)[0] < 0


def test_a_judge_that_is_corrected_can_be_believed() -> None:
    """A margin that both tests can reach: the weak model is the better one, and the judge nearly right."""
    rng = np.random.default_rng(3)
    count = 3000
    strong = (rng.random(count) < 0.8).astype(float)
    weak = (rng.random(count) < 0.9).astype(float)
    judged = np.where(rng.random(count) < 0.03, 1 - weak, weak)
    earned = earn(sheet(strong, judged, (strong, weak), 0.3), Terms(EPSILON, "referee", 0.04), DELTA)
    assert earned.setting == 0
    assert earned.gold == 900


def test_many_attempts_on_a_route_share_its_delta(tmp_path: Path) -> None:
    """Ten attempts, each on fresh rows at the boundary, with δ_j: seldom does any of them pass."""
    rng, routes = np.random.default_rng(5), 500
    register = Register(tmp_path / "attempts.jsonl")
    deltas = [register.begin("auto", DELTA, str(number)).own_delta for number in range(10)]
    assert sum(deltas) <= DELTA
    wrong = np.full(routes, -np.inf)
    for delta in deltas:
        losses = (1 - EPSILON) - drawn(rng, 1 - EPSILON, routes)
        wrong = np.maximum(wrong, beyond(EPSILON, losses, None, delta))
    assert false_rate(wrong) <= DELTA
    assert register.expected_false() == DELTA


def row(number: int, prompt: str = "", conversation: str = "", **scores: float) -> Row:
    scores = scores or {"big": 1.0, "small": 1.0}
    words = (
        prompt
        or f"What is {number} times {number * 7 + 3}, and why would anybody want to know number {number}?"
    )
    return Row(
        f"r{number}",
        words,
        {name: Result(score) for name, score in scores.items()},
        conversation=conversation,
    )


def test_what_was_fitted_on_or_seen_before_does_not_count_nor_what_is_nearly_the_same() -> None:
    rows = [row(number) for number in range(40)]
    spent = [Trace(tuple(mark(one.prompt) for one in rows[:10]))]
    near = row(90, prompt=rows[0].prompt + " Please.")
    kept = calibration([*rows, near], REVISION, TERMS, spent)
    assert {one.id for one in kept.rows}.isdisjoint({"r90", *(f"r{number}" for number in range(10))})
    assert kept.left_out == 41 - len(kept.rows)


def test_one_row_a_conversation_counts_and_their_order_is_nobodys_choice() -> None:
    rows = [
        row(
            number,
            prompt=f"{word} {number} {word * 2} xyz{number * 31} {word[::-1]}",
            conversation=f"c{number % 5}",
        )
        for number, word in enumerate(("alpha", "beta", "gamma", "delta", "omega") * 4)
    ]
    kept = calibration(rows, REVISION, TERMS, ())
    assert sorted(one.conversation for one in kept.rows) == ["c0", "c1", "c2", "c3", "c4"]
    again = calibration(rows[::-1], REVISION, TERMS, ())
    assert (again.rows, again.data) == (kept.rows, kept.data)
    other = msgspec.structs.replace(rows[0], results={"big": Result(1.0), "small": Result(0.0)})
    assert calibration([other, *rows[1:]], REVISION, TERMS, ()).data != kept.data


def test_what_is_not_used_of_rows_has_no_say_in_their_order() -> None:
    """Or whoever wants another order would try ids until one passes."""
    rows = [row(number, prompt=" ".join(WORDS[number : number + 9])) for number in range(0, 90, 9)]
    renamed = [
        msgspec.structs.replace(
            one,
            id=f"other {one.id}",
            dataset="other",
            category="other",
            results=one.results
            | {"third": Result(0.5, answer="x"), "big": Result(1.0, judged=0.3, answer="x", output_chars=9)},
        )
        for one in rows
    ]
    kept, again = (calibration(some, REVISION, TERMS, ()) for some in (rows, renamed))
    assert [one.prompt for one in again.rows] == [one.prompt for one in kept.rows]
    assert again.data == kept.data
    gated = Terms(EPSILON, gates=("third",))
    assert calibration(rows, REVISION, gated, ()).data != calibration(renamed, REVISION, gated, ()).data


def test_what_an_attempt_saw_is_known_again_with_all_that_belongs_to_it() -> None:
    first = row(1, prompt=" ".join(WORDS[:12]), conversation="c1")
    (kept,) = (seen := calibration([first], REVISION, TERMS, ())).rows
    assert kept == first
    nearly = row(2, prompt=" ".join((*WORDS[:11], "otherwise")))
    turn = row(3, prompt=" ".join(WORDS[20:32]), conversation="c1")
    fresh = row(4, prompt=" ".join(WORDS[40:52]), conversation="c2")
    assert calibration([nearly, turn, fresh], REVISION, TERMS, [seen.trace]).rows == (fresh,)


def test_rows_without_both_scores_do_not_count() -> None:
    judged = Row("j", "Tell me of the tides.", {"big": Result(judged=1.0), "small": Result(judged=0.5)})
    rows = [row(1), row(2, prompt="Only one was run here.", big=1.0), judged]
    assert [one.id for one in calibration(rows, REVISION, TERMS, ()).rows] == ["r1"]
    assert [one.id for one in calibration(rows, REVISION, Terms(EPSILON, "referee"), ()).rows] == ["j"]


def test_the_walk_stops_at_the_first_failure_and_what_it_accepts_is_seldom_false() -> None:
    """2,000 draws from a frozen pool: ever more goes to a weak model, the prompts it is worst at last."""
    rng = np.random.default_rng(11)
    hard, bars = rng.random(5000), np.linspace(0.1, 1.0, 10)
    strong = (rng.random(5000) < 0.9 - 0.2 * hard).astype(float)
    weak = (rng.random(5000) < 0.95 - 0.6 * hard).astype(float)
    losses = (1 - EPSILON) * strong[:, None] - np.where(
        hard[:, None] < bars[None, :], weak[:, None], strong[:, None]
    )
    truth = losses.mean(axis=0)
    assert truth[0] < 0 < truth[-1]
    false = accepted = 0
    for _ in range(20):  # a hundred draws at once, side by side
        draw = losses[rng.integers(0, 5000, (ROWS, 100))].reshape(ROWS, -1)
        passed = (beyond(EPSILON, draw, None, DELTA) >= 0).reshape(100, 10)
        walked = np.logical_and.accumulate(passed, axis=1)
        accepted += int(walked[:, 0].sum())
        false += int((walked & (truth > 0)).any(axis=1).sum())
    assert accepted > 1000
    print(f"false: {false / 2000:.3f}; at most {DELTA} is stated")  # noqa: T201  # the figure
    assert false / 2000 <= DELTA
    good, bad = np.ones(500), np.zeros(500)
    walk = msgspec.structs.replace(
        sheet(good, bad), to_strong=np.stack([good, bad, good], axis=1).astype(np.bool_)
    )
    earned = earn(walk, Terms(EPSILON), DELTA)
    assert (earned.setting, [step.beyond >= 0 for step in earned.steps]) == (0, [True, False])
    assert (earned.strong_share, len(earned.losses)) == (1.0, 500)
    assert earn(sheet(good, bad), Terms(EPSILON), DELTA).setting is None


def test_what_a_monitor_may_see_where_answers_differ_without_harm() -> None:
    """A weak model that is right in other words than the strong one: agreement alone is no drop."""
    count = 500
    rows = msgspec.structs.replace(
        sheet(np.ones(count), np.ones(count)), agree=(np.arange(count) % 10 > 0).astype(float)
    )
    earned = earn(rows, Terms(EPSILON), DELTA)
    assert earned.setting == 0
    assert 0.08 < earned.watch < 0.12  # a tenth differs: .98 - .9, and what 500 rows leave open
    assert earn(sheet(np.ones(count), np.ones(count)), Terms(EPSILON), DELTA).watch == 0.0
