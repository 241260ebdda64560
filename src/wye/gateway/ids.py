"""What requests are called."""

import random
import time

_bits = random.Random(random.SystemRandom().getrandbits(128)).getrandbits  # noqa: S311  # unique, not secret


def new_id() -> str:
    """Return an id that sorts by time: 12 hex digits of milliseconds and 16 random ones."""
    return "%012x%016x" % (time.time_ns() // 1_000_000, _bits(64))  # noqa: UP031  # half the time of an f-string
