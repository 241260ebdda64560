"""What an upstream may make us hold, and how long connections live."""

import msgspec

PAUSE_AT = 6_144
"""Unread body bytes above which reading is paused. One read brings at most 256,000 bytes (uvloop), so a
stream holds at most 256 KB."""

PIECE = 65_536
"""Largest slice handed to the socket, or produced by a decoder, at once."""


class Limits(msgspec.Struct, frozen=True):
    """Bytes, counts and seconds. The defaults are what the gateway runs with."""

    header_bytes: int = 65_536
    """One response's head with the interim (1xx) heads before it."""
    headers: int = 100
    """Header lines of one head; trailer lines have the same limit."""
    chunk_overhead: int = 65_536
    """Bytes of a chunked body beside its data and 16 a chunk: extensions, zeros, trailers."""
    decoded_bytes: int = 67_108_864
    """An unexpected gzip or deflate body, decoded."""
    connections: int = 256
    """Open connections to an origin."""
    idle_seconds: float = 30.0
    """An unused connection is closed after this."""
    age_seconds: float = 300.0
    """A connection takes no new request after this."""
    dns_seconds: float = 30.0
    """A resolution is asked anew after this."""
    stagger_seconds: float = 0.25
    """RFC 8305 section 5: head start of one address before the next is tried."""
