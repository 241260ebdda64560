import numpy as np
import pytest

from evaluation import made_up
from wye.evaluation import columns
from wye.evaluation.dataset import Row
from wye.evaluation.pair import FEWEST, Elsewhere, Sheet, cold, elsewhere, fit_pair
from wye.evaluation.two_stage import gate_columns


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
