"""What the best candidate is: a stage that orders by the objective of the rule that applied, or of the route.

It starts from the order of expected cost, which stands between equals.

- *Bounds* come first: who keeps them all is before who does not. Nobody is excluded for one, so that a
  request is not lost while somebody could answer it. What holds without exception is a label's or a budget's
  business.
- An expected score that is not known keeps a bound only for a strong model, a cost that is not known keeps
  none, a time to first token that is not known keeps any.
- A bound of 0 on the score is none; it says that the cheapest is meant, whatever its answers are like.
- A prompt unlike any that was learnt from has no expected score: then strong ones come before the others.
"""

import math
from collections.abc import Callable
from decimal import Decimal

from wye.catalog.deployments import Deployment
from wye.config.strategies import Objective
from wye.core.decision import Verdict
from wye.core.request import Request
from wye.routing.cost import BYTES_PER_TOKEN
from wye.routing.measured import guards
from wye.routing.seated import switching_cost
from wye.routing.strategy import Choice

CLOSE_SCORE = 0.02
"""A conversation does not leave its seat for less expected score."""
CLOSE_TIME = 1.25
"""Nor for a first token that is not this many times sooner."""

_ZERO = Decimal(0)
_MISSES = 16
"""Added to the rank of expected cost: who misses a bound comes behind all who keep them."""

Key = Callable[[Deployment], tuple[float, ...]]


def objective(choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG001  # a stage's shape
    """Order by the objective, where expected cost has set the order so far."""
    goal = choice.objective
    if guards(goal) or not choice.ranks:
        return
    known = _Known(choice, request)
    misses = {d.id: why for d in choice.kept if (why := known.misses(goal, d))}
    count = len(choice.kept) - len(misses)
    best = goal.best if count or not goal.quality else "quality"
    key = known.key(best, goal)
    keys = {d.id: (d.id in misses, d.id in choice.emulating, *key(d)) for d in choice.kept}
    choice.kept.sort(key=lambda d: keys[d.id])
    for id_, why in misses.items():
        told = choice.notes.get(id_)
        choice.notes[id_] = f"{told}; {why}" if told else why
    if misses and count:
        # That one is busy is no reason to go to who misses a bound.
        choice.leading = frozenset(d.id for d in choice.kept if d.id not in misses)
    choice.reasons.append(_reason(goal, best, count, len(choice.kept), known))
    if best == "cheapest":
        ranks = choice.ranks
        choice.ranks = {i: (r + _MISSES if i in misses else r, cost) for i, (r, cost) in ranks.items()}
        return
    places = {key: place for place, key in enumerate(sorted(set(keys.values())))}
    choice.ranks = {id_: (places[key], _ZERO) for id_, key in keys.items()}
    _keep_seat(choice, known, best, goal, misses)


class _Known:
    """What is known of the candidates of one choice, for one request."""

    def __init__(self, choice: Choice, request: Request) -> None:
        opinion = choice.opinion
        self.unlike = opinion is not None and opinion.unlike
        self._choice = choice
        self._opinion = None if self.unlike else opinion
        self._stream = request.stream
        self.input_tokens = len(request.body) // BYTES_PER_TOKEN

    def score(self, deployment: Deployment) -> float | None:
        return None if self._opinion is None else self._opinion.right(deployment)

    def cost(self, deployment: Deployment) -> float | None:
        cost = self._choice.costs.get(deployment.id)
        return None if cost is None else float(cost)

    def ttft(self, deployment: Deployment) -> float | None:
        """Return milliseconds."""
        load = self._choice.load(deployment.id)
        return None if load is None else load.ttft_ms

    def gaps(self, goal: Objective, best: str) -> str:
        """Say what the order should go by and nobody knows; empty = nothing."""
        kept, told = self._choice.kept, ""
        scored = best == "quality" or goal.quality or (best == "weighed" and goal.weights.get("quality"))
        if scored and self.unlike:
            told = "; unlike anything learnt from, so no score is expected"
        elif scored and all(self.score(d) is None for d in kept):
            told = "; no score is known"
        timed = best == "fastest" or goal.ttft_ms or (best == "weighed" and goal.weights.get("latency"))
        if timed and all(self.ttft(d) is None for d in kept):
            told += "; nobody was timed lately"
        return told

    def misses(self, goal: Objective, deployment: Deployment) -> str:
        """Say which bounds it misses; empty = none."""
        missed = []
        if goal.quality:
            score = self.score(deployment)
            if score is None and not deployment.profile.strong:
                missed.append(f"expected score not known, at least {goal.quality:g} wanted")
            elif score is not None and score < goal.quality:
                missed.append(f"expected score {score:.2f}, at least {goal.quality:g} wanted")
        if goal.cost is not None:
            cost = self._choice.costs.get(deployment.id)
            if cost is None:
                missed.append(f"expected cost not known, at most {goal.cost:f} USD wanted")
            elif cost > goal.cost:
                missed.append(f"expected cost {cost:.6f} USD, at most {goal.cost:f} wanted")
        if goal.ttft_ms is not None:
            ttft = self.ttft(deployment)
            if ttft is not None and ttft > goal.ttft_ms:
                missed.append(f"first token after {ttft:.0f} ms, at most {goal.ttft_ms:g} wanted")
        return "; ".join(missed)

    def key(self, best: str, goal: Objective) -> Key:
        """Return what to sort by, ascending."""
        if best == "quality":
            return self._by_quality
        if best == "fastest":
            return self._by_time
        if best == "weighed":
            value = self.values(goal)
            return lambda deployment: (-value[deployment.id],)
        return lambda _: ()

    def values(self, goal: Objective) -> dict[str, float]:
        """Return deployment id -> what it is worth. What is not known counts as the worst that is."""
        kept = self._choice.kept
        scores = _filled([self.score(d) for d in kept], min)
        costs = _filled([self.cost(d) for d in kept], max)
        times = _filled([self.ttft(d) for d in kept], max)
        weight = goal.weights.get
        return {
            d.id: weight("quality", 0.0) * score
            - weight("cost", 0.0) * cost
            - weight("latency", 0.0) * ttft / 1_000
            for d, score, cost, ttft in zip(kept, scores, costs, times, strict=True)
        }

    def _by_quality(self, deployment: Deployment) -> tuple[float, ...]:
        score = self.score(deployment)
        # Who is strong and not measured stands behind who is measured, before who is neither.
        return (0.0, -score) if score is not None else (1.0, 0.0 if deployment.profile.strong else 1.0)

    def _by_time(self, deployment: Deployment) -> tuple[float, ...]:
        load = self._choice.load(deployment.id)
        if load is not None and load.ttft_ms is not None:
            return (load.ttft_ms,)
        # A stream times it, one after the other, so that it is known from then on; nothing else would.
        idle = load is None or not load.busy
        return (-1.0 if self._stream and idle else math.inf,)


def _filled(values: list[float | None], worst: Callable[[list[float]], float]) -> list[float]:
    known = [value for value in values if value is not None]
    rest = worst(known) if known else 0.0
    return [rest if value is None else value for value in values]


def _keep_seat(choice: Choice, known: _Known, best: str, goal: Objective, misses: dict[str, str]) -> None:
    """Let a conversation stay where it was served last, if that is about as good."""
    seat = choice.conversation.seat()
    if seat is None:
        return
    choice.seat = seat
    first = choice.kept[0]
    at = next((i for i, d in enumerate(choice.kept) if d.id == seat.deployment), 0)
    if not at:
        return
    sitting = choice.kept[at]
    if (sitting.id in misses) != (first.id in misses) or sitting.id in choice.emulating:
        return
    if best == "quality":
        close = _within(known.score(first), known.score(sitting), CLOSE_SCORE)
    elif best == "fastest":
        ours, theirs = known.ttft(sitting), known.ttft(first)
        close = ours is not None and theirs is not None and ours <= CLOSE_TIME * theirs
    else:
        value = known.values(goal)
        saved = goal.weights.get("cost", 0.0) * float(switching_cost(sitting, seat, known.input_tokens) or 0)
        close = value[first.id] - value[sitting.id] <= saved
    if close:
        choice.kept.insert(0, choice.kept.pop(at))
        choice.reasons.append(f"'{sitting.id}' is about as good as '{first.id}', and has the conversation")


def _within(best: float | None, other: float | None, margin: float) -> bool:
    return best is not None and other is not None and best - other <= margin


_BEST = {
    "cheapest": "cheapest",
    "quality": "highest expected score",
    "fastest": "soonest first token",
    "weighed": "best by weights",
}


def _reason(goal: Objective, best: str, keeping: int, count: int, known: _Known) -> str:
    if count == 1:
        return "the only one that fits"
    bounds = []
    if goal.quality:
        bounds.append(f"an expected score of at least {goal.quality:g}")
    if goal.cost is not None:
        bounds.append(f"an expected cost of at most {goal.cost:f} USD")
    if goal.ttft_ms is not None:
        bounds.append(f"a first token within {goal.ttft_ms:g} ms")
    gaps = known.gaps(goal, best)
    if not bounds:
        return f"{_BEST[best]} of {count} that fit{gaps}"
    wanted = " and ".join(bounds)
    if not keeping:
        return f"nobody has {wanted}: {_BEST[best]} of {count} that fit{gaps}"
    return f"{_BEST[best]} of {keeping} with {wanted}, of {count} that fit{gaps}"
