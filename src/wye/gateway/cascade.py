"""The agreement gate: the weak model's answer is served if others say the same, else the strong one is asked.

Rules:

- The first candidate and the gate's deployments are asked at once. All of them are bound by the verdict, and
  each has its own place in a queue and its own reservation of the budget.
- Nothing of an answer goes to the client before it is whole and judged; a stream gets heartbeats meanwhile.
- An answer that is unfit (`agreement.flaw`), or that somebody does not say as well (`agreement.differs`), is
  not served: the next candidates are asked, with cause `cascade`; if it never came, as a fallback.
- Somebody who is asked for an opinion and gives none has not agreed. Opinions are waited for as long again as
  the answer took, and then no longer.
- Opinions that no longer matter are stopped where that saves something: on own machines at once. Processors
  bill what they have begun, and what that was is known if they may end while the next one is asked.
- Only if nobody else can serve the request is an answer served that not all agree with: that is no error.
- Whatever was asked for counts: as an attempt, against the budget, and in the cost of the request.
"""

import asyncio
import logging
import time
from collections.abc import Collection, Mapping

import msgspec

from wye.config.settings import Settings
from wye.config.strategies import GateSettings
from wye.core.answer import Answer as Said
from wye.core.chat import Chat
from wye.core.errors import BadRequestError, WyeError
from wye.core.lane import Lane
from wye.core.money import total
from wye.gateway.aside import ask, quiet, settle
from wye.gateway.attempts import MAX_ANSWER_BYTES, Attempts
from wye.gateway.crossing import Crossing
from wye.gateway.job import Answer, Job
from wye.gateway.overheard import Ear, heard
from wye.gateway.race import all_ended
from wye.gateway.refusals import broke
from wye.gateway.spoken import answerer, crossing, read
from wye.gateway.target import Target
from wye.providers.transport.errors import TransportError
from wye.routing.agreement import differs, flaw, unsure
from wye.routing.band import Tally
from wye.routing.cost import CURRENCY
from wye.routing.meaning import alike

log = logging.getLogger("wye")

LEAST_PATIENCE = 5.0
"""Seconds that opinions are waited for at least, once the answer is here."""
OTHER_TEMPERATURE = 0.7
"""At least, of a second sample: a model that is asked twice in the same words at 0 agrees with itself."""
AGREED = "agreed"
TELLS = "openai_chat"
"""The protocol in which engines tell how likely each token was, if they are asked."""


class First(msgspec.Struct, eq=False):
    """What came of the first candidate."""

    wrong: str = ""
    """Why its answer is not fit to be served, or not there; empty = it is fit."""
    answer: Answer | None = None
    """Whole, and settled; None = there is none."""
    said: Said | None = None


class _Heard(Job, eq=False):
    """The job of the first candidate: whatever translates for it is listened to."""

    ear: Ear | None = None
    chat: Chat | None = None
    """What is asked, if the answer shall tell how sure it is; None = it need not."""

    def way(self, target: Target) -> Crossing | None:
        """Return what translates for `target`. Raises `BadRequestError`."""
        made, chat = super().way(target), self.chat
        if chat is not None and not chat.sampling.logprobs and target.deployment.protocol == TELLS:
            if made is None:
                made = crossing(self.request, chat, target, betas=bool(self.betas), echo={})
            return self.ear.on(made.with_logprobs(), sure=True) if self.ear is not None else made
        return made if made is None or self.ear is None else self.ear.on(made)


class Cascade:
    """Serves requests whose decision names a gate."""

    def __init__(self, attempts: Attempts, tallies: Mapping[str, Tally]) -> None:
        """`tallies`: route -> what came of its gate lately."""
        self._attempts = attempts
        self._tallies = tallies

    async def run(self, job: Job, settings: Settings) -> Answer:
        """Return the answer to serve. Raises the last failure's error when there is none."""
        gate = _gate(settings, job.decision.strategy)
        try:
            chat = _read(job)
        except (BadRequestError, ValueError) as error:
            job.entry.gate = f"not asked: {error}"
            decision = msgspec.structs.replace(job.decision, candidates=job.decision.candidates[1:])
            return await self._attempts.run(msgspec.structs.replace(job, decision=decision))
        opinions = {name: asyncio.ensure_future(self._opinion(job, chat, name)) for name in job.decision.gate}
        answer: Answer | None = None
        try:
            began = time.perf_counter()
            first = await self._first(job, chat, gate)
            patience = max(LEAST_PATIENCE, time.perf_counter() - began)
            told = first.wrong or await self._told(first, opinions, gate, patience)
            job.entry.gate = told or AGREED
            if told:
                await _stopped([task for name, task in opinions.items() if _is_own(job, name)])
                answer = await self._next(job, first)
        finally:
            try:
                await _stopped(opinions.values())
            except BaseException:
                if answer is not None:
                    settle(job, answer, "cut short")
                raise
        self._note(job, first, agreed=not told)
        return answer if answer is not None else _served(job, first)

    async def _first(self, job: Job, chat: Chat, gate: GateSettings) -> First:
        """Ask the first candidate, and take in its whole answer."""
        ear = Ear()
        weak = _Heard(*msgspec.structs.astuple(job))
        weak.hedge = None  # nobody else is asked; the allowance is for the next candidates
        weak.ear, weak.chat = ear, chat if gate.sure is not None else None
        weak.decision = msgspec.structs.replace(job.decision, candidates=job.decision.candidates[:1])
        try:
            answer = await self._attempts.run(weak)
        except WyeError as error:
            return First(error.noted)
        if answer.error is not None:
            return First(answer.error.noted)
        broken = "cut short"
        try:
            broken = await _drained(answer)
        finally:
            cost = settle(job, answer, broken)
        job.entry.aside.append(cost)
        if broken:
            return First(broken)
        first = First(answer=answer)
        try:
            native = answer.hold.crossing is None
            first.said = heard(job.request, answer.body, streamed=answer.streamed) if native else ear.said
        except (ValueError, RecursionError):
            first.wrong = "it cannot be read"
        else:
            first.wrong = flaw(first.said, chat) or unsure(first.said, gate.sure)
        return first

    async def _told(
        self,
        first: First,
        opinions: Mapping[str, "asyncio.Task[Said | str]"],
        gate: GateSettings,
        patience: float,
    ) -> str:
        """Say who does not agree, and in what; empty = all agree."""
        said, names = first.said, {task: name for name, task in opinions.items()}
        if said is None:
            return "nothing was said"
        until, pending = time.perf_counter() + patience, set(names)
        while pending:
            left = max(0.0, until - time.perf_counter())
            done, pending = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                return f"{names[pending.pop()]} did not answer in time"
            for task in done:
                other = task.result()
                told = other if isinstance(other, str) else None
                if told is None and isinstance(other, Said):
                    told = differs(said, other, gate.compare, gate.meaning, alike)
                if told:
                    return f"{names[task]}: {told}"
        return ""

    async def _opinion(self, job: Job, chat: Chat, name: str) -> Said | str:
        """Return what `name` answers to the same request, or why there is nothing to go by."""
        try:
            told = await ask(self._attempts, job, _aside(chat, job, name), name, "gate")
            return told if isinstance(told, str) else flaw(told, chat) or told
        except Exception:
            log.exception("request %s: asking '%s' failed in a way nobody foresaw", job.entry.id, name)
            return "an internal error; the gateway's log has the details"

    async def _next(self, job: Job, first: First) -> Answer | None:
        """Ask the other candidates; None = none can serve it, and the first one's answer is better than none.

        Raises the last failure's error if there is no such answer.
        """
        decision = msgspec.structs.replace(job.decision, candidates=job.decision.candidates[1:])
        others = msgspec.structs.replace(job, decision=decision)
        if first.answer is None:
            return await self._attempts.run(others, "fallback")
        try:
            answer = await self._attempts.run(others, "cascade")
        except WyeError as error:
            why = error.noted
        else:
            if answer.error is None:
                return answer
            why = answer.error.noted
        job.entry.gate += f"; served all the same, since nobody else could: {why}"
        covered = tuple(
            name for name in job.decision.covered if name != job.decision.candidates[0].deployment
        )
        job.decision = msgspec.structs.replace(job.decision, covered=covered)
        return None

    def _note(self, job: Job, first: First, *, agreed: bool) -> None:
        """Count what came of it, for the next decision whether it pays."""
        tally = self._tallies.get(job.decision.strategy)
        if tally is None or first.answer is None:  # a failure says nothing of who would have agreed
            return
        spent = total(job.entry.aside)
        tally.note(spent.amount if spent.currency == CURRENCY else None, agreed=agreed)


def _gate(settings: Settings, route: str) -> GateSettings:
    """Return the gate of a route that has one."""
    found = settings.routes.get(route, settings.auto).gate
    assert found is not None  # noqa: S101  # the decision names it, of the same settings
    return found


def _read(job: Job) -> Chat:
    """Return what the request means. Raises `BadRequestError`, or `ValueError` if no answer can be read."""
    first = job.targets[job.decision.candidates[0].deployment]
    if job.codec.name in first.verbatim:
        answerer(job.request)
    return read(job.request)


def _aside(chat: Chat, job: Job, name: str) -> Chat:
    """Return the request as somebody is asked whose answer nobody is served."""
    asked = quiet(chat)
    if name != job.decision.candidates[0].deployment:
        return asked
    warmer = max(asked.sampling.temperature or 0.0, OTHER_TEMPERATURE)
    sampling = msgspec.structs.replace(asked.sampling, temperature=warmer, seed=None)
    return msgspec.structs.replace(asked, sampling=sampling)


async def _drained(answer: Answer) -> str:
    """Read the rest of a stream; return why that failed, empty = it has not."""
    relay = answer.relay
    if relay is None:
        return ""
    pieces, size = [answer.body], len(answer.body)
    try:
        async for chunk in answer.response:
            pieces.append(relay.feed(chunk))
            size += len(pieces[-1])
            if size > MAX_ANSWER_BYTES:
                return "it is too long"
        pieces.append(relay.finish())
    except TransportError as broken:
        return f"it broke off ({broken})"
    except (ValueError, RecursionError) as broken:
        return str(broken).partition(":")[0]
    finally:
        answer.usage = relay.usage
    answer.body, answer.relay = b"".join(pieces), None
    return broke(answer.hold.target.deployment, relay).partition(":")[0]


def _served(job: Job, first: First) -> Answer:
    """Note that the first candidate's answer is served: it begins for the client only now."""
    answer = first.answer
    assert answer is not None  # noqa: S101  # there is one to serve
    answer.hold.first_byte = time.perf_counter()
    job.entry.usage = answer.usage
    job.entry.cost = total(job.entry.aside)
    return answer


def _is_own(job: Job, name: str) -> bool:
    target = job.targets.get(name)
    return target is not None and target.deployment.lane is Lane.OWN


async def _stopped(tasks: Collection["asyncio.Task[Said | str]"]) -> None:
    """Stop what is still asked, and wait until that is noted."""
    for task in tasks:
        task.cancel()
    await all_ended(tasks)
