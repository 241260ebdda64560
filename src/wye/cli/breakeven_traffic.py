"""Where the traffic of `wye breakeven` comes from: the ledger, or what was said; and what may be moved."""

import time
from decimal import Decimal
from pathlib import Path

import click
import msgspec

from wye.cli.route.known import standing
from wye.config.settings import Settings
from wye.core.errors import LedgerError
from wye.economics.demand import Demand, of_month
from wye.economics.inputs import LEDGER
from wye.economics.traffic import month
from wye.ledger.reader import Filter, Reader
from wye.routing.state import RouteState

_RATIO, _REQUEST = 6.0, 3_500.0
_DAYS = 30
_SHORT = 24 * 7
_AUTO = "auto"
MOST_THOUGHT = 0.95
"""Share of the output."""


class Traffic(msgspec.Struct, frozen=True):
    """What the command line says of the traffic; None = nothing."""

    tokens: float | None = None
    ratio: float | None = None
    request: float | None = None
    cached: float | None = None
    reasoning: float | None = None
    batch: float | None = None
    peak: float | None = None


def measured(
    asked: Traffic, period: Filter, settings: Settings, state_dir: Path
) -> tuple[Demand, dict[str, str]]:
    """Return a month's demand, and which inputs of it the ledger counted.

    Raises `click.UsageError` where nothing is said and nothing was counted.
    """
    if asked.tokens is not None:
        if period.since is not None or period.until is not None:
            message = "--since and --until are of the ledger, and --tokens is instead of it"
            raise click.UsageError(message)
        demand = of_month(
            asked.tokens,
            _RATIO if asked.ratio is None else asked.ratio,
            cached=asked.cached or 0.0,
            reasoning=asked.reasoning or 0.0,
            batch=asked.batch or 0.0,
            peak=asked.peak or 1.0,
            request_tokens=_REQUEST if asked.request is None else asked.request,
        )
        return demand, {}
    if asked.ratio is not None or asked.request is not None:
        message = "--ratio and --request go with --tokens: the ledger has its own"
        raise click.UsageError(message)
    if period.since is None:
        period = msgspec.structs.replace(period, since=time.time() - _DAYS * 86_400)
    try:
        demand = month(period, settings.ledger, state_dir, batch=asked.batch or 0.0)
    except ValueError:
        message = "the ledger has no traffic in this time: say --tokens 50M, or another --since"
        raise click.UsageError(message) from None
    except LedgerError as error:
        message = f"{error}; or say what your traffic is like, as in --tokens 50M"
        raise LedgerError(message) from error
    seen = len(demand.curve)
    click.echo(
        f"From {seen:,} hour{'' if seen == 1 else 's'} of the ledger, stretched to a month of 730.", err=True
    )
    said = {"cached": asked.cached, "reasoning": asked.reasoning, "peak": asked.peak}
    told = {name: value for name, value in said.items() if value is not None}
    sources = {name: LEDGER for name in ("cached", "peak") if name not in told}
    if seen < _SHORT:
        sources.pop("peak", None)  # a peak of days is no peak of a month
    demand = msgspec.structs.replace(demand, **told)
    if demand.reasoning > MOST_THOUGHT:
        click.echo(
            f"Of the output {demand.reasoning:.1%} is thought: counted as {MOST_THOUGHT:.0%}.", err=True
        )
    # What only thought and said nothing would leave no answer to reckon another model's from.
    return msgspec.structs.replace(demand, reasoning=min(demand.reasoning, MOST_THOUGHT)), sources


def certified(settings: Settings, state_dir: Path) -> tuple[float, str] | None:
    """Return the share that the certificate of `auto` lets the weak model serve; None = none holds."""
    state = RouteState(state_dir, _AUTO)
    active = state.active()
    if active is None or (held := standing(state, active, settings).certificate) is None:
        return None
    return 1 - held.strong_share, f"certificate {held.id}, by conversations"


def spent_aside(period: Filter, settings: Settings, state_dir: Path) -> float | None:
    """Return what shadows and judges cost in parts of all others; None = the ledger cannot tell."""
    with Reader(settings.ledger, state_dir) as reader:
        rows = reader.cost("asked", period)
    if any(row.unknown or row.currency not in ("", "USD") for row in rows):
        return None
    asked = sum((row.amount for row in rows if row.group), Decimal(0))
    aside = sum((row.amount for row in rows if not row.group), Decimal(0))
    return float(aside / asked) if asked else None
