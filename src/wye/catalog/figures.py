"""Figures by name and day (`data/figures.jsonl`): GPUs, power, people.

The file is append-only: a figure that changes gets a later line. Names are paths: `gpu.H100.rent.spot`,
`power.kwh.us`, `people.fte_year`. Figures of `wye.yaml` come last and win from their own day on.
"""

import datetime as dt
import functools
import importlib.resources
from collections.abc import Iterable, Mapping

import msgspec

from wye.catalog.figure import Figure


class Named(Figure, frozen=True, omit_defaults=True):
    """A line of the file."""

    name: str = ""

    @property
    def figure(self) -> Figure:
        """Return it without its name."""
        return Figure(**{field: getattr(self, field) for field in Figure.__struct_fields__})


@functools.cache
def shipped() -> tuple[Named, ...]:
    """Return every figure that comes with wye, in the order in which they were written down."""
    data = importlib.resources.files("wye.catalog").joinpath("data/figures.jsonl").read_bytes()
    return tuple(msgspec.json.Decoder(Named).decode_lines(data))


def on(
    day: dt.date | None = None,
    overrides: Mapping[str, Figure] | None = None,
    lines: Iterable[Named] | None = None,
) -> dict[str, Figure]:
    """Return the figures that hold on `day` (default: today, UTC) by name: the latest of each until then.

    A name whose figures all are later is answered with the first: better a later figure than none.
    """
    until = day or dt.datetime.now(dt.UTC).date()
    held: dict[str, Figure] = {}
    for line in sorted(shipped() if lines is None else lines, key=lambda line: line.as_of):
        if line.as_of <= until or line.name not in held:
            held[line.name] = line.figure
    return held | {name: figure for name, figure in (overrides or {}).items() if figure.as_of <= until}
