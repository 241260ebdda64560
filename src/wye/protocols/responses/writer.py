"""Write events as an OpenAI Responses stream. Source: OpenAI API reference, "Streaming events".

Every event has its name twice and a number. An item is added, filled and done; several may be open, each
known by its place in the output. The last event tells the whole response.
"""

from collections.abc import Callable
from typing import ClassVar

from wye.core.bare import bare
from wye.core.chat import Extras, Finish, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Fail, Finished, Open, Ping, Sign, Used
from wye.core.usage import Usage
from wye.protocols.responses.answer import begin, ended, status_of, write_items
from wye.protocols.responses.errors import failure_events
from wye.protocols.responses.open import Lines, OpenCall, OpenMessage, OpenSaid, OpenThought
from wye.protocols.responses.parts import ITEM, NAME, identity_of
from wye.protocols.seal import behind
from wye.protocols.wire import sse

_Opened = OpenSaid | OpenThought | OpenCall


class ResponsesWriter:
    """Writes one stream. Of several choices there is room for the first.

    What another protocol opens and says nothing in is not told: there are no empty texts here.
    """

    def __init__(self, echo: Extras, mint: Callable[[str], str], clock: Callable[[], float]) -> None:
        self._echo = echo
        self._mint = mint
        self._clock = clock
        self._lines = Lines(mint)
        self._begun: Extras | None = None
        self._own = False
        self._usage: Usage | None = None
        self._finished = Finished(finish=Finish.OTHER)
        self._message: OpenMessage | None = None
        self._waiting: dict[int, Part] = {}
        """Parts in which nothing was said yet."""
        self._called: OpenCall | None = None
        """Its arguments have ended; whether it is whole tells what follows: the answer may be cut there."""
        self._open: dict[int, _Opened] = {}

    def write(self, event: Event) -> bytes:
        """Return the bytes that tell `event`, with all that must stand before it; may be empty."""
        if getattr(event, "choice", 0):
            return b""
        before = b"" if self._called is None or isinstance(event, Used | Ping) else self._call_done(event)
        return before + self._WRITERS[type(event)](self, event)

    def _begin(self, event: Begin) -> bytes:
        self._own = event.protocol == NAME
        self._begun = begin(event, self._echo, self._mint, int(self._clock()))
        told: Extras = {"response": self._begun}
        return self._lines.tell("created", told) + self._lines.tell("in_progress", told)

    def _opened(self, event: Open) -> bytes:
        part = event.part if self._own else bare(event.part)
        match part:
            case Text() | Refusal() | Reasoning():
                self._waiting[event.index] = part
                text, signed = part.text, getattr(part, "signature", "") or getattr(part, "encrypted", "")
                if self._own or text or signed:
                    told = self._start(event.index)
                    return told + (self._delta(Delta(index=event.index, text=text)) if text else b"")
                return b""
            case ToolCall():
                signed_by = self._signature(part)
                self._waiting[event.index] = part
                told = signed_by + self._start(event.index)
                more = Delta(index=event.index, text=part.arguments)
                return told + (self._delta(more) if part.arguments else b"")
        return self._apart() + b"".join(map(self._lines.whole, write_items([part], self._mint)))

    def _signature(self, call: ToolCall) -> bytes:
        if not call.signature:
            return b""
        return self._apart() + b"".join(map(self._lines.whole, write_items([behind(call)], self._mint)))

    def _start(self, index: int) -> bytes:
        """Tell that a part begins, unless it was told."""
        part = self._waiting.pop(index, None)
        match part:
            case Text() | Refusal():
                before = self._speak(part)
                assert self._message is not None  # noqa: S101  # `_speak` opened one
                self._open[index] = said = OpenSaid(self._lines, self._message, part)
                return before + said.start()
            case Reasoning():
                before = self._apart()
                self._open[index] = thought = OpenThought(self._lines, part)
                return before + thought.start()
            case ToolCall():
                before = self._apart()
                self._open[index] = call = OpenCall(self._lines, part)
                return before + call.start()
        return b""

    def _speak(self, part: Text | Refusal) -> bytes:
        """Open a message, unless the part belongs to the one that is open."""
        before = b""
        if self._message is not None and ITEM in part.extras:
            before = self._apart()
        if self._message is None:
            self._message = OpenMessage(self._lines, identity_of(part.extras))
            before += self._message.start()
        return before

    def _apart(self) -> bytes:
        """End the message that is open, since something else follows."""
        message = self._message
        if message is None or message.speaking:
            return b""
        self._message = None
        return message.done()

    def _delta(self, event: Delta) -> bytes:
        before = self._start(event.index)
        opened = self._open.get(event.index)
        return before if opened is None else before + opened.more(event)

    def _cite(self, event: Cite) -> bytes:
        before = self._start(event.index)
        opened = self._open.get(event.index)
        return before + opened.cite(event) if isinstance(opened, OpenSaid) else before

    def _sign(self, event: Sign) -> bytes:
        if event.index in self._waiting and not isinstance(self._waiting[event.index], Reasoning):
            return b""
        before = self._start(event.index)
        opened = self._open.get(event.index)
        if isinstance(opened, OpenThought):
            opened.signature += event.signature
            opened.encrypted = event.encrypted or opened.encrypted
        return before

    def _close(self, event: Close) -> bytes:
        self._waiting.pop(event.index, None)
        opened = self._open.pop(event.index, None)
        if isinstance(opened, OpenCall):
            self._called = opened
        return b"" if opened is None else opened.close()

    def _call_done(self, event: Event) -> bytes:
        called, self._called = self._called, None
        assert called is not None  # noqa: S101  # asked before
        cut = isinstance(event, Finished) and self._cut(event, called.place, [])
        return called.done("incomplete" if cut else "")

    def _cut(self, finished: Finished, place: int, content: list[Extras]) -> bool:
        """Tell whether the answer was cut in the item at `place`, which holds `content`: the last one."""
        *before, _ = self._lines.output
        if place != len(before):
            return False
        return status_of(finished, [*before, {"content": content}])[0] == "incomplete"

    def _note(self, event: Finished | Used) -> bytes:
        if isinstance(event, Finished):
            self._finished = event
        else:
            self._usage = event.usage
        return b""

    def _ping(self, _: Ping) -> bytes:
        return sse.COMMENT

    def _end(self, _: End) -> bytes:
        message, self._message = self._message, None
        before = b""
        if message is not None:
            cut = self._cut(self._finished, message.place, message.content)
            before = message.done("incomplete" if cut else "completed")
        now = int(self._clock())
        whole = ended(self._begun or {}, self._finished, self._lines.output, self._usage, now)
        kind = "incomplete" if whole["status"] == "incomplete" else "completed"
        return before + self._lines.tell(kind, {"response": whole})

    def _fail(self, event: Fail) -> bytes:
        return failure_events(self._begun, event.kind, event.message, self._lines.number)

    _WRITERS: ClassVar[dict[type, Callable[..., bytes]]] = {
        Begin: _begin,
        Open: _opened,
        Delta: _delta,
        Cite: _cite,
        Sign: _sign,
        Close: _close,
        Finished: _note,
        Used: _note,
        Ping: _ping,
        End: _end,
        Fail: _fail,
    }
