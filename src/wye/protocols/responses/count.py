"""OpenAI's count of a request's tokens. Source: OpenAI API reference, "Get input token counts".

An upstream that speaks Responses counts itself. For any other there is `estimate`.
"""

import msgspec

from wye.core.errors import BadRequestError
from wye.core.request import Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits, Relay
from wye.protocols.responses.codec import OpenAIResponses, decode_asked

BYTES_PER_TOKEN = 3
"""Of a JSON body, on the cautious side: English prose is nearer 4."""


class _Count(msgspec.Struct):
    input_tokens: int
    object: str = "response.input_tokens"


_COUNT = msgspec.json.Decoder(_Count)


class OpenAIResponsesCount(OpenAIResponses):
    """The codec. Stateless. Counts are never streamed, and nobody bills them."""

    name = "openai_responses_count"
    below = b"/responses/input_tokens"
    bounding = frozenset({"model", "input"})

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        return msgspec.structs.replace(decode_asked(self.name, body, 1), keep=False)

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only the model's name changed. Nothing is written: no cap."""
        return super().splice(request, msgspec.structs.replace(edits, output_cap=None))

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
