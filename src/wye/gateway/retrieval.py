"""`/v1/responses/{id}` and below: one answer, fetched, deleted, cancelled, or asked what it was asked.

So too `/v1/chat/completions/{id}`, for those that the client had stored, and their list. What an upstream
holds, it is asked for: through the same egress, under a verdict on the labels the answer was made with. What
wye keeps is answered from the database. Source: OpenAI API reference, "Responses", "Chat".
"""

import functools
import re
import time
from collections.abc import Callable
from decimal import Decimal
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

import msgspec

from wye.core.errors import (
    BadRequestError,
    LedgerError,
    MethodError,
    NotFoundError,
    PolicyError,
    UpstreamError,
    WyeError,
)
from wye.core.money import Cost
from wye.core.record import Attempt, Outcome
from wye.gateway.arrival import Arrival
from wye.gateway.books import Books
from wye.gateway.headers import error_headers
from wye.gateway.keys import Caller
from wye.gateway.refusals import refusal, retry_after_seconds
from wye.gateway.responses import Responses, elsewhere, not_found
from wye.gateway.runtime import Runtime
from wye.gateway.target import Target
from wye.ledger.entry import Entry
from wye.ledger.keystore import Scope
from wye.ledger.turns import Turn
from wye.protocols import openai_errors
from wye.protocols.openai_responses_turns import Page, items_page
from wye.providers.egress import Egress, Grant
from wye.providers.transport.errors import TransportError
from wye.providers.transport.response import Response
from wye.providers.transport.transport import Transport

ANSWERS = "/v1/responses/"
COMPLETIONS = "/v1/chat/completions"
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_ASKS = {
    "": {"GET": "retrieve", "DELETE": "delete"},
    "input_items": {"GET": "input_items"},
    "cancel": {"POST": "cancel"},
}
"""What follows the id -> method -> what the record calls it."""
_ASKS_OF_CHAT = {
    "": {"GET": "retrieve", "POST": "update", "DELETE": "delete"},
    "messages": {"GET": "messages"},
}
_NAMES = frozenset(
    {"include", "include[]", "include_obfuscation", "limit", "order", "after", "before"}
    | {"model", "stream", "starting_after"}
)
_METADATA = re.compile(r"metadata\[[A-Za-z0-9_.:-]{1,64}\]\Z")
MAX_PAGE = 100
_VALUE = re.compile(r"[A-Za-z0-9_.:-]{1,200}\Z")
_FREE = Cost(Decimal(0), basis="an answer made before")
_JSON = b"content-type: application/json\r\n"
_EVENTS = b"content-type: text/event-stream; charset=utf-8\r\n"
_BEGINS = (b"event:", b"data:", b":")
"""How a stream of events begins, and no JSON."""


class Ask(NamedTuple):
    """What a client wants of an answer."""

    speech: str
    """The protocol it was made in."""
    id: str
    """Empty = of all of them."""
    operation: str
    method: bytes
    below: bytes
    """Path below the upstream's base path, with its query."""
    query: dict[str, str]


class Retrieval:
    """Serves the routes."""

    def __init__(
        self, runtime: Runtime, responses: Responses, books: Books, egress: Egress, transport: Transport
    ) -> None:
        self._runtime = runtime
        self._responses = responses
        self._books = books
        self._egress = egress
        self._transport = transport

    async def serve(self, arrival: Arrival) -> None:
        """Answer one request."""
        try:
            caller = self._runtime.admit(arrival, Scope.INFER)
            self._runtime.count(caller)
            ask = read(arrival)
            content = await arrival.body() if ask.operation == "update" else b""
        except WyeError as error:
            self._books.turned_away(error.status)
            body = openai_errors.error_body(error, arrival.request_id)
            _give(arrival, error.status, error_headers(error), body)
            return
        entry = Entry.begin(arrival.id, arrival.request_id, ask.speech, ask.operation)
        entry.key, entry.team, entry.cost = caller.key_id, caller.team, _FREE
        entry.trace, entry.parent = arrival.trace, arrival.parent
        try:
            status, body = await self._find(ask, content, arrival, caller, entry)
            headers = _EVENTS if body.startswith(_BEGINS) else _JSON
        except WyeError as error:
            status, body = error.status, openai_errors.error_body(error, arrival.request_id)
            headers, entry.error = error_headers(error), error.message
        entry.status, entry.response_bytes = status, len(body)
        entry.outcome = Outcome.OK if status < HTTPStatus.BAD_REQUEST else Outcome.ERROR
        try:
            self._books.seal(entry)
        except LedgerError as error:
            status, body = error.status, openai_errors.error_body(error, arrival.request_id)
            headers = error_headers(error)
        _give(arrival, status, headers, body)

    async def _find(
        self, ask: Ask, content: bytes, arrival: Arrival, caller: Caller, entry: Entry
    ) -> tuple[int, bytes]:
        now = self._runtime.now
        found = await self._responses.find(ask.id, caller, now.settings.responses) if ask.id else None
        if found is None:
            found = elsewhere(ask.id or "all", ask.speech, caller, now)
        if found is None:
            raise _missing(ask)
        entry.asked = found.deployment
        labels = arrival.labels() | caller.labels | found.labels or now.default_labels
        if isinstance(found, Turn):
            entry.labels = tuple(sorted(labels))
            return HTTPStatus.OK, await self._kept(ask, found, caller)
        verdict = now.judge(found.deployment, labels)
        entry.judged(labels, verdict)
        target = now.targets.get(found.deployment)
        if target is None:
            message = f"'{found.deployment}' holds this answer, and it is not there now"
            raise NotFoundError(message)
        if found.deployment not in verdict.permitted:
            why = verdict.refused.get(found.deployment, "it is not permitted")
            message = f"'{found.deployment}' holds this answer, and may not be asked: {why}"
            raise PolicyError(message)
        admit = functools.partial(self._egress.admit, verdict, target.deployment)
        return await self._fetched(ask, content, target, entry, admit)

    async def _kept(self, ask: Ask, turn: Turn, caller: Caller) -> bytes:
        """Answer from what wye keeps."""
        match ask.operation:
            case "retrieve":
                if "stream" in ask.query:
                    message = (
                        "An answer that wye keeps is not streamed again: fetch it whole, without `stream`"
                    )
                    raise BadRequestError(message, param="stream")
                return turn.answer.encode()
            case "delete":
                await self._responses.forget(turn.id, caller)
                return msgspec.json.encode({"id": turn.id, "object": "response", "deleted": True})
            case "input_items":
                return _items(turn, _page(ask.query))
        message = "Only an answer that is made in the background can be cancelled, and this one is finished"
        raise BadRequestError(message)

    async def _fetched(
        self, ask: Ask, content: bytes, target: Target, entry: Entry, admit: Callable[[], Grant]
    ) -> tuple[int, bytes]:
        """Ask the upstream that holds the answer. A stream of it, which is past, comes in one piece."""
        name = target.deployment.id
        entry.deployment, entry.lane = name, target.deployment.lane
        head = b"%bx-request-id: %b\r\n" % (target.head, entry.request_id.encode("latin-1"))
        if not target.gate.try_enter():
            await target.gate.enter()
        entered = time.perf_counter()
        response, body, error = None, b"", ""
        try:
            place = target.base_path + ask.below
            response = await self._transport.send(admit(), ask.method, place, head, content)
            body = await response.read(MAX_ANSWER_BYTES)
        except TransportError as broken:
            error = str(broken)
            message = f"'{name}' holds this answer, and could not be reached or broke off ({broken})"
            raise UpstreamError(message) from None
        finally:
            target.gate.leave(entered)
            entry.tried.append(_attempt(entry, name, entered, response, error))
        status = response.status
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            after = retry_after_seconds(response.header(b"retry-after"))
            told = refusal(target.deployment, status, body, after)
            if not told.verbatim:
                raise told.error
        return status, body


def _attempt(entry: Entry, name: str, entered: float, response: Response | None, error: str) -> Attempt:
    began = entry.elapsed_ms(entered)
    lasted = round(entry.elapsed_ms(time.perf_counter()) - began, 3)
    if response is None:
        return Attempt(name, "first", began, lasted, error=error)
    sent, received = response.bytes_sent, response.bytes_received
    return Attempt(name, "first", began, lasted, response.status, error, sent, received)


def read(arrival: Arrival) -> Ask:
    """Read what is asked. Raises `NotFoundError`, `MethodError` or `BadRequestError`."""
    path, method = arrival.scope["path"], arrival.scope["method"]
    if path == COMPLETIONS:
        query = _query(arrival.scope["query_string"])
        below = "/chat/completions" + (f"?{query}" if query else "")
        return Ask("openai_chat", "", "list", b"GET", below.encode(), dict(parse_qsl(query)))
    chat = path.startswith(COMPLETIONS)
    base, speech = (f"{COMPLETIONS}/", "openai_chat") if chat else (ANSWERS, "openai_responses")
    id_, _, rest = path[len(base) :].partition("/")
    asks = (_ASKS_OF_CHAT if chat else _ASKS).get(rest)
    if asks is None or not id_:
        message = f"{method} {path[:200]} is not served here; POST {base[:-1]} is"
        raise NotFoundError(message)
    if method not in asks:
        message = f"{path[:200]} takes {', '.join(asks)}"
        raise MethodError(message)
    query = _query(arrival.scope["query_string"])
    below = base.removeprefix("/v1") + id_ + (f"/{rest}" if rest else "") + (f"?{query}" if query else "")
    ask = Ask(speech, id_, asks[method], method.encode(), below.encode("utf-8"), dict(parse_qsl(query)))
    if not _VALUE.match(id_):
        raise _missing(ask)
    return ask


def _missing(ask: Ask) -> NotFoundError:
    if ask.speech == "openai_responses":
        return not_found(ask.id)
    if ask.id:
        message = (
            f"Completion with id '{ask.id[:80]}' not found: `store: true` has an upstream of Chat keep one"
        )
        return NotFoundError(message)
    message = (
        "stored completions are listed only where nobody has a key, and all that speak Chat are one account: "
        "fetch each by its id"
    )
    return NotFoundError(message)


def _query(raw: bytes) -> str:
    """Return the query as it goes to an upstream: known names with plain values."""
    pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True, max_num_fields=32)
    for name, value in pairs:
        known = name in _NAMES or _METADATA.match(name)
        if not known or not _VALUE.match(value):
            message = f"`{name[:40]}` is not known here, or not with this value"
            raise BadRequestError(message, param=name[:40])
    return urlencode([pair for pair in pairs if pair != ("stream", "false")], safe="[]:")


def _items(turn: Turn, page: Page) -> bytes:
    try:
        return items_page(turn.id, turn.input, page)
    except ValueError:
        message = f"`after`: there is no item '{page.after}'"
        raise BadRequestError(message, param="after") from None


def _page(query: dict[str, str]) -> Page:
    limit, order = query.get("limit", "20"), query.get("order", "desc")
    if not limit.isdecimal() or not 1 <= int(limit) <= MAX_PAGE:
        message = f"`limit` must be from 1 to {MAX_PAGE}"
        raise BadRequestError(message, param="limit")
    if order not in ("asc", "desc"):
        message = "`order` must be asc or desc"
        raise BadRequestError(message, param="order")
    return Page(int(limit), "asc" if order == "asc" else "desc", query.get("after", ""))


def _give(arrival: Arrival, status: int, headers: bytes, body: bytes) -> None:
    names = f"x-request-id: {arrival.request_id}\r\nx-wye-decision: {arrival.id}\r\n".encode("ascii")
    arrival.exchange.respond(status, names + headers, body)
