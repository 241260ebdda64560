"""From labelled rows to a certificate in force: as a person does it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from wye.cli.bench import BenchError
from wye.cli.route import route
from wye.evaluation.attempts import Register
from wye.evaluation.sides import looked_at
from wye.routing.certificate import Facts, read, why_void
from wye.routing.features import Extractor
from wye.routing.features.extract import BUCKETS
from wye.routing.quality import Head, Space
from wye.routing.revision import Revision, Trace, Weights, mark, read_facts, write
from wye.routing.state import RouteState, StateError, register

FACTS = Revision(
    route="auto",
    strong="gpt-4o",
    weak="qwen-7b",
    models=(),
    thresholds=(0.1, 0.3),
    features="",
    heads="",
    rows="",
    labels={},
)
WORDS = np.array(
    [f"{one}{two}{three}" for one in "bdfgklmn" for two in "aeiou" for three in ("rt", "ll", "x", "mp")]
)


def prompts(count: int, seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, 12)) for _ in range(count)]


def weights() -> Weights:
    """Everything is as easy to both models: a gain of some .03 of any prompt."""
    wide = Extractor().dimensions
    one, grams = np.ones(wide, dtype=np.float32), np.zeros(BUCKETS, dtype=np.float32)
    axes = np.eye(wide, dtype=np.float32)[:1]
    heads = [
        Head(name, 0 * one, grams, logit, axes, one[:1])
        for name, logit in (("gpt-4o", 8.0), ("qwen-7b", 6.0))
    ]
    return Weights(Space(0 * one, one, axes, one[:1], 1.0, 1e9), heads, [])


@pytest.fixture
def state(tmp_path: Path) -> RouteState:
    taught = Trace(tuple(mark(prompt) for prompt in prompts(20, seed=9)))
    found = RouteState(tmp_path / "state", "auto")
    write(found.revisions, FACTS, weights(), taught)
    return found


def labels(tmp_path: Path, said: list[str], weak: float = 1.0, **more: float) -> Path:
    path = tmp_path / f"labels{len(said)}{weak}.jsonl"
    scored = {"gpt-4o": {"quality": 1.0, "answer": "a"}, "qwen-7b": {"quality": weak, "answer": "a"}}
    if "judged" in more:
        scored = {name: one | {"judged": more["judged"]} for name, one in scored.items()}
    rows = [{"id": str(number), "prompt": prompt, "results": scored} for number, prompt in enumerate(said)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def run(state: RouteState, *words: str, fails: bool = False) -> Any:
    command = [*words, "--state-dir", str(state.folder.parent.parent)]
    result = CliRunner().invoke(route, command, catch_exceptions=not fails)
    assert fails or result.exit_code == 0, (result.output, result.exception)
    return result


def test_a_certificate_is_earned_and_put_in_force(tmp_path: Path, state: RouteState) -> None:
    path = labels(tmp_path, prompts(300) + prompts(20, seed=9))
    told = json.loads(run(state, "certify", "auto", "--labels", str(path), "--json").output)
    issued = read(state.certificates, told["certificate"]["id"])
    assert (issued.setting, issued.threshold, issued.attempt, issued.rows) == (1, 0.3, 1, told["rows"])
    assert (told["own_delta"], told["expected_false_certificates"]) == (pytest.approx(0.0304, abs=1e-4), 0.05)
    assert told["rows"] <= 300
    assert told["left_out"] >= 20  # what taught it
    assert issued.watch < 0.02  # answers were the same
    facts = Facts(read_facts(state.revisions, issued.revision), "", ())
    assert why_void(issued, facts, issued.issued + 29 * 86_400) == ""
    assert why_void(issued, facts, issued.issued + 30 * 86_400) != ""
    assert issued.id in run(state, "activate", "auto", issued.revision, "--certificate", issued.id).output
    assert (
        "0 shadowed conversations, evidence of a drop 0.000; at 1 it is"
        in run(state, "monitor", "auto").output
    )
    assert json.loads(run(state, "monitor", "auto", "--json").output)["evidence"] == 0


def test_what_is_told_names_the_claim_its_scope_and_how_to_use_it(tmp_path: Path, state: RouteState) -> None:
    output = run(state, "certify", "auto", "--labels", str(labels(tmp_path, prompts(300)))).output
    for words in (
        "Attempt 1 on route auto: δ = 0.0304 of 0.05",
        "at least 98.0% of the strong model's quality, with confidence 97.0%",
        "Setting 1: the weak model serves where the gain is below 0.300",
        "not that of any tenant",
        "Nothing watches it",
        "wye route activate auto",
        "at most 0.05",
    ):
        assert words in output


def test_an_attempt_is_registered_whatever_comes_of_it_and_its_rows_never_count_again(
    tmp_path: Path, state: RouteState
) -> None:
    path = labels(tmp_path, prompts(200), weak=0.0)
    assert (
        "No certificate: the safest setting fell short"
        in run(state, "certify", "auto", "--labels", str(path)).output
    )
    assert list(state.certificates.glob("*")) == []
    assert len(Register(register(tmp_path / "state")).attempts("auto")) == 1
    (looked,) = looked_at(state.folder)
    assert mark(prompts(200)[0]) in looked.rows
    with pytest.raises(StateError, match="0 of 200 rows are left"):
        run(state, "certify", "auto", "--labels", str(path), fails=True)
    assert len(Register(register(tmp_path / "state")).attempts("auto")) == 1  # nothing was looked at
    fresh = labels(tmp_path, prompts(300, seed=1))
    told = json.loads(run(state, "certify", "auto", "--labels", str(fresh), "--json").output)
    assert told["own_delta"] == pytest.approx(0.0304 / 4, abs=1e-4)


def test_a_judge_says_what_it_is_and_is_no_kin_of_those_it_judges(tmp_path: Path, state: RouteState) -> None:
    path = str(labels(tmp_path, prompts(300), judged=1.0))
    with pytest.raises(StateError, match="same family"):
        run(state, "certify", "auto", "--labels", path, "--judge", "gpt-4.1", fails=True)
    output = run(state, "certify", "auto", "--labels", path, "--judge", "claude-opus-4-1").output
    assert "by claude-opus-4-1's score, with confidence" in output
    assert "which is not quality" in output


def test_a_judge_is_no_kin_of_a_model_behind_an_id(tmp_path: Path, state: RouteState) -> None:
    config = tmp_path / "wye.yaml"
    config.write_text(
        "deployments: {qwen-7b: {base_url: 'https://models.example/v1', lane: hosted, model: claude-haiku}}\n"
    )
    words = ("--labels", str(labels(tmp_path, prompts(300), judged=1.0)), "--config", str(config))
    with pytest.raises(StateError, match="same family"):
        run(state, "certify", "auto", *words, "--judge", "claude-opus-4-1", fails=True)


def test_where_all_is_certified_without_asking_a_gate_none_is_part_of_it(
    tmp_path: Path, state: RouteState
) -> None:
    config = tmp_path / "wye.yaml"
    config.write_text("auto: {gate: {ask: [ollama/qwen-7b]}}\n")
    words = ("--labels", str(labels(tmp_path, prompts(600))), "--config", str(config), "--gate", "qwen-7b")
    told = json.loads(run(state, "certify", "auto", *words, "--json").output)["certificate"]
    certificate = read(state.certificates, told["id"])
    assert (certificate.setting, certificate.band, certificate.gate) == (3, None, "")
    revision = read_facts(state.revisions, certificate.revision)
    assert why_void(certificate, Facts(revision, "of some gate", ()), certificate.issued) == ""


def test_what_texts_mean_is_not_certified_by_final_answers(tmp_path: Path, state: RouteState) -> None:
    config = tmp_path / "wye.yaml"
    config.write_text("auto: {gate: {ask: [ollama/qwen-7b], compare: meaning}}\n")
    words = ("--labels", str(labels(tmp_path, prompts(300))), "--config", str(config), "--gate", "qwen-7b")
    with pytest.raises(StateError, match=r"of \d+ rows do not hold all that qwen-7b.*set `compare: answer`"):
        run(state, "certify", "auto", *words, fails=True)
    assert not register(tmp_path / "state").exists()  # no confidence is spent


def test_a_judge_that_people_correct_speaks_of_quality(tmp_path: Path, state: RouteState) -> None:
    path = str(labels(tmp_path, prompts(300), judged=1.0))
    words = ("--labels", path, "--epsilon", "0.1", "--judge", "claude-opus-4-1", "--margin", "0.05")
    output = run(state, "certify", "auto", *words).output
    assert "by claude-opus-4-1's score corrected on" in output
    assert "quality, by judge claude-opus-4-1 and the people who corrected it" in " ".join(output.split())
    fooled = str(labels(tmp_path, prompts(300, seed=2), weak=0.0, judged=1.0))
    output = run(state, "certify", "auto", "--labels", fooled, *words[2:]).output
    assert "No certificate" in output


def test_a_judge_is_not_corrected_by_nobody(tmp_path: Path, state: RouteState) -> None:
    path = labels(tmp_path, prompts(300), judged=1.0)
    path.write_text(path.read_text().replace('"quality": 1.0, ', ""))
    words = ("--labels", str(path), "--judge", "claude-opus-4-1", "--margin", "0.05")
    with pytest.raises(StateError, match=r"^0 of the \d+ rows left have scores of people .* or no --margin"):
        run(state, "certify", "auto", *words, fails=True)
    assert not register(tmp_path / "state").exists()  # no confidence is spent


def test_labels_of_other_models_are_told_as_that(tmp_path: Path, state: RouteState) -> None:
    path = labels(tmp_path, prompts(60))
    path.write_text(path.read_text().replace("qwen-7b", "other"))
    with pytest.raises(BenchError, match="no scores of qwen-7b in these labels; there are: gpt-4o, other"):
        run(state, "certify", "auto", "--labels", str(path), fails=True)
    path.write_text("")
    with pytest.raises(BenchError, match="no scores of gpt-4o, qwen-7b in these labels; there are: none"):
        run(state, "certify", "auto", "--labels", str(path), fails=True)
    path.write_text('{"question": "x"}\n')
    with pytest.raises(BenchError, match=r'line 1: .*`id`. A line is a row: {"id"'):
        run(state, "certify", "auto", "--labels", str(path), fails=True)
    assert not register(tmp_path / "state").exists()


def test_options_that_mean_nothing_together_are_refused(tmp_path: Path, state: RouteState) -> None:
    path = str(labels(tmp_path, prompts(60)))
    config = tmp_path / "wye.yaml"
    config.write_text("aliases: {referee: [anthropic/claude-opus-4-1]}\n")
    for words, told in (
        (("auto", "--margin", "0.1"), "corrects a judge"),
        (("auto", "--gate", "x"), "has no gate"),
        (("nowhere",), "no route 'nowhere'"),
        (("auto", "--judge", "referee", "--config", str(config)), "'referee' is an alias"),
        (("auto", "--revision", "zz"), "none begins with 'zz'"),
    ):
        result = run(state, "certify", *words, "--labels", path, fails=True)
        assert result.exit_code == 2
        assert told in " ".join(result.output.split())
