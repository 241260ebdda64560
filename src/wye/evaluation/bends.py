"""What a straight line cannot say: a Gaussian kernel over few columns, by landmarks.

Agreement means one thing of a short question and another of a long calculation. Columns that compare a row
with landmarks (fitted rows, drawn with a fixed seed) let a linear head bend. Source: Williams, Seeger, "Using
the Nyström method to speed up kernel machines", NIPS 2000.
"""

from typing import NamedTuple

import numpy as np

from wye.evaluation.fitting import Matrix

LANDMARKS = 500
_WIDTH = 1.5
"""Of the kernel, in mean squared differences a standardised column."""
_RIDGE = 1e-4


class Bends(NamedTuple):
    """Landmarks, and what makes the kernel between them the unit matrix."""

    landmarks: Matrix
    whiten: Matrix

    def columns(self, rows: Matrix) -> Matrix:
        """Return one column a landmark, of rows that are standardised as the landmarks are."""
        return _kernel(rows, self.landmarks) @ self.whiten


def bends(rows: Matrix) -> Bends:
    """Choose landmarks among fitted rows."""
    chosen = np.random.default_rng(0).permutation(len(rows))[:LANDMARKS]
    landmarks = rows[np.sort(chosen)]
    kernel = _kernel(landmarks, landmarks).astype(np.float64)
    values, vectors = np.linalg.eigh(kernel + _RIDGE * np.eye(len(kernel)))
    whiten = (vectors / np.sqrt(np.maximum(values, _RIDGE))) @ vectors.T
    return Bends(landmarks, whiten.astype(np.float32))


def _kernel(rows: Matrix, others: Matrix) -> Matrix:
    squares = (rows**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :] - 2 * rows @ others.T
    near: Matrix = np.exp(-np.maximum(squares, 0) / (_WIDTH * rows.shape[1]))
    return near
