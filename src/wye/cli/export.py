"""`wye export`: what others ask for, in their formats: costs, and what the law asks to be on record."""

from pathlib import Path
from typing import Literal

import click
import msgspec

from wye.cli.lazy import Lazy, LazyGroup
from wye.cli.ledger import told
from wye.cli.options import config_option, json_option, since_option, state_dir_option, until_option
from wye.config.load import find, load
from wye.config.settings import Settings
from wye.economics.focus import VERSION, Exported, Owner, export
from wye.economics.history import History
from wye.ledger.keystore import KeyStore
from wye.ledger.reader import Filter

_EXAMPLES = """
\b
Examples:
  wye export focus costs.csv --since 2026-10-01 --until 2026-11-01
  wye export focus costs.parquet --since 30d
"""

_GROUP_EXAMPLES = """
\b
Examples:
  wye export focus costs.csv --since 2026-10-01 --until 2026-11-01
  wye export art30 processing.md --since 365d
  wye export hipaa trail.csv --label phi --since 30d
"""


@click.group(
    "export",
    cls=LazyGroup,
    lazy={
        "focus": Lazy("wye.cli.export:focus", "Costs, as a FOCUS dataset."),
        "art30": Lazy("wye.cli.compliance:art30", "The record of processing of GDPR Art. 30."),
        "hipaa": Lazy("wye.cli.compliance:hipaa", "The access trail, and what covers HIPAA's identifiers."),
        "ai-act": Lazy("wye.cli.compliance:ai_act", "The automatic logs of the AI Act's Art. 12."),
    },
    epilog=_GROUP_EXAMPLES,
)
def export_() -> None:
    """Write what others ask for: costs for other programs, records for auditors."""


@click.command(epilog=_EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--format", "form", type=click.Choice(["csv", "parquet"]), help="Default: by the file's ending."
)
@click.option("--account", default="wye", show_default=True, help="What stands as BillingAccountId.")
@since_option
@until_option
@json_option
@config_option
@state_dir_option
def focus(  # noqa: PLR0913  # one parameter an option
    *,
    file: Path,
    form: Literal["csv", "parquet"] | None,
    account: str,
    since: float | None,
    until: float | None,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """Write a FOCUS Cost and Usage dataset to FILE: a row a day, key, team, deployment, route and task.

    Requests whose cost is not known are counted in x_UnknownRequests and have no cost there. FILE is
    readable by you only.
    """
    kind: Literal["csv", "parquet"] | None = form or _ENDINGS.get(file.suffix)
    if kind is None:
        message = f"'{file.name}' ends neither in .csv nor in .parquet: add --format"
        raise click.BadParameter(message, param_hint="FILE")
    if not account.strip():
        message = "it stands as BillingAccountId, which must not be empty"
        raise click.BadParameter(message, param_hint="--account")
    if not file.absolute().parent.is_dir():
        message = f"there is no directory {file.absolute().parent}"
        raise click.BadParameter(message, param_hint="FILE")
    settings = load(find(config))
    with History.open(settings.ledger, state_dir, told()) as history:
        with KeyStore(settings.ledger, state_dir) as keys:
            owners = {key.id: Owner(key.grant.name, key.grant.project) for key in keys.list()}
        done = export(
            history,
            Filter(since=since, until=until),
            file,
            kind,
            owners=owners,
            provider_of=lambda name: provider_of(name, settings),
            account=account,
        )
    _tell(done, file, as_json=as_json)


_ENDINGS: dict[str, Literal["csv", "parquet"]] = {".csv": "csv", ".parquet": "parquet"}


def provider_of(name: str, settings: Settings) -> str:
    """Return who provides a deployment: as wye.yaml says, else what stands before its first slash."""
    given = settings.deployments.get(name)
    if given is not None:
        return given.provider or name
    return name.partition("/")[0]


def _tell(done: Exported, file: Path, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode({**msgspec.structs.asdict(done), "focus": VERSION}).decode())
        return
    click.echo(f"{done.rows:,} rows of FOCUS {VERSION} in {file}, {done.requests:,} requests.")
    if done.left_out:
        click.echo(f"{done.left_out:,} requests are in no row: what they cost is not known.", err=True)
