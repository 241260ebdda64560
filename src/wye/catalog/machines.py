"""What machines cost: rent or annuity, power, upkeep, people. Pure arithmetic, USD.

A month is 730 hours. The annuity pays the price less the residual's present value over the months, with
interest on what is still tied up (the ordinary annuity of any textbook on capital budgeting).
"""

from decimal import Decimal, localcontext

import msgspec

HOURS_A_MONTH = 730
IDLE_POWER = Decimal("0.3")
"""Of full power, that an idle machine draws where nobody says: an estimate."""
_DIGITS = 28


class Purchase(msgspec.Struct, frozen=True):
    """A machine that was bought: USD, months, shares of one."""

    price: Decimal
    months: int = 36
    residual: Decimal = Decimal("0.25")
    interest: Decimal = Decimal("0.08")

    def month(self) -> Decimal:
        """Return the monthly annuity, USD."""
        with localcontext(prec=_DIGITS):
            rate = self.interest / 12
            left = self.price * self.residual
            if not rate:
                return (self.price - left) / self.months
            grown = (1 + rate) ** self.months
            return (self.price - left / grown) * rate * grown / (grown - 1)


class Power(msgspec.Struct, frozen=True):
    """What one machine draws, kilowatts, and USD a kilowatt-hour."""

    kw: Decimal
    idle_kw: Decimal
    pue: Decimal = Decimal("1.3")
    kwh: Decimal = Decimal("0.12")


class Machines(msgspec.Struct, frozen=True):
    """Machines of one kind that serve one or more deployments. Has a rent or a purchase."""

    name: str
    gpu: str = ""
    gpus: int = 1
    """In one machine."""
    count: int = 1
    spare: int = 0
    rent_hour: Decimal | None = None
    """USD an hour for one machine."""
    purchase: Purchase | None = None
    power: Power | None = None
    upkeep_month: Decimal = Decimal(0)
    """USD a month for one machine."""
    fte: Decimal = Decimal(0)
    fte_year: Decimal = Decimal(200_000)
    region: str = ""


class Bill(msgspec.Struct, frozen=True):
    """A month of machines, USD, line by line."""

    machines: Decimal
    """Rent or annuity."""
    energy: Decimal
    """What is drawn under load beyond idling, were they busy all month: the avoidable part."""
    idle_energy: Decimal
    """What they draw with nothing to do."""
    upkeep: Decimal
    people: Decimal

    @property
    def total(self) -> Decimal:
        """Return the month's sum, were the machines busy all month."""
        return self.machines + self.energy + self.idle_energy + self.upkeep + self.people

    def spent(self, busy: Decimal) -> Decimal:
        """Return the month's sum at a share of busy time, in 0..1: only energy depends on it."""
        return self.total - self.energy * (1 - busy)


def bill(machines: Machines, count: int | None = None) -> Bill:
    """Return the bill of a month for `count` (default: the machines' own) that serve and the spare ones."""
    serving = machines.count if count is None else count
    number = serving + machines.spare
    one = Decimal(0)
    if machines.rent_hour is not None:
        one += machines.rent_hour * HOURS_A_MONTH
    if machines.purchase is not None:
        one += machines.purchase.month()
    energy = idle = Decimal(0)
    if machines.power is not None:
        power = machines.power
        a_kilowatt = power.pue * power.kwh * HOURS_A_MONTH
        idle = power.idle_kw * a_kilowatt * number
        energy = (power.kw - power.idle_kw) * a_kilowatt * serving
    return Bill(
        machines=one * number,
        energy=energy,
        idle_energy=idle,
        upkeep=machines.upkeep_month * number,
        people=machines.fte * machines.fte_year / 12,
    )
