"""OpenAI Embeddings. Source: OpenAI API reference, "Create embeddings"."""

import msgspec

from wye.core.errors import BadRequestError
from wye.core.request import Operation, Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits, Relay
from wye.protocols.openai.codec import OpenAICodec
from wye.protocols.openai.usage import WireAnswer, read_usage
from wye.protocols.wire.decoding import ModelName, decode
from wye.protocols.wire.toplevel import find_model, replace


class _EmbeddingsRequest(msgspec.Struct):
    model: ModelName
    input: str | list[str | int | list[int]]


class _Answer(WireAnswer):
    data: list[msgspec.Raw]


class _BareAnswer(msgspec.Struct):
    data: list[msgspec.Raw]


_REQUEST = msgspec.json.Decoder(_EmbeddingsRequest)
_ANSWER = msgspec.json.Decoder(_Answer)
_BARE_ANSWER: msgspec.json.Decoder[msgspec.Struct] = msgspec.json.Decoder(_BareAnswer)


class OpenAIEmbeddings(OpenAICodec):
    """The codec. Stateless. Embeddings are never streamed."""

    name = "openai_embeddings"
    operation = Operation.EMBEDDINGS
    below = b"/embeddings"
    bounding = frozenset({"model", "input"})

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        wire = decode(_REQUEST, body)
        if not wire.input:
            message = "`input` must not be empty"
            raise BadRequestError(message, param="input")
        return Request(self.name, self.operation, wire.model, body, find_model(body))

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only the model name changed."""
        if edits.model == request.model:
            return request.body
        return replace(request.body, request.model_at, edits.model)

    def usage(self, body: bytes) -> Usage | None:
        """Read the usage of a complete answer. Raises `ValueError` if it is no answer at all."""
        return read_usage(body, _ANSWER, _BARE_ANSWER, "data")

    def relay(self, edits: Edits) -> Relay:  # noqa: ARG002  # the interface names it
        """Embeddings are never streamed."""
        message = "`stream` is not a field of embeddings"
        raise BadRequestError(message, param="stream")
