"""Spill: who is saturated lets the next candidate go first, until it has let up (see `saturation`).

- It goes right behind the one that stands in for it, and keeps its place before all others.
- Where measured quality says who may serve first, only one of those stands in: the strong model, or what the
  certificate covers. A stand-in for load alone would be a worse answer that nobody agreed to.
- Where all that may are saturated, the order stays as it is: then waiting is no worse elsewhere.
"""

from wye.catalog.deployments import Deployment
from wye.core.decision import Verdict
from wye.core.request import Request
from wye.routing.strategy import Choice


def spill(choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG001  # a stage's shape
    """Put the first who is not saturated in front."""
    kept, leading = choice.kept, choice.leading
    if len(kept) < 2 or not (why := _saturated(choice, kept[0])):  # noqa: PLR2004  # one candidate is no choice
        return
    for at, deployment in enumerate(kept[1:], 1):
        if (leading is None or deployment.id in leading) and not _saturated(choice, deployment):
            first = kept[0]
            choice.kept = [deployment, *kept[:at], *kept[at + 1 :]]
            choice.reasons.append(f"spills to '{deployment.id}': '{first.id}' is saturated, {why}")
            return
    choice.reasons.append(f"'{kept[0].id}' is saturated, {why}, and so is who may stand in for it")


def _saturated(choice: Choice, deployment: Deployment) -> str:
    load = choice.load(deployment.id)
    return "" if load is None else load.saturated
