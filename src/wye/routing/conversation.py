"""What came before a request, and what its way to a deployment would lose. Asked only where it matters.

A router is pure: this is handed to it as health is, and it asks no more than its choice needs. A name that
stands for one deployment asks nothing.
"""

from typing import Protocol

from wye.catalog.deployments import Deployment
from wye.core.decision import Seat
from wye.protocols.lossiness.losses import Losses


class Conversation(Protocol):
    """The conversation a request belongs to."""

    @property
    def holder(self) -> str | None:
        """The deployment whose upstream holds what came before; empty = the request brings it all along.

        None = nobody here remembers who does, and whoever may ask is asked.
        """

    def seat(self) -> Seat | None:
        """Return where the conversation was served last, if it is still remembered."""

    def mark(self) -> bytes:
        """Return what all its turns have in common and no other conversation has, as far as can be told."""

    def losses(self, deployment: Deployment) -> Losses:
        """Return what the request loses on its way to `deployment`; as it is, sealed thoughts at most."""

    def prompt(self) -> str:
        """Return what the user asks for, as text (`wye.protocols.asked`); empty = no text can be read."""


class Unknown:
    """A conversation nobody knows anything of."""

    holder = ""

    def seat(self) -> Seat | None:
        """Nobody served it."""

    def mark(self) -> bytes:
        """It is all conversations."""
        return b""

    def losses(self, deployment: Deployment) -> Losses:  # noqa: ARG002  # the protocol's shape
        """Nothing is known to be lost."""
        return _NOTHING

    def prompt(self) -> str:
        """Nothing was said."""
        return ""


_NOTHING = Losses()
UNKNOWN = Unknown()
