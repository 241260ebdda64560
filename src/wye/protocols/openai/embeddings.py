"""OpenAI Embeddings. Source: OpenAI API reference, "Create embeddings"."""

import msgspec

from wye.core.errors import BadRequestError, WyeError
from wye.core.request import Operation, Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits, Relay
from wye.protocols.openai import errors as openai_errors
from wye.protocols.openai.usage import WireAnswer, read_usage
from wye.protocols.wire import sse
from wye.protocols.wire.decoding import ModelName, decode
from wye.protocols.wire.toplevel import find_model, refuse_duplicates, replace


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


class OpenAIEmbeddings:
    """The codec. Stateless. Embeddings are never streamed."""

    name = "openai_embeddings"
    operation = Operation.EMBEDDINGS
    heartbeat = sse.COMMENT
    stream_type = sse.CONTENT_TYPE
    mark = sse.DATA
    request_id_headers = ("x-request-id",)
    estimate = None

    def path(self, model: str) -> bytes:  # noqa: ARG002  # it stands in the body
        """Return the path below an upstream's base path."""
        return b"/embeddings"

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

    def refuse_duplicates(self, request: Request) -> None:
        """Raise `BadRequestError` if a field that bounds the cost stands there twice."""
        refuse_duplicates(request.body, frozenset({"model", "input"}))

    def usage(self, body: bytes) -> Usage | None:
        """Read the usage of a complete answer. Raises `ValueError` if it is no answer at all."""
        return read_usage(body, _ANSWER, _BARE_ANSWER, "data")

    def relay(self, edits: Edits) -> Relay:  # noqa: ARG002  # the interface names it
        """Embeddings are never streamed."""
        message = "`stream` is not a field of embeddings"
        raise BadRequestError(message, param="stream")

    def error(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error answer's body."""
        return openai_errors.error_body(error, request_id)

    def error_event(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error inside a stream."""
        return openai_errors.error_event(error, request_id)
