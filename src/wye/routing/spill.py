"""Spill: who is saturated lets the next candidate go first, until it has let up (see `saturation`).

- It goes right behind the one that stands in for it, and keeps its place before all others.
- Where measured quality says who may serve first, only one of those stands in: the strong model, or what the
  certificate covers. A stand-in for load alone would be a worse answer that nobody agreed to.
- While more want its slots than it can serve, those spill first that save least there (see `clearing`).
- Where all that may are saturated, the order stays as it is: then waiting is no worse elsewhere.
"""

from wye.catalog.deployments import Deployment
from wye.core.decision import Verdict
from wye.core.lane import Lane
from wye.core.request import Request
from wye.routing.cost import SECONDS_PER_TOKEN, expected_tokens
from wye.routing.strategy import Choice

_WANTED = "its slots are wanted by requests that save more there"


def spill(choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG001  # a stage's shape
    """Put another in front of one who is saturated, or whose slots are worth more to other requests."""
    kept, leading = choice.kept, choice.leading
    if len(kept) < 2 or (load := choice.load(kept[0].id)) is None:  # noqa: PLR2004  # one candidate is no choice
        return
    first, machine = kept[0], load.machine
    priced = machine is not None and machine.window is not None and first.id in choice.costs
    if not load.saturated and not priced:
        return
    may = (at for at, d in enumerate(kept) if at and (leading is None or d.id in leading))
    at = next((at for at in may if not _saturated(choice, kept[at])), 0)
    why = load.saturated
    if machine is not None and priced and at:
        bid = _bid(choice, request, first, kept[at])
        if bid is not None and not machine.bid(*bid, load.busy):
            why = why or _WANTED
    if not why:
        return
    if not at:
        choice.reasons.append(f"'{first.id}' is saturated, {why}, and so is who may stand in for it")
        return
    choice.kept = [kept[at], *kept[:at], *kept[at + 1 :]]
    choice.reasons.append(f"spills to '{kept[at].id}': '{first.id}' is saturated, {why}")


def _saturated(choice: Choice, deployment: Deployment) -> bool:
    load = choice.load(deployment.id)
    return load is not None and bool(load.saturated)


def _bid(choice: Choice, request: Request, own: Deployment, other: Deployment) -> tuple[float, float] | None:
    """Return what the request saves at its `own` machine, USD a second of a slot, and for how long it stays.

    None = nobody can tell: it is then taken as long as there is room.
    """
    cost, instead = choice.costs.get(own.id), choice.costs.get(other.id)
    seconds = float(expected_tokens(own, request, choice.opinion)[1] * SECONDS_PER_TOKEN)
    if cost is None or instead is None or other.lane is Lane.OWN or not seconds:
        return None
    seat = choice.seat
    if seat is not None and seat.deployment == other.id and seat.switching_cost is not None:
        instead -= seat.switching_cost  # its cache is warm
    return float(instead - cost) / seconds, seconds
