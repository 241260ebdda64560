"""What a request loses on its way to each candidate: a stage that asks where protocols differ.

- A candidate whose protocol must refuse the request is excluded, with the reason.
- One that would lose hints counts as `cost.SURCHARGE` dearer, however many they are, and where that makes no
  difference it comes after those that lose nothing.

Where all candidates speak the same protocols there is nothing to choose, and nothing is computed.
"""

from wye.core.decision import Candidate, Verdict
from wye.core.errors import CannotCarryError
from wye.core.request import Request
from wye.routing.strategy import Choice

MAX_NAMED = 4
"""Deployments, and lost hints, named in one message."""


def carry(choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG001  # a stage's shape
    """Keep what can be told the request. Raises `CannotCarryError` when nothing can."""
    if len({(deployment.protocol, deployment.also) for deployment in choice.kept}) <= 1:
        return
    kept, refused = [], []
    reasons: dict[str, list[str]] = {}
    blamed: set[str | None] = set()
    for deployment in choice.kept:
        losses = choice.conversation.losses(deployment)
        if losses.refuse:
            reason = "; ".join(losses.refuse)
            refused.append(Candidate(deployment.id, deployment.lane, reason))
            reasons.setdefault(reason, []).append(deployment.id)
            blamed.add(losses.param)
            continue
        kept.append(deployment)
        if losses.annotate:
            choice.lossy.add(deployment.id)
            told = choice.notes.get(deployment.id)
            lost = f"would lose {_some(losses.annotate)}"
            choice.notes[deployment.id] = f"{told}; {lost}" if told else lost
    if not kept:
        whys = [f"{_several(ids)} {reason}" for reason, ids in reasons.items()][:MAX_NAMED]
        param = blamed.pop() if len(blamed) == 1 else None
        raise CannotCarryError(" ".join(("Nobody permitted takes this request.", *whys)), param=param)
    choice.kept = kept
    choice.excluded.extend(refused)


def _several(ids: list[str]) -> str:
    more = f" (and {len(ids) - 1} more)" if len(ids) > 1 else ""
    return f"'{ids[0]}'{more}"


def _some(names: tuple[str, ...]) -> str:
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
