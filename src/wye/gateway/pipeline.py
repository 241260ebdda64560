"""The whole flow of a request: decode, judge, decide, attempt, encode, and one record of it."""

import asyncio
import contextlib
import functools
import logging
from collections.abc import Awaitable
from http import HTTPStatus

from wye.core.errors import BadRequestError, LedgerError, OverloadedError, WyeError
from wye.core.record import Outcome
from wye.core.request import Request
from wye.gateway.arrival import Arrival
from wye.gateway.attempts import Attempts
from wye.gateway.books import Books
from wye.gateway.cascade import Cascade
from wye.gateway.costs import NOTHING_SENT, unserved
from wye.gateway.delivery import Delivery
from wye.gateway.downstream import JSON, Downstream, Heart
from wye.gateway.headers import error_headers
from wye.gateway.job import Answer, Job
from wye.gateway.keys import Caller
from wye.gateway.lineage import Lineage
from wye.gateway.listener.exchange import HangupError
from wye.gateway.masked import Tokens
from wye.gateway.responses import FIRST, Responses
from wye.gateway.runtime import Runtime, Snapshot
from wye.gateway.session import Seats, Session
from wye.gateway.shadow import Shadows
from wye.gateway.steering import refuse_steering
from wye.gateway.watched import Drawn
from wye.ledger.entry import Entry
from wye.ledger.keystore import Scope
from wye.protocols.codec import Codec
from wye.protocols.wire.toplevel import model_in

log = logging.getLogger("wye")

_CLOSING = "the gateway is shutting down"
_DEFECT = "an internal error; the gateway's log has the details"


class Pipeline:
    """Serves the model routes."""

    def __init__(  # noqa: PLR0913, PLR0917  # what serving a request takes
        self,
        runtime: Runtime,
        attempts: Attempts,
        books: Books,
        heart: Heart,
        responses: Responses,
        shadows: Shadows,
        lineage: Lineage,
    ) -> None:
        self._seats = Seats()
        self._lineage = lineage
        self._responses = responses
        self._runtime = runtime
        self._attempts = attempts
        self._shadows = shadows
        self._cascade = Cascade(attempts, runtime.tallies)
        self._books = books
        self._heart = heart
        self._delivery = Delivery(books, responses, runtime.health)

    async def serve(self, arrival: Arrival, codec: Codec) -> None:
        """Answer one request. A client that hangs up cancels this, and with it the upstream."""
        now = self._runtime.now
        try:
            caller = self._runtime.admit(arrival, Scope.INFER)
            self._runtime.count(caller)
        except WyeError as error:
            self._turn_away(error, arrival, codec)
            return
        downstream = Downstream(arrival.exchange, own_headers(arrival, codec), codec)
        entry = Entry.begin(arrival.id, arrival.request_id, codec.name, codec.operation._value_)
        entry.key, entry.team, entry.subject = caller.key_id, caller.team, caller.subject
        entry.trace, entry.parent = arrival.trace, arrival.parent
        if now.settings.ledger.store_content:
            entry.kept = bytearray()
            entry.withheld = True  # how long it may be kept is not known before its labels are
        try:
            await self._answer(now, arrival, codec, caller, entry, downstream)
        except (asyncio.CancelledError, HangupError):
            if arrival.exchange.hung_up:
                self._hung_up(entry)
            else:
                self._refuse(OverloadedError(_CLOSING, retry_after=1), codec, entry, downstream)
            raise
        except WyeError as error:
            self._refuse(error, codec, entry, downstream)
        except Exception:
            log.exception("request %s failed in a way nobody foresaw", entry.id)
            self._refuse(WyeError(_DEFECT), codec, entry, downstream)
        finally:
            self._heart.forget(downstream)

    async def _answer(  # noqa: C901, PLR0913, PLR0917  # all there is when a request has been let in
        self,
        now: Snapshot,
        arrival: Arrival,
        codec: Codec,
        caller: Caller,
        entry: Entry,
        downstream: Downstream,
    ) -> None:
        body = arrival.exchange.take_body()
        if body is None:
            body = await arrival.exchange.read_body()
        entry.request_bytes = len(body)
        request = _decoded(codec, body, entry)
        if arrival.session or arrival.subject:
            self._named(arrival, entry)
        caller.check_model(request.model)
        if caller.limited:
            codec.refuse_duplicates(request)
        before = FIRST
        if request.previous or request.refers:
            keyless = self._runtime.keyless
            before = await self._responses.before(request, codec, caller, now.settings, keyless=keyless)
            request = before.request or request
            entry.subject = before.whose(entry.subject, caller.subject)
        session = Session(request, codec, arrival, caller, now.targets, self._seats)
        named = now.named(arrival, caller, request)
        labels = (named or now.default_labels) | before.labels
        if now.inspection is not None or named or before.labels or not self._lineage.idle(now):
            labels = await self._lineage.labelled(now, session, before.labels, labels, entry)
        verdict = now.judge(request.model, labels, now.asking(arrival, caller, len(body)), request.body)
        entry.judged(labels, verdict)
        entry.withheld = now.policy.reads.action
        if request.previous or request.refers or request.keep:
            session.goes_on(before.holder, now.settings.responses)
        decision = entry.decision = now.decide(request, verdict, session)
        refuse_steering(request, decision)
        if request.stream:
            self._heart.watch(downstream)
        job = Job(request, verdict, decision, codec, caller, entry, now.targets, session, arrival.betas)
        job.tokens = Tokens() if verdict.mask else None
        if now.hedges:
            job.hedge = now.hedges.get(request.model)
        if now.inspection is not None:
            job.listening = self._lineage.listening(now, session, labels, entry, self._responses)
        if codec.estimate is not None and not job.verbatim:
            self._estimate(codec.estimate(request), entry, downstream)
            return
        drawn = self._shadows.draw(job)
        if drawn is None:
            await self._delivery.give(job, await self._asked(job, now), downstream)
        else:
            await self._drawn(drawn, now, downstream)

    def _named(self, arrival: Arrival, entry: Entry) -> None:
        """Note what the client calls the conversation, and whose it is. Raises `BadRequestError`."""
        if arrival.session:
            entry.session = arrival.session_mark()
        if arrival.subject:
            entry.subject = self._books.tag(arrival.subject_name())

    async def _drawn(self, drawn: Drawn, now: Snapshot, downstream: Downstream) -> None:
        """Answer a request that is to be shadowed once it is served."""
        try:
            await self._delivery.give(drawn.job, await self._asked(drawn.job, now), downstream)
        except BaseException:
            self._shadows.drop(drawn)
            raise
        self._shadows.take(drawn)

    def _asked(self, job: Job, now: Snapshot) -> Awaitable[Answer]:
        """Return the answer: the first, or one that a gate lets pass. No coroutine itself: a level costs."""
        if job.decision.gate:
            return self._cascade.run(job, now.settings)
        return self._attempts.run(job)

    def _estimate(self, body: bytes, entry: Entry, downstream: Downstream) -> None:
        """Answer with a guess: none of the candidates counts tokens."""
        entry.outcome, entry.status, entry.cost = Outcome.OK, HTTPStatus.OK, NOTHING_SENT
        entry.response_bytes = len(body)
        self._books.seal(entry)
        downstream.whole(HTTPStatus.OK, JSON + b"x-wye-estimate: tokens\r\n", body)

    def _turn_away(self, error: WyeError, arrival: Arrival, codec: Codec) -> None:
        """Refuse one who is not let in. There is no record, so the answer names no decision."""
        self._books.turned_away(error.status)
        named = (f"{name}: {arrival.request_id}\r\n" for name in codec.request_id_headers)
        headers = "".join(named).encode("ascii")
        body = codec.error(error, arrival.request_id)
        arrival.exchange.respond(error.status, headers + error_headers(error), body)

    def _hung_up(self, entry: Entry) -> None:
        """The client went away: whatever is known goes into the ledger."""
        if entry.unheard is not None:
            entry.unheard()
        entry.outcome, entry.error = Outcome.HANGUP, "the client hung up"
        if not entry.sealed:
            entry.cost = entry.cost or unserved(entry)
            with contextlib.suppress(LedgerError):  # there is nobody left to tell; /readyz says it
                self._books.seal(entry)

    def _refuse(self, error: WyeError, codec: Codec, entry: Entry, downstream: Downstream) -> None:
        """Tell the client what went wrong, in its own protocol."""
        if entry.unheard is not None:
            entry.unheard()
        entry.outcome = Outcome.BROKEN if downstream.begun else Outcome.ERROR
        entry.status = HTTPStatus.OK if downstream.begun else error.status
        entry.error = error.noted
        if not entry.sealed:
            entry.cost = entry.cost or unserved(entry)
            try:
                self._books.seal(entry)
            except LedgerError as refused:
                error = refused
        if downstream.over:
            return
        if downstream.begun:
            downstream.end(codec.error_event(error, entry.request_id, said=downstream.said))
        else:
            downstream.whole(error.status, error_headers(error), codec.error(error, entry.request_id))


def _decoded(codec: Codec, body: bytes, entry: Entry) -> Request:
    """Return the request, and note what it asks for. Raises `BadRequestError`."""
    try:
        request = codec.decode(body)
    except BadRequestError:
        entry.asked = codec.named or model_in(body)
        raise
    entry.asks(request)
    return request


def own_headers(arrival: Arrival, codec: Codec) -> bytes:
    """Return the header lines of every answer: what the request is called here."""
    names = codec.request_id_headers
    return (_own_lines(names) % (*(arrival.request_id,) * len(names), arrival.id)).encode("ascii")


@functools.cache  # one a protocol
def _own_lines(names: tuple[str, ...]) -> str:
    return "".join([f"{name}: %s\r\n" for name in (*names, "x-wye-decision")])
