"""What follows the spool: whole lines only, segment by segment, with rests."""

import threading
from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql

from ledger.records import record
from wye.ledger import store as module
from wye.ledger.follow import Follower, Progress
from wye.ledger.quarantine import Quarantine
from wye.ledger.rows import COLUMNS, Row, to_line
from wye.ledger.schema import request
from wye.ledger.spool import segment_path
from wye.ledger.store import Rest, Store, UnavailableError, step_of


class Kept(Store):
    """Keeps rows in a list, or is away."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.away = False
        self.rests = 0
        self.closed = False

    def insert(self, rows: list[Row], rest: Rest) -> list[Row]:
        if self.away:
            message = "away"
            raise UnavailableError(message)
        rest()
        self.ids += [str(row[0]) for row in rows]
        return []

    def close(self) -> None:
        self.closed = True


def follow(directory: Path, position: int = 0) -> tuple[Follower, Kept, list[Progress]]:
    told: list[Progress] = []
    kept = Kept()
    quarantine = Quarantine(directory / "quarantine")
    return Follower(directory, position, kept, quarantine, told.append), kept, told


def lines(*found: int) -> bytes:
    return b"".join(to_line(record(number)) for number in found)


def test_a_line_is_taken_once_it_is_whole(tmp_path: Path) -> None:
    segment = segment_path(tmp_path, 0)
    whole, half = lines(1), lines(2)
    segment.write_bytes(whole + half[:50])
    follower, kept, told = follow(tmp_path)
    running = threading.Thread(target=follower.run)
    running.start()
    follower.hurry()
    while not told:
        pass
    assert kept.ids == ["r000001"]
    assert told[-1].committed == len(whole)
    with segment.open("ab") as file:
        file.write(half[50:])
    follower.stop()
    running.join()
    assert kept.ids == ["r000001", "r000002"]
    assert told[-1].committed == len(whole + half)
    assert kept.closed


def test_it_begins_where_it_is_told_and_deletes_what_is_done(tmp_path: Path) -> None:
    first, second = lines(1, 2), lines(3, 4)
    segment_path(tmp_path, 0).write_bytes(first)
    segment_path(tmp_path, len(first)).write_bytes(second)
    segment_path(tmp_path, len(first + second)).write_bytes(b"")
    follower, kept, told = follow(tmp_path, len(first) + len(lines(3)))
    follower.stop()
    follower.run()
    assert kept.ids == ["r000004"]
    assert [path.name for path in tmp_path.iterdir()] == [segment_path(tmp_path, len(first + second)).name]
    assert told[-1].committed == len(first + second)
    assert told[-1].error == ""


def test_a_spool_that_is_gone_is_told_in_words(tmp_path: Path) -> None:
    """Its gateway was killed, and the next one was done with it before this process had begun."""
    with pytest.raises(FileNotFoundError, match="its lines are gone"):
        follow(tmp_path)


def test_a_database_that_is_away_when_it_is_stopped_is_told(tmp_path: Path) -> None:
    segment_path(tmp_path, 0).write_bytes(lines(1))
    follower, kept, told = follow(tmp_path)
    kept.away = True
    follower.stop()
    follower.run()
    assert (told[-1].committed, told[-1].error) == (0, "away")
    assert kept.closed


@pytest.mark.parametrize(("rows", "step"), [(1, 16), (16, 16), (512, 16), (513, 17), (3200, 100)])
def test_steps_grow_with_what_waits(rows: int, step: int) -> None:
    assert step_of(rows) == step


def test_postgresql_is_told_the_schemas_types() -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # untyped there
    for name in COLUMNS:
        column = request.c[name].type
        spelled = column.compile(dialect=dialect).partition(" COLLATE")[0]
        assert module.POSTGRES_TYPES.get(name, "TEXT") == spelled
