"""What recent attempts say of a deployment, for the router."""

import time
from collections.abc import Callable

from wye.routing.load import Load

FAILURES_TO_REST = 3
REST_SECONDS = 10.0
MAX_REST_SECONDS = 300.0


class Health:
    """Deployments that should be tried last for a while. A success clears the slate.

    Being down never removes a candidate, it only moves it to the end: while nothing else is left
    it is still tried.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._failures: dict[str, int] = {}
        self._rest_until: dict[str, float] = {}
        self.engine_down: Callable[[str], str] = lambda _id: ""
        """Asks the embedded engine about its own deployments."""

    def reason_down(self, deployment_id: str) -> str:
        """Why the deployment should be tried last; empty = it should not."""
        if self._rest_until and (until := self._rest_until.get(deployment_id)) is not None:
            left = until - self._now()
            if left > 0:
                return f"failed lately, resting {left:.0f} s more"
            del self._rest_until[deployment_id]
        return self.engine_down(deployment_id)

    def load(self, _deployment_id: str) -> Load | None:
        """Return how much the deployment has to do; None = nothing is known of it."""
        return None

    def succeeded(self, deployment_id: str) -> None:
        """An attempt got its answer."""
        if self._failures:
            self._failures.pop(deployment_id, None)
        if self._rest_until:
            self._rest_until.pop(deployment_id, None)

    def forget(self, deployment_id: str) -> None:
        """The deployment is gone."""
        self.succeeded(deployment_id)

    def failed(self, deployment_id: str, retry_after: float | None = None) -> None:
        """An attempt failed; `retry_after` is what the upstream asked for, in seconds."""
        count = self._failures.get(deployment_id, 0) + 1
        self._failures[deployment_id] = count
        if retry_after is None and count < FAILURES_TO_REST:
            return
        rest = REST_SECONDS if retry_after is None else min(retry_after, MAX_REST_SECONDS)
        self._rest_until[deployment_id] = self._now() + rest
