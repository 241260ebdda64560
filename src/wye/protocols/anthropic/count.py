"""Anthropic's count of a message's tokens. Source: Anthropic API reference, "Count tokens in a Message".

An upstream that speaks Anthropic's protocol counts itself. For any other there is `estimate`.
"""

import msgspec

from wye.core.errors import BadRequestError, WyeError
from wye.core.request import Operation, Request
from wye.core.usage import Usage
from wye.protocols.anthropic import errors as anthropic_errors
from wye.protocols.anthropic.codec import PING, decode_count
from wye.protocols.anthropic.sealed import unsealed
from wye.protocols.codec import Edits, Relay
from wye.protocols.wire.sse import CONTENT_TYPE, DATA
from wye.protocols.wire.toplevel import refuse_duplicates, replace

BYTES_PER_TOKEN = 3
"""Of a JSON body, on the cautious side: English prose is nearer 4."""


class _Count(msgspec.Struct):
    input_tokens: int


_COUNT = msgspec.json.Decoder(_Count)


class AnthropicCount:
    """The codec. Stateless. Counts are never streamed, and nobody bills them."""

    name = "anthropic_count_tokens"
    operation = Operation.CHAT
    named = ""
    heartbeat = PING
    stream_type = CONTENT_TYPE
    mark = DATA
    request_id_headers = ("request-id", "x-request-id")

    def path(self, model: str) -> bytes:  # noqa: ARG002  # it stands in the body
        """Return the path below an upstream's base path."""
        return b"/messages/count_tokens"

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        return decode_count(self.name, body)

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only the model name changed."""
        if edits.model == request.model:
            return unsealed(request.body)
        return unsealed(replace(request.body, request.model_at, edits.model))

    def refuse_duplicates(self, request: Request) -> None:
        """Raise `BadRequestError` if a field that bounds the cost stands there twice."""
        refuse_duplicates(request.body, frozenset({"model", "messages"}))

    def usage(self, body: bytes) -> Usage:
        """Return that nothing was used. Raises `ValueError` if it is no count at all."""
        _COUNT.decode(body)
        return Usage()

    def estimate(self, request: Request) -> bytes:
        """Return an answer made without an upstream: a guess by the bytes, rather high than low."""
        return msgspec.json.encode(_Count(len(request.body) // BYTES_PER_TOKEN + 1))

    def relay(self, edits: Edits) -> Relay:  # noqa: ARG002  # the interface names it
        """Counts are never streamed."""
        message = "`stream` is not a field of a count"
        raise BadRequestError(message, param="stream")

    def error(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error answer's body."""
        return anthropic_errors.error_body(error, request_id)

    def error_event(self, error: WyeError, request_id: str, *, said: bool = True) -> bytes:  # noqa: ARG002  # it stands alone
        """Encode an error inside a stream."""
        return anthropic_errors.error_event(error, request_id)
