"""Why a name leads nowhere, as the client is told, and why a candidate was left out."""

from collections.abc import Sequence

from wye.catalog.deployments import Deployment
from wye.catalog.lanes import fill
from wye.core.decision import Candidate, Verdict
from wye.core.errors import BadRequestError, PolicyError
from wye.core.lane import Lane
from wye.core.request import Operation
from wye.routing.names import Target

MAX_NAMED = 4
"""Deployments named in one message."""
_LANES = {f"auto/{lane.value}": lane for lane in Lane}
NOT_STRONG = "not marked strong, and a label demands the ceiling"


def excluded(named: Sequence[Deployment], verdict: Verdict) -> tuple[Candidate, ...]:
    """Return what the verdict leaves out of `named`, each with the reason."""
    left_out = []
    for deployment in named:
        if deployment.id not in verdict.permitted:
            reason = verdict.refused.get(deployment.id, "not judged, so not permitted")
        elif verdict.ceiling and not deployment.profile.strong:
            reason = NOT_STRONG
        else:
            continue
        left_out.append(Candidate(deployment.id, deployment.lane, reason))
    return tuple(left_out)


def check(name: str, named: Sequence[Deployment], operation: Operation, verdict: Verdict) -> None:
    """Raise unless something in `named` does `operation`, is permitted, and is strong where it must be."""
    able = [d for d in named if operation in d.operations]
    if not able:
        message = f"'{name}' does not serve {operation}. GET /v1/models lists what there is."
        raise BadRequestError(message, param="model")
    permitted = [d for d in able if d.id in verdict.permitted]
    if not permitted:
        raise PolicyError(_not_permitted(name, able, verdict), param="model")
    demands = "demands" if len(verdict.labels) == 1 else "demand"
    if verdict.ceiling and not any(d.profile.strong for d in permitted):
        message = (
            f"{_labels(verdict)} {demands} the strong model, and nothing that '{name}' stands for is "
            f"permitted and marked strong (permitted: {_some([d.id for d in permitted])}). "
            "An operator marks one with `profile: {strong: true}`."
        )
        raise PolicyError(message, param="model")


def nothing_there(name: str, target: Target) -> str:
    """Say that a name has no deployment behind it at the moment."""
    lane = _LANES.get(name)
    if lane is not None and target.kind == "route":
        return f"'{name}' names no deployment: in that lane there is none. To change that, {fill(lane)}."
    what = "route" if target.kind == "route" else "alias"
    return f"The {what} '{name}' names no deployment that is there now. GET /v1/models lists what there is."


def _not_permitted(name: str, able: Sequence[Deployment], verdict: Verdict) -> str:
    reasons: dict[str, list[str]] = {}
    for candidate in excluded(able, verdict):
        reasons.setdefault(candidate.reason, []).append(candidate.deployment)
    why = "; ".join(f"{_some(ids)}: {reason}" for reason, ids in list(reasons.items())[:MAX_NAMED])
    there = (
        f"Permitted are {_some(sorted(verdict.permitted))}."
        if verdict.permitted
        else "Nothing else is permitted."
    )
    permits = "permits" if len(verdict.labels) == 1 else "permit"
    return f"{_labels(verdict)} {permits} nothing that '{name}' stands for ({why}). {there}"


def _labels(verdict: Verdict) -> str:
    names = sorted(verdict.labels)
    return f"Label '{names[0]}'" if len(names) == 1 else f"The labels {', '.join(names)} together"


def _some(ids: Sequence[str]) -> str:
    more = len(ids) - MAX_NAMED
    return ", ".join(ids[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
