"""`wye import`: settings of other gateways as wye.yaml."""

import os
from collections import Counter
from pathlib import Path

import click
import msgspec

from wye.cli.init import write
from wye.cli.terminal import plain
from wye.config.litellm.convert import Imported, convert
from wye.config.litellm.write import text
from wye.config.load import DEFAULT_FILE, from_bytes
from wye.config.tree import MAX_BYTES

_EXAMPLES = """
\b
Examples:
  wye import litellm config.yaml -o wye.yaml
  wye config check wye.yaml
"""


@click.group("import", epilog=_EXAMPLES)
def importing() -> None:
    """Turn another gateway's configuration into wye.yaml."""


_LITELLM_EXAMPLES = """
\b
Examples:
  wye import litellm config.yaml
  wye import litellm config.yaml -o wye.yaml
  wye import litellm config.yaml --json
"""


@importing.command(epilog=_LITELLM_EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write there, not to stdout."
)
@click.option("--force", is_flag=True, help="Replace the output file if there is one.")
@click.option("--json", "as_json", is_flag=True, help="Print the text and the report as JSON.")
def litellm(file: Path, output: Path | None, *, force: bool, as_json: bool) -> None:
    """Turn a LiteLLM proxy's config.yaml into wye.yaml.

    What could not be carried is told on stderr, and in comments. Keys are never copied: wye.yaml names the
    variables that hold them. Addresses that LiteLLM reads from variables
    are read from this command's environment.
    """
    with file.open("rb") as opened:
        imported = convert(opened.read(MAX_BYTES + 1), str(file), os.environ)
    written = text(imported, file.name)
    from_bytes(
        written.encode(), output or Path(DEFAULT_FILE)
    )  # a defect of ours must not become a file of theirs
    if output is not None:
        try:
            write(output, written, replace=force)
        except FileExistsError:
            message = f"{output} is there already. Use --force to replace it."
            raise click.ClickException(message) from None
    if as_json:
        report = {"file": None if output is None else str(output), "config": written, "notes": imported.notes}
        click.echo(msgspec.json.format(msgspec.json.encode(report)))
        return
    if output is None:
        click.echo(written, nl=False)
    _tell(imported, file, output)


def _tell(imported: Imported, file: Path, output: Path | None) -> None:
    then = f" -> {output}. Then: wye config check {output}" if output else ""
    kinds = Counter(note.kind for note in imported.notes)
    counts = [
        f"{imported.names} name{'' if imported.names == 1 else 's'}",
        *(f"{n} {k}" for k, n in kinds.items()),
    ]
    click.echo(f"{file}: {', '.join(counts)}{then}", err=True)
    for note in imported.notes:
        places = [f"line {', '.join(map(str, note.lines))}"] if note.lines else []
        click.echo(plain("  ".join([f"  {note.kind}: {note.what}", *places])), err=True)
