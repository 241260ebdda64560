"""From a spool line to a database row: the record as it is, beside the columns one filters and sums by.

The line is decoded into the few fields that become columns; the others are skipped, not built. That is
2 µs a record in C, and it is all the Python a record costs between the spool and the database.
"""

import msgspec

from wye.core.errors import LedgerError
from wye.core.record import Record

Row = tuple[str | int | float | None, ...]

COLUMNS = (
    "id", "at", "key", "team", "asked", "deployment", "lane", "outcome", "status", "labels", "attempts",
    "amount", "currency", "charged", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens",
    "ttft_ms", "duration_ms", "response", "task", "record",
)  # fmt: skip
"""Of the table `request`, in the order of a `Row`."""

COUNT_MAX = 2**40
"""Tokens. No answer has more, and eight million rows with as many still add up in 64 bits."""


class _Usage(msgspec.Struct, gc=False):
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    reasoning_tokens: int = 0


class _Cost(msgspec.Struct, gc=False):
    amount: str | None = None
    currency: str = "USD"


class _Attempt(msgspec.Struct, gc=False):
    pass


class _Decision(msgspec.Struct, gc=False):
    task: str = ""


class _Line(msgspec.Struct, gc=False):
    id: str
    at: float
    asked: str
    outcome: str
    status: int
    duration_ms: float
    key: str = ""
    team: str = ""
    labels: tuple[str, ...] = ()
    answer_labels: tuple[str, ...] = ()
    attempts: tuple[_Attempt, ...] = ()
    deployment: str = ""
    lane: str | None = None
    usage: _Usage | None = None
    ttft_ms: float | None = None
    cost: _Cost | None = None
    charged: str | None = None
    response: str | None = None
    decision: _Decision | None = None


_decode = msgspec.json.Decoder(_Line).decode
_encode = msgspec.json.Encoder().encode
_NO_DECISION = _Decision()
_NO_USAGE = _Usage()
_NO_COST = _Cost(currency="")


def to_line(record: Record) -> bytes:
    """Encode a record as one JSON line, newline included.

    PostgreSQL cannot store U+0000 and UTF-8 has no lone surrogates; a caller can send both in a model's
    name. They become U+FFFD: a record that is a character off beats one that is nowhere.
    """
    try:
        line = _encode(record)
    except UnicodeEncodeError:
        return _encode(_storable(msgspec.to_builtins(record))) + b"\n"
    if line.find(b"\\u0000") >= 0:  # `in` takes bytes for a number first, and raises
        return _encode(_storable(msgspec.json.decode(line))) + b"\n"
    return line + b"\n"


def to_row(line: bytes) -> Row:
    """Decode a spool line. Raises `msgspec.DecodeError` or `UnicodeDecodeError` for a damaged one."""
    text = line.decode()
    r = _decode(text)
    usage = r.usage or _NO_USAGE
    cost = r.cost or _NO_COST
    counts = usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.reasoning_tokens
    return (
        r.id, r.at, r.key, r.team, r.asked, r.deployment, r.lane, r.outcome, r.status,
        ",".join(r.labels + r.answer_labels), len(r.attempts), cost.amount, cost.currency, r.charged,
        *(counts if min(counts) >= 0 and max(counts) <= COUNT_MAX else map(_plausible, counts)),
        r.ttft_ms, r.duration_ms, r.response, (r.decision or _NO_DECISION).task or None, text,
    )  # fmt: skip


def _plausible(count: int) -> int | None:
    return count if 0 <= count <= COUNT_MAX else None


def to_record(text: str) -> Record:
    """Decode a stored record. Raises `LedgerError` when it is not one."""
    try:
        return msgspec.json.decode(text, type=Record)
    except msgspec.DecodeError as error:
        message = f"a stored record cannot be read ({error}); was it written by a newer wye?"
        raise LedgerError(message) from error


def _storable(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
        case dict():
            return {_storable(k): _storable(v) for k, v in value.items()}
        case list() | tuple():
            return [_storable(item) for item in value]
        case _:
            return value
