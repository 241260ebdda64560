"""What a conversation begins with, in any protocol: by that its later turns are known again. Pure.

A client that sends the whole conversation each time changes its end only. Its beginning is the instructions
and what the user said up to the first answer, as text: cache markers move from turn to turn, so they do not
count.
"""

import hashlib
from collections.abc import Iterator

import msgspec

_RAW = msgspec.Raw()
_CHANGING = "x-anthropic-billing-header:"
"""How a text begins that Claude Code puts in front of its instructions, another one in each request."""
_MOST = 8
"""Turns looked at; nobody says more before the first answer."""


class _Body(msgspec.Struct, rename={"system_instruction": "systemInstruction"}):
    """Where the beginning stands: OpenAI Chat and Anthropic, Responses, Gemini."""

    messages: list[msgspec.Raw] | None = None
    system: msgspec.Raw = _RAW
    input: msgspec.Raw = _RAW
    instructions: msgspec.Raw = _RAW
    contents: list[msgspec.Raw] | None = None
    system_instruction: msgspec.Raw = _RAW
    prompt_cache_key: msgspec.Raw = _RAW


class _Part(msgspec.Struct):
    text: str = ""


class _Turn(msgspec.Struct):
    type: str = ""
    role: str = ""
    content: str | list[_Part] | None = None
    parts: list[_Part] | None = None


_BODY = msgspec.json.Decoder(_Body)
_TURN = msgspec.json.Decoder(_Turn)
_TURNS = msgspec.json.Decoder(str | list[msgspec.Raw])
_SAID = msgspec.json.Decoder(str | list[_Part] | _Turn | None)


def opening(body: bytes) -> bytes:
    """Return 16 bytes that tell conversations apart by how they begin; none where nothing can be read.

    OpenAI's `prompt_cache_key`, by which a client names what shares a cache, counts in place of it all.
    """
    try:
        found = _BODY.decode(body)
        if len(found.prompt_cache_key) > len(b'""') and bytes(found.prompt_cache_key) != b"null":
            texts = [bytes(found.prompt_cache_key)]
        else:
            texts = list(_texts(found))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return b""
    if not any(texts):
        return b""
    parts = b"".join([b"%d:%b" % (len(text), text) for text in texts])
    return hashlib.sha256(parts).digest()[:16]


def _texts(body: _Body) -> Iterator[bytes]:
    for told in (body.instructions, body.system, body.system_instruction):
        yield _said(told)
    turns = body.messages or body.contents
    if turns is None:
        whole = _TURNS.decode(body.input) if len(body.input) else ()
        if isinstance(whole, str):
            yield whole.encode()
            return
        turns = list(whole)
    asked = False
    for raw in turns[:_MOST]:
        turn = _TURN.decode(raw)
        if turn.type not in ("", "message") or turn.role not in ("", "user", "system", "developer"):
            return
        if asked and turn.role != "user":
            return
        asked = turn.role in ("", "user")
        yield _text(turn)


def _said(raw: msgspec.Raw) -> bytes:
    if not len(raw):
        return b""
    said = _SAID.decode(raw)
    return _text(said if isinstance(said, _Turn) else _Turn(content=said))


def _text(turn: _Turn) -> bytes:
    content = turn.content if turn.content is not None else turn.parts
    if isinstance(content, str):
        return content.encode("utf-8", "replace")
    told = [part.text for part in content or () if not part.text.startswith(_CHANGING)]
    return "\n".join(told).encode("utf-8", "replace")
