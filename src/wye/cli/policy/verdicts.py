"""`wye policy explain|diff`: what the policy says of what there is."""

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
import msgspec

from wye.catalog.deployments import Deployment
from wye.cli import unknown
from wye.cli.options import config_option, json_option, state_dir_option
from wye.cli.policy.asked import asking_options, found_under, known_labels, policy_of, settings_of, told_json
from wye.cli.terminal import columns
from wye.config.labels import DEFAULT_LABELS
from wye.config.settings import Settings
from wye.core.label import Labels
from wye.policy import Policy
from wye.policy.cedar.asking import Action, Asking

_ACTIONS = [action.value for action in Action]
UNKNOWN = "any-unknown-label"

_EXPLAIN = """
\b
Examples:
  wye policy explain
  wye policy explain --label phi
  wye policy explain --label personal --purpose support --team care --action shadow
"""


class Said(msgspec.Struct, frozen=True):
    """What the policy says of one deployment."""

    deployment: str
    lane: str
    permitted: bool
    reasons: tuple[str, ...] = ()
    """Why it is refused."""
    statements: tuple[str, ...] = ()
    """That refuse it, a reason each."""


@click.command(epilog=_EXPLAIN)
@click.option("--label", "names", multiple=True, help="Of the request; default: the default label.")
@click.option("--action", type=click.Choice(_ACTIONS), default="infer", show_default=True, help="What for.")
@asking_options
@json_option
@config_option
@state_dir_option
def explain(  # noqa: PLR0913  # one parameter an option
    *,
    names: tuple[str, ...],
    action: str,
    key_id: str,
    team: str,
    purpose: str,
    size: int,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """Say of every deployment whether a request may go there, and which statement refuses it."""
    settings = settings_of(config)
    deployments = found_under(settings, state_dir)
    policy = policy_of(settings, deployments)
    labels = known_labels(names, policy)
    _warn(unknown.asking(team, key_id, settings))
    said = list(_said(policy, deployments, labels, Action(action), Asking(key_id, team, purpose, size)))
    if as_json:
        told_json({"labels": sorted(labels or {settings.default_label}), "action": action, "verdicts": said})
        return
    told = ", ".join(sorted(labels)) or f"{settings.default_label} (the default)"
    click.echo(f"{action} with label {told}, policy {policy.revision}:")
    if not said:
        click.echo("  no deployment is there: no provider's key is set, and no engine was found")
    rows = [(one.deployment, one.lane, "yes" if one.permitted else "no") for one in said]
    for line, one in zip(columns(rows, indent=2), said, strict=True):
        click.echo(line)
        for name, reason in itertools.zip_longest(one.statements, one.reasons, fillvalue="policy"):
            click.echo(f"      {name}: {reason}")


def _warn(told: Iterable[str]) -> None:
    for line in told:
        click.echo(f"Warning: {line}", err=True)


def _said(
    policy: Policy, deployments: tuple[Deployment, ...], labels: Labels, action: Action, asking: Asking
) -> Iterator[Said]:
    for deployment in deployments:
        refusal = policy.refusal(labels, deployment, action, asking)
        lane = deployment.lane or "not proven"
        if refusal is None:
            yield Said(deployment.id, lane, permitted=True)
        else:
            why, by = refusal.reasons, refusal.statements
            yield Said(deployment.id, lane, permitted=False, reasons=why, statements=by)


_DIFF = """
\b
Examples:
  wye policy diff wye.yaml new.yaml
  wye policy diff wye.yaml new.yaml --purpose support --json
"""


class Change(msgspec.Struct, frozen=True):
    """A verdict that differs."""

    label: str
    action: str
    deployment: str
    permitted: bool
    """By the new policy."""
    reason: str = ""
    """Why whichever refuses does."""


@click.command(epilog=_DIFF)
@click.argument("old", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("new", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@asking_options
@json_option
@state_dir_option
def diff(  # noqa: PLR0913  # one parameter an option
    old: Path,
    new: Path,
    *,
    key_id: str,
    team: str,
    purpose: str,
    size: int,
    as_json: bool,
    state_dir: Path,
) -> None:
    """Say which verdicts change from OLD to NEW, for each label and action, of what the new one finds."""
    before, after = settings_of(old), settings_of(new)
    deployments = found_under(after, state_dir)
    for given in ((team, ""), ("", key_id)):  # whom either of the two names is known
        if [*unknown.asking(*given, before)]:
            _warn(unknown.asking(*given, after))
    changes = list(_changes(before, after, deployments, Asking(key_id, team, purpose, size)))
    if as_json:
        told_json(changes)
        return
    if not changes:
        click.echo(f"no verdict changes, for {len(deployments)} deployments and every label and action")
    for one in changes:
        verb = "is permitted now" if one.permitted else f"is refused now: {one.reason}"
        click.echo(f"{one.label}, {one.action}: {one.deployment} {verb}")


def _changes(
    before: Settings, after: Settings, deployments: tuple[Deployment, ...], asking: Asking
) -> Iterator[Change]:
    was, now = policy_of(before, deployments), policy_of(after, deployments)
    for label in (*sorted(DEFAULT_LABELS.keys() | before.labels.keys() | after.labels.keys()), UNKNOWN):
        for action in Action:
            for deployment in deployments:
                asked = (frozenset({label}), deployment, action, asking)
                then, today = was.refusal(*asked), now.refusal(*asked)
                if (then is None) != (today is None):
                    refusal = then or today
                    reason = refusal.reason if refusal else ""
                    yield Change(label, action.value, deployment.id, today is None, reason)
