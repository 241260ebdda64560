"""Keys come and go, and their secrets are seen once."""

import hashlib
import sqlite3
import time
from decimal import Decimal
from pathlib import Path

import pytest

from wye.config.settings import LedgerSettings
from wye.core.errors import NotFoundError
from wye.ledger import KeyStore
from wye.ledger.keystore import PREFIX, Budget, Grant, Scope, Window

FULL = Grant(
    name="app",
    team="search",
    project="apps",
    scopes=frozenset({Scope.INFER, Scope.READ}),
    labels=("internal", "phi"),
    models=("gpt-*", "a,b", 'q"'),
    rpm=60,
    tpm=100_000,
    budget=Budget(Decimal("12.345678901234567890123456789"), Window.MONTH),
    expires=4e9,
)


def test_a_key_is_kept_as_it_was_made(keys: KeyStore) -> None:
    assert keys.list() == []
    made, secret = keys.create(FULL)
    bare, _ = keys.create(Grant(name="bare"))
    assert keys.list() == [made, bare]
    assert made.grant == FULL
    assert made.family == made.id
    assert secret.reveal().startswith(PREFIX)
    assert len(secret.reveal()) == len(PREFIX) + 43
    assert made.digest == hashlib.sha256(secret.reveal().encode()).hexdigest()
    assert bare.grant.scopes == {Scope.INFER}
    assert made.usable(time.time())
    assert not made.usable(4e9)


def test_a_secret_is_nowhere_in_the_database(tmp_path: Path) -> None:
    with KeyStore(LedgerSettings(), tmp_path) as keys:
        made, secret = keys.create(FULL)
        _, second = keys.rotate("app")
    assert secret.reveal() not in repr(made)
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert made.digest.encode() in stored
    for value in (secret, second):
        assert value.reveal().encode() not in stored
        assert value.reveal()[len(PREFIX) :].encode() not in stored


def test_a_rotated_key_works_until_its_grace_ends(keys: KeyStore) -> None:
    old, _ = keys.create(FULL)
    new, _ = keys.rotate("app", grace=60)
    kept = keys.list()[0]
    now = time.time()
    assert (new.grant, new.family, new.rotated_from) == (FULL, old.id, old.id)
    assert kept.grant.expires is not None
    assert kept.usable(now)
    assert not kept.usable(now + 61)
    third, _ = keys.rotate(new.id)
    assert third.family == old.id
    assert not keys.list()[1].usable(time.time())


def test_a_name_means_the_newest_and_revoking_it_ends_all(keys: KeyStore) -> None:
    first, _ = keys.create(Grant(name="app"))
    second, _ = keys.rotate("app", grace=60)
    assert keys.find("app") == second
    third, _ = keys.rotate("app", grace=60)
    assert [k.id for k in keys.revoke(second.id)] == [second.id]
    assert keys.find("app") == third
    assert [k.id for k in keys.revoke("app")] == [first.id, third.id]
    assert not any(k.usable(time.time()) for k in keys.list())


def test_grace_never_lengthens_a_life(keys: KeyStore) -> None:
    ends = time.time() + 600
    keys.create(Grant(name="short", expires=ends))
    keys.rotate("short", grace=3600)
    assert keys.list()[0].grant.expires == ends


def test_a_revoked_key_is_over_and_its_name_free(keys: KeyStore) -> None:
    made, _ = keys.create(Grant(name="app"))
    assert [k.revoked is not None for k in keys.revoke("app")] == [True]
    assert not keys.list()[0].usable(time.time())
    for change in (keys.revoke, keys.rotate):
        with pytest.raises(NotFoundError, match="no usable key"):
            change(made.id)
    again, _ = keys.create(Grant(name="app"))
    assert keys.find("app") == again


def test_a_name_that_several_have_must_be_an_id(keys: KeyStore) -> None:
    first, _ = keys.create(Grant(name="app"))
    second, _ = keys.create(Grant(name="app"))
    with pytest.raises(NotFoundError, match=f"{first.id}, {second.id}"):
        keys.revoke("app")
    keys.revoke(first.id)
    assert keys.find("app") == second


def test_every_change_moves_the_version(keys: KeyStore, settings: LedgerSettings, tmp_path: Path) -> None:
    seen = [keys.version()]
    with KeyStore(settings, tmp_path) as other:
        for change in (
            lambda: other.create(Grant(name="a")),
            lambda: other.create(Grant(name="b")),
            lambda: other.rotate("a", 10),
            lambda: other.revoke("b"),
        ):
            change()
            seen.append(keys.version())
    assert seen == sorted(set(seen))
    assert keys.load() == (seen[-1], tuple(keys.list()))


def test_keys_may_be_made_before_the_first_start(tmp_path: Path) -> None:
    with sqlite3.connect(":memory:"):
        KeyStore(LedgerSettings(), tmp_path / "new" / "state").close()
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "new" / "state" / "ledger.db").stat().st_mode & 0o777 == 0o600
