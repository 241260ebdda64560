"""Where a request may be served: three lanes."""

from enum import StrEnum


class Lane(StrEnum):
    """Who holds the weights, and where the data goes (docs/glossary.md)."""

    CLOSED = "closed"
    """Closed weights behind a processor's API, billed per token."""
    HOSTED = "hosted"
    """Open weights behind a processor's API, billed per token."""
    OWN = "own"
    """Open weights on machines the operator controls, billed per machine-hour."""
