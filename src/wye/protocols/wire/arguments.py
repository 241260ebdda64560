"""Arguments of a call for protocols that take a JSON object there, and nothing else."""

import msgspec

from wye.core.chat import ToolCall

UNPARSED = "unparsed_arguments"
"""Where arguments go that are no JSON object: a model may write anything, and a cap may cut it short."""
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def arguments_of(call: ToolCall) -> object:
    """Return a call's arguments as the model wrote them, to be encoded as they are."""
    if not call.arguments.strip():
        return {}
    try:
        raw = call.arguments.encode()
        _OBJECT.decode(raw)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return {UNPARSED: call.arguments}
    return msgspec.Raw(raw)
