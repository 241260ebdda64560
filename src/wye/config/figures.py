"""Figures of one's own in `wye.yaml`, over the catalogue's: which names there are, and which values count.

A rent of 2500 is one for a month, 700 kW are watts, a tariff of 12 is in cents: such a figure is refused
where it stands, and so is one in another currency than the rest.
"""

import datetime as dt
import re
from decimal import Decimal

import msgspec

from wye.catalog.figure import Figure
from wye.catalog.figures import shipped
from wye.config.draft import Draft
from wye.config.economy import FigureSettings
from wye.config.problems import Path, suggestion
from wye.config.settings import Settings


class Kind(msgspec.Struct, frozen=True):
    """What figures of a kind are in, and between which bounds one is believed."""

    name: str
    """A regular expression."""
    unit: str
    least: Decimal
    most: Decimal


def _kind(name: str, unit: str, least: str, most: str) -> Kind:
    return Kind(name, unit, Decimal(least), Decimal(most))


KINDS = (
    _kind(r"gpu\.[\w-]+\.memory", "GiB", "1", "4000"),
    _kind(r"gpu\.[\w-]+\.watts", "W", "5", "5000"),
    _kind(r"gpu\.[\w-]+\.node_watts", "W/GPU", "5", "10000"),
    _kind(r"gpu\.[\w-]+\.rent\.\w+", "USD/GPU-hour", "0.001", "50"),
    _kind(r"gpu\.[\w-]+\.purchase", "USD/GPU", "10", "1000000"),
    _kind(r"power\.kwh\.\w+", "USD/kWh", "0.001", "2"),
    _kind(r"power\.carbon\.\w+", "kgCO2e/kWh", "0.0001", "3"),
    _kind(r"power\.pue", "kWh/kWh", "1", "3"),
    _kind(r"power\.colocation", "USD/kW-month", "1", "5000"),
    _kind(r"people\.fte_year", "USD/year", "1000", "10000000"),
    _kind(r"machine\.residual", "share", "0.001", "1"),
)


def check_figures(draft: Draft) -> None:
    """Check every entry of `catalog`."""
    for name, given in draft.settings.catalog.items():
        path = ("catalog", name)
        kind = next((one for one in KINDS if re.fullmatch(one.name, name)), None)
        if kind is None:
            fix = suggestion(name, {line.name for line in shipped()}) or "See `wye catalog show`"
            draft.say(path, "the catalogue has no figure of this name", fix)
            continue
        _check(draft, path, kind, given)


def _check(draft: Draft, path: Path, kind: Kind, given: FigureSettings) -> None:
    if given.unit is not None and given.unit != kind.unit:
        draft.say((*path, "unit"), f"is {given.unit}, must be {kind.unit}", "Convert it; nothing else is")
    for field in ("value", "low", "high"):
        value = getattr(given, field)
        if value is None:
            continue
        if not value.is_finite() or value <= 0:
            draft.say((*path, field), "must be above 0")
        elif not kind.least <= value <= kind.most:
            what = f"{value:f} is not between {kind.least:f} and {kind.most:f}"
            draft.say((*path, field), what, f"It is in {kind.unit}")
    if given.low is not None and given.low > given.value:
        draft.say((*path, "low"), "above the value")
    if given.high is not None and given.high < given.value:
        draft.say((*path, "high"), "below the value")
    if not given.source.strip():
        draft.say((*path, "source"), "is empty", "Say where the figure comes from")
    as_of = given.as_of
    if as_of is not None:
        draft.attempt((*path, "as_of"), lambda: dt.date.fromisoformat(as_of), "Write `2026-01-31`")


def overrides(settings: Settings, today: dt.date | None = None) -> dict[str, Figure]:
    """Return the figures of `wye.yaml` by name, as the catalogue's look-ups take them."""
    day = today or dt.datetime.now(dt.UTC).date()
    return {name: _figure(name, given, day) for name, given in settings.catalog.items()}


def _figure(name: str, given: FigureSettings, day: dt.date) -> Figure:
    kind = next(one for one in KINDS if re.fullmatch(one.name, name))
    return Figure(
        value=given.value,
        unit=kind.unit,
        source=given.source,
        as_of=day if given.as_of is None else dt.date.fromisoformat(given.as_of),
        estimate=given.estimate,
        low=given.low,
        high=given.high,
    )
