"""Ollama's embeddings, for its clients: today's and the older ones.

Source: Ollama API reference, "Generate embeddings".
"""

from typing import Any

import msgspec

from wye.core.errors import BadRequestError
from wye.core.request import Operation, Request
from wye.protocols.ollama.codec import Ollama
from wye.protocols.openai.embed import Embed, Vectors
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.fields import FieldError, Fields

NAME = "ollama_embed"
_OBJECT = msgspec.json.Decoder(dict)
_MOST_OF_A_NAME = 256


class OllamaEmbed(Ollama):
    """The codec. Stateless. `older`: one text, `prompt`, and one vector."""

    name = NAME
    operation = Operation.EMBEDDINGS

    def __init__(self, *, older: bool = False) -> None:
        self._older = older

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        model, _ = self._read(body)
        return Request(self.name, self.operation, model, body)

    def read(self, body: bytes) -> Embed:
        """Return what a request asks for. Raises `BadRequestError`."""
        return self._read(body)[1]

    def _read(self, body: bytes) -> tuple[str, Embed]:
        try:
            wire = Fields(decode(_OBJECT, body))
            model = wire.word("model")
            if len(model) > _MOST_OF_A_NAME:
                wire.refuse("model", f"must not be longer than {_MOST_OF_A_NAME}")
            field = "prompt" if self._older else "input"
            texts = (wire.text(field),) if self._older else wire.texts(field)
            if not any(texts):
                wire.refuse(field, "must not be empty")
            dimensions = wire.integer("dimensions")
        except FieldError as error:
            raise BadRequestError(str(error), param=error.path or None) from None
        lost = tuple(
            name
            for name, value in wire.rest().items()
            if value not in ({}, "") and (name, value) != ("truncate", True)
        )
        return model, Embed(texts, dimensions, lost)

    def write(self, vectors: Vectors, model: str) -> bytes:
        """Return an answer. How long it took is not told: wye does not know when the request came."""
        if self._older:
            return msgspec.json.encode({"embedding": vectors.values[0]})
        told: dict[str, Any] = {"model": model, "embeddings": vectors.values}
        counted = {} if vectors.usage is None else {"prompt_eval_count": vectors.usage.input_tokens}
        return msgspec.json.encode(told | counted)
