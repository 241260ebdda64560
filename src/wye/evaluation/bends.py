"""What a straight line cannot say: a Gaussian kernel over few columns, by landmarks.

Agreement means one thing of a short question and another of a long calculation. Columns that compare a row
with landmarks (fitted rows, drawn with a fixed seed) let a linear head bend. Source: Williams, Seeger, "Using
the Nyström method to speed up kernel machines", NIPS 2000.
"""

from typing import NamedTuple

import numpy as np

from wye.evaluation.fitting import Matrix
from wye.routing.quality import gaussian

LANDMARKS = 500
STANDARD_WIDTH = 1.5
"""Of the kernel, in mean squared differences a standardised column."""
_RIDGE = 1e-4


class Bends(NamedTuple):
    """Landmarks, and what makes the kernel between them the unit matrix."""

    landmarks: Matrix
    whiten: Matrix
    width: float

    def columns(self, rows: Matrix) -> Matrix:
        """Return one column a landmark, of rows that are scaled as the landmarks are."""
        return gaussian(rows, self.landmarks, self.width) @ self.whiten


def bends(rows: Matrix, width: float) -> Bends:
    """Choose landmarks among fitted rows. `width`: squared distance at which the kernel is down to 1/e."""
    chosen = np.random.default_rng(0).permutation(len(rows))[:LANDMARKS]
    landmarks = rows[np.sort(chosen)]
    kernel = gaussian(landmarks, landmarks, width).astype(np.float64)
    values, vectors = np.linalg.eigh(kernel + _RIDGE * np.eye(len(kernel)))
    whiten = (vectors / np.sqrt(np.maximum(values, _RIDGE))) @ vectors.T
    return Bends(landmarks, whiten.astype(np.float32), width)
