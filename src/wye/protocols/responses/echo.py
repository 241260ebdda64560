"""What an OpenAI Responses answer repeats of the request.

Source: OpenAI API reference, "The response object".
"""

from typing import Any

import msgspec

from wye.core.chat import Extras

_LEFT_OUT = msgspec.UNSET


class _Asked(msgspec.Struct, omit_defaults=True):
    """Members that stand in the answer as they stand in the request. They have been read before."""

    instructions: Any = _LEFT_OUT
    max_output_tokens: Any = _LEFT_OUT
    max_tool_calls: Any = _LEFT_OUT
    metadata: dict[str, Any] | msgspec.UnsetType | None = _LEFT_OUT
    parallel_tool_calls: bool | msgspec.UnsetType | None = _LEFT_OUT
    previous_response_id: Any = _LEFT_OUT
    prompt_cache_key: Any = _LEFT_OUT
    reasoning: dict[str, Any] | msgspec.UnsetType | None = _LEFT_OUT
    safety_identifier: Any = _LEFT_OUT
    temperature: Any = _LEFT_OUT
    text: dict[str, Any] | msgspec.UnsetType | None = _LEFT_OUT
    tool_choice: Any = _LEFT_OUT
    tools: list[dict[str, Any]] | msgspec.UnsetType | None = _LEFT_OUT
    top_logprobs: Any = _LEFT_OUT
    top_p: Any = _LEFT_OUT
    truncation: Any = _LEFT_OUT
    user: Any = _LEFT_OUT


_ASKED = msgspec.json.Decoder(_Asked)
_TOOL: Extras = {"strict": True, "parameters": None}
"""Members of a function that stand in an answer though they were left out in the request."""


def repeated(body: bytes) -> Extras:
    """Return members of the response object that answers the request `body`."""
    try:
        asked: Extras = msgspec.to_builtins(_ASKED.decode(body))  # without what was left out
    except msgspec.ValidationError:
        return {}
    told = {name: one for name, one in asked.items() if one is not None}
    if "text" in told:
        told["text"] = {"format": {"type": "text"}} | told["text"]
    if "tools" in told:
        told["tools"] = [_TOOL | tool if tool.get("type") == "function" else tool for tool in told["tools"]]
    return told
