"""`wye policy`: what may go where, as Cedar says it."""

from wye.cli.policy.group import policy

__all__ = ["policy"]
