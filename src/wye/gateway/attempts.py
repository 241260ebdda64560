"""Retry, fallback and spill: from a decision to one answer.

Rules:

- A *retry* asks the same deployment again: after a failure to connect, a 408, 409, 429 or 5xx. Never
  after a timeout, since the upstream may still be working; nor where its circuit has opened and there is
  somebody else to ask.
- A *fallback* asks the next candidate, after any failure that is not the client's own fault.
- A *hedge* asks the next candidate as well, where the route says so and the first is slow to begin.
- A *spill* asks the next candidate because the queue of this one is full.
- All of them happen before the first byte of an answer goes to the client, and none leaves the verdict.
- An upstream's 4xx that blames the request goes to the client as it came, or translated.
- A candidate of another protocol that cannot carry the request is passed over before anything is sent.
"""

import asyncio
import contextlib
import random
import time
from collections import deque
from http import HTTPStatus

from wye.core.decision import Candidate
from wye.core.errors import (
    BadRequestError,
    BudgetError,
    EgressRefusedError,
    MaskingError,
    RateLimitError,
    UpstreamError,
    UpstreamOverloadedError,
    UpstreamQuotaError,
    UpstreamTimeoutError,
)
from wye.core.record import Attempt
from wye.gateway.costs import cost_of
from wye.gateway.crossing import Crossing, NoAnswerError
from wye.gateway.health import Health
from wye.gateway.job import Answer, Failure, Hold, Job, note_unmade
from wye.gateway.limits import Limits
from wye.gateway.masked import Masker, Tokens
from wye.gateway.race import Attempting, race
from wye.gateway.refusals import (
    NO_CREDIT,
    OVERLOADED,
    Refusal,
    asked_to_wait,
    broke,
    broken_off,
    refusal,
    refusal_within,
)
from wye.gateway.target import ANTHROPIC, Target
from wye.ledger.entry import Entry, milliseconds
from wye.protocols.codec import Codec, Edits, Relay
from wye.protocols.wire.sse import CONTENT_TYPE
from wye.providers.egress import Egress
from wye.providers.transport.errors import NotSentError, TransportError, TransportTimeoutError
from wye.providers.transport.response import Response
from wye.providers.transport.transport import Transport

_GOOD, _NOT_GOOD = int(HTTPStatus.OK), int(HTTPStatus.MULTIPLE_CHOICES)  # naming a member runs Python code
_CUT, _NOT_NEEDED = "cut short", "not needed: another was sooner"
MAX_ATTEMPTS = 8
MAX_ANSWER_BYTES = 64 * 1024 * 1024
BACKOFF_SECONDS = 0.25
MAX_RETRY_AFTER = 5.0
"""A longer `Retry-After` is not waited for: the next candidate is asked instead."""


class Attempts:
    """Makes attempts until one gives an answer."""

    def __init__(
        self,
        egress: Egress,
        transport: Transport,
        limits: Limits,
        health: Health,
        masker: Masker | None = None,
    ) -> None:
        """`masker`: None = who may only get what is masked gets nothing."""
        self._masker = masker or Masker()
        self._egress = egress
        self._transport = transport
        self._limits = limits
        self._health = health

    async def run(self, job: Job, cause: str = "first") -> Answer:  # noqa: C901  # one loop: they share a count
        """Return the first answer. Raises the last failure's error when there is none.

        `cause`: why the first candidate is asked.
        """
        made = 0
        failure: Failure | None = None
        health, left = self._health, deque(job.decision.candidates)
        while left:
            candidate = left.popleft()
            target = job.targets[candidate.deployment]
            try:
                crossing = job.way(target)
            except BadRequestError:
                continue
            for again in range(1 + target.deployment.retries):
                why = "retry" if again else cause
                if job.hedge is None or made or not left:
                    outcome = await self._attempt(job, target, why, crossing)
                else:
                    outcome = await self._hedged(job, self._attempt(job, target, why, crossing), left)
                if isinstance(outcome, Answer):
                    hold = outcome.hold
                    seconds = hold.first_byte - hold.entered
                    health.answered(hold.target.deployment.id, seconds if outcome.streamed else -seconds)
                    return outcome
                failure = outcome
                made += 1
                if not failure.retry or again == target.deployment.retries or made == MAX_ATTEMPTS:
                    break
                if left and health.reason_down(candidate.deployment):
                    break
                if not await _backoff(again, failure.retry_after):
                    break
            if failure is None or not failure.fallback or made == MAX_ATTEMPTS:
                break
            cause = failure.next_cause
        if failure is None:
            message = "the decision holds no candidate"
            raise job.refused or UpstreamError(message)
        if failure.passed is not None:
            return failure.passed
        raise failure.error

    async def _hedged(self, job: Job, attempt: Attempting, left: deque[Candidate]) -> Answer | Failure:
        """Make `attempt`; if it is slow to begin, make one at the next of those `left` as well."""
        assert job.hedge is not None  # noqa: S101  # the caller looked

        def second() -> Attempting | None:
            while left:
                target = job.targets[left.popleft().deployment]
                with contextlib.suppress(BadRequestError):
                    return self._attempt(job, target, "hedge", job.way(target))
            return None

        def discard(answer: Answer) -> None:
            answer.response.abort()
            answer.hold.release()
            entry.charge(answer.hold.reservation.settle(None))
            entry.tried.append(attempt_record(entry, answer.hold, answer.response, _NOT_NEEDED))
            self._health.works(answer.hold.target.deployment.id)

        entry = job.entry
        before = len(entry.tried)
        outcome = await race(attempt, job.hedge, second, discard)
        for one in entry.tried[before:]:
            if one.error in {_CUT, _NOT_NEEDED}:
                slower, busy = job.targets[one.deployment].deployment, one.duration_ms / 1000
                entry.aside.append(cost_of(slower, None, busy, entry.at))
                if job.request.stream:
                    self._health.slow(one.deployment, busy)
        return outcome

    async def _attempt(
        self, job: Job, target: Target, cause: str, crossing: Crossing | None
    ) -> Answer | Failure:
        gate = target.gate
        if not gate.try_enter():
            try:
                await gate.enter()
            except RateLimitError as error:
                note_unmade(job.entry, target, cause, error)
                return Failure(error, next_cause="spill")
        entered = time.perf_counter()
        try:
            reservation = self._limits.reserve(job.caller, job.request, target.deployment)
        except (BudgetError, RateLimitError) as error:
            gate.leave(entered)
            note_unmade(job.entry, target, cause, error)
            return Failure(error)
        except BaseException:
            gate.leave(entered)
            raise
        if self._health.troubled:  # only now is it certain that it will be asked
            self._health.begin(target.deployment.id)
        hold = Hold(target, reservation, entered, cause, crossing, job.session.lost(crossing))
        try:
            outcome = await self._exchange(job, target, hold)
        except BaseException as error:  # whatever it was: the place and the budget are given back
            hold.release()
            job.entry.charge(reservation.settle(None))
            job.entry.billed = True  # the upstream may have begun: what it costs is unknown, not nothing
            job.entry.tried.append(attempt_record(job.entry, hold, None, _interruption(error)))
            raise
        if isinstance(outcome, Failure):
            hold.release()
        return outcome

    async def _exchange(self, job: Job, target: Target, hold: Hold) -> Answer | Failure:
        deployment = target.deployment
        streaming = job.request.stream
        edits = Edits(
            deployment.model,
            include_usage=streaming and not job.request.wants_usage and deployment.spelling.stream_options,
            output_cap=hold.reservation.output_cap,
            output_cap_field=deployment.spelling.max_output_field,
        )
        path, body = _upstream_request(job, hold, edits)
        named = job.entry.request_id
        try:
            if job.verdict.mask and (kinds := job.verdict.mask.get(deployment.id)):
                job.tokens = job.tokens or Tokens()
                hold.veil = await self._masker.veil(body, kinds, job.tokens)
                body = hold.veil.body
                named = job.entry.id  # the client's own name for it may say whose it is
            head = b"%bx-request-id: %b\r\n" % (target.head, named.encode("latin-1"))
            if job.betas and ANTHROPIC in target.verbatim:
                head += b"anthropic-beta: %b\r\n" % job.betas
            grant = self._egress.admit(job.verdict, deployment)
            patience = None if streaming else target.patience
            where = target.base_path + path
            response = await self._transport.send(
                grant, b"POST", where, head, body, timeouts=patience, exchanges=hold.exchanges
            )
        except TransportError as error:
            return self._failed(job, hold, None, error)
        except (EgressRefusedError, MaskingError) as error:
            return self._kept_back(job, hold, error)
        hold.first_byte = time.perf_counter()
        try:
            if not _GOOD <= response.status < _NOT_GOOD:
                return await self._refused(job, hold, response)
            if streaming and _is_stream(response, job.codec, hold.crossing):
                return await self._first_events(job, hold, edits, response)
            whole = response.ready(MAX_ANSWER_BYTES)
            return self._whole(
                job, hold, response, await response.read(MAX_ANSWER_BYTES) if whole is None else whole
            )
        except TransportError as error:
            return self._failed(job, hold, response, error)
        except BaseException:
            response.abort()
            raise

    def _whole(self, job: Job, hold: Hold, response: Response, body: bytes) -> Answer | Failure:
        if hold.veil is not None:
            body = hold.veil.answer(body)
        streaming = job.request.stream  # and it made none of it: done here
        try:
            if hold.crossing is None:
                usage = job.native.usage(body)
                body = job.session.streamed(body) if streaming else body
            elif streaming:
                body, usage = hold.crossing.stream(body)
            else:
                body, usage = hold.crossing.answer(body)
        except NoAnswerError as error:
            failure = Failure(broken_off(hold.target.deployment, str(error)))
            return self._gave_up(job, hold, response, failure)
        except (ValueError, RecursionError):
            within = refusal_within(hold.target.deployment, body)
            if within is not None:
                return self._turned_down(job, hold, response, within)
            kind = (response.header(b"content-type") or b"unknown content").decode("latin-1")[:60]
            message = f"'{hold.target.deployment.id}' answered 200 with something that is no answer ({kind})"
            return self._gave_up(job, hold, response, Failure(UpstreamError(message)))
        return Answer(response.status, body, usage, response, hold, streamed=streaming)

    async def _first_events(self, job: Job, hold: Hold, edits: Edits, response: Response) -> Answer | Failure:
        """Wait for the first event that says something: comments alone do not commit to this upstream."""
        relay: Relay = job.native.relay(edits) if hold.crossing is None else hold.crossing.relay()
        if hold.veil is not None:
            spoken = job.request.protocol if hold.crossing is None else hold.target.deployment.protocol
            relay = hold.veil.relay(relay, spoken)
        rest, mark = b"", job.codec.mark
        try:
            async for chunk in response:
                first = relay.feed(chunk)
                if relay.error:
                    break
                if mark in first:
                    hold.first_byte = time.perf_counter()
                    return Answer(response.status, first, None, response, hold, streamed=True, relay=relay)
            rest = relay.finish()
            wrong = broke(hold.target.deployment, relay)
        except (ValueError, RecursionError) as error:
            wrong = str(error)
        if wrong:
            within = refusal_within(hold.target.deployment, relay.trouble)
            if within is not None:
                return self._turned_down(job, hold, response, within)
            failure = Failure(broken_off(hold.target.deployment, wrong))
            return self._gave_up(job, hold, response, failure)
        # The whole stream was held back, since it came in one piece: hand it on as it is.
        return Answer(response.status, rest, relay.usage, response, hold, streamed=True)

    async def _refused(self, job: Job, hold: Hold, response: Response) -> Failure:
        body = await response.read(MAX_ANSWER_BYTES)
        if hold.veil is not None:
            body = hold.veil.answer(body)
        told = refusal(hold.target.deployment, response.status, body, asked_to_wait(response))
        as_it_is = hold.crossing is None and told.shaped
        return self._turned_down(job, hold, response, told, body if as_it_is else None)

    def _turned_down(
        self, job: Job, hold: Hold, response: Response, told: Refusal, body: bytes | None = None
    ) -> Failure:
        """Return how to go on after the upstream's error. `body`: for the client; None = in its own shape."""
        passed, error, client = None, told.error, job.codec.name
        if told.verbatim:
            body = job.codec.error(error, job.entry.request_id) if body is None else body
            passed = Answer(error.status, body, None, response, hold, error=error)
        elif isinstance(error, UpstreamQuotaError):
            error.status = NO_CREDIT.get(client, error.status)
        elif told.retry:
            if isinstance(error, UpstreamOverloadedError):
                error.status = OVERLOADED.get(client, error.status)
            error.lines = hold.limits(response, retry=False)
        failure = Failure(error, told.retry, told.fallback, retry_after=told.retry_after, passed=passed)
        return self._gave_up(job, hold, response, failure, billed=False)

    def _failed(self, job: Job, hold: Hold, response: Response | None, error: TransportError) -> Failure:
        name = hold.target.deployment.id
        unsent = isinstance(error, NotSentError)
        if isinstance(error, TransportTimeoutError):
            advice = "set `timeouts` of the deployment higher"
            if not job.request.stream:
                advice = f"ask for a stream, lower `max_tokens`, or {advice}"
            failure = Failure(UpstreamTimeoutError(f"'{name}' did not answer in time ({error}): {advice}"))
        else:
            told = UpstreamError(f"'{name}' could not be reached or broke off ({error})")
            failure = Failure(told, retry=unsent)
        return self._gave_up(job, hold, response, failure, billed=not unsent)

    def _kept_back(self, job: Job, hold: Hold, error: EgressRefusedError | MaskingError) -> Failure:
        """Note that nothing was sent. What could not be masked is not the deployment's fault."""
        if isinstance(error, EgressRefusedError):
            return self._gave_up(job, hold, None, Failure(error), billed=False)
        error.message = f"'{hold.target.deployment.id}' was not asked: {error.message}"
        job.entry.charge(hold.reservation.cancel())
        job.entry.tried.append(attempt_record(job.entry, hold, None, error.message))
        return Failure(error)

    def _gave_up(
        self, job: Job, hold: Hold, response: Response | None, failure: Failure, *, billed: bool = True
    ) -> Failure:
        """Note a failed attempt. One the upstream may bill counts against the budget at its worst case."""
        if response is not None:
            response.abort()
        reservation = hold.reservation
        job.entry.charge(reservation.settle(None) if billed else reservation.cancel())
        job.entry.billed |= billed
        if failure.fallback:
            self._health.failed(hold.target.deployment.id, failure.retry_after)
        else:  # it blames the request, and works
            self._health.works(hold.target.deployment.id)
        job.entry.tried.append(attempt_record(job.entry, hold, response, failure.error.noted))
        return failure


def _upstream_request(job: Job, hold: Hold, edits: Edits) -> tuple[bytes, bytes]:
    """Return the path below the endpoint's base and the body: the client's own bytes, or a translation."""
    if hold.crossing is None:
        return job.native.path(edits.model), job.native.splice(job.request, edits)
    return hold.crossing.path, hold.crossing.request(edits)


def attempt_record(entry: Entry, hold: Hold, response: Response | None, error: str = "") -> Attempt:
    """Make the ledger's note of an attempt that ends now."""
    now = time.perf_counter()
    return Attempt(
        deployment=hold.target.deployment.id,
        cause=hold.cause,
        started_ms=entry.elapsed_ms(hold.entered),
        duration_ms=milliseconds(now - hold.entered),
        status=response.status if response else 0,
        error=error,
        request_bytes=sum([exchange.bytes_sent for exchange in hold.exchanges]),
        response_bytes=sum([exchange.bytes_received for exchange in hold.exchanges]),
        translated=hold.crossing.translated if hold.crossing else "",
        masked=hold.veil.counts if hold.veil else {},
    )


def _interruption(error: BaseException) -> str:
    return _CUT if isinstance(error, asyncio.CancelledError) else type(error).__name__


async def _backoff(again: int, retry_after: float | None) -> bool:
    """Wait before a retry, with jitter; False = the upstream asks for more than is worth waiting."""
    if retry_after is not None:
        if retry_after > MAX_RETRY_AFTER:
            return False
        await asyncio.sleep(retry_after)
        return True
    await asyncio.sleep(BACKOFF_SECONDS * 2**again * random.uniform(0.5, 1.0))  # noqa: S311  # jitter
    return True


def _is_stream(response: Response, codec: Codec, crossing: Crossing | None) -> bool:
    expected = codec.stream_type if crossing is None else CONTENT_TYPE
    return (response.header(b"content-type") or b"").lstrip().lower().startswith(expected)
