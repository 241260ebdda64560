"""Machines as `wye.yaml` writes them: what of it is a slip of the pen, and what they cost an hour.

A rent of 5000 is one for a month, 700 kW are watts, a tariff of 12 is in cents: such a figure would go
unnoticed into every report, so it is refused where it stands.
"""

from decimal import Decimal
from typing import NamedTuple

from wye.catalog.hardware import hardware
from wye.catalog.machines import HOURS_A_MONTH, IDLE_POWER, Machines, Power, Purchase, bill
from wye.catalog.names import EMBEDDED_CHAT
from wye.config.draft import ENGINES, Draft
from wye.config.economy import MachineSettings, PowerSettings, PurchaseSettings
from wye.config.problems import Path, suggestion
from wye.config.settings import Settings
from wye.config.upstreams import DeploymentSettings
from wye.core.lane import Lane

_RENT_A_GPU = Decimal(50)
"""USD an hour. Ten times the dearest GPU that is let in 2026."""
_LIMITS: dict[str, tuple[Decimal, str]] = {
    "upkeep_month": (Decimal(1_000_000), "USD a month for one machine"),
    "fte": (Decimal(1_000), "shares of a full-time engineer, 0.1 for a tenth"),
    "fte_year": (Decimal(10_000_000), "USD a year"),
    "price": (Decimal(20_000_000), "USD for one machine"),
    "kw": (Decimal(200), "kilowatts of one machine, not watts"),
    "idle_kw": (Decimal(200), "kilowatts of one machine, not watts"),
    "kwh": (Decimal(2), "USD a kilowatt-hour, not cents"),
    "pue": (Decimal(3), "the building's kilowatt-hours for one of the machine's, 1 to 3"),
    "kg_co2_kwh": (Decimal(3), "kilograms a kilowatt-hour, not grams"),
}
"""Beyond which a figure is in another unit, and which one is meant."""
_FREE = frozenset({"upkeep_month", "fte", "fte_year", "idle_kw", "kwh", "kg_co2_kwh"})
"""What may be nothing."""
_MANY = 100_000


def check_machines(draft: Draft) -> None:
    """Check every entry of `machines`."""
    for name, given in draft.settings.machines.items():
        path = ("machines", name)
        _rent(draft, path, given)
        for field in ("gpus", "count", "spare"):
            if getattr(given, field) > _MANY:
                draft.say((*path, field), f"more than {_MANY:,}")
        if given.gpu and hardware().gpu(given.gpu) is None:
            what = f"the catalogue knows no GPU '{given.gpu}': nothing is looked up for it"
            draft.say((*path, "gpu"), what, suggestion(given.gpu, hardware().gpus), fatal=False)
        _amounts(draft, path, given)
        _amounts(draft, (*path, "purchase"), given.purchase)
        _amounts(draft, (*path, "power"), given.power)
        power = given.power
        if power is not None and power.idle_kw is not None and power.idle_kw > power.kw:
            draft.say((*path, "power", "idle_kw"), "more than under load", "Give `kw` under load")
        if power is not None and power.pue < 1:
            draft.say((*path, "power", "pue"), "below 1: a building draws what its machines draw, and more")


def _rent(draft: Draft, path: Path, given: MachineSettings) -> None:
    """Check that exactly one of rent and purchase is given, and that a rent is for an hour."""
    rent = given.rent_hour
    if rent is not None and given.purchase is not None:
        draft.say((*path, "purchase"), "rent_hour is given as well", "Keep one of them")
    # What was written counts, so that a broken figure is one problem.
    if not {"rent_hour", "purchase"} & _written(draft, path):
        draft.say(path, "has no cost", "Add `rent_hour: USD`, or `purchase: {price: USD}`")
    if rent is not None and rent <= 0:
        draft.say((*path, "rent_hour"), "must be above 0")
    elif rent is not None and rent > _RENT_A_GPU * given.gpus:
        what = f"more than {_RENT_A_GPU} USD an hour for each of {given.gpus} GPU, as if it were for a month"
        draft.say((*path, "rent_hour"), what, f"A month has {HOURS_A_MONTH} hours")


def _written(draft: Draft, path: Path) -> set[str]:
    fields = draft.root.find(path).value
    return set(fields) if isinstance(fields, dict) else set()


def _amounts(
    draft: Draft, path: Path, given: MachineSettings | PurchaseSettings | PowerSettings | None
) -> None:
    for field in given.__struct_fields__ if given is not None else ():
        value = getattr(given, field)
        if field not in _LIMITS or value is None:
            continue
        limit, unit = _LIMITS[field]
        if value < 0 or (value == 0 and field not in _FREE):
            bound = "must not be negative" if field in _FREE else "must be above 0"
            draft.say((*path, field), bound)
        elif value > limit:
            draft.say((*path, field), f"more than {limit:,}", f"It is in {unit}")


def check_embedded(draft: Draft) -> None:
    """Check which machines serve the embedded model, if any are named."""
    _named(draft, ("embedded",), draft.settings.embedded.machines)


def _named(draft: Draft, path: Path, name: str | None) -> None:
    named = draft.root.names("machines")
    if name is not None and name not in named:
        fix = suggestion(name, named) or "Declare them under `machines`"
        draft.say((*path, "machines"), f"there are no machines '{name}'", fix)


def check_served(draft: Draft, path: Path, deployment: DeploymentSettings) -> None:
    """Check which machines an entry of `deployments` names, if it names any."""
    name = deployment.machines
    if name is None:
        return
    _named(draft, path, name)
    if deployment.machine_hour is not None:
        draft.say((*path, "machine_hour"), "machines are given as well", "Keep one of them")
    provider = deployment.provider
    given = draft.settings.providers.get(provider or "")
    lane = deployment.lane or (given.lane if given is not None else None)
    if lane not in (None, Lane.OWN):
        draft.say((*path, "machines"), f"counts only in the own lane, this is {lane}")
    elif lane is None and provider in draft.known - ENGINES:
        draft.say((*path, "machines"), f"{provider} is a processor: its machines are not yours to pay for")


class Served(NamedTuple):
    """A deployment that machines serve."""

    id: str
    model: str
    slots: int


def served(settings: Settings, name: str) -> tuple[Served, ...]:
    """Return what an entry of `machines` serves: who names it in wye.yaml, be it the embedded model."""
    found = [
        Served(id_, one.model, one.slots) for id_, one in settings.deployments.items() if one.machines == name
    ]
    if settings.embedded.enabled and settings.embedded.machines == name:
        found.append(Served(EMBEDDED_CHAT, EMBEDDED_CHAT.partition("/")[2], settings.embedded.slots))
    return tuple(found)


def share(settings: Settings, name: str, slots: int) -> tuple[Decimal, Decimal | None]:
    """Return USD an hour for `slots` of what the machines serve, and what of it an idle hour saves.

    Who share machines pay alike for each of their slots. None = they have no bill for power.
    """
    whole, energy = hour(settings.machines[name])
    part = Decimal(slots) / max(slots, sum(one.slots for one in served(settings, name)))
    return whole * part, None if energy is None else energy * part


def owned(name: str, given: MachineSettings) -> Machines:
    """Return an entry of `machines` as the catalogue knows machines."""
    return Machines(
        name=name,
        gpu=given.gpu,
        gpus=given.gpus,
        count=given.count,
        spare=given.spare,
        rent_hour=given.rent_hour,
        purchase=None if given.purchase is None else _purchase(given.purchase),
        power=None if given.power is None else _power(given.power),
        upkeep_month=given.upkeep_month,
        fte=given.fte,
        fte_year=given.fte_year,
        region=given.region,
    )


def _purchase(given: PurchaseSettings) -> Purchase:
    # A float is what was read: its shortest spelling is what was written.
    return Purchase(given.price, given.months, Decimal(repr(given.residual)), Decimal(repr(given.interest)))


def _power(given: PowerSettings) -> Power:
    idle = given.kw * IDLE_POWER if given.idle_kw is None else given.idle_kw
    return Power(given.kw, idle, given.pue, given.kwh)


def hour(given: MachineSettings) -> tuple[Decimal, Decimal | None]:
    """Return USD an hour of all of them, the spare ones too, and what of it an idle hour saves.

    None = they have no bill for power.
    """
    month = bill(owned("", given))
    return month.total / HOURS_A_MONTH, None if given.power is None else month.energy / HOURS_A_MONTH
