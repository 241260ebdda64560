"""`wye init`: a first wye.yaml, commented, from what is found here."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import click

from wye.catalog.deployments import Deployment
from wye.cli.options import state_dir_option
from wye.config.load import DEFAULT_FILE
from wye.config.settings import EmbeddedSettings, Settings
from wye.config.starter import starter
from wye.gateway.fleet import Fleet
from wye.providers.egress import Egress
from wye.providers.embedded.engine import EmbeddedEngine
from wye.providers.embedded.weights import EmbeddedUnavailableError
from wye.providers.transport.proxy import ProxySettings
from wye.providers.transport.transport import Transport

DEFAULT = Path(DEFAULT_FILE)


_EXAMPLES = """
\b
Examples:
  wye init --stdout
  wye init
  wye init /etc/wye/wye.yaml --force
"""


@click.command(epilog=_EXAMPLES)
@click.argument("file", default=DEFAULT, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
@click.option("--stdout", is_flag=True, help="Print it instead of writing a file.")
@state_dir_option
def init(file: Path, state_dir: Path, *, force: bool, stdout: bool) -> None:
    """Write a commented wye.yaml from what is found here.

    Only its aliases are new: names such as `best` and `local` for what was found. Every other line says
    what holds anyway, or is a comment.
    """
    text = starter(*found(state_dir))
    if stdout:
        click.echo(text, nl=False)
        return
    try:
        write(file, text, replace=force)
    except FileExistsError:
        message = f"{file} is there already. Use --force to replace it, or --stdout to look first."
        raise click.ClickException(message) from None
    click.echo(f"wrote {file}. Edit it, then: wye config check {'' if file == DEFAULT else file}".rstrip())


def write(file: Path, text: str, *, replace: bool) -> None:
    """Write `text` in one step. Raises `FileExistsError` unless `replace`."""
    if not replace:
        with file.open("x", encoding="utf-8") as fresh:
            fresh.write(text)
        return
    # A running gateway watches the file: it must never see half of it.
    beside = file.with_name(f".{file.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(file)


def found(state_dir: Path) -> tuple[Sequence[Deployment], Sequence[str]]:
    """Return what is found on this machine: deployments, and sentences on what is missing.

    Looks as `wye serve` does, but starts no engine.
    """
    return asyncio.run(_look(state_dir))


async def _look(state_dir: Path) -> tuple[Sequence[Deployment], Sequence[str]]:
    settings = Settings(embedded=EmbeddedSettings(enabled=False))
    egress = Egress(ProxySettings.from_environ(os.environ))
    transport = Transport(egress)
    try:
        fleet = Fleet(settings, state_dir, os.environ, egress, transport)
        await fleet.start()
    finally:
        await transport.aclose()
    return (*fleet.all_of(fleet.found), *await _embedded(state_dir)), (*fleet.missing, *fleet.notes)


async def _embedded(state_dir: Path) -> Sequence[Deployment]:
    """Return what the engine that comes with wye would serve; nothing when it is not installed."""
    try:
        engine = EmbeddedEngine(EmbeddedSettings(), state_dir)
    except EmbeddedUnavailableError:
        return ()
    deployments = engine.deployments
    await engine.drain_and_stop(0)  # it was not started, but it holds its ports
    return deployments
