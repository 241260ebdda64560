import numpy as np
import pytest

from evaluation import made_up
from wye.evaluation import columns
from wye.evaluation.dataset import Row
from wye.evaluation.pair import FEWEST, PLAIN, RICH, Elsewhere, Sheet, cold, elsewhere, fit_pair, suited
from wye.evaluation.two_stage import gate_columns
from wye.routing.features import Extractor
from wye.routing.quality import Quality


def scores(rows: list[Row], model: str) -> np.ndarray:
    return np.array([row.quality(model) for row in rows], dtype=float)


def sheet(rows: list[Row], before: Elsewhere | None = None) -> Sheet:
    prompts = columns.extract([row.prompt for row in rows])
    none = np.zeros((len(rows), 0), dtype=np.float32)
    return Sheet(
        prompts=prompts,
        strong=scores(rows, "strong"),
        weak=scores(rows, "weak"),
        groups=np.arange(len(rows)),
        category=none,
        transfer=before.logits(prompts) if before else none,
        gate=gate_columns(rows, "weak", ["gate"]),
    )


LEARNT, NEW = made_up.rows(600, seed=1), made_up.rows(300, seed=2)
LAW = np.array([row.category == "law" for row in NEW])


def test_the_gain_is_where_the_weak_model_fails() -> None:
    gain = fit_pair(sheet(LEARNT), gated=False).gain(sheet(NEW))
    assert gain[LAW].mean() > gain[~LAW].mean() + 0.2
    assert gain[LAW].mean() == pytest.approx(0.4, abs=0.1)


def test_a_gate_knows_more_than_the_prompt() -> None:
    learnt, new = sheet(LEARNT), sheet(NEW)
    gain = new.strong - new.weak
    before, after = (fit_pair(learnt, gated=gated).gain(new) for gated in (False, True))
    assert np.corrcoef(after, gain)[0, 1] > np.corrcoef(before, gain)[0, 1] + 0.1


def test_a_tested_row_s_scores_are_never_seen() -> None:
    fitted = fit_pair(sheet(LEARNT), gated=True)
    new = sheet(NEW)
    shown = fitted.gain(new)
    new.strong[:], new.weak[:] = 0, 1
    assert (fitted.gain(new) == shown).all()


def source(rows: list[Row], *names: str) -> tuple[columns.Prompts, list[np.ndarray]]:
    prompts = columns.extract([row.prompt for row in rows], grams=False)
    return prompts, [scores(rows, name) for name in names]


def test_models_elsewhere_tell_what_is_hard_before_the_first_label() -> None:
    before = elsewhere([source(LEARNT, "strong", "weak", "gate")])
    gain = before.gain(before.logits(columns.extract([row.prompt for row in NEW])))
    assert gain[LAW].mean() > gain[~LAW].mean()


def test_too_few_rows_elsewhere_tell_nothing() -> None:
    few = elsewhere([source(LEARNT[: FEWEST - 1], "strong", "weak")])
    prompts = columns.extract([row.prompt for row in NEW])
    assert few.logits(prompts).shape == (len(NEW), 0)
    assert elsewhere([]).logits(prompts).shape == (len(NEW), 0)
    one = elsewhere([source(LEARNT, "weak")])
    assert (one.gain(one.logits(prompts)) == 0).all()


def test_models_that_were_not_run_on_a_row_learn_from_the_others() -> None:
    prompts, (weak,) = source(LEARNT, "weak")
    weak[::2] = np.nan
    assert elsewhere([(prompts, [weak])]).means == [pytest.approx(np.nanmean(weak))]


def test_without_anything_more_is_expected_of_more_text() -> None:
    short, long = cold(columns.extract(["Add 2 and 3.", "Add 2 and 3, " * 20 + "then say why."]))
    assert long > short


def test_a_router_s_heads_predict_what_was_fitted() -> None:
    """Columns and heads are two ways to say one thing, with landmarks and without."""
    learnt = sheet(LEARNT)
    for manner in (PLAIN, RICH):
        fitted = fit_pair(learnt, gated=False, manner=manner)
        known = fitted.known
        assert bool(len(known.landmarks)) is manner.curved
        quality = Quality(known, fitted.heads("strong", "weak"))
        chances = fitted.chances(sheet(NEW))
        extract = Extractor()
        for place, row in enumerate(NEW[:20]):
            estimates, _ = quality.estimate(extract(row.prompt))
            for name, expected in zip(("strong", "weak"), chances, strict=True):
                told = estimates[name]
                logit = np.log(told.right / (1 - told.right)) * np.sqrt(1 + np.pi / 8 * told.variance)
                assert logit == pytest.approx(np.log(expected[place] / (1 - expected[place])), abs=0.02)


def test_more_is_assumed_only_where_held_out_rows_call_for_it() -> None:
    """Models that fail on the same prompts call for it; scores that nothing explains do not."""
    alike, noise = sheet(LEARNT), sheet(LEARNT)
    rng = np.random.default_rng(5)
    hard = rng.normal(size=alike.prompts.meaning)
    logit = 25 * alike.prompts.dense[:, : alike.prompts.meaning] @ hard / np.sqrt(alike.prompts.meaning)
    alike.strong[:] = rng.random(len(logit)) < 1 / (1 + np.exp(-logit - 1))
    alike.weak[:] = rng.random(len(logit)) < 1 / (1 + np.exp(-logit))
    noise.strong[:], noise.weak[:] = rng.random(len(logit)) < 0.8, rng.random(len(logit)) < 0.6
    assert suited(alike, gated=False) is RICH
    assert suited(noise, gated=False) is PLAIN
    assert suited(alike.at(np.arange(FEWEST - 1)), gated=False) is PLAIN
