"""Legacy Completions where nobody continues a text: the prompt becomes a turn of the user's, to be answered.

Source: OpenAI API reference, "Create completion (legacy)" and "The completion object".
"""

import time
from collections.abc import Callable, Iterable

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Chat, Extras, Finish, Message, Part, Refusal, Role, Sampling, Text
from wye.core.errors import BadRequestError, CannotCarryError
from wye.core.stream import Begin, Delta, End, Event, Fail, Finished, Open, Ping, Used
from wye.core.usage import Usage
from wye.protocols.chat.answer import write_usage
from wye.protocols.completions.codec import NAME
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.fields import FieldError, Fields
from wye.protocols.wire.sse import COMMENT

_OBJECT = msgspec.json.Decoder(dict)
_DONE = b"data: [DONE]\n\n"
_WORDS = {Finish.LENGTH: "length", Finish.CONTENT_FILTER: "content_filter", Finish.REFUSAL: "content_filter"}


class OpenAICompletionsDialect:
    """The dialect. Stateless; `clock` (Unix seconds) dates answers that have no date of their own."""

    name = NAME

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def read_request(self, body: bytes) -> Chat:
        """Decode a client's request. Raises `BadRequestError` naming the field at fault."""
        try:
            return _read(Fields(decode(_OBJECT, body)))
        except FieldError as error:
            raise BadRequestError(str(error), param=error.path or None) from None

    def write_answer(self, answer: Answer) -> bytes:
        """Encode a whole answer for a client."""
        choices = [
            _choice(at, _said(choice.parts), _WORDS.get(choice.finish, "stop"))
            for at, choice in enumerate(answer.choices)
        ]
        usage = {} if answer.usage is None else {"usage": write_usage(answer.usage)}
        head = _head(answer.id, answer.model, answer.created or int(self._clock()))
        return msgspec.json.encode(head | {"choices": choices} | usage)

    def writer(self, *, want_usage: bool) -> "CompletionWriter":
        """Return the writer of one downstream stream."""
        return CompletionWriter(want_usage=want_usage, now=int(self._clock()))


class CompletionWriter:
    """Writes one stream. `now` (Unix seconds) stands in where the date is unknown."""

    def __init__(self, *, want_usage: bool, now: int) -> None:
        self._want_usage = want_usage
        self._now = now
        self._head: Extras = {}
        self._usage: Usage | None = None
        self._texts: set[tuple[int, int]] = set()
        """(choice, index) of the parts that are said."""

    def write(self, event: Event) -> bytes:  # noqa: PLR0911  # a table of events
        """Return the bytes that tell `event`; may be empty."""
        match event:
            case Begin():
                self._head = _head(event.id, event.model, event.created or self._now)
            case Open(part=Text() | Refusal()):
                self._texts.add((event.choice, event.index))
                return self._chunk(event.choice, _said((event.part,)))
            case Delta() if (event.choice, event.index) in self._texts:
                return self._chunk(event.choice, event.text)
            case Used():
                self._usage = event.usage
            case Finished():
                return self._chunk(event.choice, "", _WORDS.get(event.finish, "stop"))
            case Ping():
                return COMMENT
            case Fail():
                kind = event.kind or "upstream_error"
                error = {"message": event.message, "type": kind, "param": None, "code": None}
                return _event({"error": error})
            case End():
                return self._last() + _DONE
        return b""

    def _last(self) -> bytes:
        if not self._want_usage or self._usage is None:
            return b""
        return _event(self._head | {"choices": [], "usage": write_usage(self._usage)})

    def _chunk(self, choice: int, text: str, finish: str | None = None) -> bytes:
        if not text and finish is None:
            return b""
        usage = {"usage": None} if self._want_usage else {}
        return _event(self._head | {"choices": [_choice(choice, text, finish)]} | usage)


def _read(wire: Fields) -> Chat:
    model = wire.word("model")
    prompt = wire.take("prompt")
    if isinstance(prompt, list) and len(prompt) == 1 and isinstance(prompt[0], str):
        prompt = prompt[0]
    if not isinstance(prompt, str):
        message = (
            "`prompt` can be translated only if it is one text: ask a model whose upstream takes Completions"
        )
        raise CannotCarryError(message, param="prompt")
    if wire.take("logprobs") is not None:
        message = "`logprobs` of a completion cannot be translated: ask for those of a chat completion"
        raise CannotCarryError(message, param="logprobs")
    options = wire.fields("stream_options")
    if options is not None:
        options.flag("include_usage")  # asked of the writer of the answer, not of the model
        wire.put_back("stream_options", options.rest())
    return Chat(
        protocol=NAME,
        model=model,
        messages=(Message(role=Role.USER, parts=(Text(text=prompt),)),),
        sampling=Sampling(
            temperature=wire.number("temperature"),
            top_p=wire.number("top_p"),
            top_k=wire.integer("top_k"),
            stop=wire.texts("stop"),
            seed=wire.integer("seed"),
            presence_penalty=wire.number("presence_penalty"),
            frequency_penalty=wire.number("frequency_penalty"),
        ),
        max_output_tokens=wire.integer("max_tokens"),
        choices=wire.integer("n") or 1,
        stream=bool(wire.flag("stream")),
        user=wire.text("user"),
        extras=wire.rest(),
    )


def _said(parts: Iterable[Part]) -> str:
    """Return the text of an answer. Thoughts have no place in it."""
    return "".join(part.text for part in parts if isinstance(part, Text | Refusal))


def _head(id_: str, model: str, created: int) -> Extras:
    return {"id": id_, "object": "text_completion", "created": created, "model": model}


def _choice(index: int, text: str, finish: str | None) -> Extras:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": finish}


def _event(data: Extras) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(data)
