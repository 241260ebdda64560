"""Keys in memory are so many, seal so much, and are succeeded."""

from pathlib import Path

import pytest

from wye.ledger import keyring
from wye.ledger.vault import Vault

PATIENT = "patient-4711"


def test_a_key_that_sealed_much_is_succeeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "MOST_SEALS", 2)
    with Vault.open(tmp_path, {}) as vault:
        envelopes = [vault.seal(vault.tag(PATIENT), b"x") for _ in range(5)]
        assert len({envelope[:17] for envelope in envelopes}) == 3
        assert [vault.unseal(envelope) for envelope in envelopes] == [b"x"] * 5
        assert vault.erase([vault.tag(PATIENT)])[0].destroyed == 3


def test_memory_holds_so_many_keys_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "MOST_CACHED", 3)
    with Vault.open(tmp_path, {}) as vault:
        envelopes = [vault.seal(vault.tag(f"patient-{number}"), b"%d" % number) for number in range(10)]
        assert [vault.unseal(envelope) for envelope in envelopes] == [b"%d" % n for n in range(10)]
