"""Where a request may go. Pure: labels in, a verdict out; default deny."""

from wye.policy.judge import Policy

__all__ = ["Policy"]
