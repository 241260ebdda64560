"""What a protocol offers beside its verbatim codec, so that another protocol can be put in its place.

    client bytes ─ read_request ▶ Chat ─ write_request ▶ upstream bytes
    upstream bytes ─ read_answer ▶ Answer ─ write_answer ▶ client bytes
    upstream stream ─ EventReader ▶ events ─ EventWriter ▶ client stream

What the pair of protocols cannot carry is told by `lossiness.losses.losses` before anything is written, so
that `write_request` may leave out what it has no words for.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Chat
from wye.core.spelling import MaxOutputField, ReasoningField, Spelling
from wye.core.stream import Event


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """What an upstream is called and how it spells its protocol, beyond what the protocol says."""

    model: str
    """The upstream's name for the model."""
    max_tokens_field: MaxOutputField = "max_completion_tokens"
    """Chat: where the cap on the output goes. Most other than OpenAI know the old name only."""
    default_max_tokens: int = 4096
    """Anthropic: sent when the client stated no cap, since `max_tokens` is required there."""
    include_usage: bool = True
    """Chat: ask a stream for its usage chunk."""
    reasoning_field: ReasoningField = ""
    """Chat: the member of an assistant message that carries earlier thoughts back; empty = none does.

    `thinking` is Mistral's: parts of the content."""
    spelling: Spelling = Spelling()
    """The rest of it."""
    adaptive_thinking: bool = False
    """Anthropic: the model takes `thinking: adaptive` and `output_config.effort` in place of a budget."""
    encrypted_reasoning: bool = False
    """Responses: the model thinks by itself, and can be asked for its thoughts in encrypted form."""


class EventReader(Protocol):
    """Reads one upstream stream. What it returns is legal by `core.stream.Order`."""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes, cut anywhere; return the events that are now whole.

        An error of the upstream is a `Fail`. Raises `ValueError` for an event beyond the size limit.
        """

    def finish(self) -> list[Event]:
        """The upstream's bytes ended: return the last events.

        They end in `End`, or in `Fail` if the answer was not finished.
        """


class EventWriter(Protocol):
    """Writes one downstream stream, in the protocol's exact framing and order."""

    def write(self, event: Event) -> bytes:
        """Return the bytes that tell `event`, with all that must stand before it; may be empty.

        `End` returns the protocol's own end of stream, `Fail` its error event.
        """


class EventFilter(Protocol):
    """Changes the events of one stream into others, legal by `core.stream.Order` as they were."""

    def pass_on(self, events: Iterable[Event]) -> list[Event]:
        """Return what `events` tell. Raises `ValueError` for what cannot be told."""


class Emulates(Protocol):
    """One request that asks for what its upstream cannot do, made to look as if it could."""

    name: str
    """Of what is emulated, as `x-wye-emulated` says it."""
    chat: Chat
    """What the upstream gets."""

    def answer(self, answer: Answer) -> Answer:
        """Return what the client gets. Raises `ValueError` for what cannot be told."""

    def filter(self) -> EventFilter:
        """Return what makes one upstream's stream the client's."""


class EmulatingReader:
    """Reads an upstream's stream as the client's."""

    def __init__(self, reader: EventReader, told: EventFilter) -> None:
        self._reader = reader
        self._filter = told

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes, cut anywhere; return the events that are now whole."""
        return self._filter.pass_on(self._reader.feed(chunk))

    def finish(self) -> list[Event]:
        """The upstream's bytes ended: return the last events."""
        return self._filter.pass_on(self._reader.finish())


class DownstreamDialect(Protocol):
    """A protocol that clients speak, as canonical values."""

    name: str

    def read_request(self, body: bytes) -> Chat:
        """Decode a client's request. Raises `BadRequestError` naming the field at fault.

        Wrong types are refused; fields that are not known land in `extras` where they stood.
        """

    def write_answer(self, answer: Answer) -> bytes:
        """Encode a whole answer for a client."""

    def writer(self, *, want_usage: bool) -> EventWriter:
        """Return the writer of one downstream stream. `want_usage` matters where usage is on demand."""


class UpstreamDialect(Protocol):
    """A protocol that upstreams speak, as canonical values. Stateless. Streams are server-sent events."""

    name: str

    def target(self, wire: Wire, *, stream: bool) -> bytes:
        """Return the path, with its query, below an upstream's base path."""

    def write_request(self, chat: Chat, wire: Wire) -> bytes:
        """Encode a request for an upstream. What the protocol has no word for is left out."""

    def read_answer(self, body: bytes, *, bare: bool = False) -> Answer:
        """Decode an upstream's whole answer. Raises `ValueError` if it is none.

        `bare`: it is for a client of another protocol, so that its `extras` may be left out.
        """

    def reader(self) -> EventReader:
        """Return the reader of one upstream stream."""
