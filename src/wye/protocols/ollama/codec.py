"""Ollama's chat and `generate`, as its clients speak them. Nobody is asked so: Ollama itself speaks Chat.

Source: Ollama API reference, "Generate a chat completion" and "Generate a completion". A stream, the default,
is one JSON object a line.
"""

import time
from collections.abc import Callable

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Chat
from wye.core.errors import BadRequestError, WyeError
from wye.core.request import Needs, Operation, Request
from wye.protocols.blame import own_paths
from wye.protocols.ollama import answer as ollama_answer
from wye.protocols.ollama import request as ollama_request
from wye.protocols.ollama.answer import HEARTBEAT, OllamaWriter, as_message, as_response
from wye.protocols.ollama.request import NAME
from wye.protocols.wire.decoding import ModelName, decode
from wye.protocols.wire.fields import FieldError, Fields

GENERATE = "ollama_generate"
"""`Request.protocol` of a prompt: in everything but its shape a chat of one turn."""
_LEFT_OUT = msgspec.Raw()
_NO_FORMAT = (b"", b'""', b"null")
_NO_NEEDS = Needs()


class _Message(msgspec.Struct):
    images: list[str] | None = None


class _Options(msgspec.Struct):
    num_predict: int | None = None


class _ChatRequest(msgspec.Struct):
    model: ModelName
    messages: list[_Message] | None = None
    images: list[str] | None = None
    stream: bool | None = None
    tools: list[msgspec.Raw] | None = None
    format: msgspec.Raw = _LEFT_OUT
    options: _Options | None = None


_REQUEST = msgspec.json.Decoder(_ChatRequest)
_OBJECT = msgspec.json.Decoder(dict)


class Ollama:
    """The codec. Stateless."""

    name = NAME
    operation = Operation.CHAT
    named = ""
    heartbeat = HEARTBEAT
    stream_type = b"application/x-ndjson"
    mark = b"{"
    request_id_headers = ("x-request-id",)
    estimate = None

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        wire = decode(_REQUEST, body)
        cap = wire.options.num_predict if wire.options else None
        vision = bool(wire.images) or any(message.images for message in wire.messages or ())
        tools, json = bool(wire.tools), bytes(wire.format) not in _NO_FORMAT
        return Request(
            protocol=self.name,
            operation=self.operation,
            model=wire.model,
            body=body,
            stream=wire.stream is not False,
            wants_usage=True,
            max_output_tokens=cap if cap is not None and cap > 0 else None,
            needs=Needs(tools, vision, json) if tools or vision or json else _NO_NEEDS,
            unbounded=vision,
        )

    def refuse_duplicates(self, request: Request) -> None:
        """Nothing to refuse: no upstream's parser reads this body."""

    def error(self, error: WyeError, request_id: str) -> bytes:  # noqa: ARG002  # the header says it
        """Encode an error answer's body."""
        return msgspec.json.encode({"error": own_paths("ollama", error.message)})

    def error_event(self, error: WyeError, request_id: str, *, said: bool = True) -> bytes:  # noqa: ARG002  # it stands alone
        """Encode an error inside a stream that began with a 200."""
        return self.error(error, request_id) + b"\n"


class OllamaGenerate(Ollama):
    """The codec of `/api/generate`. Stateless."""

    name = GENERATE


class OllamaDialect:
    """How one request is translated. Durations in its answer count from when this was made.

    `clock` gives Unix nanoseconds. `prompt`: it is one of `/api/generate`.
    """

    name = NAME

    def __init__(self, clock: Callable[[], int] = time.time_ns, *, prompt: bool = False) -> None:
        self._read = ollama_request.read_prompt if prompt else ollama_request.read
        self._shape = as_response if prompt else as_message
        self._clock = clock
        self._begun = clock()

    def read_request(self, body: bytes) -> Chat:
        """Decode a client's request. Raises `BadRequestError` naming the field at fault."""
        try:
            return self._read(Fields(decode(_OBJECT, body)))
        except FieldError as error:
            raise BadRequestError(str(error), param=error.path or None) from None

    def write_answer(self, answer: Answer) -> bytes:
        """Encode a whole answer for a client."""
        return ollama_answer.write(answer, self._begun, self._clock(), self._shape)

    def writer(self, *, want_usage: bool) -> OllamaWriter:  # noqa: ARG002  # counts are always told
        """Return the writer of one downstream stream."""
        return OllamaWriter(self._begun, self._clock, self._shape)
