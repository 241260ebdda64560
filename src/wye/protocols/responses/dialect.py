"""OpenAI Responses as canonical values. The modules next door read and write its pieces."""

import os
import time
from collections.abc import Callable

import msgspec

from wye.core.answer import Answer
from wye.core.chat import Chat, Extras
from wye.core.errors import BadRequestError
from wye.protocols.responses import answer as responses_answer
from wye.protocols.responses import request as responses_request
from wye.protocols.responses import upstream as responses_upstream
from wye.protocols.responses.codec import PATH
from wye.protocols.responses.echo import repeated
from wye.protocols.responses.parts import NAME
from wye.protocols.responses.reader import ResponsesReader
from wye.protocols.responses.writer import ResponsesWriter
from wye.protocols.seal import is_sealed, opened
from wye.protocols.translate import Wire
from wye.protocols.wire.fields import FieldError

_NOTHING: Extras = {}


def mint(prefix: str) -> str:
    """Return an id that nobody can guess."""
    return prefix + os.urandom(24).hex()


class OpenAIResponsesDialect:
    """The dialect. Stateless.

    The response object repeats what was asked: `asked` is the request that answers are written for, `told`
    holds members that say something else. `clock` (Unix seconds) dates answers, `mint` makes ids.
    """

    name = NAME

    def __init__(
        self,
        asked: bytes = b"",
        told: Extras = _NOTHING,
        clock: Callable[[], float] = time.time,
        mint: Callable[[str], str] = mint,
    ) -> None:
        self._asked = asked
        self._told = told
        self._clock = clock
        self._mint = mint

    def read_request(self, body: bytes) -> Chat:
        """Decode a client's request. Raises `BadRequestError` naming the field at fault."""
        try:
            chat = responses_request.read(body)
        except FieldError as error:
            raise BadRequestError(str(error), param=error.path or None) from None
        return opened(chat) if is_sealed(body) else chat

    def target(self, wire: Wire, *, stream: bool) -> bytes:  # noqa: ARG002  # both stand in the body
        """Return the path below an upstream's base path."""
        return PATH

    def write_request(self, chat: Chat, wire: Wire) -> bytes:
        """Encode a request for an upstream. What Responses has no word for is left out."""
        return msgspec.json.encode(responses_upstream.write(chat, wire))

    def read_answer(self, body: bytes, *, bare: bool = False) -> Answer:  # noqa: ARG002  # they cost little
        """Decode an upstream's whole answer. Raises `ValueError` if it is none, or one that failed."""
        return responses_answer.read(body)

    def write_answer(self, answer: Answer) -> bytes:
        """Encode a whole answer for a client."""
        written = responses_answer.write(answer, self._echo(), self._mint, int(self._clock()))
        return msgspec.json.encode(written)

    def reader(self) -> ResponsesReader:
        """Return the reader of one upstream stream."""
        return ResponsesReader()

    def writer(self, *, want_usage: bool) -> ResponsesWriter:  # noqa: ARG002  # usage is always there
        """Return the writer of one downstream stream."""
        return ResponsesWriter(self._echo(), self._mint, self._clock)

    def _echo(self) -> Extras:
        return repeated(self._asked) | self._told if self._asked else self._told
