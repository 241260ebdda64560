"""What is sealed is read with the right key, in the right place, until its subject is erased: then never."""

import contextlib
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.errors import LedgerError
from wye.ledger.keyring import ErasedError
from wye.ledger.vault import OVERHEAD, Destroyed, Vault

PATIENT = "patient-4711"


def _erase(vault: Vault, subject: str) -> Destroyed:
    [gone] = vault.erase([vault.tag(subject)])
    return gone


def test_what_is_sealed_is_read_again_also_by_another_process(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as vault:
        envelope = vault.seal(vault.tag(PATIENT), b"they said this")
        assert vault.unseal(envelope) == b"they said this"
        assert len(envelope) == OVERHEAD + len(b"they said this")
    code = (
        "import sys; from pathlib import Path; from wye.ledger.vault import Vault; "
        "print(Vault.open(Path(sys.argv[1]), {}).unseal(bytes.fromhex(sys.argv[2])).decode())"
    )
    run = [sys.executable, "-c", code, str(tmp_path), envelope.hex()]
    assert subprocess.check_output(run, text=True) == "they said this\n"


@pytest.mark.parametrize("gone", [False, True])
def test_a_vault_that_is_gone_where_something_was_sealed_is_told(
    gone: bool,  # noqa: FBT001  # a test's case
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    Vault.open(tmp_path, {}).close()
    (tmp_path / "logs" / "a" / "public" / "tile").mkdir(parents=True)
    if gone:
        shutil.rmtree(tmp_path / "vault")
    Vault.open(tmp_path, {}).close()
    assert ("put it back from a backup" in caplog.text) is gone


def test_nothing_of_the_vault_is_for_others_or_names_a_subject(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as vault:
        envelope = vault.seal(vault.tag(PATIENT), b"x")
        files = [path for path in (tmp_path / "vault").iterdir() if path.is_file()]
        assert {path.name for path in files} >= {"master.key", "slots", "index.db"}
        assert all(path.stat().st_mode & 0o077 == 0 for path in files if path.name != "making.lock")
        assert not any(PATIENT.encode() in path.read_bytes() for path in files)
        assert PATIENT.encode() not in envelope
        assert vault.tag(PATIENT) != vault.tag("patient-4712")


def test_an_envelope_is_no_other_subjects_nor_another_places(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as vault:
        mine, other = (
            vault.seal(vault.tag(PATIENT), b"mine", b"record-1"),
            vault.seal(vault.tag("other"), b"theirs", b"record-1"),
        )
        assert vault.unseal(mine, b"record-1") == b"mine"
        with pytest.raises(LedgerError, match="does not belong where it was found"):
            vault.unseal(mine, b"record-2")
        with pytest.raises(LedgerError, match="does not belong where it was found"):
            vault.unseal(other[:17] + mine[17:], b"record-1")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    with Vault.open(tmp_path_factory.mktemp("vault"), {}) as vault:
        yield vault


@given(data=st.data())
def test_a_changed_envelope_is_refused(shared: Vault, data: st.DataObject) -> None:
    envelope = shared.seal(shared.tag(PATIENT), b"they said this")
    at = data.draw(st.integers(0, len(envelope) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytes(byte ^ (1 << bit if i == at else 0) for i, byte in enumerate(envelope))
    cut = envelope[: data.draw(st.integers(0, len(envelope) - 1))]
    for wrong in (changed, cut):
        with pytest.raises(LedgerError):
            shared.unseal(wrong)


def test_the_erased_is_gone_at_once_in_every_process(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as gateway, Vault.open(tmp_path, {}) as operator:
        theirs, others = (
            gateway.seal(gateway.tag(PATIENT), b"theirs"),
            gateway.seal(gateway.tag("other"), b"others"),
        )
        slots = (tmp_path / "vault" / "slots").read_bytes()
        gone = _erase(operator, PATIENT)
        assert (len(gone.keys), gone.destroyed, gone.subject) == (1, 1, gateway.tag(PATIENT))
        for vault in (gateway, operator):
            with pytest.raises(ErasedError, match=time.strftime(r"erased on %Y-", time.gmtime(gone.at))):
                vault.unseal(theirs)
            assert vault.unseal(others) == b"others"
        assert gateway.counts(time.time()) == (1, 0, 1)
        after = (tmp_path / "vault" / "slots").read_bytes()
        assert slots[64:128].strip(b"\0")
        assert not after[64:128].strip(b"\0"), "the wrapped key is still in its slot"
        for path in (tmp_path / "vault").iterdir():
            assert slots[64:124] not in path.read_bytes(), f"the wrapped key is still in {path.name}"


def test_who_seals_while_others_erase_loses_nothing_else(tmp_path: Path) -> None:
    """Two vaults on the same files, as of two processes: one seals and reads, one erases meanwhile."""
    with Vault.open(tmp_path, {}) as gateway, Vault.open(tmp_path, {}) as operator:
        tags = [gateway.tag(f"patient-{number}") for number in range(4)]
        kept = gateway.seal(gateway.tag("kept"), b"kept")
        sealed: list[bytes] = []
        over = threading.Event()

        def work() -> None:
            while not over.is_set():
                for tag in tags:
                    sealed.append(gateway.seal(tag, b"x"))
                    with contextlib.suppress(ErasedError):
                        gateway.unseal(sealed[-1])
                assert gateway.unseal(kept) == b"kept"

        with ThreadPoolExecutor(2) as pool:
            working = [pool.submit(work) for _ in range(2)]
            for _ in range(5):
                operator.erase(tags)
            over.set()
            for one in working:
                one.result()
        operator.erase(tags)
        assert gateway.unseal(kept) == b"kept"
        for envelope in {one[:17]: one for one in sealed}.values():  # one a key
            with pytest.raises(ErasedError):
                gateway.unseal(envelope)


def test_to_erase_again_changes_nothing_and_one_who_comes_back_gets_a_new_key(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as vault:
        before = vault.seal(vault.tag(PATIENT), b"before")
        first, again = _erase(vault, PATIENT), _erase(vault, PATIENT)
        assert (again.keys, again.destroyed, again.at) == (first.keys, 0, first.at)
        after = vault.seal(vault.tag(PATIENT), b"after")
        assert vault.unseal(after) == b"after"
        with pytest.raises(ErasedError):
            vault.unseal(before)
        assert _erase(vault, "never seen").keys == ()
        with pytest.raises(LedgerError, match="belongs to nobody"):
            vault.erase([""])


def test_an_older_key_file_put_back_loses_what_receipts_name(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as vault:
        envelope, other = vault.seal(vault.tag(PATIENT), b"theirs"), vault.seal(vault.tag("other"), b"others")
        vault.sync()
        shutil.copytree(tmp_path / "vault", tmp_path / "backup")
        gone = _erase(vault, PATIENT)
    shutil.rmtree(tmp_path / "vault")
    shutil.copytree(tmp_path / "backup", tmp_path / "vault")
    with Vault.open(tmp_path, {}) as vault:
        assert vault.unseal(envelope) == b"theirs"  # the backup holds the key: hence its short retention
        assert vault.destroy(gone.keys, gone.at) == 1
        assert vault.destroy(gone.keys, gone.at) == 0
        with pytest.raises(ErasedError) as erased:
            vault.unseal(envelope)
        assert erased.value.at == gone.at
        assert vault.unseal(other) == b"others"


def test_only_slots_put_back_are_wiped_too(tmp_path: Path) -> None:
    slots = tmp_path / "vault" / "slots"
    with Vault.open(tmp_path, {}) as vault:
        envelope = vault.seal(vault.tag(PATIENT), b"theirs")
        backup = slots.read_bytes()
        gone = _erase(vault, PATIENT)
    slots.write_bytes(backup)
    with Vault.open(tmp_path, {}) as vault:
        with pytest.raises(ErasedError):
            vault.unseal(envelope)
        assert vault.destroy(gone.keys, gone.at) == 1
        assert not slots.read_bytes()[64:128].strip(b"\0")


def test_the_master_key_may_come_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("ab" * 32 + "\n")
    state = tmp_path / "state"
    with Vault.open(state, {"WYE_VAULT_KEY": "ab" * 32}) as vault:
        envelope = vault.seal(vault.tag(PATIENT), b"x")
    assert not (state / "vault" / "master.key").exists()
    with Vault.open(state, {"WYE_VAULT_KEY_FILE": str(file)}) as vault:
        assert vault.unseal(envelope) == b"x"
    with pytest.raises(LedgerError, match="made with another master key"):
        Vault.open(state, {"WYE_VAULT_KEY": "cd" * 32})
    with pytest.raises(LedgerError, match="must hold 32 random bytes") as refused:
        Vault.open(state, {"WYE_VAULT_KEY": "abc"})
    assert "abc" not in str(refused.value)
    with pytest.raises(LedgerError, match="cannot be read"):
        Vault.open(state, {"WYE_VAULT_KEY_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize("gone", ["slots", "index.db", "master.key", "master key.check"])
def test_a_vault_that_is_not_whole_is_not_made_whole(gone: str, tmp_path: Path) -> None:
    """What is put in its place would write over keys, or wrap some under another master key."""
    with Vault.open(tmp_path, {}) as vault:
        envelope = vault.seal(vault.tag(PATIENT), b"x")
    away = (tmp_path / "vault" / gone).rename(tmp_path / "away")
    before = sorted((tmp_path / "vault").iterdir())
    with pytest.raises(LedgerError, match=gone):
        Vault.open(tmp_path, {})
    assert sorted((tmp_path / "vault").iterdir()) == before
    away.rename(tmp_path / "vault" / gone)
    with Vault.open(tmp_path, {}) as vault:
        assert vault.unseal(envelope) == b"x"


def test_keys_that_an_older_index_does_not_know_are_kept(tmp_path: Path) -> None:
    index = tmp_path / "vault" / "index.db"
    with Vault.open(tmp_path, {}) as vault:
        vault.seal(vault.tag(PATIENT), b"x")
    older = index.read_bytes()
    with Vault.open(tmp_path, {}) as vault:
        envelope = vault.seal(vault.tag("later"), b"later")
    newer = index.read_bytes()
    index.write_bytes(older)
    with Vault.open(tmp_path, {}) as vault:
        vault.seal(vault.tag("another"), b"x")
    index.write_bytes(newer)
    with Vault.open(tmp_path, {}) as vault:
        assert vault.unseal(envelope) == b"later"


def test_a_reader_makes_no_vault(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="there is no vault in"):
        Vault.open(tmp_path, {}, make=False)
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_until_a_day_is_unreadable_after_it(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as vault, Vault.open(tmp_path, {}) as sweeper:
        tag = vault.tag(PATIENT)
        short, long, forever = (vault.seal(tag, b"x", until=day) for day in (1_000.0, 2_000.0, None))
        assert vault.seal("", b"x", until=1_000.0)[:17] != short[:17]
        assert sweeper.counts(1_500.0) == (4, 2, 0)
        assert [sweeper.expire(1_500.0), sweeper.expire(1_500.0)] == [2, 0]
        with pytest.raises(ErasedError, match="no longer kept since 1970-01-01 00:25 UTC"):
            vault.unseal(short)
        assert vault.unseal(long) == vault.unseal(forever) == b"x"
        assert _erase(sweeper, PATIENT).destroyed == 2


def test_a_name_where_a_tag_belongs_is_a_defect(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as vault, pytest.raises(ValueError, match="not its name"):
        vault.seal(PATIENT, b"x")


@pytest.mark.deep
def test_speed(tmp_path: Path) -> None:
    with Vault.open(tmp_path, {}) as vault:
        plain = bytes(2_000)
        vault.seal(vault.tag(PATIENT), plain)
        started = time.perf_counter()
        for _ in range(50_000):
            vault.seal(vault.tag(PATIENT), plain)
        assert time.perf_counter() - started < 1.0, "fewer than 50,000 envelopes a second"
