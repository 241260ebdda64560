"""A conversation whose beginning an upstream holds can go on there and nowhere else."""

from collections.abc import Sequence

from wye.catalog.deployments import Deployment
from wye.core.decision import Verdict
from wye.core.errors import BadRequestError, PolicyError
from wye.core.request import Request

REASON = "its upstream holds what came before"
_FIELD = "previous_response_id"


def held(
    request: Request, verdict: Verdict, holder: str, known: Deployment | None, permitted: Sequence[Deployment]
) -> Deployment:
    """Return the deployment that goes on: `holder`, else another model of the same account there.

    `known` is the holder if it is there now; `permitted` is what the request's model may lead to.
    Raises `PolicyError` or `BadRequestError` that says why nobody can.
    """
    for deployment in permitted:
        if deployment.id == holder:
            return deployment
    if known is None:
        message = (
            f"'{holder}' holds what came before, and it is not there now: "
            "send the whole conversation in `input`"
        )
        raise BadRequestError(message, param=_FIELD)
    if holder in verdict.refused:
        message = f"'{holder}' holds what came before, and may not be asked: {verdict.refused[holder]}"
        raise PolicyError(message, param=_FIELD)
    for deployment in permitted:
        if _same_account(deployment, known):
            return deployment
    message = (
        f"'{holder}' holds what came before, and '{request.model}' does not lead there: "
        f"ask for '{holder}', or send the whole conversation in `input`"
    )
    raise BadRequestError(message, param="model")


def _same_account(one: Deployment, other: Deployment) -> bool:
    return (
        one.endpoint == other.endpoint
        and one.api_key == other.api_key
        and (one.protocol, one.also) == (other.protocol, other.also)
    )
