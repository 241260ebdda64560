"""Shadow routes: some conversations are served by the other model too, and both answers are scored.

Rules:

- Whether a conversation is shadowed is drawn before it is served, with the route's probability, whoever will
  serve it; the record says with which. What cannot be shadowed is not drawn: an answer nobody here could
  read, a policy that does not permit both models and the judge, a model or a queue without room. That is
  known before any score is.
- A shadow is bound by its request's verdict and egress, like any attempt. It is a request of its own in the
  ledger (`shadow_of`), paid by no key's budget, and asked one at a time, behind what clients wait for.
- Nobody is owed a shadow: what waits for one, or for its judge, while the policy changes gets none, since it
  was judged by one that holds no longer.
- Conversations are scored in the order in which they were served, each once. A score that is missing counts
  as the worst.
- Under a certificate they are watched by a monitor; without one, they are labels to learn from.
- When the monitor fires, the certificate is withdrawn and the route goes to the strong model at once, also if
  nothing can be written any more.
- What waits for its shadow when the gateway ends is on record as a shadow that failed; the monitor counts it
  not, since when a gateway ends, or its policy changes, has nothing to do with what was answered.
- A judge outside reads no answer in which something was found that raises a label: its verdict is one on what
  was asked. Such a conversation is not scored.
- What it does not see: requests that failed or whose client hung up, traffic of certain policies and
  protocols, and what served without being covered, of which the record says *uncertified*.
"""

import asyncio
import hashlib
import logging
import random
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from http import HTTPStatus

import msgspec

from wye.core.answer import Answer
from wye.core.errors import BadRequestError, LedgerError
from wye.core.money import total
from wye.core.record import Outcome
from wye.gateway.aside import ask, quiet
from wye.gateway.attempts import Attempts
from wye.gateway.books import Books
from wye.gateway.costs import unserved
from wye.gateway.job import Job
from wye.gateway.learnt import routes_of
from wye.gateway.metrics import Reading
from wye.gateway.overheard import heard
from wye.gateway.runtime import Runtime, Snapshot
from wye.gateway.scoring import Scored, agreement, judged, text
from wye.gateway.spoken import read
from wye.gateway.watched import Drawn, Watched, eligible, own_job, watch
from wye.routing.state import StateError
from wye.routing.watch.journal import Sight, count, note, resumed
from wye.routing.watch.monitor import Monitor

log = logging.getLogger("wye")

_RANDOM = random.Random(random.SystemRandom().getrandbits(128))  # noqa: S311  # a fair draw, not a secret
MOST_WAITING = 16
"""Conversations that wait for their shadow; while there are more, none is drawn."""
MOST_CONVERSATIONS = 50_000
_STOPPED = "it was stopped before it ended"
_NOT_BEGUN = "the gateway was stopped before it began"
_CHANGED = "the policy changed before it began"
WRITE_SECONDS = 5.0
"""That a withdrawal is given to get onto the disk before it is acted on."""
SECONDS = 300.0
"""The longest that a shadow, and as long again its judge, may take."""


class Shadows:
    """Draws conversations, and shadows them in the background."""

    def __init__(
        self,
        runtime: Runtime,
        attempts: Attempts,
        books: Books,
        draw: Callable[[], float] = _RANDOM.random,
    ) -> None:
        self._runtime = runtime
        self._attempts = attempts
        self._books = books
        self._draw = draw
        self._salt = secrets.token_bytes(16)
        self._watched: dict[str, Watched] = {}
        self._of: Snapshot | None = None
        self._waiting: asyncio.Queue[Watched | Drawn] = asyncio.Queue()
        self._shadowed: OrderedDict[bytes, None] = OrderedDict()
        self._claimed = 0
        """Conversations that have been drawn and whose shadow has not begun."""

    def draw(self, job: Job) -> Drawn | None:
        """Draw whether a request is shadowed, before it is served; if so, note with which probability."""
        if self._runtime.now is not self._of:
            self._look(self._runtime.now)
        watched = self._watched.get(job.decision.strategy)
        if watched is None or watched.over or job.decision.certificate != watched.certificate:
            return None
        if self._draw() >= watched.settings.probability:
            return None
        drawn = eligible(job, watched)
        if drawn is None or self._claimed >= MOST_WAITING or (mark := self._mark(job)) in self._shadowed:
            return None
        self._claimed += 1  # here and not once it is served: others of the same conversation are under way
        self._shadowed[mark] = None
        if len(self._shadowed) > MOST_CONVERSATIONS:
            self._shadowed.popitem(last=False)
        job.entry.shadow_probability = watched.settings.probability
        job.entry.heard = bytearray()
        return drawn

    def take(self, drawn: Drawn) -> None:
        """Shadow a conversation, now that it has been served."""
        entry = drawn.job.entry
        if entry.outcome is not Outcome.OK or entry.deployment not in (drawn.strong, drawn.weak):
            self.drop(drawn)
        else:
            self._waiting.put_nowait(drawn)

    def drop(self, drawn: Drawn) -> None:
        """Shadow a conversation not now, since it was not served; it may be drawn again."""
        self._claimed -= 1
        self._shadowed.pop(self._mark(drawn.job), None)

    async def run(self) -> None:
        """Shadow what was drawn, one after another, until cancelled; what waits then is on record."""
        try:
            while True:
                await self._next()
        finally:
            self._give_up()

    async def _next(self) -> None:
        one = await self._waiting.get()
        try:
            if isinstance(one, Watched):
                await self._resume(one)
                return
            self._claimed -= 1
            if not one.watched.over:
                await self._shadow(one)
        except Exception:
            log.exception("shadowing a request failed in a way nobody foresaw")

    def _give_up(self) -> None:
        """Note whose shadows come to nothing, since the gateway ends: on record, and in the log."""
        waiting = [self._waiting.get_nowait() for _ in range(self._waiting.qsize())]
        lost = [one for one in waiting if isinstance(one, Drawn)]
        for drawn in lost:
            self._not_begun(drawn, _NOT_BEGUN)
        if lost:
            log.warning("%d conversations that were drawn are not shadowed: the gateway ends", len(lost))

    def _not_begun(self, drawn: Drawn, why: str) -> None:
        by_strong = drawn.job.entry.deployment == drawn.strong
        self._seal(own_job(drawn.job, drawn.weak if by_strong else drawn.strong, "shadow"), why)

    def _outdated(self, job: Job) -> bool:
        """Whether a request was judged by a policy that is no longer in force."""
        return job.verdict.revision != self._runtime.now.policy.revision

    def readings(self) -> Iterator[Reading]:
        """Return how near each monitor is to firing, and how many wait."""
        yield "wye_shadows_waiting", "Drawn conversations not shadowed yet", {}, self._claimed
        for route, watched in self._watched.items():
            if watched.monitor is not None and not watched.over:
                label = {"route": route}
                yield "wye_shadowed_total", "Shadowed conversations", label, watched.monitor.rows
                evidence = watched.monitor.evidence
                yield "wye_drop_evidence", "Of a drop in quality; at 1 it is withdrawn", label, evidence

    def _look(self, now: Snapshot) -> None:
        """Take over what is in force; a monitor goes on as long as its certificate and its plan do."""
        self._of, before = now, self._watched
        self._watched = {}
        if self._runtime.learnt is None:
            return
        routes = routes_of(now.settings)
        for route, found in self._runtime.learnt.in_force.items():
            shadow = routes[route].shadow if route in routes else None
            if shadow is None:
                continue
            made = watch(now, self._runtime.learnt.state(route), found, shadow)
            known = before.get(route)
            if made is not None and known is not None and not known.over and made.like(known):
                self._watched[route] = known
            elif made is not None:
                self._watched[route] = made
                self._waiting.put_nowait(made)
        for route, known in before.items():
            known.over |= self._watched.get(route) is not known

    def _mark(self, job: Job) -> bytes:
        return hashlib.blake2b(job.session.mark(), key=self._salt, digest_size=16).digest()

    async def _resume(self, watched: Watched) -> None:
        """Go on where the journal ends: with a monitor that may have fired already."""
        if watched.monitor is not None or watched.plan is None or watched.over:
            return
        try:
            watched.monitor = await asyncio.to_thread(
                resumed, watched.state.folder, watched.certificate, watched.plan
            )
        except StateError as error:
            await self._take_back(watched, f"nothing watches it: {error.message}")
            return
        if watched.monitor.fired_at is not None:
            await self._take_back(watched, _fired(watched.monitor))

    async def _shadow(self, drawn: Drawn) -> None:
        watched, entry = drawn.watched, drawn.job.entry
        await self._resume(watched)
        if watched.over:
            return
        if self._outdated(drawn.job):
            self._not_begun(drawn, _CHANGED)
            return
        by_strong = entry.deployment == drawn.strong
        try:
            scored = await self._scored(drawn, by_strong=by_strong)
        except (ValueError, RecursionError, BadRequestError) as error:
            scored = Scored(why=f"it cannot be read ({error})")
        except Exception:
            log.exception("shadowing request %s failed in a way nobody foresaw", entry.id)
            scored = Scored(why="an internal error; the gateway's log has the details")
        if scored is None:
            return
        sight = Sight(
            request=entry.id,
            at=time.time(),
            certificate=watched.certificate,
            plan=watched.plan.id if watched.plan else "",
            served="strong" if by_strong else "weak",
            probability=entry.shadow_probability,
            strong=scored.strong,
            weak=scored.weak,
            why=scored.why,
            models=(watched.strong, watched.weak),
        )
        try:
            await asyncio.to_thread(note, watched.state.folder, sight)
        except StateError as error:
            log.error("%s; this shadow counts until the next start", error.message)  # noqa: TRY400  # no traceback
        monitor = watched.monitor
        if monitor is not None and count(monitor, sight):
            await self._take_back(watched, _fired(monitor))

    async def _scored(self, drawn: Drawn, *, by_strong: bool) -> Scored | None:
        """Ask the other model, and score both answers; None = a judge may not read them.

        Raises `ValueError` or `BadRequestError`.
        """
        job = drawn.job
        chat = read(job.request)
        served = heard(job.request, bytes(job.entry.heard or b""), streamed=job.request.stream)
        other = drawn.weak if by_strong else drawn.strong
        aside = own_job(job, other, "shadow")
        said: Answer | str = _STOPPED
        try:
            async with asyncio.timeout(SECONDS):
                said = await ask(self._attempts, aside, quiet(chat), other, "shadow")
        except TimeoutError:
            said = f"no answer within {SECONDS:g} s"
        finally:  # whatever ended it: what was asked for is on record
            self._seal(aside, said if isinstance(said, str) else "")
        if isinstance(said, str):
            return Scored(why=f"{other}: {said}")
        strong, weak = (served, said) if by_strong else (said, served)
        if not drawn.watched.judge:
            return agreement(strong, weak, chat)
        if job.entry.answer_labels or await self._raises(job, said) or self._outdated(job):
            return None
        aside = own_job(job, drawn.watched.judge, "judge")
        scored = Scored(why=_STOPPED)
        try:
            async with asyncio.timeout(SECONDS):
                scored = await judged(self._attempts, aside, drawn.watched.judge, strong, weak)
        except TimeoutError:
            scored = Scored(why="the judge took too long")
        finally:
            self._seal(aside, scored.why)
        return scored

    async def _raises(self, job: Job, said: Answer) -> bool:
        """Whether something stands in a shadow's answer that raises a label; nobody else looks at it."""
        looks, labels = self._runtime.now.inspection, frozenset(job.entry.labels)
        if looks is None or not looks.settings.answers or not looks.matters(labels):
            return False
        found = await looks.answer(msgspec.json.encode({"said": text(said)}), labels)
        return bool(found.labels)

    def _seal(self, aside: Job, error: str) -> None:
        entry, tried = aside.entry, aside.entry.tried
        entry.outcome = Outcome.ERROR if error else Outcome.OK
        entry.status = HTTPStatus.BAD_GATEWAY if error else HTTPStatus.OK
        entry.error = error
        entry.cost = total(entry.aside) if entry.aside else unserved(entry)
        if tried:
            last = tried[-1]
            target = aside.targets.get(last.deployment)
            entry.deployment = last.deployment
            entry.lane = None if target is None else target.deployment.lane
            entry.usage = last.usage
        try:
            self._books.seal(entry)
        except LedgerError as refused:
            log.error("a shadow's record is lost: %s", refused.message)  # noqa: TRY400  # no traceback

    async def _take_back(self, watched: Watched, why: str) -> None:
        """Withdraw a certificate, on the disk first, and let the strong model serve from then on."""
        watched.over = True
        id_, learnt = watched.certificate, self._runtime.learnt
        assert learnt is not None  # noqa: S101  # it granted the certificate
        wrong = "nobody waited for it to be written"
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await asyncio.to_thread(watched.state.withdraw, id_, why)
            wrong = ""
        except StateError as error:
            wrong = error.message
        except TimeoutError:
            wrong = f"writing it takes longer than {WRITE_SECONDS:g} s"
        finally:  # whatever came of it
            learnt.refuse(id_, why)
            self._runtime.again()
            log.warning("route '%s': certificate %s is withdrawn: %s", watched.state.route, id_, why)
            if wrong:
                log.error("%s; until the next start strong serves all the same", wrong)


def _fired(monitor: Monitor) -> str:
    return (
        f"the monitor fired after {monitor.fired_at} shadowed conversations: quality has dropped below what "
        f"was certified (evidence {monitor.evidence:.2f}, 1 is enough)"
    )
