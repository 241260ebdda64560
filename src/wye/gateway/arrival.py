"""A request as it arrives: its headers read once."""

import hashlib
import re
from typing import Any

from wye.core.errors import BadRequestError
from wye.core.label import Labels, parse_labels
from wye.gateway.ids import new_id
from wye.gateway.keys import CREDENTIALS, in_query
from wye.gateway.listener.exchange import Exchange, Scope

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_.:/+=-]{1,128}\Z")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}\Z")
_BETAS = re.compile(rb"[A-Za-z0-9_.,: -]{1,1024}\Z")
_NAME = re.compile(rb"[\x21-\x7e]{1,128}\Z")
_PURPOSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:/-]{0,63}\Z")
_MARK = 12
"""Hex digits by which a session is known again. Its name may tell who somebody is."""
_NO_LABELS: Labels = frozenset()
_READ = CREDENTIALS | {
    b"x-request-id",
    b"x-wye-label",
    b"x-wye-purpose",
    b"x-wye-session",
    b"x-wye-subject",
    b"traceparent",
    b"anthropic-beta",
}


class _Told:
    """What a head tells the gateway."""

    __slots__ = (
        "betas",
        "credentials",
        "labels",
        "parent",
        "purpose",
        "request_id",
        "session",
        "subject",
        "trace",
    )

    def __init__(self, scope: Scope) -> None:
        self.request_id = self.trace = self.parent = ""
        self.betas = self.session = self.subject = b""
        self.labels: str | None = None
        self.purpose = ""
        self.credentials: list[tuple[bytes, bytes]] = []
        for pair in scope["headers"]:
            if pair[0] in CREDENTIALS:
                self.credentials.append(pair)
            elif pair[0] in _READ:
                self._read(*pair)
        query = scope.get("query_string")
        if query:
            self.credentials += in_query(scope["path"], query)

    def _read(self, name: bytes, value: bytes) -> None:
        if name == b"x-request-id":
            if _REQUEST_ID.match(value):
                self.request_id = value.decode("ascii")
        elif name == b"x-wye-label":
            # Two headers are one list (RFC 9110 section 5.3); dropping one would drop a restriction.
            text = value.decode("latin-1")
            self.labels = text if self.labels is None else f"{self.labels},{text}"
        elif name == b"anthropic-beta":
            if _BETAS.match(value):
                self.betas = b"%b,%b" % (self.betas, value) if self.betas else value
        elif name == b"x-wye-session":
            self.session = value
        elif name == b"x-wye-purpose":
            self.purpose = value.decode("latin-1")
        elif name == b"x-wye-subject":
            self.subject = value
        elif match := _TRACEPARENT.match(value):
            self.trace, self.parent = match[1].decode("ascii"), match[2].decode("ascii")


class Arrival:
    """A request's scope, with what the gateway itself reads from its headers: once, if they come again."""

    __slots__ = (
        "_labels",
        "_purpose",
        "betas",
        "credentials",
        "exchange",
        "headers",
        "id",
        "memo",
        "parent",
        "request_id",
        "scope",
        "session",
        "subject",
        "trace",
    )

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.exchange: Exchange = scope["wye.connection"]
        self.headers: list[tuple[bytes, bytes]] = scope["headers"]
        self.id = new_id()
        self.memo: dict[str, Any] = scope["wye.memo"]
        """Shared with the requests of the same head."""
        told: _Told | None = self.memo.get("told")
        if told is None:
            told = self.memo["told"] = _Told(scope)
        self.request_id = told.request_id or self.id
        self.betas = told.betas
        """`anthropic-beta`: which of Anthropic's beta features the client wants."""
        self.session = told.session
        """`x-wye-session`: what the client calls the conversation, as it came: see `session_mark()`."""
        self.subject = told.subject
        """`x-wye-subject`: whose data the request holds, as it came: see `subject_name()`."""
        self.trace, self.parent = told.trace, told.parent
        self.credentials = told.credentials
        self._labels, self._purpose = told.labels, told.purpose

    async def body(self) -> bytes:
        """Return the whole body. Raises `WyeError` (408, 413, 503) when it does not arrive."""
        body = self.exchange.take_body()
        return await self.exchange.read_body() if body is None else body

    def session_mark(self) -> str:
        """Return what the ledger calls the client's session. Raises `BadRequestError` for no good name."""
        if not _NAME.match(self.session):
            message = "x-wye-session must be 1 to 128 visible ASCII characters, without spaces"
            raise BadRequestError(message, param="x-wye-session")
        return hashlib.sha256(self.session).hexdigest()[:_MARK]

    def subject_name(self) -> str:
        """Return whose data the request holds. Raises `BadRequestError` for no good name."""
        if not _NAME.match(self.subject):
            message = "x-wye-subject must be 1 to 128 visible ASCII characters, without spaces"
            raise BadRequestError(message, param="x-wye-subject")
        return self.subject.decode("ascii")

    def purpose(self) -> str:
        """Return what the client says the request is for. Raises `BadRequestError` for no good name."""
        if self._purpose and not _PURPOSE.match(self._purpose):
            message = "x-wye-purpose must be 1 to 64 letters, digits, spaces or `._:/-`"
            raise BadRequestError(message, param="x-wye-purpose")
        return self._purpose

    def labels(self) -> Labels:
        """Return the labels the client names. Raises `BadRequestError` for one not well formed."""
        return _NO_LABELS if self._labels is None else parse_labels(self._labels)
