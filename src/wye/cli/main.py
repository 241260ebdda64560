"""The command `wye`: names, one-line summaries, and errors as one line with what to do.

Nothing of a command is imported before it runs, so that `wye --help` costs no database and no server.
"""

import os
import sys
import traceback
from typing import NoReturn

import click

import wye
from wye.cli.lazy import Lazy, LazyGroup
from wye.core.errors import WyeError

INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""


COMMANDS = {
    "serve": Lazy("wye.cli.serve:serve", "Start the gateway."),
    "ask": Lazy("wye.cli.ask:ask", "Ask one question of the running gateway."),
    "chat": Lazy("wye.cli.chat:chat", "Talk with a model through the running gateway."),
    "models": Lazy("wye.cli.models:models", "List what the running gateway can answer with."),
    "requests": Lazy("wye.cli.requests:requests", "List requests in the ledger, or follow them."),
    "explain": Lazy("wye.cli.explain:explain", "Show why a request went where it went."),
    "cost": Lazy("wye.cli.cost:cost", "Sum up what requests cost."),
    "simulate": Lazy(
        "wye.cli.simulate:simulate", "Say what the past would have cost, had something differed."
    ),
    "export": Lazy("wye.cli.export:export_", "Write costs for other programs, and records for auditors."),
    "ledger": Lazy("wye.cli.ledger:ledger", "Roll the ledger into Parquet for reports."),
    "audit": Lazy("wye.cli.audit:audit", "Seal records into a log, and prove what is in it."),
    "erase": Lazy("wye.cli.erase:erase", "Make what is stored of somebody unreadable, everywhere."),
    "retention": Lazy("wye.cli.retention:retention", "Show how long content is kept, and what goes next."),
    "breakeven": Lazy("wye.cli.breakeven:breakeven", "Say when machines of your own are cheaper."),
    "fleet": Lazy("wye.cli.fleet:fleet", "Say how many machines your traffic needs."),
    "measure": Lazy("wye.cli.measure:measure", "Load-test a deployment of yours."),
    "catalog": Lazy("wye.cli.catalog:catalog", "Show and check the figures that costs are reckoned from."),
    "sentinel": Lazy("wye.cli.sentinel:sentinel", "Say which choices a change of prices turns."),
    "policy": Lazy("wye.cli.policy:policy", "Check, test, explain, compare and sign the policy."),
    "keys": Lazy("wye.cli.keys:keys", "Create, list, rotate and revoke keys."),
    "config": Lazy("wye.cli.config:config", "Check and show wye.yaml."),
    "init": Lazy("wye.cli.init:init", "Write a commented wye.yaml from what is found here."),
    "claude": Lazy("wye.cli.launch:claude", "Start Claude Code on the running gateway."),
    "codex": Lazy("wye.cli.launch:codex", "Start Codex on the running gateway."),
    "import": Lazy("wye.cli.importing:importing", "Turn another gateway's settings into wye.yaml."),
    "route": Lazy("wye.cli.route:route", "Learn, certify and watch what a route does."),
    "bench": Lazy("wye.cli.bench:bench", "Measure routing on labelled prompts."),
    "doctor": Lazy("wye.cli.doctor:doctor", "Check this machine and say what to fix."),
}


def _show_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:  # noqa: FBT001  # click's callback
    if wanted:
        click.echo(f"wye {wye.__version__}")
        ctx.exit()


_EXAMPLES = """
\b
Examples:
  wye serve
  wye ask "Why is the sky blue?"
  wye explain
"""


@click.group(
    cls=LazyGroup, lazy=COMMANDS, epilog=_EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_version,
    help="Show the version.",
)
def group() -> None:
    """One endpoint in front of every model you use, closed or open.

    Start with `wye serve`, then try `wye ask "Why is the sky blue?"` in another terminal.
    """


def run() -> int:
    """Run the command line; return the exit status."""
    try:
        status = group.main(prog_name="wye", standalone_mode=False)
        sys.stdout.flush()  # a pipe that broke shows here, not in the interpreter's last words
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (WyeError, OSError, _config_error()) as error:
        if os.environ.get("WYE_DEBUG"):
            traceback.print_exc()
        click.echo(f"Error: {_sentence(error)}", err=True)
        return 1
    return status if isinstance(status, int) else 0


def _config_error() -> type[Exception]:
    """Return the error of a bad wye.yaml. Looked up only when something went wrong."""
    from wye.config.problems import ConfigError  # noqa: PLC0415  # as above

    return ConfigError


def _sentence(error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return "connection refused: nothing listens there. Is the gateway or the database running?"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def main() -> NoReturn:
    """Entry point of the `wye` script."""
    sys.exit(run())


if __name__ == "__main__":
    main()
