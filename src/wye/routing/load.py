"""What is known of a deployment's load, as the router sees it."""

from collections.abc import Callable

import msgspec

from wye.routing.saturation import Saturation


class Load(msgspec.Struct, frozen=True, omit_defaults=True):
    """One deployment, right now."""

    busy: int = 0
    """Requests under way there, as far as they went through this gateway."""
    waiting: int = 0
    """Requests that wait here to be let through to it."""
    slots: int = 1
    """Requests it serves side by side: as stated, or as its engine says."""
    saturated: str = ""
    """Why it is to be spared until it has let up; empty = it is not."""
    ttft_ms: float | None = None
    """Time to first token of streams lately, at the median; None = too few were seen."""
    error_rate: float = 0.0
    """Share of attempts that failed lately."""
    machine: Saturation | None = None
    """An own machine, which takes bids for its slots."""

    @property
    def pressure(self) -> float:
        """Requests for each slot."""
        return (self.busy + self.waiting) / self.slots


LoadOf = Callable[[str], Load | None]
"""Deployment id -> its load; None = nothing is known of it."""


def unmeasured(_deployment_id: str, /) -> Load | None:
    """Know nothing: where nobody measures."""
    return None
