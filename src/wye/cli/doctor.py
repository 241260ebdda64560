"""`wye doctor`: check this machine and say what to fix. Needs no running gateway, sends no prompt."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from wye.catalog.prices import PriceList
from wye.cli.checkup import installation, machine, network
from wye.cli.checkup.finding import Finding, Level
from wye.cli.options import config_option, state_dir_option

_COLOURS = {Level.OK: "green", Level.WARN: "yellow", Level.FAIL: "red"}


_EXAMPLES = """
\b
Examples:
  wye doctor
  wye doctor --online
  wye doctor --json
"""


@click.command(epilog=_EXAMPLES)
@config_option
@state_dir_option
@click.option("--online", is_flag=True, help="Also show each provider its key, by asking for its models.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.pass_context
def doctor(ctx: click.Context, config: Path | None, state_dir: Path, *, online: bool, as_json: bool) -> None:
    """Check this machine and say what to fix; exit 1 if something is broken."""
    found = []
    for finding in checks(config, state_dir, online=online):
        found.append(finding)
        if not as_json:
            show(finding)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)))
    if any(finding.level is Level.FAIL for finding in found):
        ctx.exit(1)


def checks(config: Path | None, state_dir: Path, *, online: bool) -> Iterator[Finding]:
    """Yield findings as they are made, the quick ones first."""
    yield machine.python()
    yield machine.clock(PriceList.load().as_of)
    settings, found = installation.configuration(config)
    yield from found
    yield machine.open_files(settings.listener.connections)
    yield machine.disk(state_dir)
    yield from machine.state_directory(state_dir)
    yield from installation.ledger(settings.ledger, state_dir)
    yield network.port(settings)
    yield from network.proxies(os.environ)
    yield from installation.embedded(settings)
    yield from asyncio.run(network.upstreams(settings, os.environ, online=online))


def show(finding: Finding) -> None:
    """Print a finding, and under it what to do."""
    level = click.style(finding.level.ljust(6), fg=_COLOURS[finding.level], bold=True)
    click.echo(f"{level}{finding.check:<21}{finding.message}")
    if finding.todo:
        click.echo(" " * 27 + click.style(f"→ {finding.todo}", bold=True))
