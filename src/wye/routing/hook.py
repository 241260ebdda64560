"""A route's hook: somebody's Python function that orders or narrows the candidates last.

It is handed data and returns data: the ids of the deployments it wants, best first. What it leaves out is
excluded; what it adds is ignored, so no hook can widen what the verdict permits. One that fails, or would
leave nobody, is passed over: its order is ignored, the log has the error and the decision says so.

It runs while everything else waits: microseconds are fine, a look at a disk or a network is not.
"""

import logging
import time
from decimal import Decimal
from typing import Any

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.hook import imported
from wye.core.decision import Candidate, Verdict
from wye.core.label import Labels
from wye.core.lane import Lane
from wye.core.request import Operation, Request
from wye.routing.strategy import Choice

SLOW_SECONDS = 0.01
"""A hook that takes longer is told of in the log, once."""

log = logging.getLogger("wye")


class Asked(msgspec.Struct, frozen=True):
    """What a hook is told of a request."""

    route: str
    protocol: str
    operation: Operation
    prompt: str
    """What the user asks for, as text; empty = no text can be read."""
    task: str
    """What kind of work it is; empty = not known."""
    labels: Labels
    size: int
    """Bytes of its body."""
    stream: bool
    tools: bool
    vision: bool
    json: bool
    max_output_tokens: int | None
    """The client's own cap."""
    gain: float | None
    """By how much the strong model is expected to be better than the weak one; None = not measured."""
    unlike: bool
    """The prompt is unlike any that was learnt from."""


class Offer(msgspec.Struct, frozen=True):
    """What a hook is told of a candidate. None = not known."""

    deployment: str
    model: str
    provider: str
    lane: Lane | None
    region: str | None
    strong: bool
    tags: tuple[str, ...]
    expected_cost: Decimal | None
    """USD."""
    quality: float | None
    """Expected score of its answer."""
    output_tokens: float | None
    """Expected length of its answer."""
    ttft_ms: float | None
    """Time to first token lately, at the median."""
    error_rate: float
    """Share of attempts that failed lately."""
    saturated: bool
    certified: bool
    """The route's certificate covers it."""


class Hook:
    """A stage: the route's hook. Raises `ValueError` if it cannot be imported."""

    def __init__(self, route: str, hook: str) -> None:
        self._route = route
        self._hook = hook
        self._function = imported(hook)
        self._told = ""

    def __call__(self, choice: Choice, request: Request, verdict: Verdict) -> None:
        """Let the hook order and narrow `choice.kept`."""
        asked = _asked(self._route, choice, request, verdict)
        offers = tuple(_offer(choice, deployment) for deployment in choice.kept)
        began = time.perf_counter()
        try:
            wanted = _wanted(self._function(asked, offers))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # somebody else's code must not fail a request
            why = f"{type(error).__name__}: {error}"[:200]
            self._tell(f"failed: {why}", error)
            choice.reasons.append(f"hook '{self._hook}' passed over: it failed with {why}")
            return
        took = time.perf_counter() - began
        if took > SLOW_SECONDS:
            self._tell(f"is slow: {took * 1_000:.0f} ms, while which nothing else is served")
        self._apply(choice, wanted)

    def _apply(self, choice: Choice, wanted: tuple[str, ...]) -> None:
        by_id = {deployment.id: deployment for deployment in choice.kept}
        kept = [by_id.pop(id_) for id_ in dict.fromkeys(wanted) if id_ in by_id]
        if not kept:
            choice.reasons.append(f"hook '{self._hook}' passed over: it would leave nobody")
            return
        choice.excluded.extend(
            Candidate(d.id, d.lane, f"left out by the hook '{self._hook}'") for d in by_id.values()
        )
        choice.kept = kept
        choice.ordered = True
        choice.reasons.append(f"hook '{self._hook}'")

    def _tell(self, what: str, error: BaseException | None = None) -> None:
        """Log it, unless it is what was logged last: a hook may fail at every request."""
        kind = what.partition(":")[0] + type(error).__name__
        if kind != self._told:
            self._told = kind
            log.warning("route '%s': hook '%s' %s", self._route, self._hook, what, exc_info=error)


def _wanted(answer: Any) -> tuple[str, ...]:  # noqa: ANN401  # whatever somebody's function returns
    if not isinstance(answer, list | tuple) or not all(isinstance(id_, str) for id_ in answer):
        message = "a hook returns a list of deployments' ids"
        raise TypeError(message)
    return tuple(answer)


def _asked(route: str, choice: Choice, request: Request, verdict: Verdict) -> Asked:
    needs, opinion = request.needs, choice.opinion
    return Asked(
        route=route,
        protocol=request.protocol,
        operation=request.operation,
        prompt=choice.conversation.prompt(),
        task="" if opinion is None else opinion.task,
        labels=verdict.labels,
        size=len(request.body),
        stream=request.stream,
        tools=needs.tools,
        vision=needs.vision,
        json=needs.json,
        max_output_tokens=request.max_output_tokens,
        gain=None if opinion is None else opinion.gain,
        unlike=opinion is not None and opinion.unlike,
    )


def _offer(choice: Choice, deployment: Deployment) -> Offer:
    load, opinion = choice.load(deployment.id), choice.opinion
    return Offer(
        deployment=deployment.id,
        model=deployment.model,
        provider=deployment.provider,
        lane=deployment.lane,
        region=deployment.region,
        strong=deployment.profile.strong,
        tags=deployment.profile.tags,
        expected_cost=choice.costs.get(deployment.id),
        quality=None if opinion is None else opinion.right(deployment),
        output_tokens=None if opinion is None else opinion.output_tokens(deployment),
        ttft_ms=None if load is None else load.ttft_ms,
        error_rate=0.0 if load is None else load.error_rate,
        saturated=load is not None and bool(load.saturated),
        certified=deployment.id in choice.covered,
    )
