"""Measured quality in a route's choice: what to expect of the prompt, and who may therefore serve first.

The strong model serves, unless a certificate that holds covers sending this prompt to the weak one. Whoever
may not serve first stays behind those who may, as a fallback: better a worse answer than none, and the
record says that it is not certified.
"""

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.strategies import Objective, RouteSettings
from wye.core.decision import Verdict
from wye.core.request import Request
from wye.routing.band import Band
from wye.routing.opinion import Opinion, Opinions
from wye.routing.revision import Learnt
from wye.routing.rules import Aliases, expand
from wye.routing.strategy import Choice


class Serving(msgspec.Struct, frozen=True):
    """What has been learnt for a route and what of it holds: as a router is told."""

    learnt: Learnt | None = None
    """None = nothing, or nothing that can be read."""
    certificate: str = ""
    """Id of the certificate that holds; empty = none does, and the strong model serves."""
    threshold: float | None = None
    """Of the certified setting: the weak model serves where the expected gain is below. None = nowhere."""
    band: Band | None = None
    """Of the certified setting: what it leaves to a gate; None = nothing."""
    why_not: str = "nothing has been learnt for this route"
    """Why there is no certificate, or why it does not hold."""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What of it decides."""
        revision = self.learnt.revision.id if self.learnt else ""
        return revision, self.certificate, self.why_not


UNMEASURED = Serving()


class Opine:
    """A stage: form an opinion of the prompt."""

    def __init__(self, opinions: Opinions) -> None:
        self._opinions = opinions

    def __call__(self, choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG002  # a stage's shape
        """Say what to expect, of whoever will be chosen."""
        choice.opinion = self._opinions.of(request, choice.conversation)


class Measured:
    """A stage: tell who may serve first."""

    def __init__(self, route: RouteSettings, serving: Serving, aliases: Aliases) -> None:
        self._strong = frozenset(expand((route.strong,), aliases)) if route.strong else None
        self._serving = serving

    def __call__(self, choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG002  # a stage's shape
        """Set `choice.leading`, and what is certified, where strong and other models are left to choose from.

        An order that a rule has set stands: a person has said who comes first.
        """
        kept = choice.kept
        if choice.ordered or not guards(choice.objective) or len(kept) < 2:  # noqa: PLR2004  # one candidate is no choice
            return
        serving, opinion = self._serving, choice.opinion
        strong = frozenset(d.id for d in kept if self._is_strong(d))
        if serving.learnt is not None and len(strong) in {0, len(kept)}:
            # Profiles tell nobody apart: then what was learnt says who sets the standard.
            strong = _named(kept, serving.learnt.revision.strong)
        if not strong or len(strong) == len(kept):
            return
        choice.leading = strong
        if not serving.certificate or serving.learnt is None or serving.threshold is None:
            choice.reasons.append(f"uncertified: strong serves ({serving.why_not})")
            return
        revision = serving.learnt.revision
        standard = _named(kept, revision.strong)
        if not standard or opinion is None:
            choice.reasons.append(
                f"uncertified: strong serves (certificate {serving.certificate} compares with "
                f"'{revision.strong}', which is no candidate here)"
            )
            return
        weak = _named(kept, revision.weak)
        choice.certificate = serving.certificate
        told, low = _compare(opinion, serving.threshold)
        leading = standard | weak if low else standard
        choice.leading, choice.covered = leading, tuple(sorted(leading))
        who = "weak may serve" if low and weak else "strong serves"
        choice.reasons.append(f"certified by {serving.certificate}: {who}, {told}")

    def _is_strong(self, deployment: Deployment) -> bool:
        return deployment.profile.strong if self._strong is None else deployment.id in self._strong


def guards(objective: Objective) -> bool:
    """Tell whether an objective rests on measured quality: the cheapest, without bounds of its own."""
    return (
        objective.best == "cheapest"
        and objective.quality is None
        and objective.cost is None
        and objective.ttft_ms is None
    )


def _named(kept: list[Deployment], model: str) -> frozenset[str]:
    return frozenset(d.id for d in kept if model in (d.id, d.model))


def _compare(opinion: Opinion, threshold: float) -> tuple[str, bool]:
    """Say how the expected gain stands to the threshold, and whether it lets the weak model serve."""
    if opinion.gain is None:
        return "nothing to judge the prompt by", False
    if opinion.unlike:
        return "the prompt is unlike anything learnt from", False
    low = opinion.gain < threshold
    sign = "<" if low else "≥"
    return f"gain {opinion.gain:.3f} {sign} threshold {threshold:.3f}", low
