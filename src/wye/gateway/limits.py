"""What a key may use: requests and tokens a minute, money a day, a month or in all.

Everything is reserved at its worst case before an attempt and settled after it, so that requests
side by side cannot overspend: reserved + spent <= budget, always.
"""

import time
from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal

from wye.catalog.deployments import Deployment
from wye.core.errors import BudgetError, RateLimitError
from wye.core.money import MILLION, Cost
from wye.core.request import Operation, Request
from wye.core.usage import Usage
from wye.gateway.bounds import CURRENCY, Bound, worst_case, worst_rates
from wye.gateway.keys import Caller
from wye.gateway.limitstore import ZERO, LimitStore
from wye.ledger.keystore import Budget, Window

Clock = Callable[[], float]

_RENEWED = {
    Window.DAY: "it starts anew at midnight UTC",
    Window.MONTH: "it starts anew on the first of the month, UTC",
    Window.TOTAL: "ask for a key with a larger one",
}


class Reservation:
    """What one attempt holds of its key's limits. `settle` once; later calls change nothing."""

    __slots__ = ("_amount", "_at", "_caller", "_settled", "_start", "_store", "_tokens", "output_cap")

    def __init__(self, store: LimitStore, caller: Caller, at: float, output_cap: int | None) -> None:
        self._store = store
        self._caller = caller
        self._at = at
        self._tokens = 0
        self._amount = ZERO
        self._start = 0.0
        self._settled = False
        self.output_cap = output_cap
        """The cap to put into a request that has none; None = leave it as it is."""

    def take(self, bound: Bound) -> None:
        """Reserve `bound`, all or nothing. Raises `RateLimitError` or `BudgetError`."""
        caller = self._caller
        if caller.tpm is not None:
            self._take_tokens(caller.account, caller.tpm, bound)
        if caller.budget is not None:
            try:
                self._take_money(caller.account, caller.budget, bound)
            except BudgetError:
                if caller.tpm is not None:
                    self._store.give_back(f"tpm {caller.account}", self._tokens, self._at)
                raise

    def _take_tokens(self, account: str, tpm: int, bound: Bound) -> None:
        tokens = bound.tokens
        if tokens is None:
            message = (
                "this key has a limit of tokens a minute, and content other than text has no bound here: "
                "set the deployment's `profile.context_tokens`"
            )
            raise RateLimitError(message)
        wait = self._store.take(f"tpm {account}", tpm, tokens, self._at)
        if wait:
            what = f"this key may use {tpm} tokens a minute and the request up to {tokens}"
            if tokens > tpm:
                message = f"{what}: shorten it or lower `max_tokens`"
                raise RateLimitError(message)
            message = f"{what}; try again in {wait:.0f} s"
            raise RateLimitError(message, retry_after=wait)
        self._tokens = tokens

    def _take_money(self, account: str, budget: Budget, bound: Bound) -> None:
        if bound.amount is None:
            message = f"this key has a budget, and the request's cost has no bound: {bound.why}"
            raise BudgetError(message)
        start = self._store.reserve(account, budget, bound.amount, self._at)
        if start is not None:
            self._amount, self._start = bound.amount, start
            return
        left = self._store.remaining(account, budget, self._at)
        named = f"this key's budget ({budget.amount} {CURRENCY}, {budget.window})"
        if left <= ZERO:
            message = f"{named} is used up; {_RENEWED[budget.window]}"
            raise BudgetError(message)
        message = (
            f"{named} has {left:.6f} left and the request may cost up to {bound.amount:.6f}: "
            "lower `max_tokens` or shorten the prompt"
        )
        raise BudgetError(message, param="max_tokens")

    def settle(self, actual: Cost | None, usage: Usage | None = None) -> Decimal | None:
        """Replace the worst case by what was used. What is not known stays at the worst case.

        Returns what that took from the budget, in USD; None = there is no budget.
        """
        caller = self._caller
        if self._settled:
            return None if caller.budget is None else ZERO
        self._settled = True
        if caller.tpm is not None and usage is not None:
            unused = self._tokens - usage.input_tokens - usage.output_tokens
            self._store.give_back(f"tpm {caller.account}", max(unused, 0), self._at)
        if caller.budget is not None:
            known = actual is not None and actual.amount is not None and actual.currency == CURRENCY
            spent = actual.amount if known else self._amount  # type: ignore[union-attr]  # `known` says so
            self._store.settle(caller.account, caller.budget, self._amount, spent or ZERO, self._start)
            return spent or ZERO
        return None

    def cancel(self) -> Decimal | None:
        """Give everything back: nothing was sent, or it was refused, which nobody bills."""
        return self.settle(Cost(ZERO), Usage())


class _Nothing(Reservation):
    """What a caller without limits holds."""

    __slots__ = ()

    def __init__(self) -> None:
        self.output_cap = None

    def settle(self, actual: Cost | None, usage: Usage | None = None) -> Decimal | None:
        """Nothing was held."""


_NOTHING = _Nothing()


class Limits:
    """Applies callers' limits. `admit` once a request, `reserve` before each attempt."""

    def __init__(self, store: LimitStore, clock: Clock = time.time) -> None:
        self._store = store
        self._clock = clock

    def admit(self, caller: Caller) -> None:
        """Count a request. Raises `RateLimitError` when the key has sent too many in the last minute."""
        if caller.rpm is None:
            return
        wait = self._store.take(f"rpm {caller.account}", caller.rpm, 1, self._clock())
        if wait:
            message = f"this key may send {caller.rpm} requests a minute; try again in {wait:.0f} s"
            raise RateLimitError(message, retry_after=wait)

    def reserve(self, caller: Caller, request: Request, deployment: Deployment) -> Reservation:
        """Hold the worst case of an attempt at `deployment`.

        Raises `RateLimitError` or `BudgetError` when the limits don't cover it, or it has no bound.
        """
        if caller.budget is None and caller.tpm is None:
            return _NOTHING
        now = self._clock()
        bound = worst_case(request, deployment)
        imposed = request.max_output_tokens is None and request.operation is Operation.CHAT
        if imposed:
            bound = self._fit(caller, request, deployment, bound, now)
        reservation = Reservation(self._store, caller, now, bound.output_cap if imposed else None)
        reservation.take(bound)
        return reservation

    def _fit(
        self, caller: Caller, request: Request, deployment: Deployment, bound: Bound, now: float
    ) -> Bound:
        """Lower the cap we choose ourselves to what the limits leave, but not below one token."""
        cap = bound.output_cap
        if bound.input_tokens is None:
            return bound
        if caller.tpm is not None:
            left = self._store.left(f"tpm {caller.account}", caller.tpm, now)
            cap = min(cap, (left - bound.input_tokens) // request.choices)
        if caller.budget is not None and deployment.price is not None and deployment.machine_hour is None:
            in_rate, out_rate = worst_rates(deployment.price, bound.input_tokens)
            if in_rate is not None and out_rate:
                left_money = self._store.remaining(caller.account, caller.budget, now)
                money = left_money - bound.input_tokens * in_rate / MILLION
                most = money * MILLION / out_rate / request.choices
                cap = min(cap, int(most.to_integral_value(ROUND_FLOOR)))
        return worst_case(request, deployment, max(cap, 1))
