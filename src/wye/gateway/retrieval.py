"""Answers made before: fetched, listed, changed, deleted, cancelled, or asked what they were asked.

What an upstream holds, it is asked for: through the same egress, under a verdict on the labels the answer was
made with. What wye keeps is answered from the database. What nobody here remembers may be of an answer made
without wye: where there are no keys, the only account that could hold it is asked.
"""

import contextlib
import time
from decimal import Decimal
from http import HTTPStatus

import msgspec

from wye.core.decision import Verdict
from wye.core.errors import (
    BadRequestError,
    LedgerError,
    NotFoundError,
    PolicyError,
    UpstreamError,
    WyeError,
)
from wye.core.label import Labels
from wye.core.money import Cost
from wye.core.record import Attempt, Outcome
from wye.gateway.arrival import Arrival
from wye.gateway.asks import RESPONSES, Ask, read
from wye.gateway.books import Books
from wye.gateway.downstream import JSON
from wye.gateway.headers import error_headers, limit_lines
from wye.gateway.keys import Caller
from wye.gateway.masked import unmasked
from wye.gateway.refusals import asked_to_wait, refusal
from wye.gateway.responses import Responses
from wye.gateway.runtime import Runtime, Snapshot
from wye.gateway.target import Target
from wye.ledger.entry import Entry
from wye.ledger.keystore import Scope
from wye.ledger.turns import Held, Turn
from wye.policy.cedar.asking import Asking
from wye.protocols.openai import errors as openai_errors
from wye.protocols.responses.turns import items_page
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.sse import CONTENT_TYPE
from wye.providers.egress import Egress
from wye.providers.transport.errors import TransportError
from wye.providers.transport.response import Response
from wye.providers.transport.transport import Transport
from wye.routing.held import sole

MAX_ANSWER_BYTES = 64 * 1024 * 1024
_FREE = Cost(Decimal(0), basis="an answer made before")
_EVENTS = b"content-type: " + CONTENT_TYPE + b"; charset=utf-8\r\n"
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


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
        """Answer one request. A client that hangs up cancels this, and with it the upstream."""
        arrival.exchange.on_hangup = arrival.exchange.cancel
        try:
            caller = self._runtime.admit(arrival, Scope.INFER)
            self._runtime.count(caller)
            ask = read(arrival.scope["method"], arrival.scope["path"], arrival.scope["query_string"])
        except WyeError as error:
            self._books.turned_away(error.status)
            _give(arrival, error.status, error_headers(error), _told(error, arrival))
            return
        entry = Entry.begin(arrival.id, arrival.request_id, ask.kind.protocol, ask.operation)
        entry.key, entry.team, entry.cost = caller.key_id, caller.team, _FREE
        entry.trace, entry.parent, entry.subject = arrival.trace, arrival.parent, caller.subject
        try:
            if arrival.subject:
                entry.subject = self._books.tag(arrival.subject_name())
            status, headers, body = await self._answer(ask, arrival, caller, entry)
        except WyeError as error:
            status, headers, body = error.status, error_headers(error), _told(error, arrival)
            entry.error = error.noted
        except BaseException as broken:  # the upstream may have done what it was asked for
            entry.error = f"cut short ({type(broken).__name__})"
            with contextlib.suppress(LedgerError):
                self._books.seal(entry)
            raise
        entry.status, entry.response_bytes = status, len(body)
        entry.outcome = Outcome.OK if status < HTTPStatus.BAD_REQUEST else Outcome.ERROR
        try:
            self._books.seal(entry)
        except LedgerError as error:
            status, headers, body = error.status, error_headers(error), _told(error, arrival)
        _give(arrival, status, headers, body)

    async def _answer(
        self, ask: Ask, arrival: Arrival, caller: Caller, entry: Entry
    ) -> tuple[int, bytes, bytes]:
        """Return status, header lines and body."""
        content = b""
        if ask.operation == "update":
            content = await arrival.body()
            decode(_OBJECT, content)
        now = self._runtime.now
        found = await self._responses.find(ask.id, caller, now.settings.responses) if ask.id else None
        labels = arrival.labels() | caller.labels
        if isinstance(found, Turn):
            if ask.kind is not RESPONSES:
                raise ask.kind.missing(ask.id)
            labels = labels | found.labels or now.default_labels
            entry.asked, entry.labels = found.deployment, tuple(sorted(labels))
            return HTTPStatus.OK, JSON, await self._kept(ask, found, caller)
        asking = now.asking(arrival, caller, len(content))
        if found is None:
            found = self._unremembered(ask, now, labels or now.default_labels, asking)
        labels = labels | found.labels or now.default_labels
        said = content or (b"metadata" in ask.below and msgspec.json.encode(ask.query))
        if said and now.inspection is not None and now.inspection.matters(labels):
            raised = await now.inspection.request(said, labels)
            labels, entry.origins = labels | raised.labels, raised.origins
        target, verdict = _holder(found, now, labels, asking, entry)
        if said and target.deployment.id in verdict.mask:
            raise unmasked(target.deployment.id)
        return await self._fetched(ask, content, target, verdict, entry)

    def _unremembered(self, ask: Ask, now: Snapshot, labels: Labels, asking: Asking) -> Held:
        """Return who may hold what nobody here remembers, or a list of all. Raises `NotFoundError`."""
        if self._runtime.keyless:
            verdict = now.policy.judge(labels, asking)
            for speaks in ask.kind.holders:
                only = sole(now.deployments, verdict, speaks)
                if only is not None:
                    return Held(only.id, labels)
        raise ask.kind.missing(ask.id)

    async def _kept(self, ask: Ask, turn: Turn, caller: Caller) -> bytes:
        """Answer from what wye keeps."""
        match ask.operation:
            case "retrieve":
                if ask.streams:
                    message = "An answer that wye keeps is not streamed again: fetch it without `stream`"
                    raise BadRequestError(message, param="stream")
                return turn.answer.encode()
            case "delete":
                await self._responses.forget(turn.id, caller)
                return msgspec.json.encode({"id": turn.id, "object": "response", "deleted": True})
            case "input_items":
                return _items(turn, ask)
        message = "Only an answer that is made in the background can be cancelled, and this one is finished"
        raise BadRequestError(message)

    async def _fetched(
        self, ask: Ask, content: bytes, target: Target, verdict: Verdict, entry: Entry
    ) -> tuple[int, bytes, bytes]:
        """Ask the upstream that holds the answer. A stream of it, which is past, comes in one piece."""
        name = target.deployment.id
        entry.deployment, entry.lane = name, target.deployment.lane
        entry.request_bytes = len(content)
        named = entry.id if name in verdict.mask else entry.request_id
        head = b"%bx-request-id: %b\r\n" % (target.head, named.encode("latin-1"))
        if not target.gate.try_enter():
            await target.gate.enter()
        entered = time.perf_counter()
        body, error = b"", ""
        exchanges: list[Response] = []
        try:
            grant = self._egress.admit(verdict, target.deployment)
            place = target.base_path + ask.below
            response = await self._transport.send(
                grant, ask.method, place, head, content, exchanges=exchanges
            )
            body = await response.read(MAX_ANSWER_BYTES)
        except TransportError as broken:
            error = str(broken)
            message = f"'{name}' holds this answer, and could not be reached or broke off ({broken})"
            raise UpstreamError(message) from None
        finally:
            target.gate.leave(entered)
            entry.tried.append(_attempt(entry, name, entered, exchanges, error))
        status = response.status
        limits = limit_lines(target.deployment, response.headers, None)
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            told = refusal(target.deployment, status, body, asked_to_wait(response))
            if not (told.verbatim and told.shaped):
                told.error.lines = limit_lines(target.deployment, response.headers, None, retry=False)
                raise told.error
            return status, limits + JSON, body
        kind = (response.header(b"content-type") or b"").lstrip().lower()
        return status, limits + (_EVENTS if ask.streams and kind.startswith(CONTENT_TYPE) else JSON), body


def _holder(
    found: Held, now: Snapshot, labels: Labels, asking: Asking, entry: Entry
) -> tuple[Target, Verdict]:
    """Return who is to be asked, and the verdict that lets it be. Raises `NotFoundError` or `PolicyError`."""
    name = entry.asked = found.deployment
    verdict = now.judge(name, labels, asking)
    entry.judged(labels, verdict)
    target = now.targets.get(name)
    if target is None:
        message = f"'{name}' holds this answer, and it is not there now"
        raise NotFoundError(message)
    if name not in verdict.permitted:
        why = verdict.refused.get(name, "it is not permitted")
        message = f"'{name}' holds this answer, and may not be asked: {why}"
        raise PolicyError(message)
    return target, verdict


def _attempt(entry: Entry, name: str, entered: float, exchanges: list[Response], error: str) -> Attempt:
    began = entry.elapsed_ms(entered)
    lasted = round(entry.elapsed_ms(time.perf_counter()) - began, 3)
    status = exchanges[-1].status if exchanges else 0
    sent = sum([exchange.bytes_sent for exchange in exchanges])
    received = sum([exchange.bytes_received for exchange in exchanges])
    return Attempt(name, "first", began, lasted, status, error, sent, received)


def _items(turn: Turn, ask: Ask) -> bytes:
    page = ask.page
    try:
        return items_page(turn.id, turn.input, page)
    except ValueError:
        message = f"`after`: there is no item '{page.after}'"
        raise BadRequestError(message, param="after") from None


def _told(error: WyeError, arrival: Arrival) -> bytes:
    return openai_errors.error_body(error, arrival.request_id)


def _give(arrival: Arrival, status: int, headers: bytes, body: bytes) -> None:
    names = f"x-request-id: {arrival.request_id}\r\nx-wye-decision: {arrival.id}\r\n".encode("ascii")
    arrival.exchange.respond(status, names + headers, body)
