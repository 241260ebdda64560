"""What reaches a person's terminal: nothing that could command it, and dim where it is beside the point."""

import os
import sys
from collections.abc import Sequence

import click

_CONTROLS = {code: None for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def plain(text: str) -> str:
    """Take control characters out of text that others wrote: a model could command the terminal."""
    return text.translate(_CONTROLS)


def answer(text: str) -> None:
    """Write a piece of an answer to stdout at once; verbatim when a file or program reads it."""
    click.echo(plain(text) if sys.stdout.isatty() else text, nl=False)


def aside(text: str) -> None:
    """Write a line beside the answer: dim, and to stderr so that `> file` holds the answer alone."""
    line = plain(text)
    click.echo(line if os.environ.get("NO_COLOR") else click.style(line, dim=True), err=True)


def columns(rows: Sequence[Sequence[str]], indent: int = 0) -> list[str]:
    """Align cells into lines; a column is as wide as its widest cell, an empty one takes no room."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        " " * indent
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True) if width).rstrip()
        for row in rows
    ]


def confirm(question: str) -> None:
    """Ask, and go on after a yes only. Raises `click.Abort`, or `click.UsageError` where nobody answers."""
    try:
        agreed = click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        click.echo(err=True)
        message = "nobody answers here: say --yes to go on without being asked"
        raise click.UsageError(message) from None
    if not agreed:
        raise click.Abort
