"""What a conversation begins with, in any protocol: by that its later turns are known again. Pure.

A client that sends the whole conversation each time changes its end only. Its beginning is the instructions
and what the user said up to the first answer, as text: cache markers move from turn to turn, so they do not
count.
"""

import hashlib

import msgspec

from wye.protocols.outline import UNREADABLE, Outline, Part, Turn

_CHANGING = "x-anthropic-billing-header:"
"""How a text begins that Claude Code puts in front of its instructions, another one in each request."""
_MOST = 8
"""Turns looked at; nobody says more before the first answer."""
_SPOKEN = ("", "message")
_USER = ("user", "")
_INSTRUCTING = (*_USER, "system", "developer")
_UNNAMED = (b"", b'""', b"null")
_ENCODE = msgspec.json.Encoder().encode
_SAID = msgspec.json.Decoder(str | Turn | list[str | Part] | None)


def opening(outline: Outline) -> bytes:
    """Return 16 bytes that tell conversations apart by how they begin; none where nothing can be read.

    OpenAI's `prompt_cache_key`, by which a client names what shares a cache, counts in place of it all.
    """
    named = outline.body.prompt_cache_key
    try:
        texts = _texts(outline) if bytes(named) in _UNNAMED else [bytes(named).decode()]
    except UNREADABLE:
        return b""
    return hashlib.sha256(_ENCODE(texts)).digest()[:16] if any(texts) else b""


def _texts(outline: Outline) -> list[str]:
    body = outline.body
    instructions = (body.instructions, body.system, body.system_instruction)
    texts = [_instructions(raw) if len(raw) else "" for raw in instructions]
    if outline.whole:
        texts.append(outline.whole)
    asked = False
    for at in range(min(len(outline), _MOST)):
        turn = outline.turn(at)
        role = turn.role
        if turn.type not in _SPOKEN or role not in _INSTRUCTING or (asked and role != "user"):
            break
        asked = role in _USER
        texts.append(_text(turn))
    return texts


def _instructions(raw: msgspec.Raw) -> str:
    said = _SAID.decode(raw)
    return _text(said if isinstance(said, Turn) else Turn(content=said))


def _text(turn: Turn) -> str:
    said = turn.said()
    if isinstance(said, str):
        return said
    return "\n".join([text for text in said if not text.startswith(_CHANGING)])
