"""Which deployment serves a request. Pure: request, verdict and health in, a decision out."""

from wye.routing.router import Health, Router

__all__ = ["Health", "Router"]
