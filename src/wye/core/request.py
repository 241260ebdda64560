"""A decoded request: what judging, deciding and attempting need to know of it.

The client's own bytes stay in `body`. For the same protocol in and out they are forwarded but
for the published edit list; nothing here is re-encoded.
"""

from enum import StrEnum

import msgspec


class Operation(StrEnum):
    """What the client asks for."""

    CHAT = "chat"
    EMBEDDINGS = "embeddings"


class Needs(msgspec.Struct, frozen=True):
    """Capabilities a deployment must have to serve the request."""

    tools: bool = False
    vision: bool = False
    json: bool = False
    custom_tools: bool = False
    """Some of its tools take text in place of JSON. Not a must: who takes none gets functions."""


class Request(msgspec.Struct, frozen=True):
    """One request, free of its protocol's spelling.

    Attributes: `protocol` names the codec that decoded it; `model` is the name as asked;
    `max_output_tokens` the client's own cap, if any; `choices` how many answers it wants (`n`).
    """

    protocol: str
    operation: Operation
    model: str
    body: bytes
    model_at: tuple[int, int] = (0, 0)
    """Where the value of `model` stands in `body`, quotes included."""
    stream: bool = False
    wants_usage: bool = False
    """A streaming client asked for the usage chunk itself."""
    max_output_tokens: int | None = None
    choices: int = 1
    needs: Needs = Needs()
    unbounded: bool = False
    """It holds content (pictures, sound, files) that can become more tokens than it has bytes."""
    unpriced: str = ""
    """What of it costs something that tokens at the list price do not bound; empty = nothing."""
    previous: str = ""
    """Id of the answer that it goes on from (Responses); empty = it brings the whole conversation."""
    refers: str = ""
    """The member that names what the upstream's account keeps, whoever made it (Responses); empty = none."""
    keep: bool = False
    """The client expects that the answer can be gone on from (Responses: `store`, unless it says no)."""
    stored: bool = False
    """The client asks the upstream to store the answer, so that it can be fetched there (Chat: `store`)."""
    rare: tuple[str, ...] = ()
    """Members that change what is asked for, and that some upstreams of the protocol pass over in silence."""
    steers: str = ""
    """The field by which an upstream might let it choose another upstream; empty = there is none."""

    @property
    def input_token_bound(self) -> int:
        """An upper bound of the input tokens: a byte-level tokenizer makes no more than bytes.

        Chat templates add a few tokens a message; a message costs at least 16 bytes of JSON. A token
        given by its number (embeddings) costs two bytes or more: a digit, and a comma or bracket.
        Does not hold if `unbounded`.
        """
        return len(self.body)
