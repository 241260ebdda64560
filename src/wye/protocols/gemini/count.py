"""Gemini's count of a request's tokens. Source: Gemini API reference, "Counting tokens".

An upstream that speaks Gemini's protocol counts itself. For any other there is `estimate`.
"""

import msgspec

from wye.core.errors import BadRequestError, WyeError
from wye.core.request import Operation, Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits, Relay
from wye.protocols.gemini import errors as gemini_errors
from wye.protocols.gemini.asked import OBJECT, named, read_request, refuse_duplicates, typed
from wye.protocols.gemini.dialect import path_of
from wye.protocols.gemini.framing import EVENTS
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.toplevel import change, members

NAME = "gemini_count_tokens"
BYTES_PER_TOKEN = 3
"""Of a JSON body, on the cautious side: English prose is nearer 4."""
_WHOLE = "generateContentRequest"


class _Count(msgspec.Struct):
    totalTokens: int = 0  # noqa: N815  # the API's name
    error: msgspec.Raw = msgspec.Raw()


_COUNT = msgspec.json.Decoder(_Count)


class GeminiCount:
    """The codec of one request. Counts are never streamed, and nobody bills them."""

    name = NAME
    operation = Operation.CHAT
    stream_type = EVENTS.content_type
    heartbeat = EVENTS.heartbeat
    mark = EVENTS.mark
    request_id_headers = ("x-request-id",)
    __slots__ = ("named",)

    def __init__(self, model: str) -> None:
        self.named = model

    def path(self, model: str) -> bytes:
        """Return the path below an upstream's base path."""
        return path_of(model, b"countTokens")

    def decode(self, body: bytes) -> Request:
        """Decode a request: contents alone, or a whole request under `generateContentRequest`."""
        asked = decode(OBJECT, body)
        whole = typed(named(asked), _WHOLE, OBJECT)
        return read_request(self.name, self.named, whole or asked, body, stream=False)

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes; where they name the model as well, with the upstream's name."""
        model = msgspec.json.encode(f"models/{edits.model.removeprefix('models/')}")
        for member in members(request.body):
            whole = request.body[member.start : member.end]
            if member.key in (_WHOLE, "generate_content_request") and whole.startswith(b"{"):
                named = any(inner.key == "model" for inner in members(whole))
                return (
                    change(request.body, member.key, lambda old: _renamed(old, model))
                    if named
                    else request.body
                )
        return request.body

    def refuse_duplicates(self, request: Request) -> None:
        """Raise `BadRequestError` if a field stands there twice."""
        refuse_duplicates(request.body)

    def usage(self, body: bytes) -> Usage:
        """Return that nothing was used. Raises `ValueError` if it is no count at all."""
        if bytes(_COUNT.decode(body).error):
            message = "an error, and no count"
            raise ValueError(message)
        return Usage()

    def estimate(self, request: Request) -> bytes:
        """Return an answer made without an upstream: a guess by the bytes, rather high than low."""
        return msgspec.json.encode({"totalTokens": len(request.body) // BYTES_PER_TOKEN + 1})

    def relay(self, edits: Edits) -> Relay:  # noqa: ARG002  # the interface names it
        """Counts are never streamed."""
        message = "a count is never streamed"
        raise BadRequestError(message)

    def error(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error answer's body."""
        return gemini_errors.error_body(error, request_id)

    def error_event(self, error: WyeError, request_id: str, *, said: bool = True) -> bytes:  # noqa: ARG002  # it stands alone
        """Encode an error inside a stream."""
        return EVENTS.error(gemini_errors.error_body(error, request_id), first=False)


def _renamed(whole: bytes, model: bytes) -> bytes:
    return change(whole, "model", lambda _: model)
