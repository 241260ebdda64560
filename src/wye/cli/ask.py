"""`wye ask`: one question, one answer, and under it who answered at what cost."""

import os
import stat
import sys

import click
import msgspec

from wye.cli import answer, terminal
from wye.cli.answer import (
    Question,
    Reply,
    Turn,
    label_option,
    max_tokens_option,
    model_option,
    system_option,
)
from wye.cli.client import Gateway, with_gateway

MAX_INPUT_BYTES = 32 * 1024 * 1024
"""The gateway takes no larger body either."""

_EXAMPLES = """
\b
Examples:
  wye ask "Why is the sky blue?"
  git diff | wye ask --label confidential "What does this change?"
"""


@click.command(epilog=_EXAMPLES)
@click.argument("question", nargs=-1)
@model_option
@label_option
@system_option
@max_tokens_option
@click.option("--json", "as_json", is_flag=True, help="Print answer and facts as one JSON object.")
@click.option("--no-stream", is_flag=True, help="Wait for the whole answer.")
@with_gateway
def ask(  # noqa: PLR0913  # one parameter an option
    gateway: Gateway,
    question: tuple[str, ...],
    *,
    model: str,
    labels: tuple[str, ...],
    system: str,
    max_tokens: int | None,
    as_json: bool,
    no_stream: bool,
) -> None:
    """Ask one question of the running gateway, over HTTP.

    Text that is piped in follows the question; `-` or no question takes it alone.
    """
    turns = [Turn("system", system)] if system else []
    turns.append(Turn("user", _prompt(" ".join(question))))
    asked = Question(tuple(turns), model, labels, max_tokens)
    reply = Reply()
    if as_json:
        for _ in answer.ask(gateway, asked, stream=False, reply=reply):
            pass
        answer.look_up(gateway, reply)
        click.echo(msgspec.json.format(msgspec.json.encode(reply)))
        return
    try:
        answer.speak(gateway, asked, reply, stream=not no_stream)
    except KeyboardInterrupt:
        terminal.aside("stopped")
        raise


def _prompt(question: str) -> str:
    """Join the question with what is piped in. Raises `click.UsageError` when there is neither."""
    alone = question in {"", "-"}
    if alone and sys.stdin.isatty() and question != "-":
        message = 'ask something: wye ask "Why is the sky blue?"'
        raise click.UsageError(message)
    piped = _read() if question == "-" or _is_piped() else ""
    prompt = piped if alone else "\n\n".join(part for part in (question, piped) if part)
    try:
        prompt.encode()
    except UnicodeEncodeError:  # the shell handed over bytes that are none of its encoding
        message = "the question is not UTF-8"
        raise click.UsageError(message) from None
    if not prompt.strip():
        message = "there is nothing to ask: neither words nor piped text"
        raise click.UsageError(message)
    return prompt


def _is_piped() -> bool:
    """Tell a pipe or file from a terminal, /dev/null or a service's closed stdin."""
    try:
        mode = os.fstat(sys.stdin.fileno()).st_mode
    except (OSError, ValueError):
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or stat.S_ISSOCK(mode)


def _read() -> str:
    data = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    if len(data) > MAX_INPUT_BYTES:
        message = f"more than {MAX_INPUT_BYTES >> 20} MiB were piped in"
        raise click.UsageError(message)
    return data.decode(errors="replace")
