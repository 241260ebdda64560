"""What a log cannot do, and what an auditor has found."""

from wye.core.errors import LedgerError


class LogError(LedgerError):
    """The log cannot be written or read."""


class TamperedError(LogError):
    """What was read is not what was signed, or is not what was seen before."""
