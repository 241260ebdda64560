"""Items of an OpenAI Responses stream that are being written, each with the events that tell it."""

from collections.abc import Callable
from typing import Literal

import msgspec

from wye.core.chat import Extras, Reasoning, Refusal, Text, ToolCall
from wye.core.stream import Cite, Delta
from wye.protocols.responses.answer import call_identity, write_logprobs
from wye.protocols.responses.errors import event
from wye.protocols.responses.items import CALLS, is_summarized, write_call, write_thought
from wye.protocols.responses.parts import identity_of, known_extras, write_annotation


class Lines:
    """Numbers the events of one stream, and keeps the items that were told."""

    def __init__(self, mint: Callable[[str], str]) -> None:
        self.mint = mint
        self.number = 0
        self.output: list[Extras] = []

    def tell(self, kind: str, members: Extras) -> bytes:
        """Return the event `response.<kind>`."""
        number, self.number = self.number, self.number + 1
        return event(f"response.{kind}", members | {"sequence_number": number})

    def add(self, item: Extras) -> bytes:
        """Tell that an item begins; it gets the next place in the output."""
        self.output.append(item)
        return self.tell("output_item.added", {"output_index": len(self.output) - 1, "item": item})

    def done(self, place: int, item: Extras) -> bytes:
        """Tell that the item at `place` is whole."""
        self.output[place] = item
        return self.tell("output_item.done", {"output_index": place, "item": item})

    def whole(self, item: Extras) -> bytes:
        """Tell an item that does not come in pieces."""
        return self.add(item) + self.done(len(self.output) - 1, item)


class OpenMessage:
    """A message. Its texts come one after the other."""

    def __init__(self, lines: Lines, identity: Extras) -> None:
        self._lines = lines
        self.place = len(lines.output)
        self.content: list[Extras] = []
        self.speaking = False
        """A part of it is open."""
        told: Extras = {"type": "message", "role": "assistant", "status": "in_progress", "content": []}
        self._item = {"id": identity.get("id") or lines.mint("msg_")} | told | identity

    @property
    def id(self) -> str:
        """The item's id."""
        return str(self._item["id"])

    def start(self) -> bytes:
        """Tell that it begins."""
        return self._lines.add(self._item)

    def done(self, status: str = "completed") -> bytes:
        """Tell that nothing more of it comes."""
        return self._lines.done(self.place, self._item | {"status": status, "content": self.content})


class OpenSaid:
    """A text or a refusal in a message."""

    def __init__(self, lines: Lines, message: OpenMessage, part: Text | Refusal) -> None:
        self._lines = lines
        self._message = message
        self._extras = known_extras(part.extras)
        self._pieces: list[str] = []
        self._length = 0
        self._annotations: list[Extras] = []
        self._logprobs: list[Extras] = []
        self._is_text = isinstance(part, Text)
        self._kind = "output_text" if self._is_text else "refusal"
        self._place = len(message.content)
        self._at: Extras = {
            "item_id": message.id,
            "output_index": message.place,
            "content_index": self._place,
        }
        message.content.append({})
        message.speaking = True

    def start(self) -> bytes:
        """Tell that it begins."""
        return self._lines.tell("content_part.added", self._at | {"part": self._whole()})

    def more(self, delta: Delta) -> bytes:
        """Tell more of it."""
        self._pieces.append(delta.text)
        self._length += len(delta.text)
        told: Extras = {"delta": delta.text}
        if self._is_text:
            told["logprobs"] = write_logprobs(delta.logprobs)
            self._logprobs += told["logprobs"]
        return self._lines.tell(f"{self._kind}.delta", self._at | told)

    def cite(self, event: Cite) -> bytes:
        """Tell a citation."""
        annotation = write_annotation(event.citation, self._length)
        if annotation is None or not self._is_text:
            return b""
        told = {"annotation_index": len(self._annotations), "annotation": annotation}
        self._annotations.append(annotation)
        return self._lines.tell("output_text.annotation.added", self._at | told)

    def close(self) -> bytes:
        """Tell that it is whole."""
        part = self._message.content[self._place] = self._whole() | self._extras
        self._message.speaking = False
        told = (
            {"text": part["text"], "logprobs": self._logprobs}
            if self._is_text
            else {"refusal": part["refusal"]}
        )
        done = self._lines.tell(f"{self._kind}.done", self._at | told)
        return done + self._lines.tell("content_part.done", self._at | {"part": part})

    def _whole(self) -> Extras:
        text = "".join(self._pieces)
        if not self._is_text:
            return {"type": "refusal", "refusal": text}
        told = {"annotations": [*self._annotations], "logprobs": [*self._logprobs]}
        return {"type": "output_text", "text": text} | told


class OpenThought:
    """A thought: passages of its summary, its text, or both, one after the other."""

    def __init__(self, lines: Lines, part: Reasoning) -> None:
        self._lines = lines
        self._part = part
        self._id = str(write_thought(part, lines.mint("rs_"))["id"])
        self._at: Extras = {"item_id": self._id, "output_index": len(lines.output)}
        self._text: list[str] = []
        self._summary: list[list[str]] = []
        self._open: int | Literal["text"] | None = None
        """Which passage of the stream's is being told, or that the text is."""
        self._told: list[str] = []
        self._passages = 0
        self._kind = self._frame = ""
        self._where: Extras = {}
        self.signature = part.signature
        self.encrypted = part.encrypted

    def start(self) -> bytes:
        """Tell that it begins."""
        return self._lines.add({"id": self._id, "type": "reasoning", "summary": []})

    def more(self, delta: Delta) -> bytes:
        """Tell more of it."""
        of: int | Literal["text"] = "text" if delta.passage is None else delta.passage
        before = b""
        if of != self._open:
            before = self._end() + self._begin(of)
        kept = self._text if delta.passage is None else self._summary[-1]
        kept.append(delta.text)
        self._told.append(delta.text)
        return before + self._lines.tell(f"{self._kind}.delta", self._where | {"delta": delta.text})

    def close(self) -> bytes:
        """Tell that it is whole."""
        whole = msgspec.structs.replace(
            self._part,
            text="".join(self._text),
            summary=tuple("".join(passage) for passage in self._summary),
            signature=self.signature,
            encrypted=self.encrypted,
        )
        return self._end() + self._lines.done(self._at["output_index"], write_thought(whole, self._id))

    def _begin(self, of: int | Literal["text"]) -> bytes:
        self._open, self._told = of, []
        if of != "text":
            self._summary.append([])
        if of == "text" and not is_summarized(self._part):
            self._kind, self._frame, place = "reasoning_text", "content_part", "content_index"
            self._where = self._at | {place: 0}
        else:
            self._kind, self._frame, place = (
                "reasoning_summary_text",
                "reasoning_summary_part",
                "summary_index",
            )
            self._where = self._at | {place: self._passages}
            self._passages += 1
        return self._lines.tell(f"{self._frame}.added", self._where | {"part": self._shown()})

    def _end(self) -> bytes:
        if self._open is None:
            return b""
        self._open, part = None, self._shown()
        done = self._lines.tell(f"{self._kind}.done", self._where | {"text": part["text"]})
        return done + self._lines.tell(f"{self._frame}.done", self._where | {"part": part})

    def _shown(self) -> Extras:
        kind = "reasoning_text" if self._kind == "reasoning_text" else "summary_text"
        return {"type": kind, "text": "".join(self._told)}


class OpenCall:
    """A call of a function or a custom tool."""

    def __init__(self, lines: Lines, call: ToolCall) -> None:
        self._lines = lines
        self._call = call
        self._pieces: list[str] = []
        self._identity = call_identity(call, lines.mint) | identity_of(call.extras)
        self._name = CALLS["custom_tool_call" if call.custom else "function_call"]
        self._kind = "custom_tool_call_input" if call.custom else "function_call_arguments"
        self.place = len(lines.output)
        self._at: Extras = {"item_id": self._identity["id"], "output_index": self.place}

    def start(self) -> bytes:
        """Tell that it begins."""
        return self._lines.add(write_call(self._call, self._identity) | {"status": "in_progress"})

    def more(self, delta: Delta) -> bytes:
        """Tell more of what it is called with."""
        self._pieces.append(delta.text)
        return self._lines.tell(f"{self._kind}.delta", self._at | {"delta": delta.text})

    def close(self) -> bytes:
        """Tell that what it is called with ended; the item itself ends with `done`."""
        self._call = msgspec.structs.replace(self._call, arguments="".join(self._pieces))
        return self._lines.tell(f"{self._kind}.done", self._at | {self._name: self._call.arguments})

    def done(self, status: str = "") -> bytes:
        """Tell that nothing more of it comes. `status`: where it is not what the call says of itself."""
        told = {"status": status} if status else {}
        return self._lines.done(self.place, write_call(self._call, self._identity) | told)
