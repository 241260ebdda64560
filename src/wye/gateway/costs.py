"""What an answer cost, by the deployment's price list or its machine-hour."""

import datetime as dt
import functools
from decimal import Decimal

from wye.catalog.deployments import Deployment
from wye.core.lane import Lane
from wye.core.money import Cost, Price, token_cost, total
from wye.core.usage import Usage
from wye.ledger.entry import Entry

_MICROSECONDS_AN_HOUR = Decimal(3_600_000_000)
_SMALLEST = Decimal("1e-12")

NOTHING = Cost(Decimal(0), basis="every attempt was refused, which nobody bills")
NOTHING_SENT = Cost(Decimal(0), basis="no upstream was asked")

COUNTED = frozenset({"input_audio", "audio", "modalities", "prediction", "background"})
"""What a request may ask for whose price no count bounds beforehand, and whose tokens the usage tells."""


def unserved(entry: Entry) -> Cost | None:
    """Return what a request cost that nobody was served; None = unknown, since somebody may bill for it."""
    if entry.billed:
        return None
    if entry.aside:
        return total(entry.aside)
    return NOTHING if any(one.request_bytes for one in entry.tried) else NOTHING_SENT


@functools.lru_cache(1024)
def _per_microsecond(machine_hour: Decimal, slots: int) -> Decimal:
    return machine_hour / _MICROSECONDS_AN_HOUR / slots


def cost_of(
    deployment: Deployment, usage: Usage | None, busy_seconds: float, began: float, unpriced: str = ""
) -> Cost:
    """Price one answer that began at `began`, Unix seconds.

    `busy_seconds`: how long it held one of the deployment's slots. `unpriced`: what the request asked for
    that tokens at the list price do not bound.

    What the upstream says it bills counts, unless the operator has set a price. What cannot be priced is
    unknown, never zero; `basis` says why.
    """
    if deployment.machine_hour is not None:
        rate = _per_microsecond(deployment.machine_hour, deployment.slots)
        amount = (rate * round(busy_seconds * 1_000_000)).quantize(_SMALLEST)
        return Cost(amount, basis="machine hour", source="wye.yaml")
    if usage is not None and usage.billed is not None and not _is_operators(deployment.price):
        return Cost(usage.billed, basis="billed by the upstream", source=deployment.provider)
    if deployment.price is None:
        own = deployment.lane is Lane.OWN
        return Cost(None, basis="machine_hour is not set" if own else "no price is known")
    if usage is None:
        price = deployment.price
        return Cost(None, price.currency, "the upstream reported no usage", price.as_of, price.source)
    told = unpriced == "service_tier" and usage.service  # then the answer says what it was
    if unpriced and not told and unpriced not in COUNTED:
        price, basis = deployment.price, f"`{unpriced}` has a price of its own"
        return Cost(None, price.currency, basis, price.as_of, price.source)
    at = dt.datetime.fromtimestamp(began, dt.UTC).time() if deployment.price.windows else None
    return token_cost(usage, deployment.price, at)


def _is_operators(price: Price | None) -> bool:
    return price is not None and price.source == "wye.yaml"
