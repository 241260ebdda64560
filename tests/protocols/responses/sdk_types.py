"""The official SDK's types of OpenAI Responses, to hold what is written against."""

import json
import typing
from typing import Any

import pydantic
from openai.types.responses import Response, ResponseStreamEvent

_EVENTS: dict[str, type[pydantic.BaseModel]] = {
    typing.get_args(one.model_fields["type"].annotation)[0]: one
    for one in typing.get_args(typing.get_args(ResponseStreamEvent)[0])
}


def check_answer(body: bytes) -> dict[str, Any]:
    """Hold a whole answer against the SDK's type; return it decoded."""
    answer: dict[str, Any] = json.loads(body)
    Response.model_validate(answer)
    return answer


def check_stream(stream: bytes, *, typed: bool = True) -> list[dict[str, Any]]:
    """Hold every event against the SDK's type, its framing and its number as well; return them decoded."""
    events: list[dict[str, Any]] = []
    for one in stream.decode().split("\n\n")[:-1]:
        if one.startswith(":"):
            continue
        name, data = one.split("\n")
        event = json.loads(data.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        assert event["sequence_number"] == len(events)
        if typed:
            _EVENTS[event["type"]].model_validate(event)
        events.append(event)
    return events
