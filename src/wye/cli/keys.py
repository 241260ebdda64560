"""`wye keys`: who may call, and how much."""

import re
import time
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import click
import msgspec

from wye.cli import unknown
from wye.cli.figures import clip, money, one_line
from wye.cli.options import (
    Duration,
    Moment,
    config_option,
    json_option,
    ledger_settings,
    state_dir_option,
    utc,
)
from wye.cli.terminal import columns
from wye.config.load import find, load
from wye.config.settings import LedgerSettings
from wye.core.errors import BadRequestError, LedgerError
from wye.core.label import parse_labels
from wye.core.secret import Secret
from wye.ledger.database import describe, exists, locate
from wye.ledger.keystore import Budget, Grant, Key, KeyStore, Scope, Window
from wye.ledger.vault import Vault

_BUDGET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)/(day|month|total)\Z")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\Z")
_SUBJECT = re.compile(r"[\x21-\x7e]{1,128}\Z")

_EXAMPLES = """
\b
Examples:
  wye keys create app
  wye keys create batch --team search --model 'together/*' --budget 50/month --rpm 600
  wye keys create clinic --label phi --expires 90d
  wye keys rotate app --grace 24h
  wye keys list
  wye keys revoke app
"""
_CREATE_EXAMPLES = """
\b
Examples:
  wye keys create app
  KEY=$(wye keys create ci --expires 1d --budget 2/day)
  wye keys create clinic --team health --label phi --model local --rpm 60

The secret goes to standard output, everything else to standard error.
"""


class BudgetType(click.ParamType[Budget]):
    """USD and a window, e.g. `50/month`."""

    name = "USD/window"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Budget:
        """Read it, or say how it is written."""
        if isinstance(value, Budget):
            return value
        match = _BUDGET.match(str(value))
        if not match:
            self.fail(
                f"'{value}' is not a budget: write USD/day, USD/month or USD/total, as 50/month", param, ctx
            )
        return Budget(Decimal(match[1]), Window(match[2]))


@click.group(epilog=_EXAMPLES)
def keys() -> None:
    """Create, list, rotate and revoke keys.

    Works on the ledger, by --config and --state-dir. A running gateway notices a change within a second.
    Once a key exists, every caller needs one.
    """


@keys.command(epilog=_CREATE_EXAMPLES)
@click.argument("name")
@click.option("--team", default="", help="Who pays; requests carry it.")
@click.option("--project", default="", help="What it is for; `wye cost --by project` sums by it.")
@click.option("--subject", default="", help="Whose data its requests hold, unless they say; for `wye erase`.")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in Scope]),
    multiple=True,
    default=[Scope.INFER.value],
    show_default=True,
    help="What it may do; repeat for several.",
)
@click.option("--label", "labels", multiple=True, help="Added to each request; repeat for several.")
@click.option("--model", "models", multiple=True, help="Only models like this, e.g. 'gpt-*'; default: all.")
@click.option("--rpm", type=click.IntRange(1), help="Requests a minute.")
@click.option("--tpm", type=click.IntRange(1), help="Tokens a minute.")
@click.option("--budget", type=BudgetType(), help="At most this much USD, e.g. 50/month, 2/day or 100/total.")
@click.option("--expires", type=Moment(1), help="When it ends, e.g. 90d or 2026-12-31 (UTC).")
@json_option
@config_option
@state_dir_option
def create(  # noqa: PLR0913  # one parameter an option
    *,
    name: str,
    team: str,
    project: str,
    subject: str,
    scopes: tuple[str, ...],
    labels: tuple[str, ...],
    models: tuple[str, ...],
    rpm: int | None,
    tpm: int | None,
    budget: Budget | None,
    expires: float | None,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """Make a key called NAME and show its secret, this once."""
    if not _NAME.match(name):
        message = "a name is 1 to 64 letters, digits or . _ @ - and begins with a letter or digit"
        raise click.BadParameter(message, param_hint="NAME")
    if subject and not _SUBJECT.match(subject):
        message = "a subject is 1 to 128 visible ASCII characters, without spaces"
        raise click.BadParameter(message, param_hint="--subject")
    if expires is not None and expires <= time.time():
        message = "the key would be over already: give a moment that lies ahead"
        raise click.BadParameter(message, param_hint="--expires")
    grant = Grant(
        name=name,
        team=team,
        project=project,
        subject=_tag(subject, state_dir),
        scopes=frozenset(map(Scope, scopes)),
        labels=_labels(labels),
        models=models,
        rpm=rpm,
        tpm=tpm,
        budget=budget,
        expires=expires,
    )
    settings = load(find(config))
    for told in (*unknown.labels(grant.labels, settings), *unknown.models(models, settings)):
        click.echo(f"Warning: {told}", err=True)
    with KeyStore(settings.ledger, state_dir) as store:
        now = time.time()
        for key in store.list():
            if key.grant.name == name and key.usable(now):
                message = (
                    f"there is a key '{name}' ({key.id}): choose another name, or `wye keys rotate {name}`"
                )
                raise click.UsageError(message)
        made, secret = store.create(grant)
    _show_secret(made, secret, "made", as_json=as_json)


_LIST_EXAMPLES = """
\b
Examples:
  wye keys list
  wye keys list --all --json
"""


@keys.command("list", epilog=_LIST_EXAMPLES)
@click.option("--all", "everything", is_flag=True, help="Also those that are revoked or expired.")
@json_option
@config_option
@state_dir_option
def list_(*, everything: bool, as_json: bool, config: Path | None, state_dir: Path) -> None:
    """List keys and what they allow."""
    now = time.time()
    found = _stored(ledger_settings(config), state_dir)
    shown = [key for key in found if everything or key.usable(now)]
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode([_public(key, now) for key in shown])).decode())
        return
    if shown:
        for line in table(shown, now):
            click.echo(one_line(line))
    else:
        click.echo("No keys. Make one with `wye keys create NAME`.", err=True)
    if hidden := len(found) - len(shown):
        click.echo(f"{hidden} revoked or expired: `wye keys list --all` shows them.", err=True)


_ROTATE_EXAMPLES = """
\b
Examples:
  wye keys rotate laptop
  wye keys rotate laptop --grace 0
"""


@keys.command(epilog=_ROTATE_EXAMPLES)
@click.argument("name")
@click.option(
    "--grace",
    type=Duration(),
    default="24h",
    show_default=True,
    help="How long the old secret goes on working; 0 for one that leaked.",
)
@json_option
@config_option
@state_dir_option
def rotate(*, name: str, grace: float, as_json: bool, config: Path | None, state_dir: Path) -> None:
    """Give the key NAME (or its id) a successor with a new secret.

    Limits, labels and the rest stay; what is left of a budget is shared by old and new.
    """
    with KeyStore(_holding(config, state_dir), state_dir) as store:
        made, secret = store.rotate(name, grace)
    _show_secret(made, secret, f"follows {made.rotated_from}", as_json=as_json)


_REVOKE_EXAMPLES = """
\b
Examples:
  wye keys revoke laptop
"""


@keys.command(epilog=_REVOKE_EXAMPLES)
@click.argument("name")
@config_option
@state_dir_option
def revoke(*, name: str, config: Path | None, state_dir: Path) -> None:
    """End the key NAME now, with those it was rotated from; an id ends that one only.

    It cannot be undone.
    """
    with KeyStore(_holding(config, state_dir), state_dir) as store:
        ended = store.revoke(name)
    for key in ended:
        click.echo(f"Revoked {key.id} '{key.grant.name}'.", err=True)


def _holding(config: Path | None, state_dir: Path) -> LedgerSettings:
    """Return where the keys are. Raises `LedgerError` where there are none: a mistyped path gets none."""
    settings = ledger_settings(config)
    url = locate(settings, state_dir)
    if not exists(url):
        message = f"there are no keys at {describe(url)}: is that the gateway's --state-dir?"
        raise LedgerError(message)
    return settings


def _stored(settings: LedgerSettings, state_dir: Path) -> Sequence[Key]:
    """Return the keys; where there is no ledger there are none, and to look makes none."""
    if not exists(locate(settings, state_dir)):
        return ()
    with KeyStore(settings, state_dir) as store:
        return store.list()


def table(found: Sequence[Key], now: float) -> Iterator[str]:
    """Yield the lines of a listing, two a key where it has limits."""
    for key in found:
        grant = key.grant
        scopes = "+".join(sorted(grant.scopes))
        whose = [f"{what} {name}" for what in ("team", "project") if (name := getattr(grant, what))]
        facts = [*whose, scopes, _state(key, now)]
        yield from columns([(key.id, clip(grant.name, 30).ljust(12), ", ".join(f for f in facts if f))])
        limits = list(_limits(grant))
        if limits:
            yield "    " + clip("; ".join(limits), 96)


def _limits(grant: Grant) -> Iterator[str]:
    if grant.labels:
        yield f"labels {', '.join(grant.labels)}"
    if grant.models:
        yield f"models {', '.join(grant.models)}"
    if grant.rpm:
        yield f"{grant.rpm:,} requests/min"
    if grant.tpm:
        yield f"{grant.tpm:,} tokens/min"
    if grant.budget:
        yield f"{money(grant.budget.amount)} USD {_WINDOWS[grant.budget.window]}"


_WINDOWS = {Window.DAY: "a day", Window.MONTH: "a month", Window.TOTAL: "in total"}


def _state(key: Key, now: float) -> str:
    if key.revoked is not None:
        return f"revoked {utc(key.revoked, '%Y-%m-%d')}"
    expires = key.grant.expires
    if expires is None:
        return f"since {utc(key.created, '%Y-%m-%d')}"
    return f"{'expires' if expires > now else 'expired'} {utc(expires, '%Y-%m-%d %H:%M')}"


def _public(key: Key, now: float) -> dict[str, object]:
    """Return what may be shown of a key: all but the digest."""
    shown = msgspec.to_builtins(key)
    del shown["digest"]
    return {**shown, "usable": key.usable(now)}


def _show_secret(key: Key, secret: Secret, what: str, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode({**_public(key, time.time()), "secret": secret.reveal()}).decode())
        return
    click.echo(f"Key {key.id} '{key.grant.name}' {what}. Its secret, shown only now:", err=True)
    click.echo(secret.reveal())
    click.echo("Clients send it as their API key (Authorization: Bearer ...).", err=True)


def _labels(given: Sequence[str]) -> tuple[str, ...]:
    if not given:
        return ()
    try:
        return tuple(sorted(parse_labels(",".join(given))))
    except BadRequestError as error:
        raise click.BadParameter(error.message, param_hint="--label") from error


def _tag(subject: str, state_dir: Path) -> str:
    """Return what is stored of a subject."""
    if not subject:
        return ""
    with Vault.open(state_dir) as vault:
        return vault.tag(subject)
