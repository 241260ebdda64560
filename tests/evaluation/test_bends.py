import numpy as np

from wye.evaluation.bends import LANDMARKS, STANDARD_WIDTH, bends
from wye.evaluation.fitting import fit


def test_a_line_over_bends_learns_what_no_line_can() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(800, 2)).astype(np.float32)
    right = (rows[:, 0] * rows[:, 1] > 0).astype(float)
    bent = bends(rows[:600], 2 * STANDARD_WIDTH)
    straight = fit(rows[:600], right[:600]).chances(rows[600:])
    curved = fit(10 * bent.columns(rows[:600]), right[:600]).chances(10 * bent.columns(rows[600:]))
    assert ((curved > 0.5) == (right[600:] > 0.5)).mean() > 0.85
    assert ((straight > 0.5) == (right[600:] > 0.5)).mean() < 0.65


def test_columns_multiply_to_the_kernel() -> None:
    rows = np.random.default_rng(2).normal(size=(100, 3)).astype(np.float32)
    columns = bends(rows, 3 * STANDARD_WIDTH).columns(rows)
    product = columns @ columns.T
    assert np.allclose(np.diag(product), 1, atol=0.01)
    assert bends(np.repeat(rows, 8, axis=0), 3 * STANDARD_WIDTH).columns(rows).shape == (100, LANDMARKS)
