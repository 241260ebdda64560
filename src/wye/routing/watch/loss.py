"""How much a route loses against the strong model, scaled so that money can be bet on it.

With s the strong model's score of a row, q the score of whoever the route chose, both in [0, 1], and a
permitted loss ε:

    L = (1 - ε) s - q        in [-1, 1 - ε];  E[L] <= 0 is: quality is at least (1 - ε) of the strong model's
    Z = (L + 1) / (2 - ε)    in [0, 1];       E[L] > 0 is E[Z] > m with m = 1 / (2 - ε)
"""

import msgspec
import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Choices = npt.NDArray[np.bool_]


class ScoreError(ValueError):
    """A score is not in [0, 1]."""


class Scale(msgspec.Struct, frozen=True):
    """Losses under one ε, `0 <= epsilon < 1`."""

    epsilon: float

    def __post_init__(self) -> None:
        """Raise `ValueError` for an ε that permits everything, or less than nothing."""
        if not 0 <= self.epsilon < 1:
            message = f"epsilon must be at least 0 and less than 1, not {self.epsilon}"
            raise ValueError(message)

    @property
    def null(self) -> float:
        """The mean of Z at which the route is exactly as good as it has to be: m."""
        return 1 / (2 - self.epsilon)

    def losses(self, strong: Scores, chosen: Scores) -> Scores:
        """Return L of each row. Raises `ScoreError` for scores outside [0, 1]."""
        for scores in (strong, chosen):
            if not bool(np.all((scores >= 0) & (scores <= 1))):  # NaN is refused too
                message = "scores must be in [0, 1]: scale them before they are certified"
                raise ScoreError(message)
        return (1 - self.epsilon) * strong - chosen

    def scaled(self, losses: Scores) -> Scores:
        """Return Z of each L."""
        return (losses + 1) / (2 - self.epsilon)
