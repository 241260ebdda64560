"""Machines of one's own to compare with: those of `wye.yaml`, or five settings of two GPUs.

Each of the five is one GPU with its part of the machine around it. What they cost and do comes from the
catalogue, with source and date.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

import msgspec

from wye.catalog import figures
from wye.catalog.figure import Figure
from wye.catalog.hardware import Gpu, hardware
from wye.catalog.machines import IDLE_POWER, Machines, Power, Purchase
from wye.catalog.throughput import Throughput, best
from wye.config.figures import overrides
from wye.config.machines import owned, served
from wye.config.problems import suggestion
from wye.config.settings import Settings
from wye.economics.breakeven import Plant
from wye.economics.candidates import CandidateError
from wye.economics.demand import Demand

LARGE, SMALL = "gemma-4-31b-it", "llama-3.1-8b-instruct"
_TENTH = Decimal("0.1")
_KILO = Decimal(1_000)


class Setting(msgspec.Struct, frozen=True):
    """A way to have machines."""

    title: str
    gpu: str
    model: str
    bought: bool
    spare: int
    fte: Decimal


SETTINGS: Mapping[str, Setting] = {
    "l4-owned": Setting("L4 owned, no staff, no spare", "L4", SMALL, bought=True, spare=0, fte=Decimal(0)),
    "l4-rented": Setting("L4 rented, N+1", "L4", SMALL, bought=False, spare=1, fte=_TENTH),
    "h100-rented": Setting("H100 rented, N", "H100", LARGE, bought=False, spare=0, fte=_TENTH),
    "h100-rented-spare": Setting("H100 rented, N+1", "H100", LARGE, bought=False, spare=1, fte=_TENTH),
    "h100-owned": Setting("H100 owned, N+1", "H100", LARGE, bought=True, spare=1, fte=_TENTH),
}


class Choice(msgspec.Struct, frozen=True):
    """A plant with its title, and the figures it is made of."""

    title: str
    plant: Plant
    figures: Mapping[str, Figure]
    """By what they are, in words."""


class Chosen(msgspec.Struct, frozen=True):
    """What can be compared, and what cannot."""

    choices: tuple[Choice, ...]
    """At least one."""
    left_out: tuple[str, ...] = ()
    """Machines of which too little is known: which, why, and what to do about it."""


def chosen(  # noqa: PLR0913  # one parameter an option of the command line
    names: Iterable[str],
    settings: Settings,
    demand: Demand,
    *,
    throughput: float | None = None,
    local: Iterable[Throughput] = (),
    day: dt.date | None = None,
) -> Chosen:
    """Return what `names` mean: entries of `machines` in wye.yaml, or of `SETTINGS`; empty = all there are.

    `throughput`: tokens a second of one machine, instead of the catalogue's. `local`: rows measured here.
    Raises `CandidateError` for a name that is neither, and where too little is known of all of them.
    """
    rows = tuple(local)
    wanted = list(dict.fromkeys(names)) or list(settings.machines) or list(SETTINGS)
    found: list[Choice | str] = []
    for name in wanted:
        if name in settings.machines:
            found += _declared(name, settings, demand, throughput, rows)
        elif name in SETTINGS:
            found.append(_offered(name, SETTINGS[name], demand, throughput, rows, day, overrides(settings)))
        else:
            near = suggestion(name, [*settings.machines, *SETTINGS])
            message = f"there are no machines '{name}'. {near}"
            raise CandidateError(message)
    choices = tuple(one for one in found if isinstance(one, Choice))
    left_out = tuple(one for one in found if isinstance(one, str))
    if not choices:
        raise CandidateError("; ".join(left_out))
    return Chosen(choices, left_out)


def _declared(
    name: str, settings: Settings, demand: Demand, throughput: float | None, local: tuple[Throughput, ...]
) -> Iterator[Choice | str]:
    """Yield one choice for each model that the machines serve: all of them, as if they served it alone.

    Text instead says why there is none.
    """
    machines = owned(name, settings.machines[name])
    models: dict[str, str] = {}
    for one in served(settings, name):
        models.setdefault(one.model, one.id)
    if not models:
        yield f"nothing is served by the machines '{name}': name them in a deployment, by `machines`"
    for model, deployment in models.items():
        known = _rate(model, machines.gpu, machines.gpus, demand, throughput, local)
        if known is None:
            yield (
                f"nobody knows how many tokens a second '{model}' makes on '{name}', "
                f"{machines.gpus} {machines.gpu or 'unnamed GPU'}: run `wye measure {deployment}`, "
                f"or say it to `wye breakeven --machines {name} --throughput N`"
            )
            continue
        rate, which = known
        plant = Plant(
            machines,
            model,
            rate,
            estimate=which.estimate,
            source=which.source,
            spread=_spread(which),
        )
        title = name if len(models) == 1 else f"{name}: {model}"
        yield Choice(title, plant, {f"tokens a second, {title}": which})


def _offered(  # noqa: PLR0913, PLR0917  # as `chosen`
    name: str,
    setting: Setting,
    demand: Demand,
    throughput: float | None,
    local: tuple[Throughput, ...],
    day: dt.date | None,
    mine: Mapping[str, Figure],
) -> Choice | str:
    known = hardware(mine, day)
    gpu = known.gpus[setting.gpu]
    measured = _rate(setting.model, setting.gpu, 1, demand, throughput, local)
    if measured is None:
        return (
            f"nobody knows how many tokens a second '{setting.model}' makes on an {setting.gpu}, for {name}"
        )
    rate, which = measured
    used = {f"tokens a second, {setting.model} on {setting.gpu}": which}
    machines = Machines(name, gpu.name, spare=setting.spare, fte=setting.fte, fte_year=known.fte_year.value)
    if setting.fte:
        used["an engineer"] = known.fte_year
    if setting.bought:
        machines, more = _bought(machines, gpu, day, mine)
        used |= more
        price = gpu.purchase
    else:
        price = gpu.rent["on_demand"]
        machines = msgspec.structs.replace(machines, rent_hour=price.value)
        used[f"rent of an {gpu.name}"] = price
    plant = Plant(
        machines,
        setting.model,
        rate,
        estimate=which.estimate,
        source=which.source,
        spread=_spread(which),
        prices=None if price is None else _spread(price),
        prices_source="" if price is None else price.source,
    )
    return Choice(setting.title, plant, used)


def _spread(figure: Figure) -> tuple[float, float] | None:
    """Return the percentiles of a figure in parts of it; None = it tells none."""
    if figure.low is None and figure.high is None:
        return None
    low, high = figure.low or figure.value, figure.high or figure.value
    return float(low / figure.value), float(high / figure.value)


_IN_A_RACK = 500
"""Watts of a GPU's part of its machine, from which it needs somebody's rack; smaller ones stand anywhere."""


def _bought(
    machines: Machines, gpu: Gpu, day: dt.date | None, mine: Mapping[str, Figure]
) -> tuple[Machines, dict[str, Figure]]:
    """Return machines that are bought: in a rack, where the price of the place covers power, or at home."""
    known, table = hardware(mine, day), figures.on(day, mine)
    price, watts, residual = gpu.purchase, gpu.node_watts, table["machine.residual"]
    if price is None:
        message = f"no price is known of an {gpu.name}"
        raise CandidateError(message)
    used = {
        f"price of an {gpu.name}": price,
        "left of the price after 36 months": residual,
        f"drawn by an {gpu.name} and its part of the machine": watts,
    }
    kw = watts.value / _KILO
    upkeep, power = Decimal(0), None
    if watts.value > _IN_A_RACK:
        upkeep = kw * table["power.colocation"].value
        used["a kilowatt's place in a rack, with power"] = table["power.colocation"]
    else:
        power = Power(kw, kw * IDLE_POWER, known.pue.value, known.kwh["us"].value)
        used |= {"electricity": known.kwh["us"], "the building's power over the machine's": known.pue}
    bought = msgspec.structs.replace(
        machines, purchase=Purchase(price.value, residual=residual.value), upkeep_month=upkeep, power=power
    )
    return bought, used


def _rate(  # noqa: PLR0913, PLR0917  # as `chosen`
    model: str,
    gpu: str,
    gpus: int,
    demand: Demand,
    given: float | None,
    local: tuple[Throughput, ...],
) -> tuple[float, Figure] | None:
    """Return tokens a second of one machine, and the figure that it is made of; None = nobody knows."""
    if given is not None:
        today = dt.datetime.now(dt.UTC).date()
        return given, Figure(Decimal(str(given)), "token/s", "given", today)
    requests = demand.requests or 1.0
    told, spoken = demand.input_tokens / requests, demand.output_tokens / requests
    row = best(model, gpu, gpus=gpus, input_tokens=told, output_tokens=spoken, local=local)
    if row is None or row.total_rate is None:
        return None
    side_by_side = gpus // row.gpus
    return float(row.total_rate.value) * row.gpus * side_by_side, row.total_rate
