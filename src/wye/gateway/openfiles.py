"""How many files and sockets the process may hold open."""

import resource

SPARE = 1024
"""For the ledger, discovery, and connections that are kept for the next request."""


def needed(connections: int) -> int:
    """Return what `connections` clients can need: each may have a request at an upstream."""
    return 2 * connections + SPARE


def allow(wanted: int) -> int:
    """Raise the soft limit to `wanted`, as far as the hard one lets; return the limit that holds.

    A shell's usual 1,024 is for programs that call select(2); never lowers it.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    reach = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if reach <= soft:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (reach, hard))
    except (ValueError, OSError):  # the kernel has a bound of its own, as macOS does
        return soft
    return reach
