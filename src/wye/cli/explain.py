"""`wye explain`: everything that is known of one request."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import msgspec

from wye.cli.decision import decided
from wye.cli.figures import one_line
from wye.cli.options import config_option, json_option, ledger_settings, state_dir_option, utc
from wye.cli.terminal import columns
from wye.core.errors import NotFoundError
from wye.core.record import Attempt, Record
from wye.ledger.reader import Filter, Reader
from wye.protocols.fitting import WITHHELD
from wye.protocols.lossiness.answers import OF_ANSWERS
from wye.protocols.lossiness.naming import display
from wye.protocols.lossiness.table import TABLE

_INDENT = 2
_LATEST = 50
"""Records among which the latest is that somebody asked for: shadows are nobody's."""
_KNOWN = frozenset(WITHHELD) | {row.name for row in TABLE}
"""Names of hints that wye has a word for."""
_EMULATED = {
    "tools": "JSON that a schema holds the model to",
    "custom_tools": "functions of one text; nothing holds that to a grammar",
}

_EXAMPLES = """
\b
Examples:
  wye explain
  wye explain 019ab3f2c4d1e07a

\b
The id is in each answer's `x-wye-decision` header, and in `wye requests`. A beginning is enough.
"""


@click.command(epilog=_EXAMPLES)
@click.argument("id_", metavar="[ID]", required=False)
@json_option
@config_option
@state_dir_option
def explain(*, id_: str | None, as_json: bool, config: Path | None, state_dir: Path) -> None:
    """Show why a request went where it went, and what it cost: the latest one, or ID.

    Reads the ledger, by --config and --state-dir, not the running gateway.
    """
    with Reader(ledger_settings(config), state_dir) as reader:
        record = _latest(reader) if id_ is None else reader.resolve(id_)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(record)).decode())
        return
    for line in lines(record):
        click.echo(one_line(line))


def _kept(record: Record) -> Iterator[tuple[str, str]]:
    """Say what has become of prompt and answer."""
    if record.content:
        kept: dict[str, str] = msgspec.json.decode(record.content)
        told = kept.get("erased") or kept.get("unreadable")
        yield "content", told or "kept: --json shows prompt and answer"


def _latest(reader: Reader) -> Record:
    for record in reader.requests(Filter(), _LATEST):
        if not record.shadow_of:
            return record
    message = "there is no request in the ledger yet: `wye ask` makes one"
    raise NotFoundError(message)


def lines(record: Record) -> Iterator[str]:
    """Yield the explanation, a line at a time."""
    yield f"{record.id}  {utc(record.at)} UTC"
    yield from columns(list(_facts(record)), _INDENT)
    if record.decision:
        yield ""
        yield from decided(record.decision)
    yield ""
    if record.attempts:
        yield "Attempts"
        yield from columns([_attempt(attempt) for attempt in record.attempts], _INDENT)
    else:
        yield "No upstream was contacted."


def _facts(record: Record) -> Iterator[tuple[str, str]]:
    streamed = ", streamed" if record.stream else ""
    yield "asked", f"{record.asked or '(nothing)'} ({record.protocol} {record.operation}{streamed})"
    yield "by", _caller(record)
    yield "outcome", f"{record.outcome} {record.status}" + (f": {record.error}" if record.error else "")
    yield from _served(record)
    yield "timing", _timing(record)
    yield "size", f"{record.request_bytes:,} bytes in, {record.response_bytes:,} bytes out"
    yield from _labels(record)
    if record.policy_revision:
        ceiling = "; a label demands the ceiling" if record.ceiling else ""
        permitted = ", ".join(sorted(record.permitted)) or "no deployment"
        yield "verdict", f"permits {permitted} (policy {record.policy_revision}){ceiling}"
    if record.response:
        yield "held", f"{record.response}: {record.deployment} can go on from it"
    yield from _kept(record)
    if record.shadow_of:
        yield "shadow of", f"{record.shadow_of}: nobody was served this answer"
    if record.shadow_probability:
        yield "shadowed", f"with probability {record.shadow_probability:g}, whoever served it"
    if record.session:
        yield (
            "session",
            f"{record.session}, by x-wye-session: turns that name it keep their seat",
        )
    translated = [attempt.translated for attempt in record.attempts if attempt.translated]
    if translated:
        yield "translated", f"{display(record.protocol)} → {display(translated[-1])}"
    yield from _changed(record)
    if record.emulated:
        yield "emulated", "; ".join(f"{one}: {_EMULATED[one]}" for one in record.emulated)
    yield "usage", _usage(record)
    yield "cost", _cost(record)
    if record.request_id != record.id:
        yield "request id", record.request_id
    if record.trace:
        yield "trace", record.trace


def _labels(record: Record) -> Iterator[tuple[str, str]]:
    """Yield the labels, where each is from, and what the answer adds to them."""
    yield "labels", ", ".join(record.labels) or "(none)"
    if record.origins:
        yield "labelled by", ", ".join(record.origins)
    if record.answer_labels:
        yield "its answer", f"raised {', '.join(record.answer_labels)} for what goes on from it"


def _served(record: Record) -> Iterator[tuple[str, str]]:
    """Yield who answered, and what was promised of that."""
    if record.deployment:
        yield "answered by", f"{record.deployment} ({record.lane or 'lane unknown'})"
        if record.decision is not None and record.decision.covered:
            yield "certified", f"by {record.certificate}" if record.certificate else "no: uncertified"
    if record.gate:
        yield "gate", record.gate


def _changed(record: Record) -> Iterator[tuple[str, str]]:
    """Yield what the upstream was told beyond what the client said, and what it was not."""
    if record.masked:
        told = ", ".join(f"{kind}={count}" for kind, count in record.masked.items())
        yield "masked", f"{told}: who answered saw tokens"
    if record.added:
        yield "added", f"{', '.join(record.added)}: the client did not say it"
    yield from _lost([name for name in record.lost if not name.startswith(OF_ANSWERS)])
    untold = [name.removeprefix(OF_ANSWERS) for name in record.lost if name.startswith(OF_ANSWERS)]
    if untold:
        yield "not told", f"{', '.join(untold)}, of the answer: the client's protocol has no words for it"


def _lost(names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield what the upstream did not get: what it cannot take, and what wye does not know."""
    known = [name for name in names if name in _KNOWN]
    unknown = [name for name in names if name not in _KNOWN]
    if known:
        yield "lost", f"{', '.join(known)}: the upstream has no words for it, or does not take it"
    if unknown:
        yield "not passed on", f"{', '.join(unknown)}: of the client's protocol only, or not known to wye"


def _caller(record: Record) -> str:
    team = f", team {record.team}" if record.team else ""
    return f"key {record.key}{team}" if record.key else "this machine, without a key"


def _timing(record: Record) -> str:
    first = "" if record.ttft_ms is None else f", first token after {record.ttft_ms:,.1f} ms"
    return f"{record.duration_ms:,.1f} ms{first}"


def _usage(record: Record) -> str:
    usage = record.usage
    if usage is None:
        return "not reported"
    cached = f" ({usage.cache_read_tokens:,} from cache)" if usage.cache_read_tokens else ""
    reasoning = f" ({usage.reasoning_tokens:,} reasoning)" if usage.reasoning_tokens else ""
    return f"{usage.input_tokens:,} tokens in{cached}, {usage.output_tokens:,} out{reasoning}"


def _cost(record: Record) -> str:
    cost = record.cost
    if cost is None:
        return "unknown" if record.attempts else "nothing: no upstream was contacted"
    if cost.amount is None:  # whatever the price is: it is not the reason
        return f"unknown: {cost.basis or 'no price'}"
    dated = f" of {cost.as_of}" if cost.as_of else ""
    source = f", {cost.source}" if cost.source else ""
    return f"{cost.amount:f} {cost.currency} ({cost.basis}{dated}{source})"


def _attempt(attempt: Attempt) -> tuple[str, ...]:
    status = f"HTTP {attempt.status}" if attempt.status else "no answer"
    when = f"at {attempt.started_ms:,.1f} ms for {attempt.duration_ms:,.1f} ms"
    return (
        attempt.cause,
        attempt.deployment,
        status,
        when,
        f"{attempt.request_bytes:,} B out, {attempt.response_bytes:,} B in",
        attempt.error,
    )
