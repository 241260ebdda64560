"""An attempt to certify: what is fixed, registered and noted before a score is looked at."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from evaluation.made_up import rows
from wye.config.strategies import GateSettings
from wye.config.upstreams import DeploymentSettings
from wye.evaluation.attempts import Register
from wye.evaluation.certification import Terms, sheet
from wye.evaluation.dataset import Result, Row
from wye.evaluation.issuing import DAY, Issued, Plan, attempt
from wye.evaluation.sides import looked_at
from wye.routing.agreement import Compare
from wye.routing.certificate import Arm, Facts, gate_hash, read, why_void
from wye.routing.features import Extractor
from wye.routing.features.extract import BUCKETS
from wye.routing.quality import Head, Space
from wye.routing.revision import Learnt, Revision, Trace, Weights, mark, read_facts, write
from wye.routing.revision import read as read_revision
from wye.routing.state import RouteState, StateError, register
from wye.routing.watch.judge import PROMPTS
from wye.routing.watch.loss import ScoreError

FACTS = Revision(
    route="auto",
    strong="strong",
    weak="weak",
    models=(),
    thresholds=(0.1, 0.3),
    features="",
    heads="",
    rows="",
    labels={},
)
PLAN = Plan(Terms(0.05), 0.1, 30)
GATED = msgspec.structs.replace(
    PLAN, terms=Terms(0.05, gates=("gate",)), gate=GateSettings(ask=("box/gate",))
)
ROWS = rows(400)


def taught(state_dir: Path, gain: float, marks: Sequence[str] = (), **facts: object) -> Learnt:
    """A revision that expects this gain of every prompt."""
    wide = Extractor().dimensions
    one, grams = np.ones(wide, dtype=np.float32), np.zeros(BUCKETS, dtype=np.float32)
    axes = np.eye(wide, dtype=np.float32)
    odds = float(np.log((1 - gain) / gain))
    heads = [Head(name, 0 * one, grams, c, axes, one) for name, c in (("strong", 20.0), ("weak", odds))]
    revisions = RouteState(state_dir, "auto").revisions
    weights = Weights(Space(0 * one, one, axes[:1], one[:1], 1.0, 1e9), heads, [])
    return read_revision(
        revisions, write(revisions, msgspec.structs.replace(FACTS, **facts), weights, Trace(tuple(marks))).id
    )


def scored(strong: float, weak: float, *, agree: bool = True, **scores: float) -> list[Row]:
    """Every row with these scores; the gate says what the weak model says, or never."""
    made = {"strong": (strong, "42"), "weak": (weak, "42"), "gate": (1.0, "42" if agree else "41")}
    results = {name: Result(score, answer=said, **scores) for name, (score, said) in made.items()}
    return [msgspec.structs.replace(row, results=results) for row in ROWS]


def tried(state_dir: Path, learnt: Learnt, given: Sequence[Row], plan: Plan = PLAN) -> Issued:
    return attempt(state_dir, learnt, given, plan)


def test_what_passes_is_a_file_that_holds_for_what_it_was_earned_with(tmp_path: Path) -> None:
    learnt = taught(tmp_path, 0.2)
    issued = tried(tmp_path, learnt, scored(1.0, 1.0))
    assert issued.certificate is not None
    state = RouteState(tmp_path, "auto")
    certificate = read(state.certificates, issued.certificate.id)
    assert certificate == issued.certificate
    assert (certificate.setting, certificate.threshold, certificate.strong_share) == (1, 0.3, 0.0)
    assert (certificate.attempt, certificate.own_delta) == (1, pytest.approx(0.0608, abs=1e-4))
    assert (certificate.scored, certificate.judge, certificate.gate, certificate.band) == (
        "labels",
        "",
        "",
        None,
    )
    assert certificate.expires - certificate.issued == 30 * DAY
    assert issued.rows == certificate.rows
    facts = Facts(read_facts(state.revisions, certificate.revision), "", ())
    assert why_void(certificate, facts, certificate.issued) == ""


def test_what_fails_is_an_attempt_all_the_same(tmp_path: Path) -> None:
    issued = tried(tmp_path, taught(tmp_path, 0.05), scored(1.0, 0.0))
    assert issued.certificate is None
    assert [one.number for one in Register(register(tmp_path)).attempts("auto")] == [1]
    assert issued.expected_false == 0.1


def test_an_attempt_and_its_rows_are_on_the_disk_before_a_score_is_looked_at(tmp_path: Path) -> None:
    wrong = scored(2.0, 1.0)  # no score, as nobody sees who does not look
    with pytest.raises(ScoreError):
        tried(tmp_path, taught(tmp_path, 0.2), wrong)
    assert len(Register(register(tmp_path)).attempts("auto")) == 1
    (looked,) = looked_at(RouteState(tmp_path, "auto").folder)
    assert {mark(row.prompt) for row in wrong[:20]} <= set(looked.rows)
    with pytest.raises(StateError, match="0 of 400 rows are left"):
        tried(tmp_path, taught(tmp_path, 0.2), scored(1.0, 1.0))


def test_rows_that_taught_do_not_certify(tmp_path: Path) -> None:
    learnt = taught(tmp_path, 0.2, [mark(row.prompt) for row in ROWS[:100]])
    issued = tried(tmp_path, learnt, scored(1.0, 1.0))
    assert issued.rows <= 300
    assert issued.rows + issued.left_out == 400


def test_a_gate_is_certified_with_its_models_as_they_are(tmp_path: Path) -> None:
    """All of the prompts are hard: the weak model serves none alone, and what the gate agrees on."""
    learnt = taught(tmp_path, 0.2, thresholds=(0.1, 0.3))
    declared = {"box/gate": DeploymentSettings(model="gate", base_url="http://10.0.0.1/v1", build="Q4")}
    plan = msgspec.structs.replace(GATED, declared=declared)
    half = [*scored(1.0, 1.0)[:200], *scored(1.0, 0.0, agree=False)[200:]]
    certificate = tried(tmp_path, learnt, half, plan).certificate
    assert certificate is not None
    assert certificate.band is not None
    assert (certificate.band.ask, certificate.band.compare, certificate.band.below) == (
        ("gate",),
        "answer",
        0.3,
    )
    assert certificate.band.agrees == pytest.approx(0.5, abs=0.05)
    assert certificate.gate == gate_hash(plan.gate)
    assert certificate.asked == (Arm("gate", "gate", "Q4"),)


def test_a_judge_is_recorded_with_the_model_behind_its_name(tmp_path: Path) -> None:
    declared = {"referee": DeploymentSettings(model="claude-haiku", provider="anthropic")}
    plan = msgspec.structs.replace(PLAN, terms=Terms(0.05, judge="referee"), declared=declared)
    certificate = tried(tmp_path, taught(tmp_path, 0.2), scored(0.0, 0.0, judged=1.0), plan).certificate
    assert certificate is not None
    assert (certificate.scored, certificate.judge, certificate.prompts) == ("judge", "referee", PROMPTS)
    assert certificate.referee == Arm("referee", "claude-haiku")
    assert certificate.watch == 0.0
    assert "which is not quality" in certificate.scope[0]


@pytest.mark.parametrize(
    ("plan", "facts", "told"),
    [
        (PLAN, {"thresholds": ()}, "no settings in order"),
        (PLAN, {"thresholds": (0.3, 0.1)}, "no settings in order"),
        (
            Plan(
                Terms(0.05, judge="referee"),
                0.1,
                30,
                declared={
                    "referee": DeploymentSettings(model="claude-haiku"),
                    "weak": DeploymentSettings(model="claude-opus"),
                },
            ),
            {},
            r"same family as a model it judges \(anthropic\)",
        ),
        (
            Plan(
                Terms(0.05),
                0.1,
                30,
                declared={
                    "a": DeploymentSettings(model="weak", build="Q4"),
                    "b": DeploymentSettings(model="weak", build="Q8"),
                },
            ),
            {},
            "differ in model or build",
        ),
    ],
)
def test_what_cannot_be_certified_costs_no_confidence(
    tmp_path: Path, plan: Plan, facts: dict[str, object], told: str
) -> None:
    learnt = taught(tmp_path, 0.2, **facts)
    with pytest.raises(StateError, match=told):
        tried(tmp_path, learnt, scored(1.0, 1.0, judged=1.0), plan)
    assert not register(tmp_path).exists()


def test_too_few_rows_cost_no_confidence(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="49 of 49 rows are left to certify with, and 50 are the least"):
        tried(tmp_path, taught(tmp_path, 0.2), scored(1.0, 1.0)[:49])
    assert not register(tmp_path).exists()


def prose(weak: str, gate: str, *, whole: bool = True) -> list[Row]:
    """Every row with what the weak model and the gate wrote."""
    texts = {"strong": "All of it\nwas moved to May.", "weak": weak, "gate": gate}
    results = {
        name: Result(1.0, answer=text, output_chars=len(text) + (0 if whole else 400))
        for name, text in texts.items()
    }
    return [msgspec.structs.replace(row, results=results) for row in ROWS]


MEANT = msgspec.structs.replace(
    GATED,
    terms=Terms(0.05, gates=("gate",), compare="meaning", meaning=0.6),
    gate=GateSettings(ask=("box/gate",), compare="meaning", meaning=0.6),
)
SAID, SAID_TOO = "The meeting moved\nto a day in May.", "The meeting was moved\nto some day in May."


def test_what_texts_mean_is_compared_as_it_is_when_they_are_whole(tmp_path: Path) -> None:
    learnt = taught(tmp_path, 0.2)
    issued = tried(tmp_path, learnt, prose(SAID, SAID_TOO), MEANT)
    assert issued.certificate is not None
    passed = {step.setting for step in issued.earned.steps if step.beyond >= 0}
    assert passed == {0, 1, 2, 3}
    assert issued.earned.losses == tuple([issued.earned.losses[0]] * issued.rows)


@pytest.mark.parametrize("compare", ["answer", "meaning"])
def test_prose_agrees_only_by_what_it_means(tmp_path: Path, compare: Compare) -> None:
    """A revision that leaves all to the gate: without agreement the strong model serves everything."""
    learnt = taught(tmp_path, 0.2)
    terms = Terms(0.05, gates=("gate",), compare=compare, meaning=0.6)
    seen = sheet(prose(SAID, SAID_TOO), learnt, terms)
    assert set(seen.agreed) == {compare == "meaning"}


def test_final_answers_do_not_tell_what_texts_mean(tmp_path: Path) -> None:
    learnt = taught(tmp_path, 0.2)
    with pytest.raises(StateError, match="rows do not hold all that weak, gate wrote"):
        tried(tmp_path, learnt, prose(SAID, SAID_TOO, whole=False), MEANT)
    assert not register(tmp_path).exists()  # no confidence is spent
