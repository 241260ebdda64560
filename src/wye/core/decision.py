"""What is permitted (verdict) and what was chosen (decision), with the reasons kept."""

from decimal import Decimal

import msgspec

from wye.core.label import Labels
from wye.core.lane import Lane


class Verdict(msgspec.Struct, frozen=True):
    """What the policy permits for a set of labels. Binds every attempt, whatever its cause."""

    labels: Labels
    permitted: frozenset[str]
    """Deployment ids."""
    refused: dict[str, str]
    """Deployment id -> why not."""
    ceiling: bool
    """A label demands the strong model or an error."""
    revision: str
    mask: dict[str, frozenset[str]] = {}
    """Permitted deployment id -> kinds that leave for it only as tokens; `all` = whatever identifies."""
    narrowed: dict[str, frozenset[str]] = {}
    """Action (`shadow`, `judge`, `store`, ...) -> deployment ids, where fewer are permitted for it."""

    def permits(self, action: str, deployment: str) -> bool:
        """Whether `deployment` may be used for `action`: never more than may answer."""
        return deployment in self.narrowed.get(action, self.permitted)


class Candidate(msgspec.Struct, frozen=True, omit_defaults=True):
    """A deployment that was considered."""

    deployment: str
    lane: Lane | None
    reason: str = ""
    """Why it stands where it stands, or why it was excluded."""
    expected_cost: Decimal | None = None
    quality: float | None = None
    """Expected score of its answer, in (0, 1); None = nothing was measured."""
    output_tokens: int | None = None
    """Expected length of its answer; None = not asked."""


class Seat(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a conversation was served last: its prompt cache is there."""

    deployment: str
    cached_tokens: int = 0
    """Of its prompt, that the upstream last said it had read from, or written to, its cache."""
    switching_cost: Decimal | None = None
    """USD that it costs to have them read anew, once a decision has looked; None = not known."""


class Decision(msgspec.Struct, frozen=True, omit_defaults=True):
    """An ordered choice. The first candidate is attempted first, the others are fallbacks."""

    strategy: str
    """`pinned`, `alias`, or `auto`/a route's name with its strategy."""
    candidates: tuple[Candidate, ...]
    excluded: tuple[Candidate, ...] = ()
    reasons: tuple[str, ...] = ()
    revision: str = ""
    seat: Seat | None = None
    """Where the conversation sat when this was decided; None = nowhere, or there was no choice."""
    task: str = ""
    """What kind of work the request is; empty = nobody looked."""
    certificate: str = ""
    """Id of the certificate that covers the first candidate; empty = *uncertified*."""
    covered: tuple[str, ...] = ()
    """Deployments that the certificate covers, the strong one among them; of any other an answer is
    uncertified."""
    gain: float | None = None
    """By how much the strong model is expected to be better than the weak one; None = not measured."""
    unlike: bool = False
    """The prompt is unlike any that was learnt from: what is expected of it is a guess."""
    gate: tuple[str, ...] = ()
    """Deployments whose second opinion decides whether the first candidate's answer is served."""
