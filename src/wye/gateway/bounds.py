"""The most a request can use and cost at a deployment, known before it is sent."""

from decimal import Decimal

import msgspec

from wye.catalog.deployments import Deployment
from wye.core.errors import BadRequestError
from wye.core.lane import Lane
from wye.core.money import MILLION, Price, Rates
from wye.core.request import Operation, Request

DEFAULT_OUTPUT_TOKENS = 4096
"""Output cap where a limit needs one and neither client nor profile says less."""
TOOL_PROMPT_TOKENS = 1024
"""What a provider adds to a prompt with tools, beside the tools themselves. A few hundred are usual."""
CURRENCY = "USD"
"""The currency of budgets."""
_HOUR = Decimal(3600)


class Bound(msgspec.Struct, frozen=True):
    """Worst case of one attempt. `input_tokens` None = cannot be bounded; `why` says what to set."""

    input_tokens: int | None
    output_tokens: int
    """All choices together."""
    output_cap: int
    """A choice's cap."""
    amount: Decimal | None
    """In USD; None = cannot be bounded."""
    why: str = ""

    @property
    def tokens(self) -> int | None:
        """Input and output together."""
        return None if self.input_tokens is None else self.input_tokens + self.output_tokens


def input_bound(request: Request, deployment: Deployment) -> int | None:
    """Return the most input tokens the request can have; None = nobody knows.

    Text has no more tokens than bytes. Other content has, but never more than the context holds.
    """
    context = deployment.profile.context_tokens
    if request.unbounded:
        return context
    size = request.input_token_bound + (TOOL_PROMPT_TOKENS if request.needs.tools else 0)
    return size if context is None else min(size, context)


def default_cap(request: Request, deployment: Deployment) -> int:
    """Return the output cap of a choice: the client's own, else what a limit needs."""
    if request.operation is Operation.EMBEDDINGS:
        return 0
    if request.max_output_tokens is not None:
        return request.max_output_tokens
    return min(DEFAULT_OUTPUT_TOKENS, deployment.profile.max_output_tokens or DEFAULT_OUTPUT_TOKENS)


def worst_case(request: Request, deployment: Deployment, output_cap: int | None = None) -> Bound:
    """Return the worst case of `request` at `deployment`, its output capped at `output_cap` a choice.

    Raises `BadRequestError` for counts that bound nothing, since to some engines a cap of -1 means no
    end, and for what has a price of its own: a dearer tier of service, searches, sound.
    """
    if request.unpriced:
        message = f"a key with limits may not use `{request.unpriced}`: tokens do not bound what it costs"
        raise BadRequestError(message, param=request.unpriced)
    least = 0 if deployment.protocol == "anthropic_messages" else 1  # there 0 only fills the cache
    if request.choices < 1 or (request.max_output_tokens is not None and request.max_output_tokens < least):
        message = "a key with limits needs `max_tokens` and `n` to be at least 1"
        raise BadRequestError(message, param="n" if request.choices < 1 else "max_tokens")
    cap = default_cap(request, deployment) if output_cap is None else output_cap
    tokens = input_bound(request, deployment)
    output = cap * request.choices
    amount, why = _amount(deployment, tokens, output)
    return Bound(tokens, output, cap, amount, why)


def _amount(deployment: Deployment, tokens: int | None, output: int) -> tuple[Decimal | None, str]:
    """Return the worst cost in USD, or None and what to set."""
    if deployment.machine_hour is not None:
        hours = Decimal(str(deployment.timeouts.total)) / _HOUR
        return deployment.machine_hour * hours / deployment.slots, ""
    price = deployment.price
    if price is None and deployment.lane is Lane.OWN:
        return Decimal(0), ""  # nobody bills a request; `machine_hour` gives it a share of the machine
    if price is None or price.currency != CURRENCY:
        return None, f"no price in {CURRENCY} is known: set `deployments.{deployment.id}.price`"
    if tokens is None:
        return (
            None,
            f"content other than text has no bound: set `deployments.{deployment.id}.profile.context_tokens`",
        )
    in_rate, out_rate = worst_rates(price, tokens)
    if in_rate is None or (out_rate is None and output):
        return None, f"the price lacks a rate: set `deployments.{deployment.id}.price`"
    return (tokens * in_rate + output * (out_rate or 0)) / MILLION, ""


def worst_rates(price: Price, tokens: int) -> tuple[Decimal | None, Decimal | None]:
    """Return the highest (input, output) rates that up to `tokens` of input can meet; None = unknown."""
    tiers = [price.rates, *(tier.rates for tier in price.tiers if tier.above_input_tokens < tokens)]
    tiers += [window.rates for window in price.windows]
    inputs = [_input_rate(rates) for rates in tiers]
    outputs = [rates.output for rates in tiers]
    return (
        None if None in inputs else max(r for r in inputs if r is not None),
        None if None in outputs else max(r for r in outputs if r is not None),
    )


def _input_rate(rates: Rates) -> Decimal | None:
    if rates.input is None:
        return None
    kinds = (rates.input, rates.cache_read, rates.cache_write, rates.cache_write_1h)
    return max(rate for rate in kinds if rate is not None)
