"""A request and its answer between two protocols: what attempts use where forwarding bytes will not do."""

import copy
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Chat
from wye.core.errors import CannotCarryError
from wye.core.stream import End, Event, Fail, Finished, Used
from wye.core.unfold import unfold
from wye.core.usage import Usage
from wye.gateway.refusals import MAX_WORDS
from wye.protocols.codec import Edits
from wye.protocols.emulation.calls import Emulation
from wye.protocols.emulation.custom_tools import CustomTools, uses_custom_tools
from wye.protocols.fitting import prepare
from wye.protocols.gemini.parts import NAME as GEMINI
from wye.protocols.lossiness.answers import Noticing, answer_losses
from wye.protocols.lossiness.naming import way_out
from wye.protocols.lossiness.table import MESSAGES
from wye.protocols.tool_names import ToolNames, is_plain
from wye.protocols.translate import (
    DownstreamDialect,
    Emulates,
    EmulatingReader,
    EventReader,
    EventWriter,
    UpstreamDialect,
    Wire,
)
from wye.protocols.wire.relay import UNFINISHED
from wye.protocols.words import only_words

_UNMADE = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "error"})
"""Reasons to stop for which no other protocol has a word: a client would take what there is for the answer.

The first three are Gemini's, the last is of routers that speak Chat.
"""


class NoAnswerError(ValueError):
    """The upstream's answer says itself that it is none."""


class Shore(NamedTuple):
    """An upstream as a crossing sees it."""

    dialect: UpstreamDialect
    wire: Wire
    emulates: bool = False
    """It calls no tools: they are emulated."""
    custom_tools: bool = True
    """It takes custom tools as they are."""


def cannot_carry(clauses: Sequence[str], param: str | None, source: str) -> CannotCarryError:
    """Return the error for a client of `source`, but for the upstream's name: `'NAME' ` goes before it."""
    return CannotCarryError(f"{'; '.join(clauses)}. {way_out(param, source)}", param=param)


class Crossing:
    """One request on its way to an upstream of another protocol."""

    __slots__ = (
        "_chat",
        "_emulations",
        "_target",
        "_wants_usage",
        "_wire",
        "added",
        "left_out",
        "lost",
        "path",
        "protocol",
        "source",
    )

    def __init__(
        self, chat: Chat, source: DownstreamDialect, to: "Shore", *, wants_usage: bool, betas: bool
    ) -> None:
        """Raise `cannot_carry()` if the upstream cannot be told what `chat` means.

        `betas`: the request named some of Anthropic's in a header, which this upstream does not get.
        """
        self._emulations: list[Emulates] = []
        """Nearest to the upstream first, as its answer meets them."""
        lost: tuple[str, ...] = ()
        if not only_words(chat):
            chat, lost = self._fitted(chat, source, to)
        self._chat = chat
        self.added: tuple[str, ...] = ()
        """What the upstream is told that the client did not say."""
        self.left_out: dict[str, None] = {}
        """Names of what the client is not told of the answer: all of them once that is whole."""
        self.source = source
        self.protocol = source.name
        """The client's."""
        self._target = to.dialect
        self._wire = to.wire
        self._wants_usage = wants_usage
        self.path = to.dialect.target(to.wire, stream=chat.stream)
        """Below the upstream's base path."""
        self.lost = ("anthropic-beta", *lost) if betas else lost
        """Names, fit for a header, of what the upstream does not get; the request means the same without."""

    def with_logprobs(self) -> "Crossing":
        """Return another that asks how likely each token of the answer was."""
        other = copy.copy(self)
        sampling = msgspec.structs.replace(self._chat.sampling, logprobs=True)
        other._chat = msgspec.structs.replace(self._chat, sampling=sampling)  # noqa: SLF001  # one of its own kind
        return other

    def _fitted(self, chat: Chat, source: DownstreamDialect, to: "Shore") -> tuple[Chat, tuple[str, ...]]:
        """Return what the upstream gets, and what of `chat` it does not. Raises `cannot_carry()`."""
        emulations = self._emulations
        if not to.custom_tools and uses_custom_tools(chat):
            emulations.insert(0, CustomTools(chat))
            chat = emulations[0].chat
        if to.dialect.name != GEMINI and not is_plain(chat):
            emulations.insert(0, ToolNames(chat))
            chat = emulations[0].chat
        told = prepare(chat, source.name, to.dialect.name, to.wire)
        if told.refuse:
            raise cannot_carry(told.refuse, told.param, source.name)
        chat = told.chat
        if to.emulates and chat.tools:
            emulations.insert(0, Emulation(chat))
            chat = emulations[0].chat
        return chat, told.annotate

    @property
    def translated(self) -> str:
        """The upstream's protocol; empty where it is the client's, and something is only emulated."""
        return "" if self._target.name == self.source.name else self._target.name

    @property
    def emulated(self) -> tuple[str, ...]:
        """Names of what the upstream cannot do, and is made to look as if it could."""
        return tuple([one.name for one in self._emulations if one.name])

    def request(self, edits: Edits) -> bytes:
        """Return the body for the upstream. Of `edits` only the cap is new: the rest stands in `wire`."""
        chat = self._chat
        if edits.output_cap is not None:
            chat = msgspec.structs.replace(chat, max_output_tokens=edits.output_cap)
        elif chat.max_output_tokens is None and self._target.name == MESSAGES:
            self.added = (f"max_tokens={self._wire.default_max_tokens}",)  # it has to be told one
        return self._target.write_request(chat, self._wire)

    def answer(self, body: bytes) -> tuple[bytes, Usage | None]:
        """Return a whole answer in the client's protocol. Raises `ValueError` if it is no answer at all."""
        answer = self._answered(body)
        self.left_out = dict.fromkeys(answer_losses(answer, self.source.name))
        return self.source.write_answer(answer), answer.usage

    def stream(self, body: bytes) -> tuple[bytes, Usage | None]:
        """Return a whole answer as the client's stream, which an upstream did not make of it. As `answer`."""
        answer = self._answered(body)
        self.left_out = dict.fromkeys(answer_losses(answer, self.source.name))
        return as_stream(answer, self.source, wants_usage=self._wants_usage), answer.usage

    def _answered(self, body: bytes) -> Answer:
        translated = bool(self.translated)
        answer = self._target.read_answer(body, bare=translated and not self._emulations)
        for choice in answer.choices if translated else ():
            if choice.native_finish in _UNMADE:
                raise NoAnswerError(_unmade(choice.native_finish))
        for one in self._emulations:
            answer = one.answer(answer)
        return answer

    def relay(self) -> "CrossingRelay":
        """Return the translator of one streamed answer."""
        reader: EventReader = self._target.reader()
        for one in self._emulations:
            reader = EmulatingReader(reader, one.filter())
        writer = self.source.writer(want_usage=self._wants_usage)
        self.left_out = {}
        return CrossingRelay(
            reader, writer, Noticing(self.source.name, self.left_out) if self.translated else None
        )


def as_stream(answer: Answer, source: DownstreamDialect, *, wants_usage: bool) -> bytes:
    """Return `answer` as a whole stream for a client."""
    writer = source.writer(want_usage=wants_usage)
    return b"".join(map(writer.write, unfold(answer)))


class CrossingRelay:
    """Translates a stream as it arrives. Like every `Relay` it holds the end back."""

    __slots__ = ("_ended", "_held", "_noticing", "_reader", "_writer", "error", "trouble", "usage")

    def __init__(self, reader: EventReader, writer: EventWriter, noticing: Noticing | None) -> None:
        """`noticing`: sees what the writer has no words for; None = reader and writer speak the same."""
        self._noticing = noticing
        self._reader = reader
        self._writer = writer
        self._held = b""
        self._ended = False
        self.usage: Usage | None = None
        self.error = ""
        self.trouble = b""

    def feed(self, chunk: bytes) -> bytes:
        """Take the upstream's bytes; return the client's. Raises `ValueError` for what is no stream."""
        return self._pass_on(self._reader.feed(chunk))

    def finish(self) -> bytes:
        """The upstream ended; return the answer's last bytes."""
        rest = self._pass_on(self._reader.finish())
        if not self._ended and not self.error:
            self.error = UNFINISHED
        return rest + self._held

    def _pass_on(self, events: list[Event]) -> bytes:
        ready: list[bytes] = []
        for event in events:
            if self._ended or self.error:
                break
            if self._noticing is not None:
                self._noticing.see(event)
            match event:
                case Fail():
                    words = f": {event.message[:MAX_WORDS]}" if event.message else ""
                    self.error = f"the upstream reported an error in its stream{words}"
                    told = {"message": event.message, "type": event.kind}
                    self.trouble = msgspec.json.encode({"error": told})
                case Finished(native_finish=reason) if self._noticing is not None and reason in _UNMADE:
                    self.error = _unmade(reason)
                case End():
                    self._ended = True
                    self._held = self._writer.write(event)
                case Used():
                    self.usage = event.usage
                    ready.append(self._writer.write(event))
                case _:
                    ready.append(self._writer.write(event))
        return b"".join(ready)


def _unmade(reason: str) -> str:
    return f"the model made no answer of it ({reason}): ask again, or with other tools"
