"""Sticky draws: which conversations go where, by weight or as a canary.

A draw is a hash of the conversation, salted with its route and rule: every turn of a conversation draws the
same at every gateway and after every restart, conversations are spread evenly, and two rules draw
independently of each other. Nothing is kept.

- *Weights* put the candidates in the order of an exponential race: each has the delay -ln(u) / weight, and
  the shortest comes first. So each is first for its share of the conversations, weight / sum of weights, and
  one that is taken away moves only the conversations that it had.
- A *canary* of p percent comes first for the conversations that draw at most p, and last for all others.
  Raising p moves conversations to it and none away from it.

Source of the race: Efraimidis & Spirakis, "Weighted random sampling with a reservoir" (2006), with hashes for
random numbers.
"""

import hashlib
import math
from collections.abc import Iterable, Sequence

import msgspec

from wye.catalog.deployments import Deployment

_BITS = 53
"""Of a draw: as many as a float keeps."""
_WHOLE = 100.0


class Part(msgspec.Struct, frozen=True):
    """What gets a share of conversations."""

    name: str
    """A deployment or an alias, as it was written."""
    ids: tuple[str, ...]
    """The deployments that it stands for, in order."""
    share: float
    """A weight in any unit, or percent."""


def draw(salt: bytes, conversation: bytes) -> float:
    """Return where a conversation falls in (0, 1]: the same at each turn, uniform over conversations.

    `salt` has at most 64 bytes.
    """
    digest = hashlib.blake2b(conversation, key=salt, digest_size=8).digest()
    return ((int.from_bytes(digest) >> (64 - _BITS)) + 1) / (1 << _BITS)


class Lot:
    """What a rule leaves to chance. Immutable."""

    def __init__(self, title: str, weights: Sequence[Part] = (), canary: Sequence[Part] = ()) -> None:
        """`title` tells this rule from all others: it salts the draws."""
        self._weights = [(part, _salt(title, part.name)) for part in weights]
        self._canary = tuple(canary)
        self._salt = _salt(title, "")

    def spread(self, kept: Sequence[Deployment], conversation: bytes) -> tuple[list[Deployment], str]:
        """Return `kept` in the order that the conversation draws by weight, and why; no reason = as it was.

        What no weight names comes last.
        """
        here = {deployment.id for deployment in kept}
        race: list[tuple[float, int, Part]] = []
        total = 0.0
        for place, (part, salt) in enumerate(self._weights):
            if not here.isdisjoint(part.ids):
                total += part.share
                delay = -math.log(draw(salt, conversation)) / part.share if part.share else math.inf
                race.append((delay, place, part))
        if not total:
            return list(kept), ""
        race.sort()
        first = race[0][2]
        ids = (i for _, _, part in race for i in part.ids)
        reason = f"drawn by weight: '{first.name}', which gets {_percent(_WHOLE * first.share / total)}"
        return in_front(ids, kept), f"{reason} of conversations"

    def divert(self, kept: Sequence[Deployment], conversation: bytes) -> tuple[list[Deployment], str]:
        """Return `kept` with the canary first that the conversation draws, others last, and why."""
        if not self._canary:
            return list(kept), ""
        drawn = _WHOLE * draw(self._salt, conversation)
        chosen, below = None, 0.0
        for part in self._canary:
            begins, below = below, below + part.share
            if begins < drawn <= below:
                chosen = part
        canaries = {i for part in self._canary for i in part.ids}
        ordered = sorted(kept, key=lambda deployment: deployment.id in canaries)
        if chosen is None:
            return ordered, ""
        told = f"canary '{chosen.name}'"
        if all(deployment.id not in chosen.ids for deployment in kept):
            return ordered, f"{told} passed over: it cannot serve this"
        return in_front(chosen.ids, ordered), f"{told}: this conversation is in its {_percent(chosen.share)}"


def in_front(ids: Iterable[str], kept: Sequence[Deployment]) -> list[Deployment]:
    """Return those of `kept` that `ids` names, in that order, and the others behind them."""
    places: dict[str, int] = {}
    for id_ in ids:
        places.setdefault(id_, len(places))
    return sorted(kept, key=lambda deployment: places.get(deployment.id, len(places)))


def _salt(title: str, name: str) -> bytes:
    return hashlib.blake2b(f"{title}\0{name}".encode(), digest_size=16).digest()


def _percent(share: float) -> str:
    return f"{share:.3g} %"
