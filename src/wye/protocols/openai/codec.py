"""What the codecs of OpenAI's protocols have in common: where they ask, and how they fail."""

from collections.abc import Callable
from typing import ClassVar

import msgspec

from wye.core.errors import WyeError
from wye.core.request import Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits
from wye.protocols.openai import errors as openai_errors
from wye.protocols.openai.stream import ChatRelay
from wye.protocols.openai.usage import WireAnswer, read_usage
from wye.protocols.wire.sse import COMMENT, CONTENT_TYPE, DATA
from wye.protocols.wire.toplevel import change, refuse_duplicates, replace

_NULL = b"null"


class OpenAICodec:
    """The base of all of them. Stateless."""

    named = ""
    heartbeat = COMMENT
    stream_type = CONTENT_TYPE
    mark = DATA
    request_id_headers = ("x-request-id",)
    estimate: Callable[[Request], bytes] | None = None
    below: ClassVar[bytes]
    """The path below an upstream's base path."""
    bounding: ClassVar[frozenset[str]]
    """Members that bound the cost."""

    def path(self, model: str) -> bytes:  # noqa: ARG002  # it stands in the body
        """Return the path below an upstream's base path."""
        return self.below

    def refuse_duplicates(self, request: Request) -> None:
        """Raise `BadRequestError` if a field that bounds the cost stands there twice."""
        refuse_duplicates(request.body, self.bounding)

    def error(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error answer's body."""
        return openai_errors.error_body(error, request_id)

    def error_event(self, error: WyeError, request_id: str, *, said: bool = True) -> bytes:  # noqa: ARG002  # it stands alone
        """Encode an error inside a stream that began with a 200."""
        return openai_errors.error_event(error, request_id)


class CompletionCodec(OpenAICodec):
    """The base of those whose answers are `choices`: Chat, and legacy Completions."""

    only_cap_field: ClassVar[str] = ""
    """The one name of the cap on the output; empty = it has more, and the upstream's profile says which."""

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only `edits` applied."""
        body = request.body
        if edits.model != request.model:
            body = replace(body, request.model_at, edits.model)
        if edits.output_cap is not None:
            cap = b"%d" % edits.output_cap
            field = self.only_cap_field or edits.output_cap_field
            body = change(body, field, lambda _: cap)  # the client left it out or null
        if edits.include_usage:
            body = change(body, "stream_options", options_with_usage)
        return body

    def usage(self, body: bytes) -> Usage | None:
        """Read the usage of a complete answer. Raises `ValueError` if it is no answer at all."""
        return read_usage(body, _ANSWER, _BARE_ANSWER, "choices")

    def relay(self, edits: Edits) -> ChatRelay:
        """Return the reader of one streamed answer to a request that was sent with `edits`."""
        return ChatRelay(drop_usage=edits.include_usage)


class _Answer(WireAnswer):
    choices: list[msgspec.Raw]


class _BareAnswer(msgspec.Struct):
    choices: list[msgspec.Raw]


_ANSWER = msgspec.json.Decoder(_Answer)
_BARE_ANSWER: msgspec.json.Decoder[msgspec.Struct] = msgspec.json.Decoder(_BareAnswer)


def options_with_usage(options: bytes) -> bytes:
    """Return `stream_options` that ask for usage."""
    return b'{"include_usage":true}' if options == _NULL else change(options, "include_usage", _true)


def _true(_: bytes) -> bytes:
    return b"true"
