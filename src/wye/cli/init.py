"""`wye init`: a first wye.yaml, commented, from what is found here."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from wye.catalog.deployments import Deployment
from wye.cli.found import look
from wye.cli.options import state_dir_option
from wye.config.load import DEFAULT_FILE
from wye.config.settings import Settings
from wye.config.starter import starter

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
    seen = asyncio.run(look(Settings(), state_dir))
    return seen.deployments, (*seen.missing, *seen.notes)
