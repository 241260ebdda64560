"""`wye serve`: start the gateway."""

import errno
import os
import socket
import sys
from pathlib import Path

import click
import uvloop

from wye.cli import logs
from wye.cli.options import config_option, state_dir_option
from wye.cli.panel import Start, panel
from wye.config.addresses import Address, parse_listen
from wye.config.load import find, load
from wye.gateway.serve import Options, Started
from wye.gateway.serve import serve as run
from wye.routing.names import alias_table

_EXAMPLES = """
\b
Examples:
  wye serve
  wye serve --config wye.yaml --listen 127.0.0.1:4100
  WYE_BOOTSTRAP_KEY=$(openssl rand -hex 32) wye serve --listen 0.0.0.0:4000
"""


def _address(_ctx: click.Context, _option: click.Parameter, text: str | None) -> Address | None:
    try:
        return None if text is None else parse_listen(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@click.command(epilog=_EXAMPLES)
@config_option
@state_dir_option
@click.option(
    "--listen",
    metavar="HOST:PORT",
    callback=_address,
    help="Where to listen; overrides wye.yaml. `:PORT` = every interface.",
)
@click.option(
    "--workers", type=int, default=1, show_default=True, help="Processes that serve. Only 1 for now."
)
@click.option(
    "--log",
    type=click.Choice(["auto", "text", "json"]),
    default="auto",
    show_default=True,
    help="Form of the log; auto = text in a terminal, JSON otherwise.",
)
def serve(config: Path | None, state_dir: Path, listen: Address | None, workers: int, log: str) -> None:
    """Start the gateway and serve until Ctrl-C or SIGTERM."""
    if workers != 1:
        message = "more than one worker is not supported yet; start one gateway a machine, or wait for it"
        raise click.BadParameter(message, param_hint="--workers")
    human = log == "text" or (log == "auto" and sys.stdout.isatty())
    logs.set_up(human=human)
    options = Options(find(config), state_dir, listen, human_log=human)
    try:
        uvloop.run(run(options, _announce))
    except ValueError as error:  # an address, key, proxy or collector that start-up refuses
        if os.environ.get("WYE_DEBUG"):
            raise
        raise click.ClickException(str(error)) from None
    except OSError as error:
        known = None if os.environ.get("WYE_DEBUG") else _explained(error, options)
        if known is None:
            raise
        raise click.ClickException(known) from None


def _explained(error: OSError, options: Options) -> str | None:
    """Say which setting start-up failed on, and what to do; None = this error speaks for itself."""
    settings = load(options.config)
    variable = f"{settings.keys.bootstrap_env}_FILE"
    if error.filename is not None:
        if str(error.filename) != os.environ.get(variable):
            return None
        todo = "put a key into it (`openssl rand -hex 32`), or unset the variable"
        return f"{variable} names {error.filename}, which cannot be read: {error.strerror}; {todo}"
    address = options.listen or parse_listen(settings.listen)
    if isinstance(error, socket.gaierror):
        return f"{address.host} is no address or host that is known here; choose another with --listen"
    todo = "choose another with --listen"
    return {
        errno.EADDRINUSE: f"{address} is in use; {todo}, or stop what listens there (`wye doctor`)",
        errno.EADDRNOTAVAIL: f"{address} is not an address of this machine; {todo}",
        errno.EACCES: f"this user may not listen on {address} (ports below 1024 are privileged); {todo}",
    }.get(error.errno or 0)


def _announce(started: Started) -> None:
    now = started.runtime.now
    names = {**alias_table(now.settings), **{name: r.candidates for name, r in now.settings.routes.items()}}
    start = Start(
        url=started.url,
        deployments=now.deployments,
        default_label=now.settings.default_label,
        unlabelled=now.policy.where(),
        ledger=started.ledger,
        keys=started.keys_required,
        missing=started.missing,
        notes=started.notes,
        names=names,
    )
    click.echo(panel(start) + "\n")
    sys.stdout.flush()
