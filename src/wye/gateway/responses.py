"""Going on from an earlier answer of `/v1/responses`.

Rules:

- What an upstream holds goes on there and nowhere else; wye keeps nothing of it but who holds it.
- What an upstream of another protocol answered is held by nobody, unless config says that wye keeps it. Then
  a request that goes on from it is expanded to the whole conversation before anything else looks at it.
- Either way the labels of what came before hold for what goes on from it.
- An answer of another key is not found, exactly as one that never was.
- An id that nobody here remembers may be of an answer made without wye. Where nobody has a key, and all
  upstreams that could hold it are one account, that one is asked: whoever can reach the gateway could
  have made it. Labels decide over that as over everything.
"""

import asyncio
import functools
import logging
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import anyio.to_thread
import msgspec

from wye.config.settings import ResponsesSettings
from wye.core.errors import BadRequestError, LedgerError, NotFoundError, UnknownPreviousError
from wye.core.label import Labels
from wye.core.request import Request
from wye.gateway.keys import Caller
from wye.gateway.runtime import Snapshot
from wye.ledger.entry import Entry
from wye.ledger.turns import Held, Turn, Turns
from wye.protocols.codec import Codec
from wye.protocols.openai_responses_turns import Kept, answer_id, asked_items, expanded

log = logging.getLogger("wye")

T = TypeVar("T")
EMBEDDED: Final = "embedded"
DAY: Final = 86_400.0
SWEEP_SECONDS = 3_600.0
MOST_RECENT = 20_000
"""Answers whose holder is remembered until its record is surely in the database, and beyond."""
_LOOKS = (0.0, 0.1, 0.2)
"""Pauses before each look for an answer whose record may still be on its way, from another gateway too."""
_ID = re.compile(r"[A-Za-z0-9_.:=+/-]{1,200}\Z")
_HOW = (
    "answers are held where the upstream itself speaks Responses, or where wye.yaml says "
    "`responses: {store: true}`; send the whole conversation in `input` instead"
)


class Before(msgspec.Struct, frozen=True):
    """What came before a request."""

    labels: Labels = frozenset()
    request: Request | None = None
    """The request with all that wye keeps of it; None = as it came."""
    holder: str = ""
    """The deployment whose upstream holds it; empty = it stands in the request."""
    guessed: bool = False
    """Nobody here remembers it: `holder` is where it may be."""


FIRST = Before()


class Responses:
    """Finds, keeps and forgets answers."""

    def __init__(self, turns: Turns, clock: Callable[[], float] = time.time) -> None:
        self._turns = turns
        self._clock = clock
        self._recent: OrderedDict[tuple[str, str], Held] = OrderedDict()

    async def before(self, request: Request, codec: Codec, caller: Caller, now: Snapshot) -> Before:
        """Return what `request` goes on from.

        Raises `UnknownPreviousError`, also for an answer of another key.
        """
        codec.refuse_duplicates(request)
        id_, most = request.previous, now.settings.listener.body_bytes
        found = await self.find(id_, caller, now.settings.responses)
        if found is None and (there := elsewhere(id_, "openai_responses", caller, now)):
            return Before(there.labels, holder=there.deployment, guessed=True)
        if isinstance(found, Held):
            return Before(found.labels, holder=found.deployment)
        turns: Sequence[Turn] = () if found is None else (found,)
        if found is not None and found.previous is not None:
            turns = await _aside(self._turns.conversation, id_, caller.account, self._clock(), most)
        if not turns:
            raise unknown_previous(id_)
        body = expanded(request.body, (Kept(turn.input, turn.answer) for turn in turns))
        if len(body) > most:
            message = (
                f"the conversation before it makes this request larger than {most} bytes: begin a new one"
            )
            raise BadRequestError(message, param="previous_response_id")
        whole = msgspec.structs.replace(codec.decode(body), previous=id_)
        return Before(turns[-1].labels, whole)

    async def find(self, id_: str, caller: Caller, settings: ResponsesSettings) -> Held | Turn | None:
        """Return an answer that `caller` got, and may go on from."""
        if not _ID.match(id_):
            return None
        known = self._recent.get((caller.account, id_))
        if known is not None:
            return known
        for pause in _LOOKS:
            await asyncio.sleep(pause)
            found = await _aside(self._look, id_, caller.account, settings)
            if found is not None:
                return found
        return None

    def held(self, id_: str, caller: Caller, entry: Entry) -> None:
        """Note that the upstream which answers `entry` holds the answer `id_`. The record will say so."""
        if not _ID.match(id_):
            return
        entry.response = id_
        recent = self._recent
        recent[caller.account, id_] = Held(entry.deployment, frozenset(entry.labels))
        if len(recent) > MOST_RECENT:
            recent.popitem(last=False)

    async def keep(self, request: Request, answer: bytes, caller: Caller, entry: Entry, days: int) -> None:
        """Keep a turn in the database; `answer` is the response object. Raises `LedgerError`."""
        id_ = answer_id(answer)
        if not id_:
            return  # it failed on the way: there is nothing to go on from
        now = self._clock()
        turn = Turn(
            id=id_,
            owner=caller.account,
            previous=request.previous or None,
            at=now,
            expires=(now // DAY + days + 1) * DAY,  # at a day's end: most turns move no other's expiry
            deployment=entry.deployment,
            labels=frozenset(entry.labels),
            input=asked_items(entry.body),
            answer=answer.decode(),
        )
        await _aside(self._turns.keep, turn)

    async def forget(self, id_: str, caller: Caller) -> None:
        """Delete a turn that wye keeps. Raises `NotFoundError`."""
        if not await _aside(self._turns.delete, id_, caller.account, self._clock()):
            raise not_found(id_)

    async def sweep(self) -> None:
        """Delete what has expired, now and then, until cancelled."""
        while True:
            try:
                await _aside(self._turns.sweep, self._clock())
            except LedgerError as error:
                log.warning("conversations that have expired are not deleted yet: %s", error.message)
            await asyncio.sleep(SWEEP_SECONDS)

    def _look(self, id_: str, account: str, settings: ResponsesSettings) -> Held | Turn | None:
        now = self._clock()
        turn = self._turns.get(id_, account, now)
        return turn or self._turns.held(id_, account, now - settings.keep_days * DAY)


def elsewhere(id_: str, speech: str, caller: Caller, now: Snapshot) -> Held | None:
    """Return who may hold an answer that nobody here remembers: the one account that speaks `speech`.

    The first of its deployments stands for it. None where anybody has a key: it may be another's.
    """
    if not now.runtime.is_everybody(caller) or not _ID.match(id_):
        return None
    native = [
        target.deployment
        for target in now.targets.values()
        if speech in target.verbatim and target.deployment.provider != EMBEDDED  # which stores nothing
    ]
    accounts = {(deployment.endpoint, deployment.api_key) for deployment in native}
    return Held(native[0].id, frozenset()) if len(accounts) == 1 else None


def unknown_previous(id_: str) -> UnknownPreviousError:
    """Return the error for a request that goes on from what is not there, or is another key's."""
    message = f"Previous response with id '{id_[:80]}' not found: {_HOW}"
    return UnknownPreviousError(message, param="previous_response_id")


def not_found(id_: str) -> NotFoundError:
    """Return the error for an answer that is not there, or is another key's."""
    return NotFoundError(f"Response with id '{id_[:80]}' not found: {_HOW}")


async def _aside(work: Callable[..., T], *args: object) -> T:
    """Wait for the database in a thread of its own."""
    return await anyio.to_thread.run_sync(functools.partial(work, *args))
