"""Errors in Anthropic's shape: `{"type": "error", "error": {"type", "message"}, "request_id"}`.

Source: Anthropic API reference, "Errors". SDKs choose the exception by the status: that stays wye's own.
"""

import msgspec

from wye.core.errors import WyeError
from wye.protocols.blame import told_by

TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    405: "invalid_request_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
    529: "overloaded_error",
}
"""By status; any other is `api_error`."""
_KNOWN = frozenset({*TYPES.values(), "api_error"})


def error_body(error: WyeError, request_id: str) -> bytes:
    """Encode `error` as an answer's body."""
    told = {"type": TYPES.get(error.status, "api_error"), "message": told_by("anthropic", error)}
    return msgspec.json.encode({"type": "error", "error": told, "request_id": request_id})


def error_event(error: WyeError, request_id: str) -> bytes:
    """Encode `error` as the last event of a stream."""
    return b"event: error\ndata: " + error_body(error, request_id) + b"\n\n"


def failure_event(kind: str, message: str) -> bytes:
    """Encode an upstream's own failure inside a stream. `kind` is its word, kept if Anthropic has it."""
    told = {"type": kind if kind in _KNOWN else "api_error", "message": message}
    return b"event: error\ndata: " + msgspec.json.encode({"type": "error", "error": told}) + b"\n\n"
