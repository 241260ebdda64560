"""Exchanges for the fake upstream, in the shapes of both protocols: a text, a tool loop, thoughts, errors."""

import json
from typing import Any

from fake_upstream import CHAT, DONE, FINISH, USAGE, Call, chunk, delta

SIGNATURE = "EqQBCkYIChgCKkDsigned+/=="
MESSAGE: dict[str, Any] = {
    "id": "msg_01",
    "type": "message",
    "role": "assistant",
    "model": "up",
    "content": [{"type": "text", "text": "Hello."}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {
        "input_tokens": 60,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 40,
        "output_tokens": 20,
        "service_tier": "standard",
    },
}
"""As `CHAT`: 100 tokens in, 40 of them from the cache, 20 out."""
THOUGHT = {"type": "thinking", "thinking": "Two cities.", "signature": SIGNATURE}
CALLS = [
    {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}},
    {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": {"city": "Rome"}},
]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def event(name: str, **fields: Any) -> bytes:
    """One event of a stream in Anthropic's shape."""
    return f"event: {name}\ndata: {json.dumps({'type': name} | fields)}\n\n".encode()


def message_start() -> bytes:
    usage = MESSAGE["usage"] | {"output_tokens": 1}
    return event(
        "message_start", message=MESSAGE | {"content": [], "stop_reason": None, "usage": usage}
    ) + event("ping")


def block(index: int, start: dict[str, Any], *deltas: dict[str, Any]) -> bytes:
    """One content block: opened, filled, closed."""
    filled = b"".join(event("content_block_delta", index=index, delta=one) for one in deltas)
    opened = event("content_block_start", index=index, content_block=start)
    return opened + filled + event("content_block_stop", index=index)


def text_block(index: int, *texts: str) -> bytes:
    return block(index, {"type": "text", "text": ""}, *({"type": "text_delta", "text": t} for t in texts))


def message_end(reason: str = "end_turn") -> bytes:
    told = {"stop_reason": reason, "stop_sequence": None}
    return event("message_delta", delta=told, usage={"output_tokens": 20}) + event("message_stop")


def thought_and_calls() -> list[bytes]:
    """The tool turn as a stream: a signed thought, then two calls with their arguments in pieces."""
    thinking = block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Two "},
        {"type": "thinking_delta", "thinking": "cities."},
        {"type": "signature_delta", "signature": SIGNATURE},
    )
    calls = [
        block(
            index,
            call | {"input": {}},
            {"type": "input_json_delta", "partial_json": ""},
            {"type": "input_json_delta", "partial_json": '{"city": '},
            {"type": "input_json_delta", "partial_json": json.dumps(call["input"]["city"]) + "}"},
        )
        for index, call in enumerate(CALLS, 1)
    ]
    return [message_start(), thinking, *calls, message_end("tool_use")]


def chat_calls() -> dict[str, Any]:
    """The tool turn as OpenAI's whole answer."""
    calls = [
        {
            "id": call["id"],
            "type": "function",
            "function": {"name": call["name"], "arguments": json.dumps(call["input"])},
        }
        for call in CALLS
    ]
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": None, "tool_calls": calls},
        "finish_reason": "tool_calls",
    }
    return CHAT | {"choices": [choice]}


def chat_calls_stream() -> list[bytes]:
    def piece(index: int, **fields: Any) -> bytes:
        change = {"tool_calls": [{"index": index} | fields]}
        return chunk(choices=[{"index": 0, "delta": change, "finish_reason": None}])

    pieces = [chunk(choices=[{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}])]
    for index, call in enumerate(CALLS):
        named = {"name": call["name"], "arguments": ""}
        pieces.append(piece(index, id=call["id"], type="function", function=named))
        arguments = json.dumps(call["input"])
        pieces += [piece(index, function={"arguments": part}) for part in (arguments[:7], arguments[7:])]
    ended = chunk(choices=[{"index": 0, "delta": {}, "finish_reason": "tool_calls"}])
    return [*pieces, ended, USAGE, DONE]


async def play_messages(call: Call) -> None:
    """Answer as Anthropic does: with calls where the request has tools and no results yet."""
    asked = call.json
    wants_calls = bool(asked.get("tools")) and "tool_result" not in json.dumps(asked["messages"])
    if call.head.startswith(b"POST /v1/messages/count_tokens"):
        await call.answer(body={"input_tokens": 42})
    elif asked.get("stream"):
        text = [message_start(), text_block(0, "Hel", "lo."), message_end()]
        await call.stream(thought_and_calls() if wants_calls else text)
    else:
        turn = {"content": [THOUGHT, *CALLS], "stop_reason": "tool_use"} if wants_calls else {}
        await call.answer(body=MESSAGE | turn)


async def play_chat(call: Call) -> None:
    """Answer as OpenAI does: with calls where the request has tools and no results yet."""
    asked = call.json
    wants_calls = bool(asked.get("tools")) and not any(m["role"] == "tool" for m in asked["messages"])
    if asked.get("stream"):
        text = [delta("Hel"), delta("lo."), FINISH, USAGE, DONE]
        await call.stream(chat_calls_stream() if wants_calls else text)
    else:
        await call.answer(body=chat_calls() if wants_calls else CHAT)
