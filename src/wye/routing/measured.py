"""What has been learnt for a route and what of it holds: as a router is told."""

import msgspec

from wye.routing.revision import Learnt


class Serving(msgspec.Struct, frozen=True):
    """A route's."""

    learnt: Learnt | None = None
    """None = nothing, or nothing that can be read."""
    certificate: str = ""
    """Id of the certificate that holds; empty = none does, and the strong model serves."""
    threshold: float | None = None
    """Of the certified setting: the weak model serves where the expected gain is below. None = nowhere."""
    why_not: str = "nothing has been learnt for this route"
    """Why there is no certificate, or why it does not hold."""


UNMEASURED = Serving()
