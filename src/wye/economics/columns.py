"""The columns of the rolled ledger, and a ledger row as a line that DuckDB reads into them.

A request's own columns are copies of the ledger's; what else a report or a replay asks for is taken out of
its record. Prompts, answers and errors stay behind.
"""

from decimal import Decimal, InvalidOperation

import msgspec

from wye.core.errors import LedgerError
from wye.ledger.reader import LedgerRow

PLACES = 18
"""Of money, after the point. What needs more, or is 10^20 or above, is kept as text beside it."""
_TOO_MUCH = Decimal(10) ** 20
COUNT_MAX = 2**40

MONEY = f"DECIMAL(38,{PLACES})"
COLUMNS = {
    "seq": "BIGINT",
    "id": "VARCHAR",
    "at": "DOUBLE",
    "day": "DATE",
    "key": "VARCHAR",
    "team": "VARCHAR",
    "asked": "VARCHAR",
    "route": "VARCHAR",
    "task": "VARCHAR",
    "deployment": "VARCHAR",
    "lane": "VARCHAR",
    "labels": "VARCHAR",
    "operation": "VARCHAR",
    "outcome": "VARCHAR",
    "status": "BIGINT",
    "attempts": "INTEGER",
    "amount": MONEY,
    "amount_text": "VARCHAR",
    "currency": "VARCHAR",
    "unknown": "BOOLEAN",
    "basis": "VARCHAR",
    "counted": "BOOLEAN",
    "charged": MONEY,
    "charged_text": "VARCHAR",
    "input_tokens": "BIGINT",
    "output_tokens": "BIGINT",
    "cached_tokens": "BIGINT",
    "reasoning_tokens": "BIGINT",
    "cache_write_tokens": "BIGINT",
    "cache_write_1h_tokens": "BIGINT",
    "input_audio_tokens": "BIGINT",
    "output_audio_tokens": "BIGINT",
    "apart": "VARCHAR",
    "service": "VARCHAR",
    "images": "BIGINT",
    "ttft_ms": "DOUBLE",
    "duration_ms": "DOUBLE",
    "certificate": "VARCHAR",
    "gate": "VARCHAR",
    "shadow_of": "VARCHAR",
    "gain": "DOUBLE",
    "unlike": "BOOLEAN",
    "candidates": (
        "STRUCT(deployment VARCHAR, lane VARCHAR, expected_cost DOUBLE, quality DOUBLE, "
        "output_tokens BIGINT)[]"
    ),
    "tried": (
        "STRUCT(deployment VARCHAR, cause VARCHAR, started_ms DOUBLE, duration_ms DOUBLE, status BIGINT)[]"
    ),
}
"""Name -> DuckDB's type. docs/showback.md says what each means."""


class _Usage(msgspec.Struct, gc=False):
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    apart: str = ""
    service: str = ""
    images: int = 0


class _Cost(msgspec.Struct, gc=False):
    basis: str = ""


class _Candidate(msgspec.Struct, gc=False):
    deployment: str
    lane: str | None = None
    expected_cost: str | None = None
    quality: float | None = None
    output_tokens: int | None = None


class _Decision(msgspec.Struct, gc=False):
    strategy: str = ""
    candidates: tuple[_Candidate, ...] = ()
    gain: float | None = None
    unlike: bool = False


class _Attempt(msgspec.Struct, gc=False):
    deployment: str
    cause: str
    started_ms: float | None = None
    duration_ms: float | None = None
    status: int = 0


class _Record(msgspec.Struct, gc=False):
    operation: str = ""
    usage: _Usage | None = None
    cost: _Cost | None = None
    decision: _Decision | None = None
    attempts: tuple[_Attempt, ...] = ()
    certificate: str = ""
    gate: str = ""
    shadow_of: str = ""


_decode = msgspec.json.Decoder(_Record).decode
_encode = msgspec.json.Encoder().encode
_NO_USAGE, _NO_COST, _NO_DECISION = _Usage(), _Cost(), _Decision()


def to_line(row: LedgerRow) -> bytes:
    """Return a row of the ledger as a line of JSON. Raises `LedgerError` for a record nobody can read."""
    try:
        record = _decode(row.record)
    except msgspec.DecodeError as error:
        message = f"the record {row.id} cannot be read ({error}); was it written by a newer wye?"
        raise LedgerError(message) from error
    usage, decision = record.usage or _NO_USAGE, record.decision or _NO_DECISION
    amount, amount_text = _money(row.amount)
    charged, charged_text = _money(row.charged)
    line = {
        "seq": row.seq,
        "id": row.id,
        "at": row.at,
        "key": row.key,
        "team": row.team,
        "asked": row.asked,
        "route": decision.strategy,
        "task": row.task,
        "deployment": row.deployment,
        "lane": row.lane,
        "labels": row.labels,
        "operation": record.operation,
        "outcome": row.outcome,
        "status": row.status,
        "attempts": row.attempts,
        "amount": amount,
        "amount_text": amount_text,
        "currency": row.currency,
        "unknown": row.amount is None and row.attempts > 0,
        "basis": (record.cost or _NO_COST).basis,
        "counted": record.usage is not None,
        "charged": charged,
        "charged_text": charged_text,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "cached_tokens": row.cached_tokens,
        "reasoning_tokens": row.reasoning_tokens,
        "cache_write_tokens": _count(usage.cache_write_tokens),
        "cache_write_1h_tokens": _count(usage.cache_write_1h_tokens),
        "input_audio_tokens": _count(usage.input_audio_tokens),
        "output_audio_tokens": _count(usage.output_audio_tokens),
        "apart": usage.apart,
        "service": usage.service,
        "images": _count(usage.images),
        "ttft_ms": row.ttft_ms,
        "duration_ms": row.duration_ms,
        "certificate": record.certificate,
        "gate": record.gate,
        "shadow_of": record.shadow_of,
        "gain": decision.gain,
        "unlike": decision.unlike,
        "candidates": [_candidate(one) for one in decision.candidates],
        "tried": record.attempts,
    }
    return _encode(line) + b"\n"


def _candidate(one: _Candidate) -> dict[str, object]:
    expected = None if one.expected_cost is None else float(one.expected_cost)
    return {
        "deployment": one.deployment,
        "lane": one.lane,
        "expected_cost": expected,
        "quality": one.quality,
        "output_tokens": None if one.output_tokens is None else _count(one.output_tokens),
    }


def _money(amount: Decimal | str | None) -> tuple[str | None, str | None]:
    """Return (what the column holds exactly, what it cannot hold); one of them is None."""
    if amount is None:
        return None, None
    try:
        exact = Decimal(amount)
    except InvalidOperation as error:
        message = f"'{amount}' in the ledger is no amount of money"
        raise LedgerError(message) from error
    if not holds(exact):
        return None, str(exact)
    _, _, exponent = exact.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101  # money is finite
    return f"{exact:.{PLACES}f}" if exponent < -PLACES else str(exact), None


def holds(amount: Decimal) -> bool:
    """Tell whether a column of money holds an amount exactly."""
    _, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int)  # noqa: S101  # money is finite
    return abs(amount) < _TOO_MUCH and not (exponent < -PLACES and any(digits[PLACES + exponent :]))


def _count(tokens: int) -> int | None:
    return tokens if 0 <= tokens <= COUNT_MAX else None
