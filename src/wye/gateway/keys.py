"""Who calls: keys in memory, looked up by the SHA-256 of what the client sent.

The lookup need not run in constant time: what it compares is a digest, and nobody can steer the digest of
a guess towards a stored one byte by byte. No plaintext key outlives the connection it came by,
not even as a cache's key.
"""

import fnmatch
import functools
import hashlib
import logging
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import msgspec

from wye.config.settings import KeySettings
from wye.core.errors import ForbiddenError, LedgerError, UnauthenticatedError
from wye.core.label import Labels
from wye.core.secret import Secret
from wye.ledger.keystore import PREFIX, Budget, Key, KeyStore, Scope

POLL_SECONDS = 1.0
LEAST_CHARACTERS = 32
LEAST_DISTINCT = 10
"""Different characters a bootstrap key must have; 32 random hex digits have fewer in one of 10^4 cases."""
MOST_CHARACTERS = 512

CREDENTIALS = frozenset({b"authorization", b"x-api-key", b"x-goog-api-key", b"api-key"})
"""Headers that carry a key: OpenAI's and everyone's, Anthropic's, Google's, Azure's."""

_IN_QUERY = ("/v1beta/", "/v1alpha/", "/v1/models", "/v1/tunedModels/")
"""Where Google's clients may put the key into the URL, as `?key=`."""
_PREFIX = PREFIX.encode()
_HOW = "send it as `Authorization: Bearer KEY`"

logger = logging.getLogger("wye.keys")


class Caller(msgspec.Struct, frozen=True):
    """Who sent a request and what they may do. None and empty = no limit."""

    key_id: str
    account: str
    """What limits and budgets count against: a key and those it was rotated from or to."""
    team: str = ""
    scopes: frozenset[Scope] = frozenset({Scope.INFER})
    labels: Labels = frozenset()
    models: tuple[str, ...] = ()
    rpm: int | None = None
    tpm: int | None = None
    budget: Budget | None = None
    subject: str = ""
    """The tag of whose data its requests hold."""

    @property
    def limited(self) -> bool:
        """Whether tokens or money are counted."""
        return self.budget is not None or self.tpm is not None

    def demand(self, scope: Scope) -> None:
        """Raise `ForbiddenError` unless the key has `scope`."""
        if scope not in self.scopes:
            message = f"this key lacks the scope `{scope}`; make one with `wye keys create --scope {scope}`"
            raise ForbiddenError(message)

    def check_model(self, model: str) -> None:
        """Raise `ForbiddenError` unless the key may ask for `model`, as the client spells it."""
        if self.models and not _matcher(self.models)(model):
            message = f"this key may not use '{model[:128]}', only {', '.join(self.models)}"
            raise ForbiddenError(message, param="model")


ANONYMOUS = Caller(key_id="", account="", scopes=frozenset({Scope.INFER, Scope.READ}))
"""Whoever may open a socket on loopback, while there are no keys. Changes nothing: no `admin`."""


@functools.lru_cache(1024)
def _matcher(globs: tuple[str, ...]) -> Callable[[str], re.Match[str] | None]:
    return re.compile("|".join(fnmatch.translate(glob) for glob in globs)).match


class _Known(msgspec.Struct, frozen=True):
    caller: Caller
    expires: float | None = None
    revoked: bool = False


class KeyRing:
    """All keys. `authenticate` runs on the event loop, `refresh` in a thread of its own.

    `store` None = only the bootstrap key, if any. `on_load` gets all callers before a new set of keys is in
    force, to read what budgets need from the ledger.
    """

    def __init__(
        self,
        settings: KeySettings,
        store: KeyStore | None,
        bootstrap: Secret | None = None,
        on_load: Callable[[Iterable[Caller]], None] = lambda _: None,
    ) -> None:
        """Load the keys. Raises `LedgerError` when they can't be read."""
        self._settings = settings
        self._store = store
        self._on_load = on_load
        self._bootstrap: dict[bytes, _Known] = {}
        if bootstrap is not None:
            caller = Caller("bootstrap", "bootstrap", scopes=frozenset(Scope))
            self._bootstrap[_digest(bootstrap.reveal().encode())] = _Known(caller)
        self._known = self._bootstrap
        self._version = -1
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._last_early = 0.0
        self._thread: threading.Thread | None = None
        self.trouble = ""
        """Why the keys can't be read at the moment; those read last stay in force."""
        self.refresh()

    @property
    def required(self) -> bool:
        """Whether a request must bring a key."""
        if self._settings.required is not None:
            return self._settings.required
        return bool(self._known)

    @property
    def keyless(self) -> bool:
        """Whether there is no key and none is demanded: all that is here belongs to whoever comes in."""
        return not self.required and not self._known

    @property
    def any_usable(self) -> bool:
        """Whether some key opens the door now."""
        now = time.time()
        return any(not k.revoked and (k.expires is None or now < k.expires) for k in self._known.values())

    def authenticate(
        self, headers: Iterable[tuple[bytes, bytes]], memo: dict[str, Any] | None = None
    ) -> Caller:
        """Return who sent a request with these headers (lower-case names).

        `memo` belongs to requests with the same headers: a key is looked up again when any key has changed.

        Raises `UnauthenticatedError`. Without a key it is `ANONYMOUS`, where none is required: there the
        guard must have let the request in. What looks like one of our keys is never anonymous: a key made
        a moment ago would be served without its labels.
        """
        keys = self._known  # once: another thread may replace it
        if memo is not None and (seen := memo.get("key")) is not None and seen[0] is keys:
            return _usable(seen[1])
        tokens = [(name, value) for name, value in headers if name in CREDENTIALS]
        if not tokens:
            if self.required:
                message = f"this gateway needs an API key: {_HOW}"
                raise UnauthenticatedError(message)
            return ANONYMOUS
        found = _find(keys, tokens)
        if found is None:
            ours = any(_token(name, value).startswith(_PREFIX) for name, value in tokens)
            if not (ours or self.required):
                return ANONYMOUS  # SDKs insist on sending something
            self._refresh_early()
            soon = "; one made just now works within a second" if ours else ""
            message = f"this API key is not known here; `wye keys list` shows those that are{soon}"
            raise UnauthenticatedError(message)
        if memo is not None:
            memo["key"] = (keys, found)
        return _usable(found)

    # -- keeping up with the store

    def start(self) -> None:
        """Begin to look for changes, once a second."""
        if self._store is not None:
            self._thread = threading.Thread(target=self._poll, name="wye-keys", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """Stop looking."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def refresh(self) -> None:
        """Load the keys if any has changed. Raises `LedgerError`."""
        if self._store is None or self._store.version() == self._version:
            return
        version, keys = self._store.load()
        known = dict(self._bootstrap)
        for key in keys:
            known[bytes.fromhex(key.digest)] = _Known(
                _caller(key), key.grant.expires, key.revoked is not None
            )
        self._on_load(entry.caller for entry in known.values())
        self._known, self._version = known, version

    def _refresh_early(self) -> None:
        """Let the thread look now, at most once a second however many unknown keys arrive."""
        now = time.monotonic()
        if now - self._last_early >= POLL_SECONDS:
            self._last_early = now
            self._wake.set()

    def _poll(self) -> None:
        while not self._stop.is_set():
            self._wake.wait(POLL_SECONDS)
            self._wake.clear()
            try:
                self.refresh()
            except LedgerError as error:
                if not self.trouble:
                    logger.warning("keys can't be read, those read last stay in force: %s", error.message)
                self.trouble = error.message
            else:
                self.trouble = ""


def _usable(found: _Known) -> Caller:
    """Return who has a key that was found. Raises `UnauthenticatedError`."""
    if found.revoked:
        message = f"the API key {found.caller.key_id} has been revoked"
        raise UnauthenticatedError(message)
    if found.expires is not None and time.time() >= found.expires:
        when = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(found.expires))
        message = f"the API key {found.caller.key_id} expired at {when}"
        raise UnauthenticatedError(message)
    return found.caller


def _find(keys: Mapping[bytes, _Known], credentials: list[tuple[bytes, bytes]]) -> _Known | None:
    """Return the key that was sent: of several that disagree just one may be ours."""
    if len(credentials) == 1:
        return keys.get(_digest(_token(*credentials[0])))
    tokens = {_token(name, value) for name, value in credentials}
    known = [found for token in tokens if (found := keys.get(_digest(token))) is not None]
    if len(known) > 1:
        message = f"the request carries several API keys that disagree; {_HOW} and nothing else"
        raise UnauthenticatedError(message)
    return known[0] if known else None


def _caller(key: Key) -> Caller:
    grant = key.grant
    return Caller(
        key_id=key.id,
        account=key.family,
        team=grant.team,
        subject=grant.subject,
        scopes=grant.scopes,
        labels=frozenset(grant.labels),
        models=grant.models,
        rpm=grant.rpm,
        tpm=grant.tpm,
        budget=grant.budget,
    )


def in_query(path: str, query: bytes) -> list[tuple[bytes, bytes]]:
    """Return the keys in a URL's query, as the headers that would carry them: Google's API takes `key` there.

    Nothing forwards or logs a query.
    """
    if b"key=" not in query or not path.startswith(_IN_QUERY):
        return []
    pairs = (pair.partition(b"=") for pair in query.split(b"&"))
    return [(b"x-goog-api-key", unquote_to_bytes(value)) for name, _, value in pairs if name == b"key"]


def _digest(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def _token(name: bytes, value: bytes) -> bytes:
    if name == b"authorization" and value[:7].lower() == b"bearer ":
        return value[7:].strip()
    return value


def bootstrap_key(settings: KeySettings, environ: Mapping[str, str]) -> Secret | None:
    """Return the key that the environment, or a file it names, holds; None if neither.

    Raises ValueError, which never holds the key, for one that could be guessed, and OSError for a file
    that can't be read.
    """
    name = settings.bootstrap_env
    text = environ.get(name, "")
    if not text and (file := environ.get(f"{name}_FILE")):
        name = f"{name}_FILE"
        text = Path(file).read_text(encoding="utf-8")
        if not text.strip():
            message = f"{name} names {file}, which is empty: put a key into it (`openssl rand -hex 32`)"
            raise ValueError(message)
    text = text.strip()
    if not text:
        return None
    fine = LEAST_CHARACTERS <= len(text) <= MOST_CHARACTERS and len(set(text)) >= LEAST_DISTINCT
    if not fine or not text.isascii() or not text.isprintable() or " " in text:
        message = (
            f"{name} must hold {LEAST_CHARACTERS} to {MOST_CHARACTERS} random ASCII characters without "
            "spaces; make them with `openssl rand -hex 32`"
        )
        raise ValueError(message)
    return Secret(text)
