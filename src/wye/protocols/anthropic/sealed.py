"""Take thoughts and citations of other upstreams out of a client's own bytes.

Anthropic refuses what it did not sign.
"""

import msgspec

from wye.protocols.seal import CITED, is_sealed
from wye.protocols.wire.toplevel import change


class _Block(msgspec.Struct):
    type: str = ""
    signature: str = ""
    citations: msgspec.Raw = msgspec.Raw()


class _Citation(msgspec.Struct):
    encrypted_index: str = ""


class _Turn(msgspec.Struct):
    content: msgspec.Raw = msgspec.Raw()


_TURN = msgspec.json.Decoder(_Turn)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_BLOCK = msgspec.json.Decoder(_Block)
_CITATION = msgspec.json.Decoder(_Citation)
_CITED = CITED.encode()


def unsealed(body: bytes) -> bytes:
    """Return a request without thoughts and citations that wye sealed for the client, else as it stands.

    A message that held nothing else goes with them: Anthropic takes no empty ones.
    """
    return change(body, "messages", _messages) if is_sealed(body) else body


def _messages(raw: bytes) -> bytes:
    kept: list[bytes] = []
    for message in map(bytes, _LIST.decode(raw)):
        opened = change(message, "content", _content) if is_sealed(message) else message
        if opened is message or bytes(_TURN.decode(opened).content) != b"[]":
            kept.append(opened)
    return b"[%b]" % b",".join(kept)


def _content(raw: bytes) -> bytes:
    if not raw.startswith(b"["):
        return raw
    blocks = map(bytes, _LIST.decode(raw))
    return b"[%b]" % b",".join(kept for block in blocks if (kept := _block(block)))


def _block(block: bytes) -> bytes:
    """Return a block without what is sealed in it; empty = that is all it holds."""
    if not is_sealed(block):
        return block
    told = _BLOCK.decode(block)
    if told.type == "thinking" and is_sealed(told.signature[:64].encode()):
        return b""
    return change(block, "citations", _citations) if _CITED in bytes(told.citations) else block


def _citations(raw: bytes) -> bytes:
    if not raw.startswith(b"["):
        return raw
    kept = [one for one in map(bytes, _LIST.decode(raw)) if _CITED not in one or not _is_foreign(one)]
    return b"[%b]" % b",".join(kept) if kept else b"null"


def _is_foreign(citation: bytes) -> bool:
    return _CITATION.decode(citation).encrypted_index == CITED
