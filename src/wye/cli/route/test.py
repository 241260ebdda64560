"""`wye route test`: where a prompt would go and why, without sending it to any model."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import click
import msgspec

from wye.cli.answer import Question, Turn, label_option, max_tokens_option, model_option, system_option
from wye.cli.client import Gateway, GatewayError, UntrustedError, read_whole, with_gateway
from wye.cli.decision import decided
from wye.cli.figures import money, one_line
from wye.cli.found import look
from wye.cli.options import config_option, json_option, state_dir_option
from wye.cli.terminal import aside, columns
from wye.config.load import find, read
from wye.config.settings import KeySettings, Settings
from wye.gateway.arrival import Arrival
from wye.gateway.keys import ANONYMOUS, KeyRing
from wye.gateway.learnt import LearntRoutes
from wye.gateway.limits import Limits
from wye.gateway.limitstore import MemoryStore
from wye.gateway.metrics import Metrics
from wye.gateway.rehearsal import PATH, Rehearsed, rehearse
from wye.gateway.runtime import Runtime

_EXAMPLES = """
\b
Examples:
  wye route test "Why is the sky blue?"
  wye route test --label phi --model support "Summarise this chart."
  wye route test --offline --config new.yaml "Why is the sky blue?"
"""


@click.command(epilog=_EXAMPLES)
@click.argument("prompt")
@model_option
@label_option
@system_option
@max_tokens_option
@click.option("--offline", is_flag=True, help="Decide here, by --config and --state-dir, not in the gateway.")
@json_option
@config_option
@state_dir_option
@with_gateway
def test(  # noqa: PLR0913  # one parameter an option
    gateway: Gateway,
    prompt: str,
    *,
    model: str,
    labels: tuple[str, ...],
    system: str,
    max_tokens: int | None,
    offline: bool,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """Show where PROMPT would go: candidates, scores, reasons and price. No model is asked.

    Asks the running gateway, which knows who is down or busy. Where none is running, or with --offline, the
    settings and what is found here decide.
    """
    turns = (*([Turn("system", system)] if system else []), Turn("user", prompt))
    question = Question(turns, model, labels, max_tokens)
    told = None if offline else _asked(gateway, question)
    if told is None:
        told = asyncio.run(_decided_here(read(find(config)).settings, state_dir, question))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(told)).decode())
        return
    for line in lines(told):
        click.echo(one_line(line))


def lines(told: Rehearsed) -> Iterator[str]:
    """Yield what would be done, a line at a time."""
    first = told.decision.candidates[0]
    cost = "" if first.expected_cost is None else f", expected {_price(first.expected_cost)}"
    yield f"{told.asked} → {first.deployment} ({first.lane or 'unproven'}){cost}"
    ceiling = "; a label demands the ceiling" if told.ceiling else ""
    permitted = f"{len(told.permitted)} deployment{'' if len(told.permitted) == 1 else 's'}"
    facts = [
        ("labels", ", ".join(told.labels) or "(none)"),
        ("verdict", f"permits {permitted} (policy {told.policy_revision}){ceiling}"),
    ]
    yield from columns(facts, 2)
    yield ""
    yield from decided(told.decision)
    yield ""
    yield "No model was asked."


def _price(amount: Decimal) -> str:
    return f"{money(amount)} USD"


def _asked(gateway: Gateway, question: Question) -> Rehearsed | None:
    """Ask the gateway; None = there is none."""
    try:
        connection = gateway.connect()
    except UntrustedError:
        raise
    except GatewayError:
        aside(f"no gateway at {gateway.url} (--url): decided here, where nobody knows who is down or busy")
        return None
    headers = {"x-wye-label": ",".join(question.labels)} if question.labels else {}
    try:
        answer = read_whole(gateway.ask(connection, PATH, body=question.body(stream=False), headers=headers))
    finally:
        connection.close()
    try:
        return msgspec.json.decode(answer, type=Rehearsed)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"this is not a decision ({error}); check --url"
        raise GatewayError(message) from error


async def _decided_here(settings: Settings, state_dir: Path, question: Question) -> Rehearsed:
    """Decide by settings, by what is found here and by what routes have learnt. Raises `WyeError`."""
    found = await look(settings, state_dir)
    for note in found.notes:
        aside(note)
    limits = Limits(MemoryStore(lambda _account, _since: Decimal(0)))
    runtime = Runtime(KeyRing(KeySettings(), None), limits, Metrics(), LearntRoutes(state_dir))
    now = runtime.load(settings, found.deployments, found.dynamic)
    label = ",".join(question.labels).encode()
    headers = [(b"x-wye-label", label)] if label else []
    arrival = Arrival({"headers": headers, "wye.connection": None, "wye.memo": {}})
    return rehearse(now, arrival, ANONYMOUS, question.body(stream=False))
