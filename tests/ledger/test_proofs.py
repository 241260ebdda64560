"""Where a record's proof is, also when the index is behind or gone."""

from pathlib import Path

from ledger.records import record
from wye.config.settings import LedgerSettings
from wye.ledger import Ledger
from wye.ledger.proofs import Proofs


def test_every_sealed_record_has_a_proof(tmp_path: Path) -> None:
    ledger = Ledger.open(LedgerSettings(transparency=True, origin="example.com/wye"), tmp_path)
    for number in range(3):
        ledger.append(record(number))
    assert ledger.flush()
    ledger.close()
    (tmp_path / "logs" / "000" / "private" / "index.db").unlink()
    with Proofs(tmp_path) as proofs:
        assert [proofs.of(record(number).id) for number in range(3)] == ["000/0", "000/1", "000/2"]
        assert proofs.of("another") == ""
        assert "transparency logs 000" in proofs.state
    with Proofs(tmp_path / "nothing") as none:
        assert none.state.startswith("none")
