"""GPUs, power and people as figures: what a bill of machines is made of where nobody stated his own."""

import datetime as dt
from collections.abc import Mapping

import msgspec

from wye.catalog.figure import Figure
from wye.catalog.figures import on


class Gpu(msgspec.Struct, frozen=True):
    """A kind of GPU."""

    name: str
    memory_gb: float
    """As its owner can use it, GiB."""
    watts: Figure
    """The board's limit, W."""
    node_watts: Figure
    """One GPU with its share of the machine around it, under load, W: what a bill for power is about."""
    rent: dict[str, Figure]
    """By market (`on_demand`, `spot`): USD an hour for one GPU."""
    purchase: Figure | None
    """USD for one GPU with its share of the machine around it."""


class Hardware(msgspec.Struct, frozen=True):
    """What the catalogue knows on a day."""

    gpus: dict[str, Gpu]
    kwh: dict[str, Figure]
    """By region (`us`, `eu`, `de`, ..., `world`): USD a kilowatt-hour."""
    pue: Figure
    fte_year: Figure
    """USD for a year of an engineer, all in."""
    carbon: dict[str, Figure]
    """By region: kg CO2e a kilowatt-hour."""

    def gpu(self, name: str) -> Gpu | None:
        """Return the GPU that a name means, however it is spelt: `h100`, `A100 80GB`, `NVIDIA L4`."""
        wanted = _plain(name)
        return next((gpu for key, gpu in self.gpus.items() if _plain(key) == wanted), None)


def _plain(name: str) -> str:
    plain = "".join(filter(str.isalnum, name.upper()))
    for word in ("NVIDIA", "TENSORCORE", "SXM5", "SXM4", "SXM", "80GB", "GPU"):
        plain = plain.replace(word, "")
    return "A100" if plain == "A10080" else plain


def hardware(overrides: Mapping[str, Figure] | None = None, day: dt.date | None = None) -> Hardware:
    """Return what is known on `day` (default: today), `overrides` by name over it."""
    figures = on(day, overrides)
    names = dict.fromkeys(name.split(".")[1] for name in figures if name.startswith("gpu."))
    return Hardware(
        gpus={name: _gpu(name, figures) for name in names if f"gpu.{name}.watts" in figures},
        kwh=_under("power.kwh.", figures),
        pue=figures["power.pue"],
        fte_year=figures["people.fte_year"],
        carbon=_under("power.carbon.", figures),
    )


def _under(prefix: str, figures: Mapping[str, Figure]) -> dict[str, Figure]:
    return {name.removeprefix(prefix): figure for name, figure in figures.items() if name.startswith(prefix)}


def _gpu(name: str, figures: Mapping[str, Figure]) -> Gpu:
    prefix = f"gpu.{name}."
    watts = figures[f"{prefix}watts"]
    memory = figures.get(f"{prefix}memory")
    return Gpu(
        name=name,
        memory_gb=0.0 if memory is None else float(memory.value),
        watts=watts,
        node_watts=figures.get(f"{prefix}node_watts", watts),
        rent=_under(f"{prefix}rent.", figures),
        purchase=figures.get(f"{prefix}purchase"),
    )
