"""`wye config`: check, show and describe `wye.yaml`."""

from pathlib import Path

import click

from wye.config.load import ConfigError, Loaded, find, read
from wye.config.schema import schema as settings_schema
from wye.config.settings import Settings
from wye.config.show import as_json as shown_as_json
from wye.config.show import as_yaml
from wye.policy import Policy

_file = click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))


@click.group()
def config() -> None:
    """Check and show wye.yaml.

    FILE is what `wye serve` would read when left out: $WYE_CONFIG, else wye.yaml here.
    """


@config.command()
@_file
@click.pass_context
def check(ctx: click.Context, file: Path | None) -> None:
    """Say what is wrong with the settings, with line and fix; exit 1 if anything is."""
    try:
        loaded = read(find(file))
    except ConfigError as error:
        for problem in error.problems:
            click.echo(problem)
        count = sum(problem.fatal for problem in error.problems)
        click.echo(f"{count} problem{'s' if count > 1 else ''}: wye would not start with this", err=True)
        ctx.exit(1)
    for warning in loaded.warnings:
        click.echo(warning)
    click.echo(f"ok: {summary(loaded)}")


@config.command()
@_file
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with the paths of what is a default.")
def show(file: Path | None, *, as_json: bool) -> None:
    """Print the settings that hold. Defaults are marked, secrets are never shown."""
    loaded = read(find(file))
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
