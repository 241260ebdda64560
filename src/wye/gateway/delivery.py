"""From an upstream's answer to the client's: passed on, kept where it shall be, settled, recorded.

Whatever goes wrong here, the upstream is let go and what the attempt held is given back.
"""

import time
from http import HTTPStatus

from wye.core.errors import LedgerError, UpstreamError, UpstreamTimeoutError, WyeError
from wye.core.record import Outcome
from wye.core.usage import Usage
from wye.gateway.attempts import attempt_record
from wye.gateway.books import Books
from wye.gateway.costs import cost_of, unserved
from wye.gateway.downstream import JSON, Downstream
from wye.gateway.health import Health
from wye.gateway.job import Answer, Hold, Job
from wye.gateway.masked import Unveiling
from wye.gateway.refusals import broke, broken_off
from wye.gateway.responses import Responses
from wye.ledger.entry import EXPORT, Entry
from wye.protocols.codec import Relay
from wye.protocols.responses.turns import answer_id, begun_id, last_response
from wye.providers.transport.errors import TransportError, TransportTimeoutError

_FIRST_ERROR = int(HTTPStatus.BAD_REQUEST)


class Delivery:
    """Gives answers."""

    def __init__(self, books: Books, responses: Responses, health: Health) -> None:
        self._books = books
        self._health = health
        self._responses = responses

    async def give(self, job: Job, answer: Answer, downstream: Downstream) -> None:
        """Give `answer`. Its last bytes leave only once the record is in the ledger.

        Raises `WyeError` where the client is still to be told of one.
        """
        relay = answer.relay
        try:
            self._note(job, answer)
            if job.listening is not None and answer.streamed:
                job.listening.begin()
            if relay is not None:
                await self._give_stream(job, answer, relay, downstream)
                return
            self._end(job, answer)
            if job.listening is not None and answer.status < _FIRST_ERROR:
                listening = job.listening
                await (listening.end() if answer.streamed else listening.whole(answer.body))
            if job.session.keep_days and answer.status < _FIRST_ERROR:
                await self._keep(job, answer, answer.body)
            self._give_whole(answer, job.entry, downstream)
        except BaseException:
            answer.response.abort()
            _settle(answer, job.entry, answer.usage if relay is None else relay.usage)
            raise

    def _note(self, job: Job, answer: Answer) -> None:
        """Note who answered, and how."""
        entry = job.entry
        deployment = answer.hold.target.deployment
        entry.deployment, entry.lane, entry.status = deployment.id, deployment.lane, answer.status
        entry.first_byte = answer.hold.first_byte
        if job.verdict.narrowed:
            entry.told = job.verdict.permits(EXPORT, deployment.id)
            if not job.verdict.permits("store", deployment.id):
                entry.kept, job.session.keep_days = None, 0
        entry.withheld = False
        if answer.relay is None:
            answer.hold.lost = _all_lost(answer.hold)
        entry.lost, entry.emulated = answer.hold.lost, answer.hold.emulated
        entry.added = _added(job, answer.hold)
        if answer.hold.veil is not None:
            entry.masked = answer.hold.veil.counts
        decision = job.decision
        if decision.certificate and deployment.id in decision.covered:
            entry.certificate = decision.certificate
        if (job.request.keep or job.request.stored) and answer.hold.crossing is None:
            begun = begun_id(answer.body) if answer.streamed else answer_id(answer.body)
            self._responses.held(begun, job.caller, entry)

    async def _give_stream(self, job: Job, answer: Answer, relay: Relay, downstream: Downstream) -> None:
        """Pass a stream on."""
        codec, entry = job.codec, job.entry
        downstream.begin(answer.headers)
        error, last = await _relay(answer, relay, entry, downstream)
        entry.lost = _all_lost(answer.hold)
        entry.outcome = Outcome.BROKEN if error else Outcome.OK
        entry.error = error.noted if error else ""
        _settle(answer, entry, relay.usage)
        if job.listening is not None:
            await job.listening.end()
        entry.response_bytes = downstream.bytes + len(last)
        if error is not None:
            self._health.failed(entry.deployment)
        else:
            job.session.served(entry.deployment, relay.usage)
            if job.session.keep_days:
                await self._keep(job, answer, last)
        try:
            self._books.seal(entry)
        except LedgerError as refused:
            error, last = refused, b""
        downstream.end(last + codec.error_event(error, entry.request_id) if error else last)

    def _end(self, job: Job, answer: Answer) -> None:
        """Note how an answer that is here whole has ended."""
        entry = job.entry
        served = answer.status < _FIRST_ERROR
        entry.outcome = Outcome.OK if served else Outcome.ERROR
        entry.response_bytes = len(answer.body)
        entry.keep(answer.body)
        if served:
            _settle(answer, entry, answer.usage)
            job.session.served(entry.deployment, answer.usage)
        else:
            entry.cost = unserved(entry)

    def _give_whole(self, answer: Answer, entry: Entry, downstream: Downstream) -> None:
        headers = answer.headers
        if answer.streamed:
            self._books.seal(entry)
            downstream.begin(headers)
            downstream.end(answer.body)
        elif downstream.begun:
            message = f"'{entry.deployment}' answered a stream with a single document"
            raise answer.error or UpstreamError(message)
        else:
            headers += JSON + _cost_header(entry)
            self._books.seal(entry)
            downstream.whole(answer.status, headers, answer.body)

    async def _keep(self, job: Job, answer: Answer, said: bytes) -> None:
        """Keep the turn, where wye shall, before the answer's last bytes, `said`, leave.

        Raises `LedgerError` when wye cannot.
        """
        if answer.hold.crossing is not None:
            whole = last_response(said) if answer.streamed else said
            days = job.session.keep_days
            await self._responses.keep(job.request, whole, job.caller, job.entry, days)


async def _relay(
    answer: Answer, relay: Relay, entry: Entry, downstream: Downstream
) -> tuple[WyeError | None, bytes]:
    """Pass a stream on as it arrives. Returns what broke it, if anything did, and its last bytes."""
    entry.keep(answer.body)
    await downstream.write(answer.body)
    try:
        async for chunk in answer.response:
            ready = relay.feed(chunk)
            if ready:
                entry.keep(ready)
                await downstream.write(ready)
        last = relay.finish()
        entry.keep(last)
    except TransportError as broken:
        timed_out = isinstance(broken, TransportTimeoutError)
        kind = UpstreamTimeoutError if timed_out else UpstreamError
        rest = relay.broken() if isinstance(relay, Unveiling) else b""
        entry.keep(rest)
        return kind(f"'{entry.deployment}' broke off its answer ({broken})"), rest
    except (ValueError, RecursionError) as broken:
        answer.response.abort()
        return broken_off(answer.hold.target.deployment, str(broken)), b""
    wrong = broke(answer.hold.target.deployment, relay)
    return broken_off(answer.hold.target.deployment, wrong) if wrong else None, last


def _settle(answer: Answer, entry: Entry, usage: Usage | None) -> None:
    """Give back what the attempt holds, unless it has been, and note what it used and cost."""
    hold = answer.hold
    if hold.released:
        return
    hold.release()
    entry.usage, entry.billed = usage, True
    cost = None
    try:
        busy = time.perf_counter() - hold.entered
        cost = cost_of(hold.target.deployment, usage, busy, entry.at, entry.unpriced)
        entry.cost_is(cost)
    finally:  # at its worst case if nobody can say what it cost
        entry.charge(hold.reservation.settle(cost, usage))
        entry.tried.append(attempt_record(entry, hold, answer.response, entry.error))


def _added(job: Job, hold: Hold) -> tuple[str, ...]:
    """Return what the upstream was told that the client did not say."""
    cap, crossing = hold.reservation.output_cap, hold.crossing
    if cap is not None:
        return (f"max_tokens={cap}",)
    if crossing is not None:
        return crossing.added
    asks = job.request.stream and not job.request.wants_usage
    return ("include_usage",) if asks and hold.target.deployment.spelling.stream_options else ()


def _all_lost(hold: Hold) -> tuple[str, ...]:
    """Return the names of what was lost on the way there, and of what is not told of the answer."""
    return hold.lost if hold.crossing is None else (*hold.lost, *hold.crossing.left_out)


def _cost_header(entry: Entry) -> bytes:
    cost = entry.cost
    if cost is None:
        return b""
    if cost.amount is None:
        return f"x-wye-cost: unknown; {cost.basis}\r\n".encode("ascii", "replace")
    return f"x-wye-cost: {cost.amount:f} {cost.currency}\r\n".encode("ascii")
