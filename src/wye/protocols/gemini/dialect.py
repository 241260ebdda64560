"""Google's Gemini as canonical values. The modules next door read and write its pieces."""

import re
from typing import Any

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Chat
from wye.core.errors import BadRequestError
from wye.protocols.gemini import answer as gemini_answer
from wye.protocols.gemini import request as gemini_request
from wye.protocols.gemini import upstream as gemini_upstream
from wye.protocols.gemini.framing import EVENTS, Framing
from wye.protocols.gemini.parts import NAME
from wye.protocols.gemini.reader import GeminiReader
from wye.protocols.gemini.writer import GeminiWriter
from wye.protocols.seal import is_sealed, opened
from wye.protocols.translate import Wire
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.fields import FieldError

_OBJECT = msgspec.json.Decoder(dict[str, Any])
_RESERVED = re.compile(rb"[^A-Za-z0-9_.~-]")
"""What has to be escaped in a segment of a path (RFC 3986 section 2.3)."""
_RESOURCE = re.compile(r"(?:models|tunedModels)/[^/]+")


class GeminiDialect:
    """The dialect. Stateless.

    For a client's request `model` and `stream` are what its URL says, and `framing` is that of the stream it
    gets. An upstream's streams are always events.
    """

    name = NAME

    def __init__(self, model: str = "", *, stream: bool = False, framing: Framing = EVENTS) -> None:
        self._model = model
        self._stream = stream
        self._framing = framing

    def read_request(self, body: bytes) -> Chat:
        """Decode a client's request. Raises `BadRequestError` naming the field at fault."""
        try:
            chat = gemini_request.read(decode(_OBJECT, body))
        except FieldError as error:
            raise BadRequestError(str(error), param=error.path or None) from None
        except RecursionError:
            message = "the body is nested too deeply"
            raise BadRequestError(message) from None
        chat = msgspec.structs.replace(chat, model=self._model or chat.model, stream=self._stream)
        return opened(chat) if is_sealed(body) else chat

    def target(self, wire: Wire, *, stream: bool) -> bytes:
        """Return the path, with its query, below an upstream's base path."""
        return path_of(wire.model, b"streamGenerateContent?alt=sse" if stream else b"generateContent")

    def write_request(self, chat: Chat, wire: Wire) -> bytes:
        """Encode a request for an upstream. What Gemini has no word for is left out."""
        return msgspec.json.encode(gemini_upstream.write(chat, wire))

    def read_answer(self, body: bytes, *, bare: bool = False) -> Answer:  # noqa: ARG002  # they cost little
        """Decode an upstream's whole answer. Raises `ValueError` if it is none."""
        return gemini_answer.read(body)

    def write_answer(self, answer: Answer) -> bytes:
        """Encode a whole answer for a client."""
        return msgspec.json.encode(gemini_answer.write(answer))

    def reader(self) -> GeminiReader:
        """Return the reader of one upstream stream."""
        return GeminiReader()

    def writer(self, *, want_usage: bool) -> GeminiWriter:  # noqa: ARG002  # usage is always there
        """Return the writer of one downstream stream."""
        return GeminiWriter(self._framing)


def path_of(model: str, method: bytes) -> bytes:
    """Return the path of a method of `model`, below an upstream's base path."""
    kind, _, name = model.rpartition("/") if _RESOURCE.fullmatch(model) else ("models", "", model)
    return b"/%b/%b:%b" % (kind.encode(), _RESERVED.sub(_escaped, name.encode()), method)


def _escaped(reserved: re.Match[bytes]) -> bytes:
    return b"%%%02X" % ord(reserved[0])
