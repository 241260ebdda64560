"""Routes: which of several deployments answers, told as data."""

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from wye.config.section import NonNegativeCount, Positive, Section, Share
from wye.core.lane import Lane


class When(Section, frozen=True):
    """Conditions of a rule; all that are given must hold."""

    tools: bool | None = None
    """The request has tools."""
    vision: bool | None = None
    """The request has images."""
    json: bool | None = None
    """The request asks for JSON."""
    stream: bool | None = None
    """The answer is to be streamed."""
    labels: tuple[str, ...] | None = None
    """The request carries at least one of these."""
    tasks: tuple[str, ...] | None = None
    """The request is one of these kinds of work: `code`, `extraction`, ... or of your own `tasks`."""
    min_bytes: NonNegativeCount | None = None
    """Size of the request body."""
    max_bytes: NonNegativeCount | None = None


Percent = Annotated[float, msgspec.Meta(ge=0, le=100)]
Weight = Annotated[float, msgspec.Meta(ge=0)]


class Objective(Section, frozen=True):
    """What the best candidate is. Who misses a bound comes behind all who keep them."""

    best: Literal["cheapest", "quality", "fastest", "weighed"] = "cheapest"
    """`cheapest`: least expected cost; `quality`: highest expected score; `fastest`: soonest first token."""
    quality: Share | None = None
    """At least this expected score. 0 = whatever it is: `cheapest` without regard to what was measured."""
    cost: Decimal | None = None
    """At most this expected cost, USD a request."""
    ttft_ms: Positive | None = None
    """At most this time to first token, as seen lately at the median."""
    weights: dict[Literal["quality", "cost", "latency"], Weight] = {}
    """For `weighed`: what a point of score, a USD and a second are worth beside each other."""


class Rule(Section, frozen=True):
    """The first rule whose conditions hold narrows the candidates."""

    use: tuple[str, ...] = ()
    """Deployments or aliases, in this order of preference; empty = all."""
    lanes: tuple[Lane, ...] | None = None
    """Keep these lanes only."""
    tags: tuple[str, ...] = ()
    """Keep deployments whose profile has at least one of these; empty = all."""
    objective: Objective | None = None
    """What the best of those it keeps is; default: the route's."""
    weights: dict[str, Weight] = {}
    """Deployment or alias → its share of conversations, in any unit; a conversation keeps its draw.

    Without `use`, keeps those it names.
    """
    canary: dict[str, Percent] = {}
    """Deployment or alias → percent of conversations that go there first; a conversation keeps its draw.

    For all others it comes last.
    """
    when: When = When()
    """Left out: always."""
    name: str = ""
    """What explanations call it; default: its number."""


class GateSettings(Section, frozen=True):
    """Ask the weak model first where the prompt leaves it open, and serve its answer if others agree."""

    ask: tuple[str, ...]
    """Deployments or aliases whose answers are compared with the weak one's; its own = a second sample."""
    compare: Literal["answer", "meaning"] = "answer"
    """`answer`: calls, JSON and final answers are the same; `meaning`: or free texts mean alike."""
    meaning: Share = 0.85
    """From which cosine on two free texts agree, under `meaning`."""
    sure: Share | None = None
    """Mean probability (geometric) that the weak answer's tokens must have, where its engine tells."""


class ShadowSettings(Section, frozen=True):
    """Watch a certified route: some conversations are served by both, and compared."""

    probability: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.02
    """With which a conversation is shadowed, whoever serves it."""
    judge: str | None = None
    """The deployment that scores both answers; default: final answers are compared, which not all have."""
    run_length: Annotated[float, msgspec.Meta(ge=100)] = 2_000
    """Shadowed conversations between false alarms, on average at least."""


class HedgeSettings(Section, frozen=True):
    """Ask the next candidate as well when an answer is slow to begin; the first to begin is served."""

    after_ms: Positive
    """Without a first byte."""
    share: Share = 0.05
    """Of the route's requests that may be hedged, at most."""


class TaskSettings(Section, frozen=True):
    """A kind of work of your own."""

    examples: Annotated[tuple[str, ...], msgspec.Meta(min_length=1, max_length=200)]
    """Prompts of this kind."""


class RouteSettings(Section, frozen=True):
    """A named choice a client may ask for as `model`."""

    candidates: tuple[str, ...] = ()
    """Deployments or aliases; empty = every deployment that was found."""
    rules: tuple[Rule, ...] = ()
    """The first that applies narrows the candidates."""
    objective: Objective = Objective()
    """What the best of those left is."""
    strong: str | None = None
    """The deployment or alias that sets the standard; default: the cheapest whose profile says `strong`."""
    gate: GateSettings | None = None
    shadow: ShadowSettings | None = None
    hedge: HedgeSettings | None = None
    hook: str | None = None
    """`module:function` of yours that orders or narrows the candidates last; see docs/route.md."""
    labels: tuple[str, ...] = ()
    """Added to every request on this route."""
