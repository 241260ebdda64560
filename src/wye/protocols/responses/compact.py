"""OpenAI's compaction of a conversation, passed on as it is.

Source: OpenAI API reference, "Compact a response". What it returns only OpenAI can read.
"""

import msgspec

from wye.core.errors import BadRequestError
from wye.core.request import Request
from wye.protocols.codec import Edits, Relay
from wye.protocols.responses.codec import OpenAIResponses, decode_asked


class OpenAIResponsesCompact(OpenAIResponses):
    """The codec. Stateless. A compaction is billed by its usage, which nothing caps; it is never streamed."""

    name = "openai_responses_compact"
    below = b"/responses/compact"

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        request = decode_asked(self.name, body, None)
        return msgspec.structs.replace(request, unpriced=request.unpriced or "compact", keep=False)

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only the model's name changed. There is no field for a cap."""
        return super().splice(request, msgspec.structs.replace(edits, output_cap=None))

    def relay(self, edits: Edits) -> Relay:  # noqa: ARG002  # the interface names it
        """Compactions are never streamed."""
        message = "`stream` is not a field of a compaction"
        raise BadRequestError(message, param="stream")
