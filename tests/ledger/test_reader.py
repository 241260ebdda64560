"""What was recorded can be found, followed and summed, exactly."""

import itertools
import threading
import time
from decimal import Decimal, localcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.records import START, money, record
from wye.config.settings import LedgerSettings
from wye.core.decision import Decision
from wye.core.errors import NotFoundError
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Outcome, Record
from wye.ledger import KeyStore, Ledger, Reader
from wye.ledger.database import _ExactSum
from wye.ledger.keystore import Grant
from wye.ledger.reader import CostRow, Filter

DAY = 86_400


def fill(ledger: Ledger, *records: Record) -> None:
    for made in records:
        ledger.append(made)
    assert ledger.flush()


def test_requests_are_filtered_newest_first(ledger: Ledger, reader: Reader) -> None:
    fill(
        ledger,
        record(1),
        record(2, key="key_2", team="ads"),
        record(3, asked="gpt", deployment="gpt", lane=Lane.CLOSED),
        record(4, outcome=Outcome.ERROR, deployment="", lane=None),
        record(5, labels=("internal", "a_b")),
        record(6, labels=("axb",)),
    )

    def found(limit: int | None = 50, **conditions: object) -> list[int]:
        return [int(r.id[1:]) for r in reader.requests(Filter(**conditions), limit)]  # type: ignore[arg-type]

    assert found() == [6, 5, 4, 3, 2, 1]
    assert found(limit=2) == [6, 5]
    assert found(since=START + 3, until=START + 5) == [4, 3]
    assert found(key="key_2") == [2]
    assert found(team="ads") == [2]
    assert found(asked="gpt") == [3]
    assert found(deployment="embedded") == [6, 5, 2, 1]
    assert found(lane="closed") == [3]
    assert found(outcome="error") == [4]
    assert found(label="internal") == [5, 4, 3, 2, 1]
    assert found(label="a_b") == [5]
    assert found(label="intern") == []
    assert found(label="%") == []
    assert found(key="key_1", lane="own", limit=1) == [6]


def test_resolve_by_id_or_its_only_beginning(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, record(1), record(11), record(2, id="r00001"))
    assert reader.resolve("r000011") == record(11)
    assert reader.resolve("r00001").id == "r00001"
    assert reader.resolve("r000001").id == "r000001"
    with pytest.raises(NotFoundError, match="several records begin with 'r0': r000001, r00001, r000011"):
        reader.resolve("r0")
    for missing in ("x", "r000011x", "R000011", "%", ""):
        with pytest.raises(NotFoundError):
            reader.resolve(missing, wait=0)


def test_get_takes_the_whole_id(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, record(1))
    assert reader.get("r000001") == record(1)
    for missing in ("r00000", "r0000010", "R000001", "r%", ""):
        assert reader.get(missing) is None


def test_resolve_waits_for_a_record_on_its_way(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, record(0))  # the writer is up
    ledger.append(record(1))
    assert reader.resolve("r000001").asked == "auto"


def test_follow_yields_what_comes_once(ledger: Ledger, reader: Reader) -> None:
    fill(ledger, record(1))
    first: list[str] = []
    followed: list[str] = []

    def follow() -> None:
        for told in reader.follow(Filter(lane="own"), poll=0.01):
            (first if told.id >= "r001000" else followed).append(told.id)
            if len(followed) == 20:
                return

    thread = threading.Thread(target=follow)
    thread.start()
    for number in itertools.count(1000):
        if first:  # it follows
            break
        ledger.append(record(number))
        time.sleep(0.05)
    for number in range(2, 22):
        ledger.append(record(number))
        ledger.append(record(number + 100, lane=None))
        time.sleep(0.005)
    thread.join(60)
    assert followed == [f"r{number:06d}" for number in range(2, 22)]


def test_costs_are_summed_exactly_and_unknown_is_not_zero(ledger: Ledger, reader: Reader) -> None:
    fill(
        ledger,
        *(record(n, cost=Cost(Decimal("0.1"), "USD")) for n in range(10)),
        record(10, cost=Cost(Decimal("1E-27"), "USD")),
        record(11, cost=Cost(Decimal(123456789012345678), "USD")),
        record(12, cost=Cost(Decimal("0.5"), "EUR")),
        record(13, cost=Cost(None, "USD", "no rate")),
        record(14, cost=None),
        record(15, cost=None, attempts=(), deployment="", usage=None),
    )
    rows = {(row.group, row.currency): row for row in reader.cost("model")}
    exact = Decimal("123456789012345679.000000000000000000000000001")
    assert rows["embedded", "USD"] == CostRow("embedded", "USD", 13, 1, exact, 6500, 520, 1300, 104)
    assert rows["embedded", "EUR"].amount == Decimal("0.5")
    assert rows["embedded", ""] == CostRow("embedded", "", 1, 1, Decimal(0), 500, 40, 100, 8)
    assert rows["", ""] == CostRow("", "", 1, 0, Decimal(0), 0, 0, 0, 0)
    assert len(rows) == 4


def test_requests_and_costs_by_task(ledger: Ledger, reader: Reader) -> None:
    code, chat = Decision("auto", (), task="code"), Decision("auto", (), task="chat")
    fill(
        ledger, record(1, decision=code), record(2, decision=chat), record(3, decision=code),
        record(4, decision=None), record(5, decision=Decision("pinned", ())),
    )  # fmt: skip
    assert [made.id for made in reader.requests(Filter(task="code"))] == ["r000003", "r000001"]
    assert [(row.group, row.requests) for row in reader.cost("task")] == [("", 2), ("chat", 1), ("code", 2)]


def test_costs_by_each_property(ledger: Ledger, reader: Reader) -> None:
    fill(
        ledger,
        record(1, at=START // DAY * DAY),
        record(2, at=START // DAY * DAY + DAY - 0.001, team="ads"),
        record(3, at=START // DAY * DAY + DAY, asked="gpt", key="", lane=None),
    )

    def grouped(by: str) -> list[tuple[str, int]]:
        return [(row.group, row.requests) for row in reader.cost(by)]  # type: ignore[arg-type]

    assert grouped("day") == [("2025-10-09", 2), ("2025-10-10", 1)]
    assert grouped("team") == [("ads", 1), ("search", 2)]
    assert grouped("asked") == [("auto", 2), ("gpt", 1)]
    assert grouped("key") == [("", 1), ("key_1", 2)]
    assert grouped("lane") == [("", 1), ("own", 2)]
    assert grouped("model") == [("embedded", 3)]
    assert [row.requests for row in reader.cost("model", Filter(since=START // DAY * DAY + DAY))] == [1]


def test_spent_belongs_to_the_family_of_a_key(
    ledger: Ledger, reader: Reader, settings: LedgerSettings, tmp_path: Path
) -> None:
    with KeyStore(settings, tmp_path) as keys:
        first, _ = keys.create(Grant(name="app"))
        second, _ = keys.rotate("app")
        other, _ = keys.create(Grant(name="other"))
    dollar = Cost(Decimal("0.7"), "USD")
    fill(
        ledger,
        record(1, key=first.id, cost=dollar),
        record(2, key=second.id, cost=dollar),
        record(3, key=second.id, cost=Cost(Decimal(9), "EUR")),
        record(4, key=other.id, cost=dollar),
        record(5, key="bootstrap", cost=dollar),
        record(6, key="bootstrap", cost=Cost(None, "USD")),
    )
    assert reader.spent(first.id) == reader.spent(second.id) == Decimal("1.4")
    assert reader.spent(second.id, START + 2) == Decimal("0.7")
    assert reader.spent(second.id, START + 5) == 0
    assert reader.spent("bootstrap") == Decimal("0.7")


def test_spent_counts_the_worst_case_of_what_stayed_unknown(ledger: Ledger, reader: Reader) -> None:
    fill(
        ledger,
        record(1, key="k", cost=Cost(None, "USD", "no usage"), charged=Decimal("0.3")),
        record(2, key="k", cost=None, usage=None, outcome=Outcome.HANGUP, charged=Decimal("0.02")),
        record(3, key="k", cost=Cost(Decimal("0.001"), "USD"), charged=Decimal("0.001")),
        record(4, key="k", cost=Cost(Decimal(9), "EUR"), charged=Decimal("1.5")),
        record(5, key="k", cost=Cost(Decimal("0.5"), "USD"), charged=Decimal(0)),
        record(6, key="k", cost=Cost(Decimal("0.0001"), "USD")),
    )
    assert reader.spent("k") == Decimal("1.8211")
    assert reader.resolve("r000004").charged == Decimal("1.5")


@given(st.lists(st.none() | money, max_size=30))
def test_the_sum_on_sqlite_is_exact_in_any_order(amounts: list[Decimal | None]) -> None:
    forward, backward = _ExactSum(), _ExactSum()
    for amount in amounts:
        forward.step(None if amount is None else str(amount))
    for amount in reversed(amounts):
        backward.step(None if amount is None else str(amount))
    known = [amount for amount in amounts if amount is not None]
    if not known:
        assert forward.finalize() is None
        return
    with localcontext(prec=1000):
        assert Decimal(str(forward.finalize())) == Decimal(str(backward.finalize())) == sum(known)


def test_hours_are_whole_and_without_shadows(ledger: Ledger, reader: Reader) -> None:
    hour = START // 3600 * 3600
    fill(
        ledger,
        record(1, at=hour + 3599.9),
        record(2, at=hour + 3600.0),
        record(3, at=hour + 3601.0, usage=None),
        record(4, asked="", shadow_of="r000001"),
    )
    assert list(reader.hours()) == [(int(hour), 1, 500, 40, 100, 8), (int(hour) + 3600, 2, 500, 40, 100, 8)]
    assert list(reader.hours(Filter(since=hour + 3601))) == [(int(hour) + 3600, 1, 0, 0, 0, 0)]
