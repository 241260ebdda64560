"""What the commands of `wye policy` share: settings, deployments, and who asks."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from wye.catalog.deployments import Deployment
from wye.cli.found import look
from wye.config.load import find, read
from wye.config.problems import suggestion
from wye.config.settings import Settings
from wye.core.label import Labels, parse_labels
from wye.policy import Policy
from wye.policy.cedar.statements import PolicyTextError


def settings_of(config: Path | None) -> Settings:
    """Return the settings in the file that `--config` gave, and tell its warnings. Raises `ConfigError`."""
    loaded = read(find(config))
    for warning in loaded.warnings:
        click.echo(warning, err=True)
    return loaded.settings


def policy_of(settings: Settings, deployments: tuple[Deployment, ...] = ()) -> Policy:
    """Return the policy, or say why it cannot be used, with file and line."""
    try:
        return Policy(settings, deployments)
    except PolicyTextError as error:
        raise click.ClickException(str(error)) from None


def found_under(settings: Settings, state_dir: Path) -> tuple[Deployment, ...]:
    """Return the deployments that `wye serve` would find."""
    return asyncio.run(look(settings, state_dir)).deployments


def labels_of(names: tuple[str, ...]) -> Labels:
    """Return the labels that `--label` gave, perhaps several in one. Raises `BadRequestError`."""
    return frozenset().union(*map(parse_labels, names))


def known_labels(names: tuple[str, ...], policy: Policy) -> Labels:
    """Return the labels that `--label` gave. Raises `click.UsageError` for one that nothing speaks of."""
    labels = labels_of(names)
    for label in sorted(labels - policy.spoken_of):
        near = suggestion(label, policy.spoken_of)
        message = f"label '{label}' is not defined: requests with it stay on your own machines. {near}"
        raise click.UsageError(message)
    return labels


def told_json(what: object) -> None:
    """Print JSON for a program."""
    click.echo(msgspec.json.format(msgspec.json.encode(what)).decode())


def asking_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say who asks for what."""
    for option in (
        click.option("--size", type=click.IntRange(0), default=0, help="Bytes of the request."),
        click.option("--purpose", default="", help="What it is for, as x-wye-purpose says it."),
        click.option("--team", default="", help="Of the key."),
        click.option("--key", "key_id", default="", help="Id of the key that asks (`wye keys list`)."),
    ):
        command = option(command)
    return command
