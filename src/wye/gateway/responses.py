"""Going on from an earlier answer of `/v1/responses`.

Rules:

- What an upstream holds goes on there and nowhere else; wye keeps nothing of it but who holds it.
- What an upstream of another protocol answered is held by nobody, unless config says that wye keeps it. Then
  a request that goes on from it is expanded to the whole conversation before anything else looks at it.
- Either way the labels of what came before hold for what goes on from it.
- An answer of another key is not found, exactly as one that never was.
- An id that nobody here remembers may be of an answer made without wye. Where there are no keys, and all
  upstreams that could hold it and that labels permit are one account, that one is asked: whoever can reach
  the gateway could have made it.
- So it is with what else an account keeps and a request may name: a conversation, a prompt, an item. Where
  there are keys, config has to permit it.
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

from wye.config.settings import ResponsesSettings, Settings
from wye.core.errors import BadRequestError, ForbiddenError, LedgerError
from wye.core.label import Labels
from wye.core.request import Request
from wye.gateway.asks import RESPONSES
from wye.gateway.keys import Caller
from wye.ledger.entry import Entry
from wye.ledger.turns import Held, Turn, Turns
from wye.protocols.codec import Codec
from wye.protocols.responses.turns import Kept, answer_id, asked_items, expanded
from wye.routing.held import unknown_previous

log = logging.getLogger("wye")

T = TypeVar("T")
DAY: Final = 86_400.0
SWEEP_SECONDS = 3_600.0
MOST_RECENT = 20_000
"""Answers whose holder is remembered until its record is surely in the database, and beyond."""
_LOOKS = (0.0, 0.1, 0.2)
"""Pauses before each look for an answer whose record may still be on its way from another gateway.

One's own are in `_recent` from the moment they are known, and in a ledger of SQLite there are no others.
"""
_WHOSE = (
    "`{}` names what the upstream's account keeps, and nobody here knows whose it is: send what it holds in "
    "`input`. An operator can let every key name it with `responses: {{references: true}}` in wye.yaml"
)
_ANOTHERS = "what it goes on from holds another subject's data: leave x-wye-subject away, or begin anew"
_ID = re.compile(r"[A-Za-z0-9_.:=+/-]{1,200}\Z")


class Before(msgspec.Struct, frozen=True):
    """What came before a request."""

    labels: Labels = frozenset()
    request: Request | None = None
    """The request with all that wye keeps of it; None = as it came."""
    subject: str = ""
    """The tag of whose data it holds."""
    holder: str | None = ""
    """The deployment whose upstream holds it; empty = it stands in the request; None = nobody remembers."""

    def whose(self, said: str, of_key: str) -> str:
        """Return the tag of whose data what goes on from here holds: a person's stays that person's.

        `said` is what the request says, else `of_key`, the key's. Raises `BadRequestError` for another
        person's: under one key of the two, what is stored would outlive the other's erasure.
        """
        if self.subject in ("", of_key):
            return said
        if said not in (of_key, self.subject):
            raise BadRequestError(_ANOTHERS, param="x-wye-subject")
        return self.subject


FIRST = Before()
_UNREMEMBERED = Before(holder=None)


class Responses:
    """Finds, keeps and forgets answers."""

    def __init__(self, turns: Turns, clock: Callable[[], float] = time.time) -> None:
        self._turns = turns
        self._clock = clock
        self._recent: OrderedDict[tuple[str, str], Held] = OrderedDict()

    async def before(
        self, request: Request, codec: Codec, caller: Caller, settings: Settings, *, keyless: bool
    ) -> Before:
        """Return what `request` goes on from. `keyless` = there are no keys, so that it is nobody else's.

        Raises `UnknownPreviousError`, also for an answer of another key, and `ForbiddenError`.
        """
        codec.refuse_duplicates(request)
        if request.refers and not (keyless or settings.responses.references):
            raise ForbiddenError(_WHOSE.format(request.refers), param=request.refers)
        if not request.previous:
            return _UNREMEMBERED
        id_, most = request.previous, settings.listener.body_bytes
        found = await self.find(id_, caller, settings.responses)
        if isinstance(found, Held):
            return Before(found.labels, holder=found.deployment, subject=found.subject)
        if found is None and keyless and _ID.match(id_):
            return _UNREMEMBERED
        turns: Sequence[Turn] = () if found is None else (found,)
        if found is not None and found.previous is not None:
            turns = await _aside(self._turns.conversation, id_, caller.account, self._clock(), most)
        if not turns:
            raise unknown_previous(id_)
        body = expanded(request.body, (Kept(turn.input, turn.answer) for turn in turns))
        if len(body) > most:
            message = (
                f"the conversation before it makes this request larger than {most} bytes: begin a new one, "
                "or raise `listener.body_bytes` in wye.yaml"
            )
            raise BadRequestError(message, param="previous_response_id")
        whole = msgspec.structs.replace(codec.decode(body), previous=id_)
        holder = None if request.refers else ""
        return Before(turns[-1].labels, whole, turns[-1].subject, holder)

    async def find(self, id_: str, caller: Caller, settings: ResponsesSettings) -> Held | Turn | None:
        """Return an answer that `caller` got, and may go on from."""
        if not _ID.match(id_):
            return None
        known = self._recent.get((caller.account, id_))
        if known is not None:
            return known
        for pause in _LOOKS if self._turns.shared else _LOOKS[:1]:
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
        recent[caller.account, id_] = Held(entry.deployment, entry.carried, entry.subject)
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
            labels=entry.carried,
            unnamed=entry.unnamed,
            subject=entry.subject,
            input=asked_items(entry.body),
            answer=answer.decode(),
        )
        await _aside(self._turns.keep, turn)

    async def forget(self, id_: str, caller: Caller) -> None:
        """Delete a turn that wye keeps. Raises `NotFoundError`."""
        if not await _aside(self._turns.delete, id_, caller.account, self._clock()):
            raise RESPONSES.missing(id_)

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


async def _aside(work: Callable[..., T], *args: object) -> T:
    """Wait for the database in a thread of its own."""
    return await anyio.to_thread.run_sync(functools.partial(work, *args))
