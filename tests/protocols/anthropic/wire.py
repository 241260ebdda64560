"""What the tests of Anthropic Messages share: meaning, events of a stream, recorded exchanges.

Two messages *mean the same* when their JSON is equal after dropping defaults: members that are null; empty
lists, objects and texts, zeros and false where the API takes them for "not stated"; a string in place of one
text block; `type: custom` of a tool; `output_format`, the beta's name of `output_config.format`. JSON that
the API itself passes on untouched (a tool's input, schemas) has to be equal as it stands.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from protocols.recordings import recorded

_AS_IT_STANDS = frozenset({"input", "input_schema", "schema"})
_NOT_STATED: tuple[Any, ...] = (None, [], {}, "", 0, False)
_STRING_OR_BLOCKS = frozenset({"system", "content"})


def meaning(value: Any) -> Any:
    """Return `value` without its defaults."""
    if isinstance(value, list):
        return [meaning(one) for one in value]
    if not isinstance(value, dict):
        return value
    value = dict(value)
    if "output_format" in value:
        value["output_config"] = {"format": value.pop("output_format")} | (value.get("output_config") or {})
    if value.get("type") == "custom":
        del value["type"]
    kept = {}
    for name, member in value.items():
        if name in _AS_IT_STANDS:
            kept[name] = member
            continue
        blocks = isinstance(member, str) and member != "" and name in _STRING_OR_BLOCKS
        meant = [{"type": "text", "text": member}] if blocks else meaning(member)
        if not any(meant == default and type(meant) is type(default) for default in _NOT_STATED):
            kept[name] = meant
    return kept


def event(name: str, **fields: Any) -> bytes:
    """One event in the API's own framing."""
    return f"event: {name}\ndata: {json.dumps({'type': name} | fields)}\n\n".encode()


def start(**usage: Any) -> bytes:
    """The first event."""
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 1} | usage,
    }
    return event("message_start", message=message)


def block(index: int, content_block: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    """A whole block."""
    pieces = [event("content_block_delta", index=index, delta=delta) for delta in deltas]
    opened = event("content_block_start", index=index, content_block=content_block)
    return opened + b"".join(pieces) + event("content_block_stop", index=index)


def stop(reason: str = "end_turn", *, usage: dict[str, Any] | None = None, **delta: Any) -> bytes:
    """The last two events."""
    told = {"stop_reason": reason, "stop_sequence": None} | delta
    counts = {"output_tokens": 7} if usage is None else usage
    return event("message_delta", delta=told, usage=counts) + event("message_stop")


PING = event("ping")
CITED = {
    "type": "web_search_result_location",
    "cited_text": "Paris is",
    "url": "https://example.org/paris",
    "title": "Paris",
    "encrypted_index": "Eo8=",
}
STREAM = (
    start(cache_read_input_tokens=4, cache_creation_input_tokens=2, service_tier="standard")
    + PING
    + block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Where "},
        {"type": "thinking_delta", "thinking": "is it?"},
        {"type": "signature_delta", "signature": "c2ln"},
    )
    + block(1, {"type": "redacted_thinking", "data": "b3BhcXVl"})
    + block(
        2,
        {"type": "text", "text": ""},
        {"type": "text_delta", "text": "Hé "},
        {"type": "citations_delta", "citation": CITED},
        {"type": "text_delta", "text": "🙂"},
    )
    + block(
        3,
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"query"'},
        {"type": "input_json_delta", "partial_json": ': "Paris"}'},
    )
    + block(4, {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"type": "x"}]})
    + block(
        5,
        {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {}},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"city": "Pa'},
        {"type": "input_json_delta", "partial_json": 'ris"}'},
    )
    + block(6, {"type": "tool_use", "id": "toolu_2", "name": "now", "input": {}})
    + stop(
        "tool_use",
        container={"id": "container_1"},
        usage={
            "output_tokens": 30,
            "output_tokens_details": {"thinking_tokens": 5},
            "server_tool_use": {"web_search_requests": 1},
        },
    )
)
"""A bit of everything."""


def recordings() -> Iterator[dict[str, Any]]:
    """Yield the recorded exchanges of this protocol, or skip the test if there are none on this machine."""
    found = recorded()
    if not found:
        pytest.skip("no recorded exchanges on this machine: set WYE_RECORDINGS")
    for exchange in found:
        if exchange["url"].startswith("https://api.anthropic.com/v1/messages?"):
            yield exchange
