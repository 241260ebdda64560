"""Who may choose an upstream: wye's configuration, and no request."""

from wye.core.decision import Decision
from wye.core.errors import BadRequestError
from wye.core.lane import Lane
from wye.core.request import Request


def refuse_steering(request: Request, decision: Decision) -> None:
    """Raise `BadRequestError` if a processor could be told to pass it on: no verdict covers that."""
    if not request.steers:
        return
    away = [candidate.deployment for candidate in decision.candidates if candidate.lane is not Lane.OWN]
    if away:
        message = (
            f"`{request.steers}` could make '{away[0]}' pass the request on to another upstream, which only "
            "wye's configuration may choose: leave it out, or ask for that upstream as `model`"
        )
        raise BadRequestError(message, param=request.steers)
