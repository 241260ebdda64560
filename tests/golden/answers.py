"""Answers of each upstream protocol, whole and streamed, in the shapes that providers send. Written by us."""

import json
from typing import Any

from golden.requests import PNG

Body = dict[str, Any]
PICTURE = f"data:image/png;base64,{PNG}"
CHUNK = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1760000000, "model": "m-2"}
USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 30,
    "total_tokens": 150,
    "prompt_tokens_details": {"cached_tokens": 100},
    "completion_tokens_details": {"reasoning_tokens": 12},
}
COUNTED = {
    "input_tokens": 20,
    "cache_read_input_tokens": 100,
    "cache_creation_input_tokens": 7,
    "cache_creation": {"ephemeral_5m_input_tokens": 7, "ephemeral_1h_input_tokens": 0},
    "output_tokens": 30,
    "service_tier": "standard",
}


def completion(
    finish: str | None, *, logprobs: Body | None = None, more: Body | None = None, **message: Any
) -> Body:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": None, "refusal": None, **message},
        "logprobs": logprobs,
        "finish_reason": finish,
    }
    head = {**CHUNK, "object": "chat.completion", "system_fingerprint": "fp_1"}
    return {**head, "choices": [choice], "usage": USAGE, **(more or {})}


def events(*datas: Body | str) -> str:
    lines = (data if isinstance(data, str) else json.dumps(data) for data in datas)
    return "".join(f"data: {line}\n\n" for line in lines)


def chunk(finish: str | None = None, **delta: Any) -> Body:
    return {**CHUNK, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}


def piece(index: int, arguments: str, **members: Any) -> list[Body]:
    return [{"index": index, "function": {"arguments": arguments}, **members}]


def started(index: int, identity: str, name: str) -> list[Body]:
    return [{"index": index, "id": identity, "type": "function", "function": {"name": name, "arguments": ""}}]


ROLE = chunk(role="assistant", content="")
COUNTS: Body = {**CHUNK, "choices": [], "usage": USAGE}
DONE = "[DONE]"
CALLS = [
    {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Paris"}'}},
    {"id": "call_2", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Rome"}'}},
]
LOGPROBS: Body = {"content": [{"token": "Hi", "logprob": -0.1, "bytes": [72, 105], "top_logprobs": []}]}
DETAIL = {
    "type": "reasoning.text",
    "text": "Hm.",
    "signature": "cw==",
    "format": "anthropic-claude-v1",
    "index": 0,
}
NOTE: Body = {
    "type": "url_citation",
    "url_citation": {"url": "https://example.org", "title": "Example", "start_index": 0, "end_index": 2},
}

CHAT: dict[str, Body] = {
    "text": completion("stop", content="Hello!"),
    "length": completion("length", content="Hel"),
    "calls": completion("tool_calls", tool_calls=CALLS),
    "text and a call": completion("tool_calls", content="I look.", tool_calls=CALLS[:1]),
    "a forced call that says stop": completion("stop", tool_calls=CALLS[:1]),
    "refusal": completion("stop", refusal="No."),
    "filtered": completion("content_filter", content="He"),
    "reasoning_content": completion("stop", content="4", reasoning_content="2+2"),
    "reasoning": completion("stop", content="4", reasoning="2+2"),
    "signed reasoning": completion("stop", content="4", reasoning="Hm.", reasoning_details=[DETAIL]),
    "logprobs": completion("stop", content="Hi", logprobs=LOGPROBS),
    "citation": completion("stop", content="Hi", annotations=[NOTE]),
    "picture": completion(
        "stop", content="See:", images=[{"type": "image_url", "image_url": {"url": PICTURE}}]
    ),
    "empty": completion("stop", content=""),
    "without usage": completion("stop", content="Hi", more={"usage": None}),
    "broken arguments": completion(
        "tool_calls", tool_calls=[{**CALLS[0], "function": {"name": "weather", "arguments": '{"city'}}]
    ),
}
CHAT_STREAMS: dict[str, str] = {
    "text": events(ROLE, chunk(content="Hel"), chunk(content="lo!"), chunk("stop"), COUNTS, DONE),
    "without usage": events(ROLE, chunk(content="Hello!"), chunk("stop"), DONE),
    "calls one after the other": events(
        ROLE,
        chunk(tool_calls=started(0, "call_1", "weather")),
        chunk(tool_calls=piece(0, '{"city":')),
        chunk(tool_calls=piece(0, '"Paris"}')),
        chunk(tool_calls=started(1, "call_2", "weather")),
        chunk(tool_calls=piece(1, '{"city":"Rome"}')),
        chunk("tool_calls"),
        COUNTS,
        DONE,
    ),
    "calls in turns": events(
        ROLE,
        chunk(tool_calls=started(0, "call_1", "weather") + started(1, "call_2", "weather")),
        chunk(tool_calls=piece(1, '{"city":')),
        chunk(tool_calls=piece(0, '{"city":')),
        chunk(tool_calls=piece(1, '"Rome"}')),
        chunk(tool_calls=piece(0, '"Paris"}')),
        chunk("tool_calls"),
        DONE,
    ),
    "whole calls with one index": events(
        chunk(tool_calls=[{"index": 0, **CALLS[0]}]),
        chunk(tool_calls=[{"index": 0, **CALLS[1]}]),
        chunk("stop"),
        DONE,
    ),
    "text, then a call": events(
        ROLE,
        chunk(content="I look."),
        chunk(tool_calls=[{"index": 0, **CALLS[0]}]),
        chunk("tool_calls"),
        DONE,
    ),
    "thoughts, then text": events(
        ROLE,
        chunk(reasoning_content="2"),
        chunk(reasoning_content="+2"),
        chunk(content="4"),
        chunk("stop"),
        DONE,
    ),
    "signed thoughts": events(
        ROLE,
        chunk(reasoning="Hm", reasoning_details=[{"type": "reasoning.text", "text": "Hm", "index": 0}]),
        chunk(reasoning_details=[{"type": "reasoning.text", "signature": "cw==", "index": 0}]),
        chunk(content="4"),
        chunk("stop"),
        DONE,
    ),
    "refusal": events(ROLE, chunk(refusal="N"), chunk(refusal="o."), chunk("stop"), DONE),
    "citation": events(ROLE, chunk(content="Hi"), chunk(annotations=[NOTE]), chunk("stop"), DONE),
    "picture": events(
        ROLE,
        chunk(content="See:"),
        chunk(images=[{"type": "image_url", "image_url": {"url": PICTURE}}]),
        chunk("stop"),
        DONE,
    ),
    "length": events(ROLE, chunk(content="Hel"), chunk("length"), DONE),
    "error": events(ROLE, chunk(content="Hel"), {"error": {"message": "overloaded", "type": "server_error"}}),
    "cut off": events(ROLE, chunk(content="Hel")),
}


def message(stop: str, *content: Body, **members: Any) -> Body:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-m",
        "content": list(content),
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": COUNTED,
        **members,
    }


TEXT: Body = {"type": "text", "text": "Hello!"}
USE: Body = {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Paris"}}
USE_2: Body = {"type": "tool_use", "id": "toolu_2", "name": "weather", "input": {}}
THOUGHT: Body = {"type": "thinking", "thinking": "Hm.", "signature": "cw=="}
HIDDEN: Body = {"type": "redacted_thinking", "data": "eA=="}

CLAUDE: dict[str, Body] = {
    "text": message("end_turn", TEXT),
    "two texts": message("end_turn", TEXT, {"type": "text", "text": " Bye."}),
    "length": message("max_tokens", {"type": "text", "text": "Hel"}),
    "stop sequence": message("stop_sequence", TEXT, stop_sequence="END"),
    "calls": message("tool_use", {"type": "text", "text": "I look."}, USE, USE_2),
    "thoughts": message("end_turn", THOUGHT, TEXT),
    "hidden thoughts and a call": message("tool_use", HIDDEN, USE),
    "refusal": message("refusal"),
    "paused": message("pause_turn", TEXT),
    "window full": message("model_context_window_exceeded", TEXT),
}


def named(*datas: Body) -> str:
    return "".join(f"event: {data['type']}\ndata: {json.dumps(data)}\n\n" for data in datas)


def opened(index: int, block: Body) -> Body:
    return {"type": "content_block_start", "index": index, "content_block": block}


def delta(index: int, kind: str, name: str, value: str) -> Body:
    return {"type": "content_block_delta", "index": index, "delta": {"type": kind, name: value}}


def closed(index: int) -> Body:
    return {"type": "content_block_stop", "index": index}


def said(index: int, *words: str) -> tuple[Body, ...]:
    pieces = (delta(index, "text_delta", "text", word) for word in words)
    return (opened(index, {"type": "text", "text": ""}), *pieces, closed(index))


def used(index: int, identity: str, *pieces: str) -> tuple[Body, ...]:
    block = {"type": "tool_use", "id": identity, "name": "weather", "input": {}}
    deltas = (delta(index, "input_json_delta", "partial_json", one) for one in pieces)
    return (opened(index, block), *deltas, closed(index))


def stopped(reason: str, sequence: str | None = None) -> tuple[Body, Body]:
    told = {"stop_reason": reason, "stop_sequence": sequence}
    return {"type": "message_delta", "delta": told, "usage": {"output_tokens": 30}}, {"type": "message_stop"}


START: Body = {
    "type": "message_start",
    "message": {**message("end_turn"), "stop_reason": None, "usage": {**COUNTED, "output_tokens": 1}},
}
PING: Body = {"type": "ping"}

CLAUDE_STREAMS: dict[str, str] = {
    "text": named(START, PING, *said(0, "Hel", "lo!"), *stopped("end_turn")),
    "length": named(START, *said(0, "Hel"), *stopped("max_tokens")),
    "stop sequence": named(START, *said(0, "Hello!"), *stopped("stop_sequence", "END")),
    "calls": named(
        START,
        *said(0, "I look."),
        *used(1, "toolu_1", "", '{"city":', '"Paris"}'),
        *used(2, "toolu_2", ""),
        *stopped("tool_use"),
    ),
    "thoughts": named(
        START,
        opened(0, {"type": "thinking", "thinking": "", "signature": ""}),
        delta(0, "thinking_delta", "thinking", "Hm."),
        delta(0, "signature_delta", "signature", "cw=="),
        closed(0),
        *said(1, "4"),
        *stopped("end_turn"),
    ),
    "hidden thoughts": named(START, opened(0, HIDDEN), closed(0), *said(1, "4"), *stopped("end_turn")),
    "refusal": named(START, *stopped("refusal")),
    "error": named(
        START,
        *said(0, "Hel"),
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    ),
    "cut off": named(START, *said(0, "Hel")),
}
