"""The same figures, to the last digit, whether a request is in a part or in the database still."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from ledger.records import START, record, records
from wye.config.settings import LedgerSettings
from wye.core.lane import Lane
from wye.core.money import Cost
from wye.core.record import Outcome, Record
from wye.economics import rolled, showback
from wye.economics.history import History
from wye.ledger import KeyStore, Ledger, Reader
from wye.ledger.keystore import Grant
from wye.ledger.reader import GROUPS, Filter

FILTERS = (
    Filter(),
    Filter(since=START + 3, until=START + 40),
    Filter(team="search", lane="own"),
    Filter(label="a_b"),
    Filter(key="key_1", outcome="ok", asked="auto", deployment="embedded"),
    Filter(task="code"),
)


def spread(number: int) -> Record:
    """Return one of many that differ in everything a report asks for."""
    costs = (
        Cost(Decimal("0.000125"), "USD"),
        Cost(Decimal("0.1000000000000000000000001"), "USD"),
        Cost(Decimal("7E-13"), "EUR"),
        Cost(None, "USD", "no rate"),
        None,
    )
    return record(
        number,
        at=START + number * 3_671,
        team=("search", "ads", "")[number % 3],
        key=("key_1", "key_2", "")[number % 7 % 3],
        lane=(Lane.OWN, Lane.CLOSED, None)[number % 5 % 3],
        deployment=("embedded", "gpt", "")[number % 5 % 3],
        labels=(("internal",), ("internal", "a_b"), ())[number % 3],
        cost=costs[number % 5],
        charged=(None, Decimal("0.25"), Decimal("1E-19"))[number % 11 % 3],
        outcome=Outcome.OK if number % 4 else Outcome.ERROR,
        attempts=() if number % 13 == 0 else record(0).attempts,
    )


@pytest.mark.parametrize("rolled_rows", [0, 40, 60])
def test_every_sum_is_the_ledgers(
    ledger: Ledger, settings: LedgerSettings, tmp_path: Path, rolled_rows: int
) -> None:
    for number in range(60):
        ledger.append(spread(number))
        if number + 1 == rolled_rows:
            assert ledger.flush()
            rolled.roll(settings, tmp_path)
    assert ledger.flush()
    with Reader(settings, tmp_path) as reader, History.open(settings, tmp_path) as history:
        for filter_ in FILTERS:
            for by in GROUPS:
                assert showback.cost(history, by, filter_) == reader.cost(by, filter_), (by, filter_)
        for since in (None, START + 100_000):
            spent = showback.spent(history, Filter(since=since))
            assert spent["key_1"] == reader.spent("key_1", since)


@given(st.lists(records, min_size=15, max_size=15, unique_by=lambda one: one.id))
@hypothesis_settings(max_examples=3, phases=[Phase.generate], deadline=None)
def test_any_record_counts_the_same(tmp_path_factory: pytest.TempPathFactory, made: list[Record]) -> None:
    state_dir, settings = tmp_path_factory.mktemp("state"), LedgerSettings()
    for batch in (made[:10], made[10:]):
        ledger = Ledger.open(settings, state_dir)
        for one in batch:
            ledger.append(one)
        ledger.close()
        if len(batch) == 10:
            rolled.roll(settings, state_dir)
    with Reader(settings, state_dir) as reader, History.open(settings, state_dir) as history:
        for by in set(GROUPS) - {"day"}:  # SQLite rounds to milliseconds before it cuts off the day
            assert showback.cost(history, by) == reader.cost(by)


def test_projects_labels_and_routes_are_groups_too(tmp_path: Path) -> None:
    settings = LedgerSettings()
    ledger = Ledger.open(settings, tmp_path)
    with KeyStore(settings, tmp_path) as keys:
        apps = [keys.create(Grant(name=name, project="apps"))[0].id for name in ("a", "b")]
    for number, key in enumerate((*apps, "", apps[0])):
        ledger.append(record(number, key=key, labels=("internal", "phi")[: 1 + number % 2]))
    ledger.close()
    with History.open(settings, tmp_path) as history:
        projects = showback.cost(history, "project", projects=dict.fromkeys(apps, "apps"))
        assert [(row.group, row.requests, row.amount) for row in projects] == [
            ("", 1, Decimal("0.000125")),
            ("apps", 3, Decimal("0.000375")),
        ]
        labels = showback.cost(history, "label")
        assert [(row.group, row.requests) for row in labels] == [("internal", 2), ("internal,phi", 2)]
        assert [row.group for row in showback.cost(history, "route")] == ["auto"]
