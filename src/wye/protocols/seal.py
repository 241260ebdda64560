"""Thoughts that only their origin can read, on their way through a client of another protocol and back.

A signature or encrypted content means something to the origin alone, which has to get it back unchanged in
the next request. A client returns it as its own protocol has it return signatures, so what is written there
is the thought itself, sealed: text in base64 that tells where it came from. Nothing in it is secret.
"""

import base64
from collections.abc import Iterable, Iterator

import msgspec

from wye.core.chat import Chat, Part, Reasoning, ToolCall

_MARK = b"wye-1:"
_OPENING = base64.b64encode(_MARK).decode()
_SEALED = _OPENING.encode()
_RARE = _SEALED[-4:]
"""Four letters are found in a third of the time of eight, and prose has hardly any of these."""
_SIGNS_CALLS = "gemini"
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Reasoning)


def seal(thought: Reasoning) -> str:
    """Return `thought` as base64 (RFC 4648 section 4), its `extras` left out."""
    bare = msgspec.structs.replace(thought, extras={})
    return base64.b64encode(_MARK + _ENCODER.encode(bare)).decode()


UNSIGNED = seal(Reasoning())
"""The signature of a thought that nobody signed, for clients that give back whatever stands there.

By it wye knows the thought again: Anthropic refuses a request that holds one without a signature of its own.
"""
CITED = base64.b64encode(_MARK + b"cited").decode()
"""What stands where Anthropic's citations hold a secret of its own, in those that it did not make."""
_MARKS = {UNSIGNED.encode(): "reasoning", CITED.encode(): "citations"}


def unseal(text: str) -> Reasoning | None:
    """Return the thought that `seal` made `text` of; None = it was made elsewhere.

    Some clients hold signatures as bytes and write them in the URL-safe alphabet, which is read as well.
    """
    if not text.startswith(_OPENING):
        return None
    padded = text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)
    try:
        return _DECODER.decode(base64.b64decode(padded, validate=True)[len(_MARK) :])
    except (ValueError, RecursionError):
        return None  # whoever it is sent to shall judge it


def is_sealed(body: bytes) -> bool:
    """Tell whether something in a request may be what `seal` returned."""
    # `in` raises and drops an error before it searches
    return body.find(_RARE) >= 0 and body.find(_SEALED) >= 0


def marked(body: bytes) -> tuple[str, ...]:
    """Return what wye marked in a request as nobody's own, by the names of its losses."""
    return tuple(name for mark, name in _MARKS.items() if mark in body)


def opened(chat: Chat) -> Chat:
    """Return a client's request with the thoughts in it that were sealed for the client as they were.

    Only a request is opened: what an upstream answers may have been sealed by another wye, and is its own.
    """
    return msgspec.structs.replace(
        chat,
        messages=tuple(
            msgspec.structs.replace(one, parts=tuple(joined(_opened(one.parts)))) for one in chat.messages
        ),
    )


def _opened(parts: tuple[Part, ...]) -> list[Part]:
    whole: list[Part] = []
    for part in parts:
        if not isinstance(part, Reasoning):
            whole.append(part)
        elif part.signature == UNSIGNED:
            whole.append(msgspec.structs.replace(part, signature="", origin=""))
        elif (thought := unseal(part.signature or part.encrypted)) is not None:
            _forget(whole, thought.text or "\n\n".join(thought.summary))
            whole.append(msgspec.structs.replace(thought, extras=part.extras))
        else:
            whole.append(part)
    return whole


def _forget(parts: list[Part], text: str) -> None:
    """Take off the end of `parts` the thoughts that tell `text` in pieces: a client gathered them so."""
    at = len(parts)
    while at and isinstance(piece := parts[at - 1], Reasoning) and not (piece.signature or piece.encrypted):
        at -= 1
    if text and "".join(part.text for part in parts[at:] if isinstance(part, Reasoning)) == text:
        del parts[at:]


def parted(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield `parts` with the signature of a call as a thought of its own ahead of it.

    For clients whose calls have no place for one (all but Gemini's).
    """
    for part in parts:
        if isinstance(part, ToolCall) and part.signature:
            yield behind(part)
            yield msgspec.structs.replace(part, signature="")
        else:
            yield part


def behind(call: ToolCall) -> Reasoning:
    """Return the signature of a call as a thought."""
    return Reasoning(signature=call.signature, id=call.id, origin=_SIGNS_CALLS)


def _signature(thought: Reasoning) -> str:
    """Return the signature of a call that `thought` is; empty = it is a thought."""
    return "" if thought.text else thought.signature or thought.encrypted


def joined(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield `parts` with each signature back at its call: undo `parted`."""
    signature = ""
    for part in parts:
        if isinstance(part, Reasoning) and part.origin == _SIGNS_CALLS and (told := _signature(part)):
            signature = told
        elif isinstance(part, ToolCall) and signature:
            yield msgspec.structs.replace(part, signature=signature)
            signature = ""
        else:
            yield part
