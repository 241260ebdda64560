"""Two gateways on one database, each with a log of its own: each answers for its own records."""

from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from ledger.records import record
from wye.config.settings import LedgerSettings
from wye.ledger import Ledger
from wye.ledger.database import locate, open_engine
from wye.ledger.sealcheck import Compared, SealCheck
from wye.ledger.sealer import logs
from wye.ledger.tlog.log import PUBLIC, own_key, published
from wye.ledger.tlog.store import directory_source


def compared(settings: LedgerSettings, state: Path, *others: Path) -> Compared:
    check = SealCheck(settings, state)
    for where in (state, *others):
        public = logs(where)[0] / PUBLIC
        check.take(directory_source(public), published(public), own=where is state)
    found = check.finish()
    check.close()
    return found


def test_each_gateway_answers_for_its_own_records(
    postgres_settings: LedgerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wye.ledger.sealcheck._ON_THEIR_WAY_SECONDS", 0.0)
    settings = msgspec.structs.replace(postgres_settings, transparency=True, origin="example.com/wye")
    here, there = tmp_path / "here", tmp_path / "there"
    gateways = [Ledger.open(settings, state) for state in (here, there)]
    for number in range(20):
        gateways[number % 2].append(record(number))
    for gateway in gateways:
        assert gateway.flush()
        gateway.close()
    theirs = own_key(logs(there)[0] / PUBLIC).name
    for state, name in ((here, theirs), (there, own_key(logs(here)[0] / PUBLIC).name)):
        found = compared(settings, state)
        assert not found.wrong
        assert (found.records, found.elsewhere, found.before) == (10, {name: 10}, 0)
    whole = compared(settings, here, there)
    assert (whole.records, whole.foreign, whole.elsewhere, whole.wrong) == (10, 10, {}, False)

    engine = open_engine(locate(settings, here))
    with engine.begin() as connection:
        # One of theirs goes, and one is put in their name: here nobody can tell, there it is seen.
        connection.execute(sa.text("DELETE FROM request WHERE id = 'r000001'"))
        connection.execute(sa.text("UPDATE request SET id = 'forged' WHERE id = 'r000003'"))
    engine.dispose()
    assert not compared(settings, here).wrong
    seen = compared(settings, there)
    assert (seen.missing.ids, seen.unsealed.ids) == (["r000001", "r000003"], ["forged"])
    assert compared(settings, here, there).missing.count == 2
