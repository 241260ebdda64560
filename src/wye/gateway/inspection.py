"""Labels that a request's content raises, under the settings in force.

The rules:

- What is found can only raise: labels are added, none is taken away.
- What cannot be looked at - too large, too late, too many at once, a process that crashed, a picture - raises
  every label that could have been raised, and the record says why.
- It is not looked at where that could change nothing: all those labels hold already, or what is permitted is
  the `own` lane only, with them and without, and they shorten nothing's time where something is kept.
"""

from collections.abc import Iterable

import msgspec

from wye.config.masking import ALL, found_as
from wye.config.retention import retain_days
from wye.config.settings import Settings
from wye.core.label import Labels
from wye.core.lane import Lane
from wye.gateway.inspector import Told
from wye.gateway.inspectors import Inspectors, Stream
from wye.policy import Policy
from wye.policy.detectors import QUASI

MAX_CACHED = 1024
_KB = 1024
LARGE = "too large"
MEDIA = "media"


class Raised(msgspec.Struct, frozen=True):
    """Labels, and why: `phi` by `detector:ssn`."""

    labels: Labels = frozenset()
    origins: tuple[str, ...] = ()
    """`label=where`, in order."""


NOTHING = Raised()


class Inspection:
    """What one snapshot looks for."""

    def __init__(self, settings: Settings, inspectors: Inspectors, policy: Policy) -> None:
        self.settings = settings.detection
        self._retention = settings if settings.ledger.store_content or settings.responses.store else None
        """None = nothing is kept."""
        self._inspectors = inspectors
        self._policy = policy
        self._all: Labels = frozenset(self.settings.raises)
        self._kinds = {label: found_as(kinds) for label, kinds in self.settings.raises.items()}
        self._most = self.settings.max_kb * _KB
        self._matters: dict[tuple[Labels, Labels], bool] = {}

    def matters(self, labels: Labels, carried: Labels | None = None) -> bool:
        """Whether what is found could change anything, for a request with `labels` or what goes on from it.

        `carried` = those of them that hold then; None = nothing goes on.
        """
        asked = labels, labels if carried is None else carried
        known = self._matters.get(asked)
        if known is None:
            if len(self._matters) >= MAX_CACHED:
                self._matters.clear()
            known = self._matters[asked] = self._could_change(labels) or self._could_later(*asked)
        return known

    async def request(self, body: bytes, labels: Labels) -> Raised:
        """Return the labels that `body` raises beside `labels`."""
        if len(body) > self._most:
            return self._everything(LARGE, labels)
        return self._meant(await self._inspectors.look("body", body, self.settings), labels, "detector")

    async def answer(self, body: bytes, labels: Labels) -> Raised:
        """Return the labels that a whole answer raises beside `labels`."""
        if len(body) > self._most:
            return self._everything(LARGE, labels, "answer")
        return self._meant(await self._inspectors.look("answer", body, self.settings), labels, "answer")

    def stream(self) -> Stream:
        """Return what takes a streamed answer piece by piece."""
        return self._inspectors.stream(self.settings)

    async def streamed(self, stream: Stream, labels: Labels) -> Raised:
        """Return the labels that a streamed answer raises beside `labels`."""
        return self._meant(await stream.end(), labels, "answer")

    def unread(self, why: str, labels: Labels) -> Raised:
        """Return the labels of an answer that nobody looked at to its end."""
        return self._everything(why, labels, "answer")

    def _could_change(self, labels: Labels) -> bool:
        if self._all <= labels:
            return False
        if not self._policy.by_labels:  # who asks decides as well
            return True
        kept = self._retention
        if kept is not None and retain_days(kept, labels) != retain_days(kept, labels | self._all):
            return True
        before, after = self._policy.judge(labels), self._policy.judge(labels | self._all)
        if before.ceiling != after.ceiling or before.permitted != after.permitted:
            return True
        # Elsewhere labels may oblige to mask; and of a deployment that only a request names nothing is
        # known here: not what statements ask for that would open a lane to it.
        return not {Lane.OWN}.issuperset(self._policy.lanes(labels))

    def _could_later(self, labels: Labels, carried: Labels) -> bool:
        """Whether it could in a later turn, which names any label in the place of the default that held."""
        return labels != carried and any(
            self._could_change(carried | {label}) for label in self._policy.spoken_of
        )

    def _meant(self, told: Told, labels: Labels, who: str) -> Raised:
        if told.trouble:
            return self._everything(told.trouble, labels, who)
        if told.media and self.settings.media == "raise":
            return self._everything(MEDIA, labels, who)
        if not told.kinds:
            return NOTHING
        found: dict[str, Iterable[str]] = {}
        for label, wanted in self._kinds.items():
            if label not in labels:
                hits = [kind for kind in told.kinds if _hits(kind, wanted)]
                if hits:
                    found[label] = hits
        origins = [f"{label}={who}:{kind}" for label, hits in found.items() for kind in hits]
        return Raised(frozenset(found), tuple(sorted(origins))) if found else NOTHING

    def _everything(self, why: str, labels: Labels, who: str = "detector") -> Raised:
        missing = self._all - labels
        return Raised(missing, tuple(f"{label}={who}:{why}" for label in sorted(missing)))


def _hits(kind: str, wanted: frozenset[str]) -> bool:
    return kind in wanted or (ALL in wanted and kind not in QUASI)
