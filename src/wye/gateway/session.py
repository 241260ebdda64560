"""The conversation a request belongs to: where it sits, who holds its beginning, and how it gets anywhere.

For the router it answers `wye.routing.conversation.Conversation`; for attempts it makes what translates, once
for each upstream. Everything is worked out when it is asked for: a pinned model asks nothing.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import cast

import msgspec

from wye.catalog.deployments import Deployment
from wye.config.settings import ResponsesSettings
from wye.core.chat import Chat, Extras
from wye.core.decision import Seat
from wye.core.errors import BadRequestError, CannotCarryError
from wye.core.request import Operation, Request
from wye.core.usage import Usage
from wye.gateway.arrival import Arrival
from wye.gateway.crossing import Crossing, cannot_carry
from wye.gateway.embedding import EmbeddingCrossing
from wye.gateway.keys import Caller
from wye.gateway.spoken import crossing, read, streamed
from wye.gateway.target import Target
from wye.protocols.asked import asked
from wye.protocols.codec import Codec
from wye.protocols.lossiness.losses import Losses, unsealed_losses
from wye.protocols.openai.embed import EmbeddingCodec
from wye.protocols.opening import opening
from wye.protocols.outline import Outline
from wye.protocols.seal import is_sealed

SEAT_SECONDS = 3_600.0
"""Since the last turn. No provider promises to keep a prompt in its cache longer."""
MOST_SEATS = 20_000
_NOTHING = Losses()
_SEALING = frozenset({"openai_responses", "anthropic_messages", "gemini"})
"""Protocols whose clients are handed sealed thoughts, which their own upstreams do not get."""

Key = tuple[str, bytes]
"""(account, name or beginning of the conversation)."""


class Seats:
    """Where conversations were served last. In memory: what a restart forgets costs a cache at most."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seats: OrderedDict[Key, tuple[float, Seat]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seats)

    def find(self, key: Key) -> Seat | None:
        """Return the seat of a conversation, if it was served lately."""
        known = self._seats.get(key)
        if known is None:
            return None
        since, seat = known
        if self._clock() - since >= SEAT_SECONDS:
            del self._seats[key]
            return None
        return seat

    def take(self, key: Key, seat: Seat) -> None:
        """Remember who served a conversation."""
        self._seats[key] = (self._clock(), seat)
        self._seats.move_to_end(key)
        if len(self._seats) > MOST_SEATS:
            self._seats.popitem(last=False)


class Session(msgspec.Struct, eq=False):
    """One request's."""

    request: Request
    codec: Codec
    arrival: Arrival
    caller: Caller
    targets: Mapping[str, Target]
    seats: Seats
    holder: str | None = ""
    keep_days: int = 0
    """How long wye keeps the turn if no upstream holds it; 0 = not at all."""
    echo: Extras | None = None
    """What a translated answer says of the request, beyond what stands in that."""
    _key: Key | None = None
    _chat: Chat | None = None
    _made: dict[str, Crossing | BadRequestError] | None = None
    _unsealed: Losses | None = None
    """What a request loses that goes as it is but for its sealed thoughts; None = not known yet."""
    _losses: dict[int, Losses] | None = None
    """By the target's manner: hundreds of deployments may be candidates, and they have a few."""
    _prompt: str | None = None
    _name: bytes | None = None
    _outline: Outline | None = None

    def goes_on(self, holder: str | None, settings: ResponsesSettings) -> None:
        """Note that `holder` has what came before, and that the answer shall be gone on from.

        None = nobody here remembers who has it.
        """
        self.holder = holder
        keep = self.request.keep and settings.store
        self.keep_days = settings.keep_days if keep else 0
        self.echo = {"store": keep, "previous_response_id": self.request.previous or None}

    def seat(self) -> Seat | None:
        """Return where the conversation was served last, if it is still remembered."""
        name = self._named()
        if not name:
            return None
        self._key = (self.caller.account, name)
        return self.seats.find(self._key)

    def conversation(self) -> tuple[str, bytes] | None:
        """Return by what its conversation is known again; None = by nothing."""
        name = self._named()
        return (self.caller.account, name) if name else None

    def mark(self) -> bytes:
        """Return its account with its name; where it has none, with the whole request."""
        return b"%b\0%b" % (self.caller.account.encode(), self._named() or self.request.body)

    def losses(self, deployment: Deployment) -> Losses:
        """Return what the request loses on its way to `deployment`; as it is, sealed thoughts at most.

        Nothing where it would not be sent: a count of tokens is estimated here rather than translated.
        """
        target = self.targets[deployment.id]
        if self.codec.estimate is not None:
            return _NOTHING
        if self.codec.name in target.verbatim:
            return self._as_it_is()
        if self._losses is None:
            self._losses = {}
        known = self._losses.get(target.manner)
        if known is None:
            known = self._losses[target.manner] = self._lost(target)
        return known

    def prompt(self) -> str:
        """Return what the user asks for, as text; empty = no text can be read."""
        if self._prompt is None:
            self._prompt = asked(self._outlined())
        return self._prompt

    def way(self, target: Target) -> Crossing | None:
        """Return what translates for `target`; None = nothing needs to be. Raises `BadRequestError`."""
        try:
            return self._way(target)
        except CannotCarryError as error:
            message = f"'{target.deployment.id}' {error.message}"
            raise CannotCarryError(message, param=error.param) from None

    def _way(self, target: Target) -> Crossing | None:
        """Do so. A `CannotCarryError` does not name the deployment, since it holds for others as well."""
        needs, deployment, rare = self.request.needs, target.deployment, self.request.rare
        if rare and (missed := deployment.unheeded(self.request.protocol, rare)):
            message = f"does not heed `{missed}`. Leave it out, or ask for a model whose upstream does."
            raise CannotCarryError(message, param=missed)
        emulates = (needs.tools and deployment.emulates_tools) or (
            needs.custom_tools and deployment.emulates_custom_tools(self.request.protocol)
        )
        if self.codec.name in target.verbatim and not emulates:
            told = self._as_it_is()
            if told.refuse:
                raise cannot_carry(told.refuse, told.param, self.codec.name)
            return None
        if self._made is None:
            self._made = {}
        made = self._made.get(target.deployment.id)
        if made is None:
            made = self._made[target.deployment.id] = self._make(target)
        if isinstance(made, BadRequestError):
            raise made
        return made

    def streamed(self, body: bytes) -> bytes:
        """Return as a stream the whole answer of an upstream that took the request as it is.

        Raises `ValueError` if it is no answer.
        """
        return streamed(self.request, body, self.echo or {})

    def lost(self, crossing: Crossing | None) -> tuple[str, ...]:
        """Return the names of what an upstream does not get that `way` leads to by `crossing`."""
        return self._as_it_is().annotate if crossing is None else crossing.lost

    def served(self, deployment: str, usage: Usage | None) -> None:
        """Note who served it, if the router had a choice: the next turn may want to go there again."""
        if self._key is not None:
            cached = 0 if usage is None else usage.cache_read_tokens + usage.cache_write_tokens
            self.seats.take(self._key, Seat(deployment, cached))

    def _named(self) -> bytes:
        """Return what the client calls the conversation, else a mark of how it begins; empty = neither."""
        if self._name is None:
            named = self.arrival.session
            self._name = b"=" + named if named else opening(self._outlined())
        return self._name

    def _outlined(self) -> Outline:
        if self._outline is None:
            self._outline = Outline(self.request.body)
        return self._outline

    def _as_it_is(self) -> Losses:
        known = self._unsealed
        if known is None:
            sealed = self.codec.name in _SEALING and is_sealed(self.request.body)
            known = self._unsealed = self._without_sealed() if sealed else _NOTHING
        return known

    def _without_sealed(self) -> Losses:
        try:
            if self._chat is None:
                self._chat = self._kept_here(read(self.request))
        except BadRequestError:
            return _NOTHING  # the upstream shall judge it: it speaks the client's protocol
        return unsealed_losses(self._chat, self.codec.name, self.request.body)

    def _lost(self, target: Target) -> Losses:
        try:
            made = self._way(target)
        except BadRequestError as error:
            return Losses(refuse=(error.noted,), param=error.param)
        return Losses(annotate=made.lost) if made is not None and made.lost else _NOTHING

    def _make(self, target: Target) -> Crossing | BadRequestError:
        betas = bool(self.arrival.betas)
        try:
            if self.request.operation is Operation.EMBEDDINGS:
                return EmbeddingCrossing(self.request, cast("EmbeddingCodec", self.codec), target)
            if self._chat is None:
                self._chat = self._kept_here(read(self.request))
            return crossing(self.request, self._chat, target, betas=betas, echo=self.echo or {})
        except BadRequestError as error:
            return error

    def _kept_here(self, chat: Chat) -> Chat:
        """Leave out the wish to have the answer kept where wye grants it: no upstream needs to hear of it."""
        if not self.keep_days:
            return chat
        extras = {name: value for name, value in chat.extras.items() if name != "store"}
        return msgspec.structs.replace(chat, extras=extras)
