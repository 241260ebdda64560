"""A number somebody can look up: with its unit, its source, its date and its licence."""

import datetime as dt
from decimal import Decimal

import msgspec


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """A dated figure. A later one never overwrites an earlier: both stay, and a day says which counts."""

    value: Decimal
    unit: str
    """`USD/GPU-hour`, `token/s/GPU`, `kW`, `USD/kWh`, ..."""
    source: str
    as_of: dt.date
    licence: str = ""
    """Of the source's data; empty = a fact nobody licenses, such as a list price."""
    estimate: bool = False
    """Nobody measured or offers it: it was reckoned, and says so wherever it is shown."""
    low: Decimal | None = None
    """Tenth percentile of what it may be; None = the value."""
    high: Decimal | None = None
    """Ninetieth percentile; None = the value."""
