"""A record survives the line and the database; what no database can hold is replaced, not refused."""

import uuid

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from ledger.records import record, records
from wye.core.errors import LedgerError
from wye.core.record import Record
from wye.ledger import Ledger, Reader
from wye.ledger.rows import COLUMNS, COUNT_MAX, to_line, to_record, to_row


@given(records)
def test_a_line_is_one_line_and_holds_the_record(made: Record) -> None:
    line = to_line(made)
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    row = dict(zip(COLUMNS, to_row(line), strict=True))
    assert to_record(str(row["record"])) == made
    assert row["asked"] == made.asked
    assert row["attempts"] == len(made.attempts)
    counted = made.usage.input_tokens if made.usage else 0
    assert row["input_tokens"] == (counted if counted <= COUNT_MAX else None)
    assert row["amount"] == (None if not made.cost or made.cost.amount is None else str(made.cost.amount))


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(records)
def test_any_record_comes_back_from_the_database(ledger: Ledger, reader: Reader, made: Record) -> None:
    made = msgspec.structs.replace(made, id=str(uuid.uuid4()))
    ledger.append(made)
    assert ledger.flush()
    assert reader.get(made.id) == made


def test_what_cannot_be_stored_is_replaced() -> None:
    assert to_record(to_line(record(1, asked="a\0b")).decode()).asked == "a\ufffdb"
    assert to_record(to_line(record(1, asked="a\ud800b")).decode()).asked == "a?b"
    kept = record(1, asked="a\\u0000b")
    assert to_record(to_line(kept).decode()) == kept


@pytest.mark.parametrize("line", [b"", b"{}", b'{"id":', b"\0" * 50, b"\xff\xfe", b"[1]", b'{"id":1}'])
def test_a_damaged_line_is_an_error(line: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        to_row(line)


def test_a_record_of_another_shape_says_so() -> None:
    with pytest.raises(LedgerError, match="newer wye"):
        to_record('{"id": "x"}')
