"""Embeddings for a client of another protocol: its way to an upstream, which speaks OpenAI's."""

from wye.core.errors import CannotCarryError
from wye.core.request import Request
from wye.core.usage import Usage
from wye.gateway.crossing import Crossing, CrossingRelay
from wye.gateway.target import Target
from wye.protocols.codec import Edits
from wye.protocols.lossiness.losses import named
from wye.protocols.openai.embed import NAME, PATH, EmbeddingCodec, read, write


class EmbeddingCrossing(Crossing):
    """One request for embeddings, which are never streamed."""

    __slots__ = ("_codec", "_embed", "_model", "_named")

    def __init__(self, request: Request, codec: EmbeddingCodec, target: Target) -> None:
        """Raise `CannotCarryError` if the upstream serves no embeddings in OpenAI's protocol."""
        if NAME not in target.verbatim:
            message = "does not serve embeddings in OpenAI's protocol, into which they are translated"
            raise CannotCarryError(message, param="model")
        self._codec = codec
        self._embed = codec.read(request.body)
        self._model = target.deployment.model
        self._named = request.model
        self.protocol = codec.name
        self.path = PATH
        self.added = ()
        self.left_out = {}
        self.lost = named(self._embed.lost)

    @property
    def translated(self) -> str:
        """The upstream's protocol."""
        return NAME

    @property
    def emulated(self) -> tuple[str, ...]:
        """Nothing is."""
        return ()

    def request(self, edits: Edits) -> bytes:  # noqa: ARG002  # there is nothing to cap
        """Return the body for the upstream."""
        return write(self._embed, self._model)

    def answer(self, body: bytes) -> tuple[bytes, Usage | None]:
        """Return a whole answer in the client's protocol. Raises `ValueError` if it is no answer at all."""
        vectors = read(body)
        if len(vectors.values) != len(self._embed.texts):
            message = f"{len(vectors.values)} vectors for {len(self._embed.texts)} texts"
            raise ValueError(message)
        return self._codec.write(vectors, self._named), vectors.usage

    def relay(self) -> CrossingRelay:
        """Embeddings are never streamed."""
        raise NotImplementedError
