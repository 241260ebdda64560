"""Take thoughts of other upstreams out of a client's own bytes: Anthropic would refuse their signatures."""

import msgspec

from wye.protocols.seal import is_sealed
from wye.protocols.toplevel import change


class _Block(msgspec.Struct):
    type: str = ""
    signature: str = ""


class _Turn(msgspec.Struct):
    content: msgspec.Raw = msgspec.Raw()


_TURN = msgspec.json.Decoder(_Turn)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_BLOCK = msgspec.json.Decoder(_Block)


def unsealed(body: bytes) -> bytes:
    """Return a request without the thoughts that wye sealed for the client; all else as it stands.

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
    return b"[%b]" % b",".join(block for block in map(bytes, _LIST.decode(raw)) if not _holds_sealed(block))


def _holds_sealed(block: bytes) -> bool:
    if not is_sealed(block):
        return False
    told = _BLOCK.decode(block)
    return told.type == "thinking" and is_sealed(told.signature[:64].encode())
