import numpy as np
import pytest

from evaluation import made_up
from wye.evaluation import columns
from wye.evaluation.fitting import fit, stacked
from wye.routing.features import Extractor
from wye.routing.quality import Quality

PROMPTS = [row.prompt for row in made_up.rows(300)]


def test_prompts_become_one_row_each() -> None:
    found = columns.extract(PROMPTS)
    one = Extractor()(PROMPTS[7])
    assert (found.dense[7] == one.dense).all()
    assert np.linalg.norm(found.grams, axis=1) == pytest.approx(1, abs=1e-5)
    assert columns.extract(PROMPTS, grams=False).grams.shape == (300, 0)
    assert (found.at(np.array([7])).dense[0] == one.dense).all()


def test_a_router_predicts_what_was_fitted() -> None:
    """What the gateway computes for one prompt is what the fit computes for rows, but for the variance."""
    found = columns.extract(PROMPTS)
    known = columns.space(found)
    rows = stacked([(known.place(found.dense), 1.0), (found.grams, columns.GRAMS**0.5)])
    right = np.array([row.quality("weak") for row in made_up.rows(300)], dtype=float)
    line = fit(rows, right)
    quality = Quality(known, [columns.head("weak", line, found, known)])
    extract = Extractor()
    for place in range(0, 300, 37):
        estimates, like = quality.estimate(extract(PROMPTS[place]))
        logit = np.log(estimates["weak"].right / (1 - estimates["weak"].right))
        assert logit * np.sqrt(1 + np.pi / 8 * estimates["weak"].variance) == pytest.approx(
            line.logits(rows[place : place + 1])[0], abs=1e-3
        )
        assert like


def test_categories_that_are_not_known_have_no_column() -> None:
    assert columns.one_hot(["b", "c", "a"], ["a", "b"]).tolist() == [[0, 1], [0, 0], [1, 0]]


def test_columns_are_scaled_as_the_reference_is() -> None:
    reference = np.array([[0.0], [2.0]], dtype=np.float32)
    assert columns.standard(reference, reference)[:, 0] == pytest.approx([-1, 1], abs=0.01)
    assert columns.standard(np.array([[3.0]], dtype=np.float32), reference)[0, 0] == pytest.approx(
        2, abs=0.01
    )
