"""Who a request comes from, by the key it brings."""

import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from wye.config.settings import KeySettings, LedgerSettings
from wye.core.errors import ForbiddenError, UnauthenticatedError
from wye.core.secret import Secret
from wye.gateway.keys import ANONYMOUS, Caller, KeyRing, bootstrap_key, in_query
from wye.ledger.keystore import Budget, Grant, KeyStore, Scope, Window

STRONG = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KeyStore]:
    with KeyStore(LedgerSettings(), tmp_path) as opened:
        yield opened


def bearer(secret: Secret | str) -> list[tuple[bytes, bytes]]:
    text = secret if isinstance(secret, str) else secret.reveal()
    return [(b"host", b"a"), (b"authorization", b"Bearer " + text.encode())]


def test_without_keys_everyone_is_anonymous(store: KeyStore) -> None:
    ring = KeyRing(KeySettings(), store)
    assert not ring.required
    assert not ring.any_usable
    assert ring.keyless
    assert not KeyRing(KeySettings(required=True), store).keyless
    assert ring.authenticate([]) is ANONYMOUS
    assert ring.authenticate(bearer("sk-anything")) is ANONYMOUS
    assert Scope.ADMIN not in ANONYMOUS.scopes


@pytest.mark.parametrize("settings", [KeySettings(), KeySettings(required=False)])
def test_a_key_of_ours_that_is_not_known_yet_is_not_anonymous(store: KeyStore, settings: KeySettings) -> None:
    ring = KeyRing(settings, store)
    key, secret = store.create(Grant(name="a", labels=("phi",)))
    for headers in (bearer(secret), [(b"x-api-key", secret.reveal().encode()), *bearer("sk-other")]):
        with pytest.raises(UnauthenticatedError, match="works within a second"):
            ring.authenticate(headers)
    ring.refresh()
    assert not ring.keyless
    caller = ring.authenticate(bearer(secret))
    assert (caller.key_id, caller.labels) == (key.id, frozenset({"phi"}))


def test_a_key_brings_its_grant(store: KeyStore) -> None:
    budget = Budget(Decimal("1.5"), Window.DAY)
    grant = Grant(name="a", team="t", labels=("phi",), models=("gpt-*",), rpm=1, tpm=2, budget=budget)
    key, secret = store.create(grant)
    ring = KeyRing(KeySettings(), store)
    assert ring.required
    assert ring.any_usable
    caller = ring.authenticate(bearer(secret))
    assert caller == Caller(
        key.id, key.id, "t", frozenset({Scope.INFER}), frozenset({"phi"}), ("gpt-*",), 1, 2, budget
    )
    caller.demand(Scope.INFER)
    caller.check_model("gpt-5.5")
    with pytest.raises(ForbiddenError, match="lacks the scope `read`"):
        caller.demand(Scope.READ)
    with pytest.raises(ForbiddenError, match=r"may not use 'llama', only gpt-\*"):
        caller.check_model("llama")


@pytest.mark.parametrize("name", [b"x-api-key", b"x-goog-api-key", b"api-key", b"authorization"])
def test_every_clients_header_works(store: KeyStore, name: bytes) -> None:
    key, secret = store.create(Grant(name="a"))
    ring = KeyRing(KeySettings(), store)
    assert ring.authenticate([(name, secret.reveal().encode())]).key_id == key.id
    assert ring.authenticate([(name, b"other"), *bearer(secret)]).key_id == key.id


def test_keys_that_disagree_are_refused(store: KeyStore) -> None:
    (_, one), (_, two) = store.create(Grant(name="a")), store.create(Grant(name="b"))
    ring = KeyRing(KeySettings(), store)
    with pytest.raises(UnauthenticatedError, match="disagree"):
        ring.authenticate([*bearer(one), (b"x-api-key", two.reveal().encode())])
    with pytest.raises(UnauthenticatedError, match="not known"):
        ring.authenticate([*bearer("x"), (b"x-api-key", b"y")])
    assert ring.authenticate([*bearer(one), (b"x-api-key", one.reveal().encode())]).team == ""


@pytest.mark.parametrize("value", [b"", b"Bearer", b"Bearer ", b"Basic eA==", b"\xff\x00", b"k" * 60_000])
def test_what_is_no_key_is_refused_and_never_echoed(store: KeyStore, value: bytes) -> None:
    store.create(Grant(name="a"))
    ring = KeyRing(KeySettings(), store)
    with pytest.raises(UnauthenticatedError) as refused:
        ring.authenticate([(b"authorization", value)])
    assert "kkk" not in refused.value.message
    with pytest.raises(UnauthenticatedError, match="needs an API key"):
        ring.authenticate([])


def test_revoked_and_expired_keys_say_so(store: KeyStore) -> None:
    key, revoked = store.create(Grant(name="a"))
    store.revoke(key.id)
    _, expired = store.create(Grant(name="b", expires=time.time() - 1))
    ring = KeyRing(KeySettings(), store)
    assert ring.required, "no key is left, but the door stays locked"
    assert not ring.any_usable
    assert not ring.keyless
    with pytest.raises(UnauthenticatedError, match=f"{key.id} has been revoked"):
        ring.authenticate(bearer(revoked))
    with pytest.raises(UnauthenticatedError, match="expired at 20"):
        ring.authenticate(bearer(expired))


def test_a_key_that_was_seen_before_is_judged_anew(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = store.create(Grant(name="a"))
    short, shorts = store.create(Grant(name="b", expires=time.time() + 60))
    ring = KeyRing(KeySettings(), store)
    memo: dict[str, Any] = {}
    other: dict[str, Any] = {}
    for _ in range(2):
        assert ring.authenticate(bearer(secret), memo).key_id == key.id
        assert ring.authenticate(bearer(shorts), other).key_id == short.id
    store.revoke(key.id)
    ring.refresh()
    for _ in range(2):
        with pytest.raises(UnauthenticatedError, match="revoked"):
            ring.authenticate(bearer(secret), memo)
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    with pytest.raises(UnauthenticatedError, match="expired"):
        ring.authenticate(bearer(shorts), other)


def test_a_rotated_key_keeps_its_account(store: KeyStore) -> None:
    old, _ = store.create(Grant(name="a"))
    new, secret = store.rotate(old.id)
    caller = KeyRing(KeySettings(), store).authenticate(bearer(secret))
    assert (caller.key_id, caller.account) == (new.id, old.id)


def test_changes_are_picked_up(store: KeyStore) -> None:
    loaded: list[list[str]] = []
    ring = KeyRing(KeySettings(), store, on_load=lambda callers: loaded.append([c.key_id for c in callers]))
    ring.start()
    try:
        key, secret = store.create(Grant(name="a"))
        deadline = time.monotonic() + 60
        while not ring.required and time.monotonic() < deadline:
            time.sleep(0.02)
        assert ring.authenticate(bearer(secret)).key_id == key.id
        assert loaded == [[], [key.id]]
        store.revoke(key.id)
        while ring.any_usable and time.monotonic() < deadline:
            time.sleep(0.02)
        with pytest.raises(UnauthenticatedError, match="revoked"):
            ring.authenticate(bearer(secret))
    finally:
        ring.close()


def test_the_bootstrap_key_may_do_everything() -> None:
    secret = bootstrap_key(KeySettings(), {"WYE_BOOTSTRAP_KEY": f" {STRONG}\n"})
    assert secret == Secret(STRONG)
    ring = KeyRing(KeySettings(), None, secret)
    assert ring.required
    assert ring.authenticate(bearer(STRONG)).scopes == frozenset(Scope)


def test_the_bootstrap_key_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(STRONG + "\n")
    environ = {"WYE_BOOTSTRAP_KEY_FILE": str(tmp_path / "key")}
    assert bootstrap_key(KeySettings(), environ) == Secret(STRONG)
    assert bootstrap_key(KeySettings(), {}) is None
    with pytest.raises(OSError, match="No such file"):
        bootstrap_key(KeySettings(), {"WYE_BOOTSTRAP_KEY_FILE": str(tmp_path / "none")})


@pytest.mark.parametrize(
    "weak", ["secret", STRONG[:31], "a" * 64, "correct horse battery staple correct", "é" * 40]
)
def test_a_weak_bootstrap_key_is_refused_and_never_echoed(weak: str) -> None:
    with pytest.raises(ValueError, match="openssl rand") as refused:
        bootstrap_key(KeySettings(), {"WYE_BOOTSTRAP_KEY": weak})
    assert weak not in str(refused.value)


GOOGLE = b"x-goog-api-key"


@pytest.mark.parametrize(
    ("path", "query", "keys"),
    [
        ("/v1beta/models/g:generateContent", b"key=sk-wye-1", [(GOOGLE, b"sk-wye-1")]),
        ("/v1beta/models/g:streamGenerateContent", b"alt=sse&key=a%2Bb", [(GOOGLE, b"a+b")]),
        ("/v1/models", b"key=a&key=b", [(GOOGLE, b"a"), (GOOGLE, b"b")]),
        ("/v1/models/g:countTokens", b"monkey=a", []),
        ("/v1/chat/completions", b"key=a", []),
        ("/admin/keys", b"key=a", []),
    ],
)
def test_googles_clients_may_put_the_key_into_the_url(
    path: str, query: bytes, keys: list[tuple[bytes, bytes]]
) -> None:
    assert in_query(path, query) == keys


def test_a_key_in_the_url_opens_the_door_and_two_that_disagree_do_not(store: KeyStore) -> None:
    ring = KeyRing(KeySettings(), store)
    keys = [store.create(Grant(name=name)) for name in "ab"]
    ring.refresh()
    path = "/v1beta/models/g:generateContent"
    tokens = [secret.reveal().encode() for _, secret in keys]
    assert ring.authenticate(in_query(path, b"key=" + tokens[0])).key_id == keys[0][0].id
    with pytest.raises(UnauthenticatedError, match="disagree"):
        ring.authenticate([(GOOGLE, tokens[1]), *in_query(path, b"key=" + tokens[0])])
