"""How much a route loses against the strong model, scaled so that money can be bet on it.

With s the strong model's score of a row, q the score of whoever the route chose, both in [0, 1], and a
permitted loss ε:

    L = (1 - ε) s - q        in [-1, 1 - ε];  E[L] <= 0 is: quality is at least (1 - ε) of the strong model's
    Z = (L + 1) / (2 - ε)    in [0, 1];       E[L] > a is E[Z] > m with m = (1 + a) / (2 - ε)
"""

import msgspec
import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Choices = npt.NDArray[np.bool_]

_ROUNDING = 1e-9
_NOT_SCORES = "scores must be in [0, 1]: scale them before they are certified"


class ScoreError(ValueError):
    """A score is not in [0, 1]."""


class Scale(msgspec.Struct, frozen=True):
    """Losses under one ε, `0 <= epsilon < 1`."""

    epsilon: float
    allowed: float = 0.0
    """The mean loss on the edge of what is good enough: a. 0 but where a score stands in for another."""

    def __post_init__(self) -> None:
        """Raise `ValueError` for bounds that permit everything, or less than nothing."""
        if not 0 <= self.epsilon < 1:
            message = f"epsilon must be at least 0 and less than 1, not {self.epsilon}"
            raise ValueError(message)
        if not -1 < self.allowed < 1 - self.epsilon:
            message = f"the mean loss {self.allowed} is no bound: losses are in [-1, {1 - self.epsilon:g}]"
            raise ValueError(message)

    @property
    def null(self) -> float:
        """The mean of Z at which the route is exactly as good as it has to be: m."""
        return (1 + self.allowed) / (2 - self.epsilon)

    @property
    def worst(self) -> float:
        """The largest loss there is."""
        return 1 - self.epsilon

    def losses(self, strong: Scores, chosen: Scores) -> Scores:
        """Return L of each row. Raises `ScoreError` for scores outside [0, 1]."""
        for scores in (strong, chosen):
            if not bool(np.all((scores >= 0) & (scores <= 1))):  # NaN is refused too
                raise ScoreError(_NOT_SCORES)
        return (1 - self.epsilon) * strong - chosen

    def loss(self, strong: float | None, weak: float | None, *, served_strong: bool) -> float:
        """Return L of one row; None = that score is missing, and counts as the worst it can be.

        A strong model that served loses nothing against itself, whatever its score: at worst that is 0.
        Raises `ScoreError`.
        """
        if served_strong:
            strong = weak = 0.0 if strong is None else strong
        if strong is None or weak is None:
            return self.worst
        if not (0 <= strong <= 1 and 0 <= weak <= 1):
            raise ScoreError(_NOT_SCORES)
        return (1 - self.epsilon) * strong - weak

    def scaled(self, losses: Scores) -> Scores:
        """Return Z of each L. Raises `ScoreError` for losses that no scores have."""
        if not bool(np.all((losses >= -1 - _ROUNDING) & (losses <= self.worst + _ROUNDING))):
            raise ScoreError(self._bounds)
        return (losses + 1) / (2 - self.epsilon)

    def off(self, loss: float) -> float:
        """Return Z - m of one loss. Raises `ScoreError` for one that no scores have."""
        if not -1 - _ROUNDING <= loss <= self.worst + _ROUNDING:
            raise ScoreError(self._bounds)
        return (loss - self.allowed) / (2 - self.epsilon)

    @property
    def _bounds(self) -> str:
        return f"losses must be in [-1, {self.worst:g}]"
