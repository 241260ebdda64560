"""What answers draw that others' machines give: a table of estimates, `data/energy.json`.

Written by `scripts/build_energy.py` from EcoLogits' model of closed models. Every figure is a range, and an
estimate: no provider says what an answer takes.
"""

import datetime as dt
import functools
import importlib.resources
import re

import msgspec

Range = tuple[float, float]
"""Least and most."""
_DATED = re.compile(r"-(\d{8}|\d{4}-\d\d-\d\d)\Z")


class Footprint(msgspec.Struct, frozen=True):
    """What an answer takes: so much itself, and so much for each of its tokens."""

    kwh_request: Range
    kwh_token: Range
    kg_co2_request: Range
    """CO2e, by the grid where the provider's machines stand, and of the machines' making."""
    kg_co2_token: Range


class Footprints(msgspec.Struct, frozen=True):
    """The table."""

    source: str
    licence: str
    as_of: dt.date
    estimate: bool
    models: dict[str, Footprint]
    """`provider/model` → footprint."""

    def find(self, provider: str, model: str) -> Footprint | None:
        """Return what is known of a model, by its name without a date if need be; None = nothing."""
        name = f"{provider}/{model}".lower()
        return self.models.get(name) or self.models.get(_DATED.sub("", name))


@functools.cache
def footprints() -> Footprints:
    """Return the table that comes with wye."""
    data = importlib.resources.files("wye.catalog").joinpath("data/energy.json").read_bytes()
    return msgspec.json.decode(data, type=Footprints)
