"""An Anthropic upstream's stream, as events.

Source: Anthropic API reference, "Streaming messages". A block that comes in pieces elsewhere than in the
canonical events (a server tool's input) is kept until it is whole.
"""

import msgspec

from wye.core.chat import Extras, Finish, Opaque, Part, Reasoning, Text, ToolCall
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Fail, Finished, Open, Ping, Sign, Used
from wye.protocols.anthropic.answer import extras_of, read_finish
from wye.protocols.anthropic.parts import NAME, read_citation, read_part
from wye.protocols.anthropic.usage import read_usage
from wye.protocols.wire import sse
from wye.protocols.wire.arguments import UNPARSED
from wye.protocols.wire.fields import FieldError, Fields, overlay
from wye.protocols.wire.relay import UNFINISHED


class _Wire(msgspec.Struct):
    type: str
    index: int = 0
    message: Extras = {}
    content_block: Extras = {}
    delta: Extras = {}
    usage: Extras | None = None
    error: Extras = {}


MAX_KEPT = 8 * 1024 * 1024
"""Characters of a block that is kept until it is whole."""
_WIRE = msgspec.json.Decoder(_Wire)


class _Block:
    """A block that is open. `index` is its number among the parts; of one that is kept, none yet."""

    __slots__ = ("_pieces", "_size", "index", "part", "silent")

    def __init__(self, part: Part) -> None:
        self.part = part
        self.index = -1
        self.silent = True
        """Nothing of it came in pieces."""
        self._pieces: dict[str, list[str]] = {}
        self._size = 0

    def keep(self, whole: Opaque, delta: Extras) -> None:
        """Add a piece to a block that is kept: text to text of the same name, else in its place."""
        for name, value in delta.items():
            if isinstance(value, str) and name != "type":
                self._size += len(value)
                self._pieces.setdefault(name, []).append(value)
            elif name != "type":
                self.part = whole = msgspec.structs.replace(whole, value=whole.value | {name: value})
        if self._size > MAX_KEPT:
            raise FieldError("content_block", f"must not be larger than {MAX_KEPT} characters")  # noqa: EM101  # a path

    def kept(self, whole: Opaque) -> Opaque:
        """Return the block with all of its pieces."""
        value = dict(whole.value)
        for name, pieces in self._pieces.items():
            text = "".join(pieces)
            if name != "partial_json":
                there = value.get(name)
                value[name] = there + text if isinstance(there, str) else text
            elif text:
                value["input"] = _decoded(text)
        return msgspec.structs.replace(whole, value=value)


class MessagesReader:
    """Reads one stream. After its end, or its failure, it returns nothing more."""

    def __init__(self) -> None:
        self._sse = sse.Reader()
        self._open: dict[int, _Block] = {}
        self._next = 0
        self._usage: Extras = {}
        self._begun = self._finished = self._over = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Take bytes, cut anywhere; return the events that are now whole.

        Raises `ValueError` for an event beyond the size limit.
        """
        events: list[Event] = []
        for data in self._sse.feed(chunk):
            events += self._read(data)
        return events

    def finish(self) -> list[Event]:
        """The upstream's bytes ended: return the last events."""
        events: list[Event] = []
        for data in self._sse.finish():
            events += self._read(data)
        if not self._over:
            events += self._fail(UNFINISHED)
        return events

    def _read(self, data: bytes) -> list[Event]:
        if self._over:
            return []
        try:
            return self._event(_WIRE.decode(data))
        except (msgspec.DecodeError, FieldError, RecursionError) as error:
            return self._fail(f"the upstream sent an event that makes no sense: {error}")

    def _event(self, wire: _Wire) -> list[Event]:  # noqa: PLR0911  # a table of events
        match wire.type:
            case "ping":
                return [Ping()]
            case "error":
                message, kind = wire.error.get("message"), wire.error.get("type")
                return self._fail(str(message or "the upstream failed"), str(kind or ""))
            case "message_start" if not self._begun:
                return self._start(Fields(wire.message, "message"))
        if not self._begun or self._finished:
            return self._end() if self._begun and wire.type == "message_stop" else []
        match wire.type:
            case "content_block_start":
                forgotten = self._open.pop(wire.index, None)
                closed = [] if forgotten is None else self._close(forgotten)
                return [*closed, *self._open_block(wire)]
            case "content_block_delta" if (block := self._open.get(wire.index)) is not None:
                return self._delta(block, wire.delta)
            case "content_block_stop" if (block := self._open.pop(wire.index, None)) is not None:
                return self._close(block)
            case "message_delta":
                return self._finish(wire)
            case "message_stop":
                return [*self._finish(wire), *self._end()]
        return []

    def _start(self, message: Fields) -> list[Event]:
        self._begun = True
        for known in ("content", "stop_reason", "stop_sequence"):
            message.take(known)
        used = self._count(message.object("usage"))
        begin = Begin(
            id=message.text("id"),
            model=message.text("model"),
            protocol=NAME,
            extras=extras_of(message, used[1]),
        )
        return [begin, *used[0]]

    def _count(self, usage: Extras | None) -> tuple[list[Event], Extras]:
        """Add what a usage says to what is known; return the event, and what else it says."""
        if usage is None:
            return [], {}
        overlay(self._usage, {name: value for name, value in usage.items() if value is not None})
        counted, rest = read_usage(self._usage)
        told = {name: value for name, value in rest.items() if name in usage}
        return ([] if counted is None else [Used(usage=counted)]), told

    def _open_block(self, wire: _Wire) -> list[Event]:
        block = _Block(read_part(Fields(wire.content_block, "content_block")))
        self._open[wire.index] = block
        if isinstance(block.part, Opaque):
            return []
        block.index, self._next = self._next, self._next + 1
        part, index = block.part, block.index
        match part:
            case Text():
                bare = msgspec.structs.replace(part, text="", citations=())
                cited: list[Event] = [Cite(index=index, citation=one) for one in part.citations]
                return [Open(index=index, part=bare), *_pieces(index, part.text), *cited]
            case Reasoning():
                thought = msgspec.structs.replace(part, text="", signature="", origin=NAME)
                opened = Open(index=index, part=thought)
                return [opened, *_pieces(index, part.text), *_signs(index, part.signature)]
            case ToolCall():
                return [Open(index=index, part=msgspec.structs.replace(part, arguments=""))]
        return [Open(index=index, part=part)]

    def _delta(self, block: _Block, delta: Extras) -> list[Event]:  # noqa: PLR0911  # a table of deltas
        kind = delta.get("type")
        if isinstance(block.part, Opaque):
            block.keep(block.part, delta)
            return []
        told = Fields(delta, "delta")
        match block.part, kind:
            case Text(), "text_delta":
                return _pieces(block.index, told.text("text"))
            case Text(), "citations_delta" if (citation := told.fields("citation")) is not None:
                return [Cite(index=block.index, citation=read_citation(citation))]
            case Reasoning(), "thinking_delta":
                return _pieces(block.index, told.text("thinking"))
            case Reasoning(), "signature_delta":
                return _signs(block.index, told.text("signature"))
            case ToolCall(), "input_json_delta":
                pieces = _pieces(block.index, told.text("partial_json"))
                block.silent = block.silent and not pieces
                return pieces
        return []

    def _close(self, block: _Block) -> list[Event]:
        part = block.part
        if isinstance(part, Opaque):
            index, self._next = self._next, self._next + 1
            return [Open(index=index, part=block.kept(part)), Close(index=index)]
        events: list[Event] = []
        if isinstance(part, ToolCall) and block.silent:
            events = _pieces(block.index, part.arguments)
        return [*events, Close(index=block.index)]

    def _finish(self, wire: _Wire) -> list[Event]:
        events: list[Event] = []
        for index in list(self._open):
            events += self._close(self._open.pop(index))
        told = Fields(wire.delta, "delta")
        reason = told.text("stop_reason")
        sequence = told.text("stop_sequence")
        told.take("usage")  # it stands beside the delta
        used, rest = self._count(wire.usage)
        if not reason and wire.type == "message_delta":
            return [*events, *used]
        finish, native = read_finish(reason) if reason else (Finish.OTHER, "")
        self._finished = True
        told.put_back("usage", rest)
        finished = Finished(finish=finish, stop_sequence=sequence, native_finish=native, extras=told.rest())
        return [*events, finished, *used]

    def _end(self) -> list[Event]:
        self._over = True
        return [End()]

    def _fail(self, message: str, kind: str = "") -> list[Event]:
        self._over = True
        return [Fail(message=message, kind=kind)]


def _decoded(text: str) -> object:
    """Decode a server tool's input. A cap on the output may have cut it short."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {UNPARSED: text}


def _pieces(index: int, text: str) -> list[Event]:
    return [Delta(index=index, text=text)] if text else []


def _signs(index: int, signature: str) -> list[Event]:
    return [Sign(index=index, signature=signature)] if signature else []
