"""`wye policy check|show|test|sign`: the policy as it is written."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import click
import msgspec

from wye.cli import unknown
from wye.cli.options import config_option, json_option, state_dir_option
from wye.cli.policy.asked import policy_of, settings_of, told_json
from wye.config.detection import dictionary
from wye.config.problems import suggestion
from wye.config.settings import Settings
from wye.policy.cases import Case, Outcome, read_cases, run
from wye.policy.cedar.compiled import compiled
from wye.policy.cedar.sources import schema as schema_text
from wye.policy.cedar.sources import set_cases, set_text, sets, spoken_of, statements_of, unfit
from wye.policy.cedar.statements import PolicyTextError, Statement, split
from wye.policy.revisions import FILE, refuse_older
from wye.policy.signing import digest, new_key
from wye.policy.signing import read as signed_before
from wye.policy.signing import sign as signed

_CHECK = """
\b
Examples:
  wye policy check
  wye policy check --config /etc/wye/wye.yaml --json
"""


@click.command(epilog=_CHECK)
@json_option
@config_option
@state_dir_option
@click.pass_context
def check(ctx: click.Context, *, as_json: bool, config: Path | None, state_dir: Path) -> None:
    """Hold every statement against the schema, and the signature; exit 1 if anything is wrong."""
    settings = settings_of(config)
    statements, wrong = _checked(settings, state_dir)
    if as_json:
        told_json({"ok": not wrong, "problems": wrong, "statements": [s.name for s in statements]})
    for line in () if as_json else wrong:
        click.echo(line)
    if wrong:
        ctx.exit(1)
    if not as_json:
        labels = sum(statement.source == "labels" for statement in statements)
        click.echo(f"ok: {labels} statements of labels, {len(statements) - labels} of sets and files")


def _checked(settings: Settings, state_dir: Path) -> tuple[tuple[Statement, ...], list[str]]:
    """Return the statements, and what is wrong with them."""
    try:
        statements = statements_of(settings)
    except PolicyTextError as error:
        return (), [str(error)]
    wrong = unfit(statements, settings.policy)
    if not wrong:
        try:
            refuse_older(state_dir / FILE, policy_of(settings).signature)
        except click.ClickException as error:
            wrong.append(error.message)
        except PolicyTextError as error:
            wrong.append(str(error))
    return statements, wrong


_SHOW = """
\b
Examples:
  wye policy show
  wye policy show --set hipaa
  wye policy show --schema
"""


@click.command(epilog=_SHOW)
@click.option("--set", "name", help="Print this set, which comes with wye.")
@click.option("--sets", "list_sets", is_flag=True, help="List the sets that come with wye.")
@click.option("--schema", is_flag=True, help="Print the schema: what a statement may speak of.")
@config_option
def show(*, name: str | None, list_sets: bool, schema: bool, config: Path | None) -> None:
    """Print the policy in force as Cedar: labels, sets, files."""
    try:
        if list_sets:
            text = "\n".join(sets())
        elif schema:
            text = schema_text()
        elif name is not None:
            text = set_text(name)
        else:
            text = "\n\n".join(statement.text for statement in statements_of(settings_of(config)))
    except PolicyTextError as error:
        raise click.ClickException(str(error)) from None
    click.echo(text.rstrip("\n"))


_TEST = """
\b
Examples:
  wye policy test
  wye policy test hospital.cases.yaml
  wye policy test --set hipaa

\b
A case:
  - name: phi stays inside
    labels: [phi]
    deployment: {lane: closed, processor: openai}
    expect: forbid
"""


@click.command(epilog=_TEST)
@click.argument("files", nargs=-1, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--set", "names", multiple=True, help="Run the cases of this set; default: of all of them.")
@json_option
@config_option
@click.pass_context
def test(
    ctx: click.Context, files: tuple[Path, ...], *, names: tuple[str, ...], as_json: bool, config: Path | None
) -> None:
    """Hold the policy against the cases in FILES, or sets against their own; exit 1 if any fails."""
    try:
        outcomes = _outcomes(files, names, config)
    except PolicyTextError as error:
        raise click.ClickException(str(error)) from None
    failed = sum(bool(outcome.wrong) for _, outcome in outcomes)
    if as_json:
        told_json([{"source": s, "case": o.case.name, "wrong": o.wrong} for s, o in outcomes])
    else:
        for source, outcome in outcomes:
            if outcome.wrong:
                click.echo(f"{source}: {outcome.case.name}: {outcome.wrong}")
        click.echo(f"{len(outcomes) - failed} of {len(outcomes)} cases hold")
    if failed:
        ctx.exit(1)


def _outcomes(
    files: tuple[Path, ...], names: tuple[str, ...], config: Path | None
) -> list[tuple[str, Outcome]]:
    found: list[tuple[str, Outcome]] = []

    def hold(
        source: str, cases: Iterable[Case], statements: tuple[Statement, ...], settings: Settings
    ) -> None:
        default = frozenset({settings.default_label})
        outcomes = run(cases, statements, settings.policy.roles, default)
        found.extend((source, outcome) for outcome in outcomes)

    if files:
        settings = settings_of(config)
        for file in files:
            cases = read_cases(_text(file), str(file))
            _unknown(cases, settings, str(file))
            hold(str(file), cases, statements_of(settings), settings)
    everything = compiled({})[:1]
    for name in names or (() if files else sets()):
        statements = (*everything, *split(set_text(name), f"set {name}"))
        hold(f"set {name}", read_cases(set_cases(name), name), statements, Settings())
    return found


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        message = f"{file}: not UTF-8. Save the file as UTF-8"
        raise PolicyTextError(message) from None


def _unknown(cases: Iterable[Case], settings: Settings, source: str) -> None:
    """Say what cases name that nothing knows: a typing error is refused, as what was meant may be."""
    known = spoken_of(settings)
    for case in cases:
        labels = (
            f"label '{label}' is not defined. {suggestion(label, known)}"
            for label in sorted(case.labels - known)
        )
        for told in (*labels, *unknown.asking(case.team, case.key, settings)):
            click.echo(f"{source}: {case.name}: {told}", err=True)


_SIGN = """
\b
Examples:
  wye policy sign --key policy.key --new-key
  wye policy sign --key policy.key
  wye policy sign --key policy.key --revision 8
"""


@click.command(epilog=_SIGN)
@click.option(
    "--key", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File with the private key."
)
@click.option("--new-key", "create", is_flag=True, help="Make the key; the file must not be there yet.")
@click.option(
    "--revision",
    type=click.IntRange(1),
    help="Its number, where the last signature is not at hand; default: one more than that has.",
)
@config_option
def sign(*, key: Path, create: bool, revision: int | None, config: Path | None) -> None:
    """Sign the policy as it is now. With `policy: {signed_by: KEY}` no other comes into force."""
    try:
        if create:
            public = new_key(key)
            click.echo(f"{key} holds the private key: keep it away from where wye runs. To trust it:")
            click.echo(f"  policy: {{signed_by: {public}}}    # or WYE_POLICY_SIGNED_BY={public}")
            return
        settings = settings_of(config)
        told = digest(settings, statements_of(settings), dictionary(settings.detection))
        at = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        file = Path(settings.policy.signature_file)
        signature = signed(key, told, at, signed_before(file) if file.exists() else None, revision)
    except FileExistsError:
        message = f"{key} is there already: leave out --new-key to sign with it, or name another file"
        raise click.ClickException(message) from None
    except FileNotFoundError:
        message = f"there is no {key}: make it with --new-key"
        raise click.ClickException(message) from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    file.write_bytes(msgspec.json.format(msgspec.json.encode(signature)) + b"\n")
    click.echo(f"{file}: policy {told[:12]}, revision {signature.revision}, signed by {signature.key}")
