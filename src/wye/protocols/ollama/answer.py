"""Write answers as Ollama does: one JSON object, or a stream of them, one a line.

Source: Ollama API reference, "Generate a chat completion". Durations are nanoseconds. What wye cannot know
(how long an engine read the prompt, when its answer came whole) is left out, as Ollama leaves out zeros.
"""

import functools
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Extras, Finish, Image, Part, Reasoning, Refusal, Text, ToolCall
from wye.core.stream import Begin, Close, Delta, End, Event, Fail, Finished, Open, Ping, Used
from wye.core.usage import Usage
from wye.protocols.wire.arguments import arguments_of

HEARTBEAT = b" "
"""White space before the next line's object: an empty line would be no JSON to most clients."""
_NOTHING: Extras = {"role": "assistant", "content": ""}
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ENDS = (Finish.STOP, Finish.STOP_SEQUENCE, Finish.TOOL_CALLS)
"""What Ollama calls `stop`."""


Shape = Callable[[Extras], Extras]
"""Message of an answer -> the members that tell it."""


def as_message(told: Extras) -> Extras:
    """Tell it as `/api/chat` does."""
    return {"message": told}


def as_response(told: Extras) -> Extras:
    """Tell it as `/api/generate` does: text, and thoughts beside it."""
    more = {name: value for name, value in told.items() if name not in ("role", "content")}
    return {"response": told["content"]} | more


def write(answer: Answer, begun: int, now: int, shape: Shape = as_message) -> bytes:
    """Encode a whole answer. `begun` is when the request came, in Unix nanoseconds as `now`."""
    choice = answer.choices[0]
    told = {"total_duration": now - begun, "load_duration": 0}
    ended = _ended(choice.finish, choice.logprobs, told, answer.usage)
    return _line(answer.model, now, shape(message(choice.parts)), ended)


def message(parts: Iterable[Part]) -> Extras:
    """Return the message that holds `parts`, as far as Ollama has words for them."""
    texts: list[str] = []
    thoughts: list[str] = []
    pictures: list[str] = []
    calls: list[Extras] = []
    for part in parts:
        match part:
            case Text() | Refusal():
                texts.append(part.text)
            case Reasoning():
                thoughts.append(part.text or "\n\n".join(part.summary))
            case Image() if part.source.kind == "data":
                pictures.append(part.source.value)
            case ToolCall():
                calls.append(write_call(part, len(calls)))
    told = _NOTHING | {"content": "".join(texts)}
    more = {"thinking": "".join(thoughts), "images": pictures, "tool_calls": calls}
    return told | {name: value for name, value in more.items() if value}


def write_call(call: ToolCall, index: int) -> Extras:
    """Write a tool call, the answer's `index`-th."""
    function = {"index": index, "name": call.name, "arguments": arguments_of(call)}
    return ({"id": call.id} if call.id else {}) | {"function": function}


class OllamaWriter:
    """Writes one stream. Tool calls come whole: here their arguments are an object.

    `begun` is when the request came, in the Unix nanoseconds of `clock`.
    """

    def __init__(self, begun: int, clock: Callable[[], int], shape: Shape = as_message) -> None:
        self._shape = shape
        self._begun = begun
        self._clock = clock
        self._first: int | None = None
        """When the model first said something."""
        self._model = ""
        self._usage: Usage | None = None
        self._finish = Finish.OTHER
        self._parts: dict[int, Part] = {}
        self._arguments: dict[int, list[str]] = {}
        self._passages: dict[int, int | None] = {}
        """Index of a thought -> the passage of its summary that came last."""
        self._calls = 0

    def write(self, event: Event) -> bytes:  # noqa: PLR0911  # a table of events
        """Return the line that tells `event`; may be empty."""
        match event:
            case Begin():
                self._model = event.model
            case Open(choice=0):
                return self._open(event.index, event.part)
            case Delta(choice=0):
                return self._delta(event)
            case Close(choice=0):
                return self._close(event.index)
            case Finished(choice=0):
                self._finish = event.finish
            case Used():
                self._usage = event.usage
            case Ping():
                return HEARTBEAT
            case Fail():
                return msgspec.json.encode({"error": event.message or event.kind}) + b"\n"
            case End():
                return self._end()
        return b""

    def _open(self, index: int, part: Part) -> bytes:
        self._parts[index] = part
        if isinstance(part, ToolCall):
            self._arguments[index] = [part.arguments]
            return b""
        told = message((part,))
        return self._say(told) if told != _NOTHING else b""

    def _delta(self, event: Delta) -> bytes:
        if event.index in self._arguments:
            self._arguments[event.index].append(event.text)
            return b""
        if not event.text and not event.logprobs:
            return b""
        name, text = "content", event.text
        if isinstance(self._parts[event.index], Reasoning):
            was = self._passages.get(event.index, event.passage)
            self._passages[event.index] = event.passage
            name, text = "thinking", text if was == event.passage else f"\n\n{text}"
        return self._say(_NOTHING | {name: text}, _logprobs(event.logprobs))

    def _close(self, index: int) -> bytes:
        part, texts = self._parts.pop(index), self._arguments.pop(index, None)
        if texts is None or not isinstance(part, ToolCall):
            return b""
        call = write_call(msgspec.structs.replace(part, arguments="".join(texts)), self._calls)
        self._calls += 1
        return self._say(_NOTHING | {"tool_calls": [call]})

    def _end(self) -> bytes:
        now = self._clock()
        first = now if self._first is None else self._first
        told = {
            "total_duration": now - self._begun,
            "load_duration": 0,
            "prompt_eval_duration": first - self._begun,
            "eval_duration": now - first,
        }
        return (
            _line(self._model, now, self._shape(_NOTHING), _ended(self._finish, None, told, self._usage))
            + b"\n"
        )

    def _say(self, told: Extras, more: Extras | None = None) -> bytes:
        now = self._clock()
        if self._first is None:
            self._first = now
        return _line(self._model, now, self._shape(told), {"done": False} | (more or {})) + b"\n"


def _ended(finish: Finish, logprobs: Extras | None, durations: Extras, usage: Usage | None) -> Extras:
    word = "stop" if finish in _ENDS else finish.value
    counts = {}
    if usage is not None:
        counts = {"prompt_eval_count": usage.input_tokens, "eval_count": usage.output_tokens}
    return {"done": True, "done_reason": word} | _logprobs(logprobs) | durations | counts


def _logprobs(logprobs: Extras | None) -> Extras:
    return {"logprobs": logprobs["content"]} if logprobs and logprobs.get("content") else {}


def _line(model: str, now: int, told: Extras, rest: Extras) -> bytes:
    second, fraction = divmod(now, 10**9)
    date = f"{_second(second)}.{fraction // 1000:06}Z"
    return msgspec.json.encode({"model": model, "created_at": date} | told | rest)


@functools.lru_cache(64)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")
