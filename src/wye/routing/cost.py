"""Expected cost: what a request will roughly cost at each deployment, cheapest first.

Only an ordering hangs on this; what is billed is counted afterwards from the upstream's usage.
"""

from decimal import Decimal

from wye.catalog.deployments import Deployment
from wye.core.decision import Verdict
from wye.core.lane import Lane
from wye.core.money import MILLION
from wye.core.request import Operation, Request
from wye.routing.measured import guards
from wye.routing.opinion import Opinion
from wye.routing.strategy import MERIT, Choice

BYTES_PER_TOKEN = 4
"""English prose in JSON; the same estimate for every candidate, so their order hardly depends on it."""
TYPICAL_OUTPUT_TOKENS = 256
"""An answer's length when the client sets no lower cap."""
SECONDS_PER_TOKEN = Decimal("0.04")
"""One stream's pace on an own machine, for its share of the hour: 40 ms a token."""
SURCHARGE = Decimal("0.1")
"""Of the expected cost, for a candidate that would lose hints: what it is worth to keep them all."""
CURRENCY = "USD"

_OWN, _EMBEDDINGS = Lane.OWN, Operation.EMBEDDINGS  # to name an enum's member runs Python code
_ZERO = Decimal(0)
_HOUR = Decimal(3600)
_FREE, _PAID = "own machine, no cost an hour stated", "own machine, its hour is paid for"

_PRICED, _OTHER_CURRENCY, _UNKNOWN, _EMULATES = range(4)
"""Ranks; `_EMULATES` is added to any of them: who only looks as if it could comes behind all who can."""
_FOLLOWS = 2 * _EMULATES
"""Added as well: who may not serve first, by measured quality, comes behind all who may."""


def bills_tokens(deployment: Deployment) -> bool:
    """Tell whether tokens are what it is billed by: of own machines, one with a price and no stated hour."""
    return deployment.lane is not _OWN or (deployment.price is not None and deployment.machine_hour is None)


def expected_cost(deployment: Deployment, input_tokens: int, output_tokens: int) -> tuple[int, Decimal, str]:
    """Return (rank of the figure's worth, USD, what to say of it).

    An own machine costs its share of the stated hour; without one what its price says, and 0 when neither is
    stated.
    A price that is not known, or in another currency, cannot be compared and ranks behind.
    """
    if not bills_tokens(deployment):
        if deployment.machine_hour is None:
            return _PRICED, _ZERO, _FREE
        seconds = output_tokens * SECONDS_PER_TOKEN
        return _PRICED, deployment.machine_hour * seconds / (_HOUR * deployment.slots), ""
    price = deployment.price
    if price is None:
        return _UNKNOWN, _ZERO, "price not known"
    rates = price.rates_for(input_tokens)
    if rates.input is None or (rates.output is None and output_tokens):
        return _UNKNOWN, _ZERO, "price not known"
    if price.currency != CURRENCY:
        return _OTHER_CURRENCY, _ZERO, f"priced in {price.currency}, not comparable"
    total = input_tokens * rates.input
    if output_tokens:
        total += output_tokens * (rates.output or _ZERO)
    return _PRICED, total / MILLION, "own machine, by its price" if deployment.lane is _OWN else ""


def avoidable_cost(deployment: Deployment, input_tokens: int, output_tokens: int) -> tuple[int, Decimal, str]:
    """Return what a request costs that would not be spent without it: as `expected_cost`.

    An own machine's hour is paid for whether it serves or not: until it saturates, a request costs its share
    of the energy. One that bills tokens costs what it bills.
    """
    if bills_tokens(deployment):
        return expected_cost(deployment, input_tokens, output_tokens)
    if deployment.energy_hour is None:
        return _PRICED, _ZERO, _FREE if deployment.machine_hour is None else _PAID
    seconds = output_tokens * SECONDS_PER_TOKEN
    return _PRICED, deployment.energy_hour * seconds / (_HOUR * deployment.slots), "own machine, its energy"


def expected_tokens(deployment: Deployment, request: Request, opinion: Opinion | None) -> tuple[int, int]:
    """Return the tokens of prompt and answer, as that model counts and talks if anything is known of it."""
    size = len(request.body)
    if request.operation is _EMBEDDINGS:
        return size // BYTES_PER_TOKEN, 0
    tokens = opinion.output_tokens(deployment) if opinion is not None and opinion.tokens else None
    output = TYPICAL_OUTPUT_TOKENS if tokens is None else round(tokens)
    if request.max_output_tokens:
        output = min(request.max_output_tokens, output)
    width = opinion.bytes_per_token(deployment) if opinion is not None and opinion.widths else None
    return size // BYTES_PER_TOKEN if width is None else round(size / width), output * request.choices


def comparable_cost(deployment: Deployment, request: Request, opinion: Opinion | None) -> Decimal | None:
    """Return what a request is expected to cost, in USD; None = that cannot be compared."""
    rank, cost, _ = expected_cost(deployment, *expected_tokens(deployment, request, opinion))
    return cost if rank == _PRICED else None


def cheapest_first(choice: Choice, request: Request, verdict: Verdict) -> None:  # noqa: ARG001  # a stage's shape
    """Order by avoidable cost ascending, what loses nothing first, own before hosted before closed, by id.

    Whoever would lose hints counts as `SURCHARGE` dearer. Who may not serve first comes behind all who may.
    """
    leading, notes, costs, opinion = choice.leading, choice.notes, choice.costs, choice.opinion
    ranked = []
    for deployment in choice.kept:
        id_ = deployment.id
        rank, cost, note = avoidable_cost(deployment, *expected_tokens(deployment, request, opinion))
        costs[id_] = cost if rank == _PRICED else None
        if note and id_ not in notes:
            notes[id_] = note
        lossy = id_ in choice.lossy
        if lossy:
            cost += cost * SURCHARGE
        if id_ in choice.emulating:
            rank += _EMULATES
        if leading is not None and id_ not in leading:
            rank += _FOLLOWS
        ranked.append((rank, cost, lossy, MERIT[deployment.lane], id_, deployment))
    if choice.ordered:
        return
    ranked.sort(key=_without_deployment)
    choice.kept = [row[5] for row in ranked]
    choice.ranks = {row[4]: row[:2] for row in ranked}
    choice.ordered = True
    if guards(choice.objective):
        first = ranked[0][0] % _EMULATES
        choice.reasons.append(_reason(len(ranked), None if leading is None else len(leading), first))


_Row = tuple[int, Decimal, bool, int, str, Deployment]


def _without_deployment(row: _Row) -> tuple[int, Decimal, bool, int, str]:
    return row[:5]


def _reason(count: int, leading: int | None, rank: int) -> str:
    if count == 1:
        return "the only one that fits"
    if leading == 1:
        return f"the only one of {count} that fit that may serve first"
    which = (
        f"{count} that fit" if leading is None else f"the {leading} that may serve first, of {count} that fit"
    )
    unmeasured = "; quality not measured yet" if leading is None else ""
    if rank == _PRICED:
        return f"cheapest of {which}{unmeasured}"
    return f"first of {which} by lane and name: no price to compare{unmeasured}"
