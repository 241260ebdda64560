"""Conversations keep their seat: a stage that puts the deployment which served the last turn first.

A conversation that moves has its whole prompt read anew, at the full rate. The rule: it stays where it is
as long as moving saves no more than that costs.

    price of switching = cached tokens x (input rate - cache-read rate) of the seat
    saved by moving    = expected cost at the seat - expected cost at the best other

Both are of one request: the next one is judged anew. A seat only ever moves up among those that the
verdict, the fit and the rules left, and an order that a rule has set stands.
"""

from decimal import Decimal

from wye.catalog.deployments import Deployment
from wye.core.decision import Seat, Verdict
from wye.core.money import MILLION
from wye.core.request import Request
from wye.routing.cost import BYTES_PER_TOKEN, CURRENCY, bills_tokens
from wye.routing.strategy import Choice

_ZERO = Decimal(0)


def switching_cost(deployment: Deployment, seat: Seat, input_tokens: int) -> Decimal | None:
    """Return what it costs, in USD, to have the seat's cached tokens read anew; None = not known.

    A machine that bills no tokens: 0.
    """
    if not bills_tokens(deployment):
        return _ZERO
    price = deployment.price
    if price is None or price.currency != CURRENCY:
        return None
    rates = price.rates_for(max(input_tokens, seat.cached_tokens))
    if rates.input is None:
        return None
    read = rates.input if rates.cache_read is None else rates.cache_read
    return max(_ZERO, seat.cached_tokens * (rates.input - read) / MILLION)


def seated(choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG001  # a stage's shape
    """Put the seat first if moving saves no more than it costs."""
    if len(choice.ranks) < 2:  # noqa: PLR2004  # one candidate is no choice; none: a rule has set the order
        return
    seat = choice.conversation.seat()
    if seat is None:
        return
    kept, sitting = choice.kept, seat.deployment
    at = 0 if kept[0].id == sitting else next((i for i, d in enumerate(kept) if d.id == sitting), None)
    if at is None:
        choice.seat = seat
        choice.reasons.append(f"leaves its seat '{seat.deployment}', which is no candidate now")
        return
    deployment, first = kept[at], kept[0]
    switching = switching_cost(deployment, seat, len(request.body) // BYTES_PER_TOKEN)
    choice.seat = Seat(sitting, seat.cached_tokens, switching)
    worth = f"leaving costs {_usd(switching)} ({seat.cached_tokens} cached tokens read anew)"
    if at == 0:
        choice.reasons.append(f"keeps its seat '{seat.deployment}': {worth}")
        return
    (rank, cost), (best_rank, best_cost) = choice.ranks[seat.deployment], choice.ranks[first.id]
    saved = cost - best_cost
    comparable = rank == best_rank
    stays = comparable and saved <= (switching or _ZERO)
    if stays:
        kept.insert(0, kept.pop(at))
    verb = "keeps" if stays else "leaves"
    other = f"'{first.id}' {f'saves {_usd(saved)}' if comparable else 'comes first at any price'}"
    choice.reasons.append(f"{verb} its seat '{seat.deployment}': {worth}, {other}")


def _usd(amount: Decimal | None) -> str:
    return "an unknown amount" if amount is None else f"{amount:.6f} USD"
