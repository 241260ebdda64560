"""`wye catalog`: every figure that costs are reckoned from, with where it comes from."""

import click

from wye.cli.lazy import Lazy, LazyGroup

COMMANDS = {
    "show": Lazy("wye.cli.catalog.show:show", "Show prices, GPUs, throughput, power, people, or a model."),
    "check": Lazy("wye.cli.catalog.check:check", "Say what of the catalogue, or of wye.yaml, is in doubt."),
    "diff": Lazy("wye.cli.catalog.diff:diff", "Show what differs between two days, or wye.yaml's figures."),
}


@click.group(cls=LazyGroup, lazy=COMMANDS)
def catalog() -> None:
    """Look up the figures that costs are reckoned from.

    Every one has a source, a date and a licence; estimates are marked. A later figure never overwrites an
    earlier one: --on and diff show another day's. `catalog:` in wye.yaml puts your own over them.
    """
