"""What every codec offers. The gateway knows this and nothing of any one protocol.

A codec is a pure, immutable object: bytes in, values out. Reading an answer needs memory from one
chunk to the next; that lives in the `Relay` a codec hands out for each streamed answer.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from wye.core.errors import WyeError
from wye.core.request import Operation, Request
from wye.core.usage import Usage


class Edits(msgspec.Struct, frozen=True):
    """The published edit list (docs/edit-list.md): all that a verbatim request may have changed."""

    model: str
    """The upstream's name for the model, in place of the client's."""
    include_usage: bool = False
    """Ask a stream for its usage chunk. It is taken out of the answer again."""
    output_cap: int | None = None
    """A cap where the client set none and a budget needs one."""
    output_cap_field: str = "max_tokens"


class Relay(Protocol):
    """Reads a streamed answer as it is passed on."""

    usage: Usage | None
    """What the upstream reported so far."""
    error: str
    """Why the answer counts as broken though its framing is whole; empty = it does not."""
    trouble: bytes
    """The error that the upstream told of in it, as JSON; empty = it told of none."""

    def feed(self, chunk: bytes) -> bytes:
        """Take the upstream's bytes; return those to pass on now (may be empty)."""

    def finish(self) -> bytes:
        """The upstream ended; return what was held back: the answer's last bytes."""


class Codec(Protocol):
    """One protocol as a client speaks it."""

    name: str
    operation: Operation

    @property
    def named(self) -> str:
        """Model that the path names; empty = the body does."""

    heartbeat: bytes
    """What a silent stream says so that nobody in between closes it."""
    stream_type: bytes
    """Content type of a stream, of the client's and of an upstream's that speaks the same."""
    mark: bytes
    """Bytes in every piece of a stream that says something, and in no comment."""

    @property
    def request_id_headers(self) -> tuple[str, ...]:
        """Names of the headers that tell a client its request's id."""

    @property
    def estimate(self) -> Callable[[Request], bytes] | None:
        """How to answer without an upstream where none takes the request as it is; None = translate it."""

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""

    def refuse_duplicates(self, request: Request) -> None:
        """Raise `BadRequestError` if a field that bounds the cost stands there twice.

        Two parsers may disagree on which one counts, and a budget must not depend on that.
        """

    def error(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error answer's body."""

    def error_event(self, error: WyeError, request_id: str, *, said: bool = True) -> bytes:
        """Encode an error inside a stream that began with a 200. `said`: something of the answer was."""


class NativeCodec(Codec, Protocol):
    """One protocol as a client speaks it, and as an upstream of the same protocol does."""

    def path(self, model: str) -> bytes:
        """Return the path, with its query, below an upstream's base path. `model` is the upstream's name."""

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only `edits` applied."""

    def usage(self, body: bytes) -> Usage | None:
        """Read the usage of a complete answer. Raises `ValueError` if it is no answer at all."""

    def relay(self, edits: Edits) -> Relay:
        """Return the reader of one streamed answer to a request that was sent with `edits`.

        It takes out of the answer what only `edits` asked for.
        """
