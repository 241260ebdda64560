"""Events as an Anthropic stream.

Source: Anthropic API reference, "Streaming messages": one block after the other, each opened, filled and
closed; `message_delta` with the stop reason and the usage, then `message_stop`.
"""

from typing import Any

import msgspec

from wye.core.bare import bare
from wye.core.chat import Extras, Finish, Opaque, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Fail, Finished, Open, Ping, Sign, Used
from wye.core.usage import Usage
from wye.protocols.anthropic.answer import write_finish
from wye.protocols.anthropic.errors import failure_event
from wye.protocols.anthropic.parts import NAME, clean_id, is_foreign, write_citation, write_part
from wye.protocols.anthropic.usage import write_usage
from wye.protocols.seal import UNSIGNED, behind, seal
from wye.protocols.wire.fields import overlay

_PartEvent = Open | Delta | Sign | Cite | Close


class MessagesWriter:
    """Writes one stream.

    Parts that were open at the same time come one after the other. `message_start` waits for the event behind
    it, which may be the usage that belongs there, and `message_delta` for the end, since usage may come last.
    """

    def __init__(self) -> None:
        self._begin: Begin | None = None
        self._own = False
        self._usage: Usage | None = None
        self._finished = Finished(finish=Finish.OTHER)
        self._called = self._refused = False
        self._current: int | None = None
        self._next = 0
        """The part whose turn it is once the current one is closed."""
        self._waiting: dict[int, list[_PartEvent]] = {}
        self._part: Part | None = None
        self._passage: int | None = None
        self._unopened: Extras | None = None
        """Start of a block that nothing was said in yet."""
        self._blank: list[str] = []
        """White space at the beginning of a text: alone it makes no block, for Anthropic takes none back."""
        self._number = -1
        self._said: dict[int | None, list[str]] = {}
        """Passage -> pieces of a thought that another protocol may sign."""

    def write(self, event: Event) -> bytes:  # noqa: PLR0911  # a table of events
        """Return the bytes that tell `event`, with all that must stand before it; may be empty."""
        match event:
            case Begin():
                self._begin, self._own = event, event.protocol == NAME
                return b""
            case Used():
                self._usage = event.usage
                return b""
            case Finished():
                if event.choice == 0:
                    self._finished = event
                return b""
            case Fail():
                return failure_event(event.kind, event.message)
            case Ping():
                return self._start() + _event("ping", {})
            case End():
                return self._start() + self._rest() + self._stop()
        return self._start() + self._turn(event) if event.choice == 0 else b""

    def _start(self) -> bytes:
        begin, self._begin = self._begin, None
        if begin is None:
            return b""
        message: Extras = {
            "id": begin.id,
            "type": "message",
            "role": "assistant",
            "model": begin.model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": write_usage(self._usage),
        }
        return _event("message_start", {"message": overlay(message, begin.extras if self._own else {})})

    def _turn(self, event: _PartEvent) -> bytes:
        """Write an event of the current part; keep one of another part until its turn comes."""
        if self._current is None and isinstance(event, Open):
            self._current = event.index
        if event.index != self._current:
            self._waiting.setdefault(event.index, []).append(event)
            return b""
        out = self._tell(event)
        if isinstance(event, Close):
            self._current, self._next = None, event.index + 1
            out += self._rest()
        return out

    def _rest(self) -> bytes:
        """Write the parts that waited, up to the first that is still open."""
        out = bytearray()
        while self._current is None and (waited := self._waiting.pop(self._next, None)):
            self._current = self._next
            for event in waited:
                if isinstance(event, Close):
                    self._current, self._next = None, event.index + 1
                out += self._tell(event)
        return bytes(out)

    def _tell(self, event: _PartEvent) -> bytes:
        match event:
            case Open():
                return self._open(event.part if self._own else bare(event.part))
            case Close():
                return self._close()
            case Delta():
                self._keep(event)
                return self._delta(self._apart(event) + event.text)
            case Sign():
                return self._sign(event)
            case Cite():
                if not isinstance(self._part, Text):
                    return b""
                citation = event.citation if self._own else bare(event.citation)
                return self._add(_of("citations_delta", citation=write_citation(citation)))

    def _open(self, part: Part) -> bytes:
        """Open a block, and tell what of it is already known."""
        first: list[Extras] = []
        self._called |= isinstance(part, ToolCall)
        self._refused |= isinstance(part, Refusal)
        before = b""
        match part:
            case Text() | Refusal():
                start = _of("text", text="")
                citations = part.citations if isinstance(part, Text) else ()
                first = [_of("text_delta", text=part.text)] if part.text else []
                first += [_of("citations_delta", citation=write_citation(one)) for one in citations]
            case Reasoning() if not (part.encrypted and part.origin == NAME):
                start = _of("thinking", thinking="", signature="")
                first = [_of("thinking_delta", thinking=part.text)] if part.text else []
            case ToolCall():
                before = self._behind(part)
                start = _of("tool_use", id=clean_id(part.id), name=part.name, input={})
                first = [_of("input_json_delta", partial_json=part.arguments)] if part.arguments else []
            case _:
                whole = write_part(part)
                if whole is None:
                    return b""
                start = whole
                if isinstance(part, Opaque) and isinstance(whole.get("input"), dict):
                    text = msgspec.json.encode(whole["input"]).decode()
                    start = whole | {"input": {}}
                    first = [_of("input_json_delta", partial_json=text)]
        self._part = part
        self._unopened = start if isinstance(part, Opaque) else overlay(start, part.extras)
        if not first and not self._own and start["type"] in ("text", "thinking"):
            return b""  # it may stay empty, and Anthropic has no empty blocks
        return before + self._opening() + b"".join(map(self._add, first))

    def _behind(self, call: ToolCall) -> bytes:
        """Write the signature of a call as a thought ahead of it: a call of Anthropic's has none."""
        if not call.signature:
            return b""
        self._number += 1
        sealed = _of("signature_delta", signature=seal(behind(call)))
        start = {"content_block": _of("thinking", thinking="", signature="")}
        return self._block("start", start) + self._block("delta", {"delta": sealed}) + self._block("stop", {})

    def _add(self, delta: Extras) -> bytes:
        return self._opening() + self._block("delta", {"delta": delta})

    def _opening(self) -> bytes:
        """Open the current block, unless it is open."""
        start, self._unopened = self._unopened, None
        if start is None:
            return b""
        self._number += 1
        return self._block("start", {"content_block": start})

    def _close(self) -> bytes:
        was, self._part = self._part, None
        self._blank.clear()
        sealed = self._sealed(was) if isinstance(was, Reasoning) else b""
        empty, self._unopened = self._unopened is not None, None
        return b"" if was is None or empty else sealed + self._block("stop", {})

    def _sealed(self, thought: Reasoning) -> bytes:
        """Tell what another protocol signed, sealed, and mark what nobody did: the client gives it back."""
        said, self._said = self._said, {}
        if not is_foreign(thought):
            marked = not self._own and thought.origin != NAME and self._unopened is None
            return self._add(_of("signature_delta", signature=UNSIGNED)) if marked else b""
        text = thought.text + "".join(said.pop(None, ()))
        summary = (*thought.summary, *("".join(pieces) for pieces in said.values()))
        whole = msgspec.structs.replace(thought, text=text, summary=summary)
        return self._add(_of("signature_delta", signature=seal(whole)))

    def _keep(self, event: Delta) -> None:
        if isinstance(self._part, Reasoning) and self._part.origin != NAME:
            self._said.setdefault(event.passage, []).append(event.text)

    def _apart(self, event: Delta) -> str:
        """Return what stands between the passages of a summary."""
        was, self._passage = self._passage, event.passage
        return "\n\n" if event.passage and was != event.passage else ""

    def _delta(self, text: str) -> bytes:
        match self._part:
            case Text() | Refusal():
                if self._unopened is not None or self._blank:
                    self._blank.append(text)
                    if self._unopened is not None and not text.strip():
                        return b""
                    text = "".join(self._blank)
                    self._blank.clear()
                delta = _of("text_delta", text=text)
            case Reasoning():
                delta = _of("thinking_delta", thinking=text)
            case ToolCall():
                delta = _of("input_json_delta", partial_json=text)
            case _:
                return b""
        return self._add(delta) if text else b""

    def _sign(self, sign: Sign) -> bytes:
        """Tell a signature. One of another protocol waits for the whole thought, to be sealed with it."""
        part = self._part
        if not isinstance(part, Reasoning):
            return b""
        if part.origin != NAME:
            signature, encrypted = part.signature + sign.signature, sign.encrypted or part.encrypted
            self._part = msgspec.structs.replace(part, signature=signature, encrypted=encrypted)
            return b""
        if not sign.signature:
            return b""
        return self._add(_of("signature_delta", signature=sign.signature))

    def _block(self, what: str, members: Extras) -> bytes:
        return _event(f"content_block_{what}", {"index": self._number} | members)

    def _stop(self) -> bytes:
        finished = self._finished
        reason = (self._own and finished.native_finish) or write_finish(
            finished.finish, called=self._called, refused=self._refused
        )
        delta: Extras = {"stop_reason": reason, "stop_sequence": finished.stop_sequence or None}
        usage: dict[str, Any] = write_usage(self._usage)
        if self._own:
            extras = dict(finished.extras)
            usage = overlay(usage, extras.pop("usage", {}))
            delta = overlay(delta, extras)
        return _event("message_delta", {"delta": delta, "usage": usage}) + _event("message_stop", {})


def _of(kind: str, **members: object) -> Extras:
    return {"type": kind, **members}


def _event(kind: str, members: Extras) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), msgspec.json.encode({"type": kind} | members))
