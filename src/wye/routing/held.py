"""A conversation whose beginning an upstream holds can go on there and nowhere else."""

from collections.abc import Iterable, Sequence

from wye.catalog.deployments import Deployment, Native
from wye.core.decision import Verdict
from wye.core.errors import BadRequestError, PolicyError, UnknownPreviousError
from wye.core.request import Request

REASON = "its upstream holds what came before"
ONLY = "nobody here knows what came before, and only this account could hold it"
HOW = (
    "answers are held where the upstream itself speaks Responses, or where wye.yaml says "
    "`responses: {store: true}`; send the whole conversation in `input` instead"
)
_FIELD = "previous_response_id"
_RESPONSES: frozenset[Native] = frozenset({"openai_responses"})


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


def unremembered(
    request: Request, verdict: Verdict, everybody: Iterable[Deployment], permitted: Sequence[Deployment]
) -> Deployment:
    """Return the deployment that goes on from what nobody remembers: of the only account that may hold it.

    `permitted` is what the request's model may lead to. Raises `BadRequestError`.
    """
    account = sole(everybody, verdict, _RESPONSES)
    if account is not None:
        for deployment in permitted:
            if _same_account(deployment, account):
                return deployment
    if request.previous or not request.refers:
        raise unknown_previous(request.previous)
    message = (
        f"`{request.refers}` names what an account at an upstream keeps, and '{request.model}' leads to "
        "no account that alone could have it: name a model of that account, or send what it holds in `input`"
    )
    raise BadRequestError(message, param=request.refers)


def sole(everybody: Iterable[Deployment], verdict: Verdict, speaks: frozenset[Native]) -> Deployment | None:
    """Return one of the deployments that `verdict` permits and that take all of `speaks` as it is.

    None unless all of them are one account: the same address, and the same credential.
    """
    found: Deployment | None = None
    for deployment in everybody:
        if deployment.id not in verdict.permitted or not speaks <= deployment.natives:
            continue
        if found is None:
            found = deployment
        elif (deployment.endpoint, deployment.api_key) != (found.endpoint, found.api_key):
            return None
    return found


def unknown_previous(id_: str) -> UnknownPreviousError:
    """Return the error for an answer to go on from that is not there, or is another key's."""
    return UnknownPreviousError(f"Previous response with id '{id_[:80]}' not found: {HOW}", param=_FIELD)


def _same_account(one: Deployment, other: Deployment) -> bool:
    return one.endpoint == other.endpoint and one.api_key == other.api_key and one.natives >= _RESPONSES
