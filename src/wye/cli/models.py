"""`wye models`: what the running gateway can answer with, by lane."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import click
import msgspec

from wye.cli.client import Gateway, GatewayError, with_gateway
from wye.cli.terminal import columns, plain

LANES = {
    "own": "on machines you control",
    "hosted": "open weights at a processor",
    "closed": "closed weights at a processor",
    None: "unused until wye.yaml gives it a lane",
}


class Price(msgspec.Struct, frozen=True):
    """Money per million tokens; None = not known."""

    input: Decimal | None = None
    output: Decimal | None = None
    currency: str = "USD"


class Facts(msgspec.Struct, frozen=True):
    """What wye adds to a row of `/v1/models`."""

    lane: str | None = None
    provider: str = ""
    """Empty for an alias, a route or `auto`."""
    operations: tuple[str, ...] = ()
    context_tokens: int | None = None
    tools: bool | None = None
    price: Price | None = None
    found_by: str = ""
    down: str | None = None
    """Why it does not serve now."""
    kind: str = ""
    """`deployment`, `alias`, `route`, or `model`: an upstream's own name."""
    candidates: tuple[str, ...] = ()
    """What any but a deployment leads to, in order, as far as the caller's labels permit it."""


class Row(msgspec.Struct, frozen=True):
    """A model as OpenAI's API lists it."""

    id: str
    wye: Facts = Facts()


class Listing(msgspec.Struct, frozen=True):
    """The answer of `/v1/models`."""

    data: tuple[Row, ...]


_EXAMPLES = """
\b
Examples:
  wye models
  wye models --json | jq -r ".data[].id"
"""


@click.command(epilog=_EXAMPLES)
@click.option("--json", "as_json", is_flag=True, help="Print the gateway's own list.")
@with_gateway
def models(gateway: Gateway, *, as_json: bool) -> None:
    """List what the running gateway can answer with. Asks it over HTTP."""
    document = gateway.get("/v1/models")
    try:
        listing = msgspec.json.decode(document, type=Listing)
    except (msgspec.DecodeError, RecursionError) as error:
        message = f"this is not a list of models ({error}); check --url"
        raise GatewayError(message) from error
    if as_json:
        click.echo(msgspec.json.format(document))
        return
    for line in table(listing.data):
        click.echo(line)


def table(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of a listing: deployments by lane, then the names that choose among them."""
    deployments = [row for row in rows if row.wye.provider]
    for lane, meaning in LANES.items():
        here = [row for row in deployments if row.wye.lane == lane]
        if here:
            yield click.style(lane or "unknown", bold=True) + click.style(f"  {meaning}", dim=True)
            yield from columns([_cells(row) for row in here], indent=2)
    names = [row for row in rows if not row.wye.provider]
    if names:
        yield click.style("names", bold=True) + click.style("  that choose among these", dim=True)
        yield from columns([(plain(row.id), row.wye.kind, _chosen(row.wye)) for row in names], indent=2)


def _cells(row: Row) -> tuple[str, ...]:
    facts = row.wye
    kinds = [] if facts.operations in {(), ("chat",)} else list(facts.operations)
    can = [*kinds, *(["tools"] if facts.tools else [])]
    return (
        plain(row.id),
        f"{facts.context_tokens:,} tokens" if facts.context_tokens else "",
        ", ".join(can),
        _rates(facts),
        plain(f"down: {facts.down}" if facts.down else facts.found_by),
    )


def _rates(facts: Facts) -> str:
    """Return what its tokens cost. Embeddings have no output to pay for."""
    price = facts.price
    if price is None:
        return ""
    unit = "$" if price.currency == "USD" else f"{price.currency} "
    rates = [f"{unit}{_rate(price.input)} in"]
    if facts.operations != ("embeddings",):
        rates.append(f"{unit}{_rate(price.output)} out")
    return f"{', '.join(rates)} /M"


def _rate(rate: Decimal | None) -> str:
    return "?" if rate is None else f"{rate.normalize():f}"


def _chosen(facts: Facts) -> str:
    shown = facts.candidates[:4]
    more = len(facts.candidates) - len(shown)
    return plain(", ".join(shown)) + (f" and {more} more" if more else "")
