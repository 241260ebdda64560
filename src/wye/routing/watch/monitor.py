"""Watch a certified route and say when it no longer keeps its promise: a Shiryaev-Roberts e-detector.

While the route is good enough, E[Z_i | past] <= m, and each factor 1 + nu (Z_i - m), 0 <= nu < 1/m, has a
mean of at most 1. R_n = (1 + R_(n-1)) x factor sums the capital of bets begun at every row so far, so that
good history cannot be banked against a later drop, as one bet from the first row on would do. R_n - n is a
supermartingale while the route is good: the mean number of rows until R reaches A is at least A. Several nu
share the capital equally; a mean of detectors is one.

Z of a shadowed conversation counts 1/p times, p its probability of being shadowed, set beforehand; a score
that is missing counts as the worst there is. Source: Shin, Ramdas, Rinaldo, "E-detectors: a nonparametric
framework for sequential change detection", arXiv 2203.03532, sections 2 and 4.
"""

import msgspec
import numpy as np

from wye.routing.watch.loss import Scale, Scores

STAKES = (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)
"""nu of the bets, each below 1/m: for drops of a few points up to a collapse."""
_RUNS = 200


class Plan(msgspec.Struct, frozen=True):
    """What is fixed before the first row is seen."""

    epsilon: float
    run_length: float = 2000.0
    """A: the mean number of rows between false alarms is at least this."""
    least_probability: float = 1.0
    """The smallest probability with which any conversation is shadowed."""


class Monitor:
    """One route's detector. Raises `ValueError` for a plan that makes no sense."""

    def __init__(self, plan: Plan) -> None:
        if not 0 < plan.least_probability <= 1 or plan.run_length < 1:
            message = "a monitor needs a probability in (0, 1] and a run length of at least 1"
            raise ValueError(message)
        self._plan = plan
        self._scale = Scale(plan.epsilon)
        # An inverse weight is at most 1/p: stakes shrink with it so that no factor can become negative.
        self._stakes = np.array(STAKES) * plan.least_probability
        self._sums = np.zeros(len(STAKES))
        self.rows = 0
        self.fired_at: int | None = None
        """Which row it was that set off the alarm; None = none has."""

    @property
    def level(self) -> float:
        """R as it stands: the alarm is at `run_length`."""
        return float(self._sums.mean())

    def see(self, strong: float, served: float | None, probability: float = 1.0) -> bool:
        """Take one conversation, shadowed with `probability`; return whether the alarm has been set off.

        `served` None = the score is missing. Raises `ValueError` for a probability below the plan's, and
        `ScoreError` for a score outside [0, 1].
        """
        if not self._plan.least_probability <= probability <= 1:
            message = f"the probability {probability} is not between the plan's and 1"
            raise ValueError(message)
        if served is None:
            off = 1 - self._scale.null
        else:
            losses = self._scale.losses(np.array([strong]), np.array([served]))
            off = float(self._scale.scaled(losses)[0]) - self._scale.null
        self._sums = (1 + self._sums) * (1 + self._stakes * (off / probability))
        self.rows += 1
        if self.fired_at is None and self.level >= self._plan.run_length:
            self.fired_at = self.rows
        return self.fired_at is not None


def rows_to_detect(
    plan: Plan, losses: Scores, drop: float, *, seed: int = 0, most: int = 100_000
) -> int | None:
    """Return how many shadowed rows it takes, at the median of simulated runs, to notice a drop.

    None = more than `most`.

    `losses` are those of the certificate's rows; `drop` is in points of score: so many more of the rows
    that could still become worse lose everything. Every row is shadowed; runs begin with nothing banked,
    which is the slowest case.
    """
    scale = Scale(plan.epsilon)
    worst = 1 - plan.epsilon
    room = float(np.mean(worst - losses))
    if not 0 < drop <= room:
        return None
    rng = np.random.default_rng(seed)
    stakes = np.array(STAKES)[:, None]
    sums = np.zeros((len(STAKES), _RUNS))
    fired = np.zeros(_RUNS, dtype=bool)
    for row in range(1, most + 1):
        drawn = rng.choice(losses, _RUNS)
        drawn = np.where(rng.random(_RUNS) < drop / room, worst, drawn)
        sums = (1 + sums) * (1 + stakes * (scale.scaled(drawn) - scale.null))
        fired |= sums.mean(axis=0) >= plan.run_length
        if 2 * int(fired.sum()) >= _RUNS:
            return row
    return None
