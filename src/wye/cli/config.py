"""`wye config`: check, show and describe `wye.yaml`."""

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from wye.config.load import ConfigError, Loaded, find, read
from wye.config.problems import Problem
from wye.config.schema import schema as settings_schema
from wye.config.settings import Settings
from wye.config.show import as_json as shown_as_json
from wye.config.show import as_yaml
from wye.policy import Policy
from wye.policy.cedar.statements import PolicyTextError

_file = click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
_option = click.option("--config", type=click.Path(path_type=Path, dir_okay=False), help="The same as FILE.")


_EXAMPLES = """
\b
Examples:
  wye config check
  wye config show
  wye config schema > wye.schema.json
"""


@click.group(epilog=_EXAMPLES)
def config() -> None:
    """Check and show wye.yaml.

    FILE is what `wye serve` would read when left out: $WYE_CONFIG, else wye.yaml here.
    """


_CHECK_EXAMPLES = """
\b
Examples:
  wye config check
  wye config check /etc/wye/wye.yaml
  wye config check --json
"""


@config.command(epilog=_CHECK_EXAMPLES)
@_file
@_option
@click.option("--json", "as_json", is_flag=True, help="Print `ok`, `problems` and `summary` as JSON.")
@click.pass_context
def check(ctx: click.Context, file: Path | None, *, config: Path | None, as_json: bool) -> None:
    """Say what is wrong with the settings, with line and fix; exit 1 if anything is."""
    try:
        loaded = read(find(_one(file, config)))
    except ConfigError as error:
        _tell(error.problems, None, as_json=as_json)
        if not as_json:
            count = sum(problem.fatal for problem in error.problems)
            click.echo(f"{count} problem{'s' if count > 1 else ''}: wye would not start with this", err=True)
        ctx.exit(1)
    try:
        told = summary(loaded)
    except PolicyTextError as error:
        _tell([Problem(str(loaded.path), 0, 0, "policy", str(error))], None, as_json=as_json)
        ctx.exit(1)
    _tell(loaded.warnings, told, as_json=as_json)


def _one(file: Path | None, config: Path | None) -> Path | None:
    """Return which file was named, as other commands do (`--config`) or without it."""
    if file is not None and config is not None:
        message = f"two files are named, '{file}' and '{config}': name one"
        raise click.UsageError(message)
    return file or config


def _tell(problems: Sequence[Problem], told: str | None, *, as_json: bool) -> None:
    """Print what was found; `told` = the summary of settings that hold."""
    if as_json:
        found = {"ok": told is not None, "problems": problems, "summary": told}
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    for problem in problems:
        click.echo(problem)
    if told is not None:
        click.echo(f"ok: {told}")


@config.command()
@_file
@_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the paths of what is a default.")
def show(file: Path | None, *, config: Path | None, as_json: bool) -> None:
    """Print the settings that hold. Defaults are marked, secrets are never shown."""
    loaded = read(find(_one(file, config)))
    click.echo(shown_as_json(loaded) if as_json else as_yaml(loaded).rstrip("\n"))


@config.command()
def schema() -> None:
    """Print the JSON Schema of wye.yaml."""
    click.echo(settings_schema(), nl=False)


def summary(loaded: Loaded) -> str:
    """Say in a line what the settings hold."""
    settings = loaded.settings
    counts = [
        (len(settings.deployments), "deployment", "deployments"),
        (len(settings.providers), "provider", "providers"),
        (len(settings.aliases), "alias", "aliases"),
        (len(settings.routes), "route", "routes"),
        (len(settings.labels), "label", "labels"),
    ]
    what = [", ".join(f"{n} {one if n == 1 else many}" for n, one, many in counts if n)]
    counted = {many for _, _, many in counts}
    defaults = Settings()
    others = [
        name
        for name in Settings.__struct_fields__
        if name not in counted and getattr(settings, name) != getattr(defaults, name)
    ]
    if others:
        what.append(f"its own {', '.join(others)}")
    told = "; ".join(filter(None, what)) or "defaults only"
    lanes = ", ".join(Policy(settings, ()).where()) or "nowhere"
    source = loaded.path or "no file"
    return f"{source} (revision {loaded.revision}): {told}. Unlabelled requests may go to: {lanes}"
