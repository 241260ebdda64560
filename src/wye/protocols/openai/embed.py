"""Embeddings for clients of other protocols: asked in OpenAI's, which all who serve them speak.

    client bytes ─ EmbeddingCodec.read ▶ Embed ─ write ▶ OpenAI's request
    OpenAI's answer ─ read ▶ Vectors ─ EmbeddingCodec.write ▶ client bytes

Source: OpenAI API reference, "Create embeddings".
"""

from typing import Protocol

import msgspec

from wye.core.usage import Usage
from wye.protocols.openai.embeddings import OpenAIEmbeddings

NAME = OpenAIEmbeddings.name
PATH = OpenAIEmbeddings.below
_CODEC = OpenAIEmbeddings()


class Embed(msgspec.Struct, frozen=True):
    """What is to be embedded."""

    texts: tuple[str, ...]
    dimensions: int | None = None
    lost: tuple[str, ...] = ()
    """Members that OpenAI's protocol has no word for; the vectors mean the same without."""


class Vectors(msgspec.Struct, frozen=True):
    """What came of it: a list of numbers a text, as the upstream wrote it."""

    values: tuple[msgspec.Raw, ...]
    usage: Usage | None


class EmbeddingCodec(Protocol):
    """A client's protocol for embeddings."""

    name: str

    def read(self, body: bytes) -> Embed:
        """Return what a request asks for. Raises `BadRequestError`."""

    def write(self, vectors: Vectors, model: str) -> bytes:
        """Return an answer; `model` is what was asked for."""


class _Vector(msgspec.Struct):
    embedding: msgspec.Raw
    index: int | None = None


class _Answer(msgspec.Struct):
    data: list[_Vector]


_ANSWER = msgspec.json.Decoder(_Answer)


def write(embed: Embed, model: str) -> bytes:
    """Encode the request. `model` is the upstream's name."""
    cut = {} if embed.dimensions is None else {"dimensions": embed.dimensions}
    return msgspec.json.encode({"model": model, "input": embed.texts, "encoding_format": "float"} | cut)


def read(body: bytes) -> Vectors:
    """Decode a whole answer. Raises `ValueError` if it is none."""
    found = _ANSWER.decode(body).data
    ordered = sorted(enumerate(found), key=lambda one: one[0] if one[1].index is None else one[1].index)
    return Vectors(tuple(one.embedding for _, one in ordered), _CODEC.usage(body))
