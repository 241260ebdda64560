"""Capability fit: can this deployment serve this request at all? What is not known never excludes."""

from wye.catalog.deployments import Deployment
from wye.core.decision import Candidate, Verdict
from wye.core.errors import BadRequestError
from wye.core.request import Request
from wye.routing.strategy import Choice

BYTES_PER_TOKEN = 3
"""Of a JSON body, on the cautious side: English prose is nearer 4, code and other scripts below."""

EMULATES = "calls no tools itself: they are emulated with a JSON schema"
EMULATES_CUSTOM = "takes no custom tools: they are emulated with functions of one text"
MAX_NAMED = 4
"""Deployments named in one error message."""


def misfit(deployment: Deployment, request: Request, input_tokens: int) -> str:
    """Say why `deployment` cannot serve `request`; empty when it can, as far as is known."""
    unable = _unable(deployment, request)
    if unable:
        return unable
    profile = deployment.profile
    wanted = request.max_output_tokens or 0
    most = profile.max_output_tokens
    if most is not None and wanted > most:
        return f"writes at most {most} tokens, {wanted} asked for"
    context = profile.context_tokens
    if context is not None and input_tokens + wanted > context:
        return f"context of {context} tokens, about {input_tokens + wanted} needed"
    return ""


def _unable(deployment: Deployment, request: Request) -> str:
    """Say what of `request` is beyond `deployment`, whatever its size."""
    profile, needs = deployment.profile, request.needs
    if needs.tools and profile.tools is False and not deployment.emulates_tools:
        return "cannot call tools"
    if needs.vision and profile.vision is False:
        return "cannot see images"
    if needs.json and profile.json is False:
        return "cannot promise JSON"
    if request.rare and (missed := deployment.unheeded(request.protocol, request.rare)):
        return f"does not heed `{missed}`"
    return ""


def emulated(deployment: Deployment, request: Request) -> str:
    """Say what `deployment` would be made to look as if it could; empty = nothing."""
    if request.needs.tools and deployment.emulates_tools:
        return EMULATES
    if request.needs.custom_tools and deployment.emulates_custom_tools(request.protocol):
        return EMULATES_CUSTOM
    return ""


def fit(choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG001  # a stage's shape
    """Keep what can serve the request. Raises `BadRequestError` when nothing can."""
    input_tokens = len(request.body) // BYTES_PER_TOKEN
    kept = []
    for deployment in choice.kept:
        reason = misfit(deployment, request, input_tokens)
        if reason:
            choice.excluded.append(Candidate(deployment.id, deployment.lane, reason))
            continue
        kept.append(deployment)
        told = emulated(deployment, request)
        if told:
            choice.notes[deployment.id] = told
            (choice.emulating if told is EMULATES else choice.lossy).add(deployment.id)
    if not kept:
        whys = [f"{c.deployment}: {c.reason}" for c in choice.excluded[:MAX_NAMED]]
        if len(choice.excluded) > MAX_NAMED:
            whys.append(f"and {len(choice.excluded) - MAX_NAMED} more")
        message = f"No permitted deployment can serve this request ({'; '.join(whys)})"
        raise BadRequestError(message, param="model")
    choice.kept = kept
