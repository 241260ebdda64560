"""`wye claude`, `wye codex`: those tools, pointed at the running gateway by environment and flags alone.

Their own files stay as they are. The tool takes this process's place: signals and exit status are its own.
Sources: Claude Code's documentation ("LLM gateway configuration", "Settings": environment variables), Codex's
("Config": `model_providers`), 2026-11.
"""

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import click
import msgspec

from wye.catalog.lanes import fill
from wye.cli.client import Gateway, with_gateway
from wye.core.lane import Lane

AUTO = "auto"
ANYBODY = "wye"
"""What stands for a key where the gateway wants none: the tools insist on one."""
KEY_VARIABLE = "WYE_API_KEY"

# What would lead Claude Code, or a key of Anthropic's, elsewhere.
_ELSEWHERE = (
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_UNIX_SOCKET",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS",
    "CLAUDE_CODE_USE_BEDROCK",
    "CLAUDE_CODE_USE_FOUNDRY",
    "CLAUDE_CODE_USE_MANTLE",
    "CLAUDE_CODE_USE_VERTEX",
)
_MODELS = (
    "ANTHROPIC_MODEL",
    "ANTHROPIC_SMALL_FAST_MODEL",
    "ANTHROPIC_DEFAULT_FABLE_MODEL",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
    "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "CLAUDE_CODE_SUBAGENT_MODEL",
)
_QUIET = ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "DISABLE_ERROR_REPORTING", "DISABLE_TELEMETRY")
"""Calls to others than the gateway: telemetry, error reports, updates."""
_PLAIN = {"web_search": "disabled", "features.multi_agent": False}
"""Tools of Codex that only OpenAI understands. A flag of the user's comes later and wins."""
LEAST_CONTEXT = 32_000
"""Tokens. Below it what these tools send ahead of any question fills the context."""
_LANES = [AUTO, *(lane.value for lane in (Lane.OWN, Lane.HOSTED, Lane.CLOSED))]

_tool = {"ignore_unknown_options": True, "allow_interspersed_args": False}
_lane = click.option(
    "--lane",
    type=click.Choice(_LANES),
    default=AUTO,
    show_default=True,
    help="Who may answer; `auto` = anybody.",
)
_label = click.option("-l", "--label", "labels", multiple=True, help="What kind of data this is.")
_arguments = click.argument("arguments", nargs=-1, type=click.UNPROCESSED)

_CLAUDE_EXAMPLES = """
\b
Examples:
  wye claude
  wye claude --lane own
  wye claude -l secret -p "Explain this code"
"""
_CODEX_EXAMPLES = """
\b
Examples:
  wye codex
  wye codex --lane own
  wye codex -l secret exec "Explain this code"
"""


@click.command(context_settings=_tool, epilog=_CLAUDE_EXAMPLES)
@_lane
@_label
@with_gateway
@_arguments
def claude(gateway: Gateway, lane: str, labels: Sequence[str], arguments: Sequence[str]) -> NoReturn:
    """Start Claude Code on this gateway.

    Options of ours come first; the rest is Claude Code's: `wye claude --lane own -p "Explain this code"`.
    """
    program, model = both("claude", "npm install -g @anthropic-ai/claude-code", gateway, lane)
    start(program, arguments, for_claude(os.environ, gateway, model, labels))


@click.command(context_settings=_tool, epilog=_CODEX_EXAMPLES)
@_lane
@_label
@with_gateway
@_arguments
def codex(gateway: Gateway, lane: str, labels: Sequence[str], arguments: Sequence[str]) -> NoReturn:
    """Start Codex on this gateway.

    Options of ours come first; the rest is Codex's: `wye codex --lane own exec "Explain this code"`.
    """
    program, model = both("codex", "npm install -g @openai/codex", gateway, lane)
    environ = dict(os.environ)
    if gateway.key is not None:
        environ[KEY_VARIABLE] = gateway.key.reveal()
    start(program, [*for_codex(gateway, model, labels), *arguments], environ)


def both(name: str, how: str, gateway: Gateway, lane: str) -> tuple[str, str]:
    """Return where the tool is, and the model to ask for. Raises `ClickException` for both at once."""
    program, missing = "", None
    try:
        program = installed(name, how)
    except click.ClickException as error:
        missing = error
    try:
        model = ready(gateway, lane)
    except click.ClickException as error:
        if missing is None:
            raise
        told = f"{missing.message}\nAlso: {error.message}"
        raise click.ClickException(told) from None
    if missing is not None:
        raise missing
    return program, model


def installed(name: str, how: str) -> str:
    """Return where the tool is. Raises `click.ClickException` that says how to get it."""
    program = shutil.which(name)
    if program is None:
        message = f"'{name}' is not installed, or not on PATH: {how}"
        raise click.ClickException(message)
    return program


class _Facts(msgspec.Struct, frozen=True):
    context_tokens: int | None = None


class _Listed(msgspec.Struct, frozen=True):
    id: str
    wye: _Facts = _Facts()


class _List(msgspec.Struct):
    data: list[_Listed]


def ready(gateway: Gateway, lane: str) -> str:
    """Return the model to ask for. Raises `click.ClickException` unless the gateway is up and has it."""
    model = AUTO if lane == AUTO else f"{AUTO}/{lane}"
    try:
        listed = msgspec.json.decode(gateway.get("/v1/models"), type=_List)
    except msgspec.DecodeError as error:
        message = f"what answers at {gateway.url} does not speak like wye ({error}); check --url"
        raise click.ClickException(message) from error
    row = next((row for row in listed.data if row.id == model), None)
    if row is None:
        where = "" if lane == AUTO else f" in the lane '{lane}'"
        todo = "" if lane == AUTO else f"{fill(Lane(lane))}. "
        message = f"the gateway has no model{where}: {todo}`wye models` lists what there is"
        raise click.ClickException(message)
    room = row.wye.context_tokens
    if room is not None and room < LEAST_CONTEXT:
        message = (
            f"nothing that '{model}' stands for has room for a coding tool: at most {room:,} tokens of "
            f"context, and its instructions alone need about {LEAST_CONTEXT:,}. Bring a larger model: "
            f"{fill(Lane.CLOSED)}; or give an engine of yours a larger context"
        )
        raise click.ClickException(message)
    return model


def start(program: str, arguments: Sequence[str], environ: Mapping[str, str]) -> NoReturn:
    """Become the tool."""
    os.execve(program, [program, *arguments], dict(environ))  # noqa: S606  # no shell on purpose


def for_claude(
    environ: Mapping[str, str], gateway: Gateway, model: str, labels: Sequence[str]
) -> dict[str, str]:
    """Return the environment in which Claude Code speaks to `gateway` and to nobody else."""
    theirs = {name: value for name, value in environ.items() if name not in _ELSEWHERE}
    theirs |= dict.fromkeys(_MODELS, model) | dict.fromkeys(_QUIET, "1")
    theirs["ANTHROPIC_BASE_URL"] = gateway.url
    theirs["ANTHROPIC_AUTH_TOKEN"] = ANYBODY if gateway.key is None else gateway.key.reveal()
    # A line of its own in each system prompt, different each time: no prompt cache would survive it.
    theirs["CLAUDE_CODE_ATTRIBUTION_HEADER"] = "0"
    if labels:
        own = theirs.get("ANTHROPIC_CUSTOM_HEADERS", "")
        theirs["ANTHROPIC_CUSTOM_HEADERS"] = f"{own}\nx-wye-label: {', '.join(labels)}".strip()
    return theirs


def for_codex(gateway: Gateway, model: str, labels: Sequence[str]) -> list[str]:
    """Return the flags with which Codex speaks to `gateway`."""
    settings: dict[str, Any] = {
        "model": model,
        "model_provider": "wye",
        "model_providers.wye.name": "wye",
        "model_providers.wye.base_url": f"{gateway.url}/v1",
        "model_providers.wye.wire_api": "responses",
        **_PLAIN,
        "analytics.enabled": False,
        "check_for_update_on_startup": False,
    }
    if gateway.key is not None:
        settings["model_providers.wye.env_key"] = KEY_VARIABLE
    if labels:
        settings["model_providers.wye.http_headers.x-wye-label"] = ", ".join(labels)
    # A TOML string is spelled as JSON's is, and so are true and false.
    return [part for name, value in settings.items() for part in ("-c", f"{name}={json.dumps(value)}")]
