"""Google's Gemini API, verbatim. Which model is asked, and for what, stands in the path.

Source: Gemini API reference, "Generating content": `generateContent`, `streamGenerateContent`.
"""

from collections.abc import Callable

import msgspec

from wye.core.errors import WyeError
from wye.core.request import Operation, Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits
from wye.protocols.gemini import errors as gemini_errors
from wye.protocols.gemini.asked import OBJECT, read_request, refuse_duplicates
from wye.protocols.gemini.dialect import path_of
from wye.protocols.gemini.framing import ARRAY, EVENTS, Framing
from wye.protocols.gemini.names import snake
from wye.protocols.gemini.parts import NAME
from wye.protocols.gemini.relay import GeminiRelay
from wye.protocols.gemini.usage import WireUsage, to_usage
from wye.protocols.seal import is_sealed
from wye.protocols.wire.decoding import decode
from wye.protocols.wire.toplevel import change, members

ARRAY_NAME = "gemini_array"
"""`Request.protocol` where the client wants its stream as a JSON array."""
_ANSWERS = frozenset({"candidates", "promptFeedback", "usageMetadata"})
"""Members of which an answer has one."""


class _Answer(msgspec.Struct):
    candidates: msgspec.Raw = msgspec.Raw()
    promptFeedback: msgspec.Raw = msgspec.Raw()  # noqa: N815  # the API's name
    usageMetadata: WireUsage | None = None  # noqa: N815  # the API's name


class _Part(msgspec.Struct):
    thoughtSignature: str = ""  # noqa: N815  # the API's name
    thought_signature: str = ""


class _Content(msgspec.Struct):
    parts: msgspec.Raw = msgspec.Raw(b"[]")


_ANSWER = msgspec.json.Decoder(_Answer)
_CONTENT = msgspec.json.Decoder(_Content)
_PART = msgspec.json.Decoder(_Part)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


class Gemini:
    """The codec of one request. `sse`: a stream comes as events, else as the elements of a JSON array."""

    name = NAME
    operation = Operation.CHAT
    request_id_headers = ("x-request-id",)
    estimate = None
    __slots__ = ("_framing", "_stream", "heartbeat", "mark", "named", "stream_type")

    def __init__(self, model: str, *, stream: bool = False, sse: bool = True) -> None:
        self.named = model
        self._stream = stream
        self._framing: Framing = EVENTS if sse or not stream else ARRAY
        self.stream_type = self._framing.content_type
        self.heartbeat = self._framing.heartbeat
        self.mark = self._framing.mark

    def path(self, model: str) -> bytes:
        """Return the path, with its query, below an upstream's base path."""
        if not self._stream:
            return path_of(model, b"generateContent")
        return path_of(
            model, b"streamGenerateContent?alt=sse" if self._framing is EVENTS else b"streamGenerateContent"
        )

    def decode(self, body: bytes) -> Request:
        """Decode a request. Raises `BadRequestError` naming the field at fault."""
        protocol = NAME if self._framing is EVENTS else ARRAY_NAME
        return read_request(protocol, self.named, decode(OBJECT, body), body, stream=self._stream)

    def splice(self, request: Request, edits: Edits) -> bytes:
        """Return the client's own bytes with only the cap put in, where one is needed.

        And without thoughts of other upstreams that wye sealed for the client: nobody there can open them.
        """
        body = change(request.body, "contents", _unsealed) if is_sealed(request.body) else request.body
        if edits.output_cap is None:
            return body
        cap = b"%d" % edits.output_cap
        return _change(
            body, "generationConfig", lambda config: _change(config, "maxOutputTokens", lambda _: cap)
        )

    def refuse_duplicates(self, request: Request) -> None:
        """Raise `BadRequestError` if a field that bounds the cost stands there twice, or in other letters."""
        refuse_duplicates(request.body)

    def usage(self, body: bytes) -> Usage | None:
        """Read the usage of a complete answer. Raises `ValueError` if it is no answer at all."""
        try:
            return _usage(body)
        except RecursionError:
            message = "the upstream's JSON is nested too deeply"
            raise ValueError(message) from None

    def relay(self, edits: Edits) -> GeminiRelay:  # noqa: ARG002  # nothing is asked for that it could take out
        """Return the reader of one streamed answer."""
        return GeminiRelay(self._framing)

    def error(self, error: WyeError, request_id: str) -> bytes:
        """Encode an error answer's body: in a list where an array was asked for."""
        told = gemini_errors.error_body(error, request_id)
        return told if self._framing is EVENTS else b"[%b]" % told

    def error_event(self, error: WyeError, request_id: str, *, said: bool = True) -> bytes:
        """Encode an error inside a stream that began with a 200. `said`: something of the answer was."""
        return self._framing.error(gemini_errors.error_body(error, request_id), first=not said)


def _usage(body: bytes) -> Usage | None:
    try:
        answer = _ANSWER.decode(body)
    except msgspec.ValidationError:
        if not _ANSWERS & OBJECT.decode(body).keys():
            raise
        return None  # an answer whose usage makes no sense is still an answer
    if not (bytes(answer.candidates) or bytes(answer.promptFeedback) or answer.usageMetadata):
        message = "no `candidates`"
        raise ValueError(message)
    return to_usage(answer.usageMetadata)


def _unsealed(contents: bytes) -> bytes:
    """Return the contents without the parts that wye sealed; every other part as it stands."""
    if not contents.startswith(b"["):
        return contents
    kept = []
    for content in map(bytes, _LIST.decode(contents)):
        opened = change(content, "parts", _opened) if is_sealed(content) else content
        if opened is content or bytes(_CONTENT.decode(opened).parts) != b"[]":
            kept.append(opened)
    return b"[" + b",".join(kept) + b"]"


def _opened(parts: bytes) -> bytes:
    if not parts.startswith(b"["):
        return parts
    return b"[%b]" % b",".join(part for part in map(bytes, _LIST.decode(parts)) if not _holds_sealed(part))


def _holds_sealed(part: bytes) -> bool:
    if not is_sealed(part):
        return False
    told = _PART.decode(part)
    return is_sealed((told.thoughtSignature or told.thought_signature)[:64].encode())


def _change(body: bytes, name: str, value: Callable[[bytes], bytes]) -> bytes:
    """Give a member the value `value(old)`, in the spelling it stands there."""
    spelled = snake(name) if any(member.key == snake(name) for member in members(body)) else name
    return change(body, spelled, lambda old: value(b"{}" if old == b"null" else old))
