"""`wye measure`: how many tokens a second a deployment of yours makes, and how soon it begins."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

import click
import msgspec

from wye.catalog import local
from wye.cli.client import Gateway, GatewayError, with_gateway
from wye.cli.climb import Bounds, Climbed, Shape, climb
from wye.cli.figures import money
from wye.cli.models import Listing, Row
from wye.cli.options import Span, config_option, json_option, state_dir_option
from wye.cli.quantities import Number
from wye.cli.terminal import aside, columns, confirm
from wye.config.load import find, load
from wye.config.problems import suggestion
from wye.config.settings import Settings
from wye.core.lane import Lane
from wye.economics.measuring import LABEL, Measured, Point, knee, rows

_BAR = 30

_EXAMPLES = """
\b
Examples:
  wye measure embedded/smollm2-135m --seconds 60
  wye measure llama --input-tokens 3000 --output-tokens 500 --max-concurrency 256 --yes
"""


@click.command(epilog=_EXAMPLES)
@click.argument("deployment")
@click.option(
    "--max-requests", type=click.IntRange(1, 100_000), default=500, show_default=True, help="Sent in all."
)
@click.option(
    "--seconds",
    type=Number(1, 86_400),
    default=120.0,
    show_default=True,
    help="After which none is sent any more.",
)
@click.option(
    "--max-cost",
    type=Number(0, 100_000),
    default=1.0,
    show_default=True,
    help="USD, as far as the deployment's costs are known.",
)
@click.option(
    "--max-concurrency", type=click.IntRange(1, 4096), default=256, show_default=True, help="At once."
)
@click.option(
    "--level", type=Span(), default="8s", show_default=True, help="How long each level lasts, at least."
)
@click.option(
    "--input-tokens", type=click.IntRange(16, 1_000_000), default=200, show_default=True, help="Of a prompt."
)
@click.option(
    "--output-tokens", type=click.IntRange(2, 100_000), default=64, show_default=True, help="Of an answer."
)
@click.option("--yes", is_flag=True, help="Do not ask first.")
@json_option
@with_gateway
@config_option
@state_dir_option
def measure(  # noqa: PLR0913  # one parameter an option
    deployment: str,
    gateway: Gateway,
    *,
    max_requests: int,
    seconds: float,
    max_cost: float,
    max_concurrency: int,
    level: float,
    input_tokens: int,
    output_tokens: int,
    yes: bool,
    as_json: bool,
    config: Path | None,
    state_dir: Path,
) -> None:
    """Load-test DEPLOYMENT of the own lane through the running gateway, and keep what it can do.

    1, 2, 4, ... requests at once, until that brings at most 5 % more tokens a second, or something fails. The
    curve goes to the local catalogue, which `wye fleet` and `wye breakeven` ask before any other.
    """
    settings = load(find(config))
    row = _own(gateway, deployment)
    bounds = Bounds(max_requests, seconds, Decimal(str(max_cost)), level, max_concurrency)
    aside(
        f"Up to {max_requests} requests in {seconds:g} s to {deployment}, on a machine of yours, "
        f"{input_tokens} tokens in and {output_tokens} out; others there wait longer meanwhile. "
        f"The ledger has them under the label {LABEL}; `wye breakeven` and `wye fleet` leave them out."
    )
    if not yes:
        confirm("Go on?")
    result = climb(
        gateway, deployment, Shape(input_tokens, output_tokens), bounds, lambda one: aside(_progress(one))
    )
    if not result.points:
        message = f"nothing was measured: {result.stopped}"
        raise GatewayError(message)
    today = dt.datetime.now(dt.UTC).date()
    kept = rows(result.points, _what(row, deployment, settings), today)
    local.append(state_dir, kept)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(result.points)).decode())
    else:
        for line in table(result.points):
            click.echo(line)
        click.echo("")
        for line in plot(result.points):
            click.echo(line)
    aside(_summary(result, state_dir))


def _own(gateway: Gateway, name: str) -> Row:
    """Return the deployment's row in the gateway's list. Raises `GatewayError` unless it may be tested."""
    try:
        listed = msgspec.json.decode(gateway.get("/v1/models"), type=Listing).data
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"this is not a list of models ({error}); check --url"
        raise GatewayError(message) from error
    known = {row.id: row for row in listed if row.wye.kind == "deployment"}
    row = known.get(name)
    own = [id_ for id_, one in known.items() if one.wye.lane == Lane.OWN and "chat" in one.wye.operations]
    if row is None:
        message = f"there is no deployment '{name}'. {suggestion(name, own)}"
        raise GatewayError(message)
    if row.wye.lane != Lane.OWN:
        message = f"{name} is in the {row.wye.lane or 'unknown'} lane: only own machines are load-tested"
        raise GatewayError(message)
    if "chat" not in row.wye.operations:
        message = f"{name} does not chat, so that nothing of it is measured"
        raise GatewayError(message)
    if row.wye.down:
        message = f"{name} is down: {row.wye.down}"
        raise GatewayError(message)
    return row


def _what(row: Row, name: str, settings: Settings) -> Measured:
    """Return what the curve is of: by wye.yaml where it declares the deployment, else by its name."""
    given = settings.deployments.get(name)
    if given is None:
        return Measured(name.partition("/")[2] or name, "", row.wye.provider, "")
    machines = settings.machines.get(given.machines or "")
    engine = given.provider or row.wye.provider
    if machines is None or not machines.gpu:
        return Measured(given.model, given.build, engine, "", 1, machines.count if machines else 1)
    return Measured(given.model, given.build, engine, machines.gpu, machines.gpus, machines.count)


def _progress(one: Point) -> str:
    return f"{one.concurrency} at once: {one.output_rate:,.1f} tokens a second"


def table(points: Sequence[Point]) -> Iterator[str]:
    """Yield the lines of the curve."""
    head = ("at once", "requests", "TTFT p50", "p95", "a token", "tokens/s", "with input")
    cells = [
        (
            str(one.concurrency),
            str(one.requests),
            f"{one.ttft_p50_ms:,.0f} ms",
            f"{one.ttft_p95_ms:,.0f} ms",
            "-" if one.itl_ms is None else f"{one.itl_ms:,.1f} ms",
            f"{one.output_rate:,.1f}",
            f"{one.total_rate:,.1f}",
        )
        for one in points
    ]
    widths = [max(map(len, column)) for column in zip(head, *cells, strict=True)]
    yield from columns(
        [[cell.rjust(width) for cell, width in zip(row, widths, strict=True)] for row in (head, *cells)]
    )


def plot(points: Sequence[Point]) -> Iterator[str]:
    """Yield a picture: what each level brought, and how long the slowest waited for it."""
    most = max(one.output_rate for one in points)
    slowest = max(one.ttft_p95_ms for one in points)
    width = max(len(str(one.concurrency)) for one in points)
    yield f"{'':{width}}  {'tokens a second'.ljust(_BAR)}  TTFT p95"
    for one in points:
        rate = "█" * max(1, round(one.output_rate / most * _BAR))
        late = "░" * max(1, round(one.ttft_p95_ms / slowest * _BAR))
        yield f"{one.concurrency:{width}}  {rate.ljust(_BAR)}  {late}"


def _summary(result: Climbed, state_dir: Path) -> str:
    best = knee(result.points)
    known = f"{money(result.spent)} USD" if not result.unknown else "not known"
    if result.unknown and result.spent:
        known = f"at least {money(result.spent)} USD"
    return (
        f"It stopped: {result.stopped}. {best.concurrency} at once make {best.output_rate:,.1f} tokens "
        f"a second. {result.sent} requests, cost {known}. Kept in {state_dir / local.FILE}."
    )
