"""`wye chat`: a conversation. What is said stays in this process; nothing is written to disk."""

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import click

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
from wye.cli.client import Gateway, GatewayError, with_gateway

HELP = """\
/model NAME     answer with this deployment, alias, route or `auto`
/label A,B      what kind of data this is; alone: the gateway's default
/system TEXT    instructions for the model; alone: none
/clear          forget what was said
/quit           leave (also Ctrl-D); Ctrl-C stops an answer"""


@dataclass(slots=True)
class Conversation:
    """What was said, and how to go on."""

    gateway: Gateway
    model: str = "auto"
    labels: tuple[str, ...] = ()
    system: str = ""
    max_tokens: int | None = None
    turns: list[Turn] = field(default_factory=list)

    def question(self, text: str) -> Question:
        """Return the conversation so far with `text` at its end."""
        first = [Turn("system", self.system)] if self.system else []
        turns = (*first, *self.turns, Turn("user", text))
        return Question(turns, self.model, self.labels, self.max_tokens)

    def say(self, text: str) -> bool:
        """Ask, print the answer and remember both; False when there was none."""
        reply = Reply()
        try:
            answer.speak(self.gateway, self.question(text), reply)
        except GatewayError as error:
            error.show()
            return False
        except KeyboardInterrupt:
            terminal.aside("stopped")
        if reply.answer:
            self.turns += [Turn("user", text), Turn("assistant", reply.answer)]
        return True

    def command(self, line: str) -> None:
        """Obey a line that begins with a slash."""
        name, _, rest = line.partition(" ")
        rest = rest.strip()
        act: Callable[[str], str] | None = {
            "/model": self._set_model,
            "/label": self._set_labels,
            "/system": self._set_system,
            "/clear": self._clear,
            "/help": lambda _: HELP,
        }.get(name)
        terminal.aside(act(rest) if act else f"there is no {name}; /help lists what there is")

    def _set_model(self, name: str) -> str:
        self.model = name or self.model
        return f"model: {self.model}"

    def _set_labels(self, names: str) -> str:
        self.labels = tuple(part.strip() for part in names.split(",") if part.strip())
        return f"label: {', '.join(self.labels) or 'the default of the gateway'}"

    def _set_system(self, text: str) -> str:
        self.system = text
        return "system: " + (text or "none")

    def _clear(self, _: str) -> str:
        self.turns.clear()
        return "forgotten"


_EXAMPLES = """
\b
Examples:
  wye chat
  wye chat -m auto/own
  wye chat -l secret --system "Answer in French"
"""


@click.command(epilog=_EXAMPLES)
@model_option
@label_option
@system_option
@max_tokens_option
@with_gateway
@click.pass_context
def chat(  # noqa: PLR0913  # one parameter an option
    ctx: click.Context,
    gateway: Gateway,
    *,
    model: str,
    labels: tuple[str, ...],
    system: str,
    max_tokens: int | None,
) -> None:
    """Talk with a model through the running gateway, over HTTP. /help inside shows the commands."""
    conversation = Conversation(gateway, model, labels, system, max_tokens)
    gateway.connect().close()  # say at once that nobody is there
    if sys.stdin.isatty():
        terminal.aside("/help shows what you can do, /quit leaves")
    went_well = True
    for line in _lines():
        if line in {"/quit", "/exit"}:
            break
        if line.startswith("/"):
            conversation.command(line)
        elif line:
            went_well = conversation.say(line) and went_well
    if not went_well and not sys.stdin.isatty():
        ctx.exit(1)  # nobody was there to read the error


def _lines() -> Iterator[str]:
    """Yield what is typed, with history and editing; or the lines of a pipe."""
    if not sys.stdin.isatty():
        for line in sys.stdin:
            yield line.strip()
        return
    with contextlib.suppress(ImportError):  # some Pythons are built without
        import readline  # noqa: F401, PLC0415  # input() uses it once it is there
    while True:
        try:
            yield input("> ").strip()
        except EOFError:
            click.echo()
            return
        except KeyboardInterrupt:
            click.echo()
