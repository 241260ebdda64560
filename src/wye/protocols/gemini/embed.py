"""Google's embeddings, for its clients. Source: Gemini API reference, "Embeddings": one text, or a batch."""

from typing import Any

import msgspec

from wye.core.errors import BadRequestError, CannotCarryError, WyeError
from wye.core.request import Operation, Request
from wye.protocols.gemini import errors as gemini_errors
from wye.protocols.gemini.framing import EVENTS
from wye.protocols.openai.embed import Embed, Vectors
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.fields import FieldError, Fields

NAME = "gemini_embed"
_CAMEL = {"task_type": "taskType", "output_dimensionality": "outputDimensionality"}
_OBJECT = msgspec.json.Decoder(dict)


class GeminiEmbed:
    """The codec of one request; `batch`: of several texts. Embeddings are never streamed."""

    name = NAME
    operation = Operation.EMBEDDINGS
    stream_type = EVENTS.content_type
    heartbeat = EVENTS.heartbeat
    mark = EVENTS.mark
    request_id_headers = ("x-request-id",)
    estimate = None
    __slots__ = ("_batch", "named")

    def __init__(self, model: str, *, batch: bool = False) -> None:
        self.named = model
        self._batch = batch

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        self.read(body)
        return Request(self.name, self.operation, self.named, body)

    def read(self, body: bytes) -> Embed:
        """Return what a request asks for. Raises `BadRequestError`."""
        try:
            whole = Fields(decode(_OBJECT, body))
            asked = [_one(one) for one in whole.many("requests")] if self._batch else [_one(whole)]
        except FieldError as error:
            raise BadRequestError(str(error), param=error.path or None) from None
        if not asked:
            message = "`requests` must not be empty"
            raise BadRequestError(message, param="requests")
        lost = {name: None for one in asked for name in one.lost}
        if len({one.dimensions for one in asked}) > 1:
            message = "the texts of one batch have one `outputDimensionality`"
            raise CannotCarryError(message, param="requests")
        return Embed(tuple(text for one in asked for text in one.texts), asked[0].dimensions, tuple(lost))

    def write(self, vectors: Vectors, model: str) -> bytes:  # noqa: ARG002  # the answer does not name it
        """Return an answer."""
        told: list[dict[str, Any]] = [{"values": one} for one in vectors.values]
        return msgspec.json.encode({"embeddings": told} if self._batch else {"embedding": told[0]})

    def refuse_duplicates(self, request: Request) -> None:
        """Nothing to refuse: no upstream's parser reads this body."""

    def error(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error answer's body."""
        return gemini_errors.error_body(error, request_id)

    def error_event(self, error: WyeError, request_id: str, *, said: bool = True) -> bytes:  # noqa: ARG002  # no stream
        """Encode an error."""
        return self.error(error, request_id)


def _one(wire: Fields) -> Embed:
    asked = Fields({_CAMEL.get(name, name): value for name, value in wire.rest().items()}, wire.path)
    asked.take("model")  # the path names it
    content = asked.fields("content")
    if content is None:
        asked.refuse("content", "is required")
    content.take("role")
    texts = []
    for part in content.many("parts"):
        texts.append(part.text("text"))
        for name in part.rest():
            part.refuse(name, "cannot be embedded: text alone can")
    if not any(texts):
        content.refuse("parts", "must hold a text")
    return Embed(("".join(texts),), asked.integer("outputDimensionality"), tuple(asked.rest()))
