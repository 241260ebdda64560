"""Watch a certified route and say when it no longer keeps its promise: a Shiryaev-Roberts e-detector.

While the route is good enough, E[Z_i | past] <= m, and each factor 1 + nu (Z_i - m), 0 <= nu < 1/m, has a
mean of at most 1. R_n = (1 + R_(n-1)) x factor sums the capital of bets begun at every row so far, so that
good history cannot be banked against a later drop, as one bet from the first row on would do. R_n - n is a
supermartingale while the route is good: the mean number of rows until R reaches A is at least A. Several nu
share the capital equally; a mean of detectors is one.

Assumes that whether a conversation is shadowed is drawn before anything of it is known but that there is
room for it, and that rows are taken in the order they were drawn. Z of a shadowed conversation counts 1/p
times, p its probability of being shadowed, set beforehand; a score that is missing counts as the worst there
is. Source: Shin, Ramdas, Rinaldo, "E-detectors: a nonparametric framework for sequential change detection",
arXiv 2203.03532, sections 2 and 4.
"""

import hashlib

import msgspec

from wye.routing.watch.loss import Scale

STAKES = (0.05, 0.1, 0.8)
"""nu of the bets, each below 1/m: two for drops of a few points, one for a collapse.

Chosen on the losses of a route certified on ZeroEval, where they notice a drop of three points after 408 rows
at the median; six stakes from .05 to .8 took 460, .1 alone 420, .3 alone 515.
"""


class Plan(msgspec.Struct, frozen=True):
    """What is fixed before the first row is seen."""

    epsilon: float
    run_length: float = 2000.0
    """A: the mean number of rows between false alarms is at least this."""
    least_probability: float = 1.0
    """The smallest probability with which any conversation is shadowed."""
    allowed: float = 0.0
    """The mean loss that is still good enough: 0 where rows are scored as the certificate's were."""
    judge: str = ""
    """Who scores rows; empty = final answers are compared. Scores of two judges are no one series."""
    prompts: str = ""
    """Hash of what the judge is told."""

    @property
    def id(self) -> str:
        """What tells it from other plans: a monitor counts no rows that were seen under another."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:8]


class Monitor:
    """One route's detector. Raises `ValueError` for a plan that makes no sense."""

    def __init__(self, plan: Plan) -> None:
        if not 0 < plan.least_probability <= 1 or plan.run_length < 1:
            message = "a monitor needs a probability in (0, 1] and a run length of at least 1"
            raise ValueError(message)
        self.plan = plan
        self.scale = Scale(plan.epsilon, plan.allowed)
        # An inverse weight is at most 1/p: stakes shrink with it so that no factor can become negative.
        self._stakes = tuple(stake * plan.least_probability for stake in STAKES)
        self._sums = [0.0] * len(STAKES)
        self.rows = 0
        self.fired_at: int | None = None
        """Which row it was that set off the alarm; None = none has."""

    @property
    def level(self) -> float:
        """R as it stands: the alarm is at `run_length`."""
        return sum(self._sums) / len(self._sums)

    @property
    def evidence(self) -> float:
        """Of a drop, as a share of what sets off the alarm: at 1 it goes off."""
        return self.level / self.plan.run_length

    def see(self, loss: float, probability: float = 1.0) -> bool:
        """Take the loss of one shadowed conversation; return whether the alarm has gone off.

        `probability`: with which it was shadowed. Raises `ValueError` for one below the plan's, and
        `ScoreError` for a loss out of bounds.
        """
        if not self.plan.least_probability <= probability <= 1:
            message = f"the probability {probability} is not between the plan's and 1"
            raise ValueError(message)
        off = self.scale.off(loss) / probability
        self._sums = [
            (1 + sum_) * (1 + stake * off) for sum_, stake in zip(self._sums, self._stakes, strict=True)
        ]
        self.rows += 1
        if self.fired_at is None and self.level >= self.plan.run_length:
            self.fired_at = self.rows
        return self.fired_at is not None
