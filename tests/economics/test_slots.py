"""The ledger's attempts as slots that were held."""

from pathlib import Path

from wye.config.settings import LedgerSettings
from wye.core.record import Attempt, Outcome, Record
from wye.economics.history import History
from wye.economics.slots import hours
from wye.ledger.ledger import Ledger

START = 1_760_000_400 // 3_600 * 3_600


def tried(deployment: str, cause: str, status: int, seconds: float = 10.0) -> Attempt:
    return Attempt(deployment, cause, 500.0, seconds * 1_000, status)


def record(number: int, at: float, *attempts: Attempt, team: str = "red", key: str = "") -> Record:
    return Record(
        f"d{number}",
        at,
        "r",
        "openai_chat",
        "chat",
        "auto",
        Outcome.OK,
        200,
        9_000.0,
        team=team,
        key=key,
        attempts=attempts,
    )


def kept(state_dir: Path, *records: Record) -> None:
    ledger = Ledger.open(LedgerSettings(), state_dir)
    try:
        for one in records:
            ledger.append(one)
    finally:
        ledger.close()


def test_attempts_at_own_machines_held_slots_and_others_did_not(tmp_path: Path) -> None:
    held = (tried("own", "first", 200), tried("own", "retry", 0), tried("too", "hedge", 200))
    other = (tried("own", "fallback", 503), tried("own", "skip", 0), tried("api", "spill", 200))
    kept(
        tmp_path,
        record(1, START + 60, *held, *other),
        # Over the edge of two hours, and over both ends of the period.
        record(2, START + 3_590, tried("own", "first", 200, 20.0), team="blue"),
        record(3, START - 100, tried("own", "first", 200, 200.0), team=""),
        record(4, START + 7_190, tried("own", "first", 200, 5_000.0)),
        record(5, START - 100, tried("own", "first", 200, 50.0)),
    )
    with History.open(LedgerSettings(), tmp_path) as history:
        first, second = hours(history, ["own", "too"], "team", START, START + 7_200)
        assert (first.start, first.seconds, second.start) == (START, 3_600, START + 3_600)
        assert dict(first.busy) == {"red": 30_000_000, "blue": 9_500_000, "": 100_500_000}
        assert dict(second.busy) == {"blue": 10_500_000, "red": 9_500_000}
        by_day = hours(history, ["own"], "day", START, START + 3_600)
        assert sum(by_day[0].busy.values()) == 130_000_000
        assert hours(history, ["nobody"], "team", START, START + 3_600)[0].busy == {}


def test_projects_are_told_by_their_keys(tmp_path: Path) -> None:
    kept(tmp_path, record(1, START, tried("own", "first", 200), key="k1"))
    with History.open(LedgerSettings(), tmp_path) as history:
        [hour] = hours(history, ["own"], "project", START, START + 3_600, {"k1": "search"})
    assert dict(hour.busy) == {"search": 10_000_000}
