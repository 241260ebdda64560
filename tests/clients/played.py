"""What upstreams of Responses and Gemini answer, in the shapes of recordings: a text, and two calls."""

import json
from collections.abc import Iterator
from typing import Any

from exchanges import CALLS
from fake_upstream import Call

TEXT = "Hello."
_TOLD: dict[str, Any] = {
    "id": "resp_01",
    "object": "response",
    "created_at": 1_700_000_000,
    "status": "completed",
    "background": False,
    "error": None,
    "incomplete_details": None,
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "model": "up",
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "service_tier": "default",
    "store": False,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
    "usage": {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 40},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 120,
    },
}


def _message() -> dict[str, Any]:
    content = [{"type": "output_text", "text": TEXT, "annotations": [], "logprobs": []}]
    return {"id": "msg_01", "type": "message", "status": "completed", "role": "assistant", "content": content}


def _calls() -> list[dict[str, Any]]:
    return [
        {
            "id": f"fc_{call['id']}",
            "type": "function_call",
            "status": "completed",
            "call_id": call["id"],
            "name": call["name"],
            "arguments": json.dumps(call["input"]),
        }
        for call in CALLS
    ]


def _item_events(index: int, item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """One output item: announced, filled, done."""
    at = {"output_index": index, "item_id": item["id"]}
    empty = {"content": []} if item["type"] == "message" else {"arguments": ""}
    yield "output_item.added", {"output_index": index, "item": item | empty | {"status": "in_progress"}}
    if item["type"] == "message":
        part = item["content"][0]
        here = at | {"content_index": 0}
        yield "content_part.added", here | {"part": part | {"text": ""}}
        for piece in (TEXT[:3], TEXT[3:]):
            yield "output_text.delta", here | {"delta": piece, "logprobs": []}
        yield "output_text.done", here | {"text": TEXT, "logprobs": []}
        yield "content_part.done", here | {"part": part}
    else:
        written = item["arguments"]
        for piece in (written[:7], written[7:]):
            yield "function_call_arguments.delta", at | {"delta": piece}
        yield "function_call_arguments.done", at | {"arguments": written, "name": item["name"]}
    yield "output_item.done", {"output_index": index, "item": item}


def response_events(output: list[dict[str, Any]]) -> list[bytes]:
    """A whole answer as OpenAI streams it."""
    begun = _TOLD | {"status": "in_progress", "output": [], "usage": None}
    told: list[tuple[str, dict[str, Any]]] = [
        ("created", {"response": begun}),
        ("in_progress", {"response": begun}),
    ]
    for index, item in enumerate(output):
        told += _item_events(index, item)
    told.append(("completed", {"response": _TOLD | {"output": output}}))
    return [
        f"event: response.{name}\ndata: ".encode()
        + json.dumps({"type": f"response.{name}", "sequence_number": number} | fields).encode()
        + b"\n\n"
        for number, (name, fields) in enumerate(told)
    ]


async def play_responses(call: Call) -> None:
    """Answer as OpenAI's Responses do: with calls where the request has tools and no results yet."""
    asked = call.json
    wants_calls = bool(asked.get("tools")) and "function_call_output" not in json.dumps(asked["input"])
    output = _calls() if wants_calls else [_message()]
    if asked.get("stream"):
        await call.stream(response_events(output))
    else:
        await call.answer(body=_TOLD | {"output": output})


def _candidate(*parts: dict[str, Any], finish: str | None = "STOP") -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    usage = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 40,
        "candidatesTokenCount": 15,
        "thoughtsTokenCount": 5,
        "totalTokenCount": 120,
    }
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "up", "responseId": "r1"}


async def play_gemini(call: Call) -> None:
    """Answer as Gemini does: with calls where the request has tools and no results yet."""
    asked = call.json
    if b":countTokens" in call.head.split(b"\r\n", 1)[0]:
        await call.answer(body={"totalTokens": 42})
        return
    wants_calls = bool(asked.get("tools")) and "functionResponse" not in json.dumps(asked["contents"])
    calls = [{"functionCall": {"name": one["name"], "args": one["input"]}} for one in CALLS]
    signed = [calls[0] | {"thoughtSignature": "c2lnbmVk"}, *calls[1:]]
    if b":streamGenerateContent" not in call.head:
        await call.answer(body=_candidate(*signed) if wants_calls else _candidate({"text": TEXT}))
        return
    pieces = [_candidate({"text": TEXT[:3]}, finish=None), _candidate({"text": TEXT[3:]})]
    told = [_candidate(*signed)] if wants_calls else pieces
    await call.stream(b"data: " + json.dumps(one).encode() + b"\r\n\r\n" for one in told)
