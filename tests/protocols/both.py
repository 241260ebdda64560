"""A protocol spoken on both sides: what a test sends there and back goes through one of these."""

from typing import Protocol

from wye.protocols.translate import DownstreamDialect, UpstreamDialect


class Dialect(DownstreamDialect, UpstreamDialect, Protocol):
    """Reads and writes requests and answers."""
