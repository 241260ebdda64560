"""The sections of `wye.yaml` about what machines and people cost."""

from decimal import Decimal
from typing import Annotated

import msgspec

from wye.config.section import Count, NonNegativeCount, Section, Share

Months = Annotated[int, msgspec.Meta(ge=1, le=240)]


class PurchaseSettings(Section, frozen=True):
    """What a machine was bought for."""

    price: Decimal
    """USD for one machine, whole."""
    months: Months = 36
    """Over which it is written off."""
    residual: Share = 0.25
    """Of the price, that it is still worth then."""
    interest: Share = 0.08
    """A year, on what is tied up in it."""


class PowerSettings(Section, frozen=True):
    """What one machine draws."""

    kw: Decimal
    """Under load."""
    idle_kw: Decimal | None = None
    """With nothing to do; default: 0.3 of `kw`."""
    pue: Decimal = Decimal("1.3")
    """What the building draws for each kilowatt-hour of the machine."""
    kwh: Decimal = Decimal("0.12")
    """USD a kilowatt-hour."""
    kg_co2_kwh: Decimal | None = None
    """Carbon of the grid, kg CO2e a kilowatt-hour; default: the catalogue's for the machine's `region`."""


class MachineSettings(Section, frozen=True):
    """Machines of one kind. `rent_hour` or `purchase` says what one costs."""

    gpu: str = ""
    """As the catalogue calls it: `H100`, `L4`, ...; empty = none."""
    gpus: Count = 1
    """In one machine."""
    count: Count = 1
    """Machines that serve."""
    spare: NonNegativeCount = 0
    """Machines beside them, for when one fails."""
    rent_hour: Decimal | None = None
    """USD an hour for one machine."""
    purchase: PurchaseSettings | None = None
    power: PowerSettings | None = None
    """Default: no bill of its own, as where it is rented."""
    upkeep_month: Decimal = Decimal(0)
    """USD a month for one machine: colocation, support, egress."""
    fte: Decimal = Decimal(0)
    """Share of a full-time engineer for all of them."""
    fte_year: Decimal = Decimal(200_000)
    """USD a year for a whole one."""
    region: str = ""


class FigureSettings(Section, frozen=True):
    """A figure of your own, in place of the catalogue's."""

    value: Decimal
    source: str
    """Where it comes from: a contract, an invoice, a measurement."""
    as_of: str | None = None
    """ISO date from which it counts; default: the day the file is read."""
    unit: str | None = None
    """The catalogue's, if you care to write it down: another one is refused, so is another currency."""
    low: Decimal | None = None
    """Tenth percentile of what it may be."""
    high: Decimal | None = None
    """Ninetieth percentile of what it may be."""
    estimate: bool = False
    """Nobody measured or offers it."""
