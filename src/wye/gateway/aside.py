"""Answers that stay here: second opinions, shadows, verdicts. Nobody is served them; they count all the same.

Whoever is asked is bound by the request's verdict, has a place in a queue like any other, and is noted as an
attempt with its usage and cost.
"""

import asyncio
import time

import msgspec

from wye.core.answer import Answer as Said
from wye.core.chat import Chat
from wye.core.decision import Candidate
from wye.core.errors import BadRequestError, WyeError
from wye.core.money import Cost
from wye.gateway.attempts import Attempts, attempt_record
from wye.gateway.costs import cost_of
from wye.gateway.crossing import Crossing
from wye.gateway.job import Answer, Job
from wye.gateway.overheard import Ear
from wye.gateway.spoken import crossing
from wye.gateway.target import Target
from wye.protocols.responses.parts import NAME as RESPONSES


class Aside(Job, eq=False):
    """The job of somebody whose answer stays here: it is whole, and in no protocol."""

    made: Crossing | None = None

    def way(self, target: Target) -> Crossing | None:  # noqa: ARG002  # a job's shape
        """Return what asks the only target."""
        return self.made


def quiet(chat: Chat) -> Chat:
    """Return a request as it is asked aside: whole, without what only its client wants, and kept nowhere."""
    sampling = msgspec.structs.replace(chat.sampling, logprobs=None, top_logprobs=None)
    extras = {key: value for key, value in chat.extras.items() if key not in {"store", "background"}}
    if chat.protocol == RESPONSES:
        extras["store"] = False  # unsaid, an upstream of that protocol keeps it
    return msgspec.structs.replace(chat, stream=False, sampling=sampling, extras=extras)


async def ask(attempts: Attempts, job: Job, chat: Chat, name: str, cause: str) -> Said | str:
    """Return what deployment `name` answers to `chat`, or why there is no answer.

    Attempts go into the job's entry, and what they cost into its `aside`.
    """
    target = job.targets.get(name)
    if target is None:
        return "it is not there now"
    ear = Ear()
    try:
        made = crossing(job.request, chat, target, betas=bool(job.betas), echo={})
    except BadRequestError as error:
        return error.noted
    aside = Aside(*msgspec.structs.astuple(job))
    aside.hedge = None
    aside.made = ear.on(made, silent=True)
    aside.request = msgspec.structs.replace(job.request, stream=False)
    alone = (Candidate(name, target.deployment.lane),)
    aside.decision = msgspec.structs.replace(job.decision, candidates=alone)
    before, began = len(job.entry.tried), time.perf_counter()
    try:
        answer = await attempts.run(aside, cause)
    except WyeError as error:
        return error.noted
    except asyncio.CancelledError:
        if any(one.deployment == name and one.cause == cause for one in job.entry.tried[before:]):
            busy = time.perf_counter() - began
            job.entry.aside.append(cost_of(target.deployment, None, busy, job.entry.at))
        raise
    if answer.error is not None:
        return answer.error.noted
    job.entry.aside.append(settle(job, answer))
    try:
        return ear.said
    except ValueError as error:
        return str(error)


def settle(job: Job, answer: Answer, error: str = "") -> Cost:
    """Give back what an attempt holds, and note it; return what it cost."""
    hold, entry = answer.hold, job.entry
    if error:
        answer.response.abort()
    hold.release()
    cost = None
    try:
        busy = time.perf_counter() - hold.entered
        cost = cost_of(hold.target.deployment, answer.usage, busy, entry.at, entry.unpriced)
    finally:  # at its worst case if nobody can say what it cost
        entry.charge(hold.reservation.settle(cost, answer.usage))
        attempt = attempt_record(entry, hold, answer.response, error)
        entry.tried.append(msgspec.structs.replace(attempt, usage=answer.usage, cost=cost))
    return cost
