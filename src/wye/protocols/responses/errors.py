"""Errors inside an OpenAI Responses stream. Whole errors have Chat's shape, see `openai.errors`.

Source: OpenAI API reference, "Streaming events": `error`, and `response.failed` with the response as it is
then. Some clients look for one, some for the other.
"""

import msgspec

from wye.core.chat import Extras
from wye.core.errors import WyeError

_CODES = {429: "rate_limit_exceeded", 503: "rate_limit_exceeded", 400: "invalid_prompt"}
"""By status; any other is `server_error`. The type of the response's error knows few words."""
_LIMITED = ("rate_limit", "overloaded")


def event(kind: str, members: Extras) -> bytes:
    """Frame one event."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), msgspec.json.encode({"type": kind} | members))


def error_event(error: WyeError, request_id: str) -> bytes:
    """Encode `error` as the end of a stream of which nothing is known."""
    told = {"code": error.kind, "message": error.message, "param": error.param, "sequence_number": 0}
    response: Extras = {
        "id": f"resp_{request_id}",
        "object": "response",
        "created_at": 0,
        "model": "",
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
    }
    code = _CODES.get(error.status, "server_error")
    return event("error", told) + failed_event(response, code, error.message, 1)


def failure_events(begun: Extras | None, kind: str, message: str, number: int) -> bytes:
    """Encode an upstream's own failure; `begun`: the response so far, None = it did not begin."""
    told = {"code": kind or "server_error", "message": message, "param": None, "sequence_number": number}
    first = event("error", told)
    if begun is None:
        return first
    code = "rate_limit_exceeded" if kind.startswith(_LIMITED) else "server_error"
    return first + failed_event(begun, code, message, number + 1)


def failed_event(response: Extras, code: str, message: str, number: int) -> bytes:
    """Encode that a response failed. `code` is one that the type of the error knows."""
    told = response | {"status": "failed", "error": {"code": code, "message": message}}
    return event("response.failed", {"response": told, "sequence_number": number})
