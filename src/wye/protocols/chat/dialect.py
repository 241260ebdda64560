"""OpenAI Chat Completions as canonical values. The modules next door read and write its pieces."""

import time
from collections.abc import Callable

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Chat
from wye.core.errors import BadRequestError
from wye.protocols.chat import answer as chat_answer
from wye.protocols.chat import request as chat_request
from wye.protocols.chat import upstream as chat_upstream
from wye.protocols.chat.chunks import ChatWriter
from wye.protocols.chat.codec import PATH
from wye.protocols.chat.stream import ChatReader
from wye.protocols.chat.thoughts import NAME
from wye.protocols.translate import Wire
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.fields import FieldError, Fields

_OBJECT = msgspec.json.Decoder(dict)


class OpenAIChatDialect:
    """The dialect. Stateless; `clock` (Unix seconds) dates answers that have no date of their own."""

    name = NAME

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock

    def read_request(self, body: bytes) -> Chat:
        """Decode a client's request. Raises `BadRequestError` naming the field at fault."""
        try:
            return chat_request.read(Fields(decode(_OBJECT, body)))
        except FieldError as error:
            raise BadRequestError(str(error), param=error.path or None) from None

    def target(self, wire: Wire, *, stream: bool) -> bytes:  # noqa: ARG002  # both stand in the body
        """Return the path below an upstream's base path."""
        return PATH

    def write_request(self, chat: Chat, wire: Wire) -> bytes:
        """Encode a request for an upstream. What Chat has no word for is left out."""
        return msgspec.json.encode(chat_upstream.write(chat, wire))

    def read_answer(self, body: bytes, *, bare: bool = False) -> Answer:
        """Decode an upstream's whole answer. Raises `ValueError` if it is none."""
        words = chat_answer.read_words(body) if bare else None
        return chat_answer.read(body) if words is None else words

    def write_answer(self, answer: Answer) -> bytes:
        """Encode a whole answer for a client."""
        return msgspec.json.encode(chat_answer.write(answer, int(self._clock())))

    def reader(self) -> ChatReader:
        """Return the reader of one upstream stream."""
        return ChatReader()

    def writer(self, *, want_usage: bool) -> ChatWriter:
        """Return the writer of one downstream stream."""
        return ChatWriter(want_usage=want_usage, now=int(self._clock()))
