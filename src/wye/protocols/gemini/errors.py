"""Errors in Google's shape: `{"error": {"code", "message", "status", "details"}}`.

Source: Google API design guide, AIP-193; `google.rpc.Code` and its HTTP mapping. SDKs choose the exception by
`code`, which is the HTTP status.
"""

from typing import Any

import msgspec

from wye.core.errors import WyeError
from wye.protocols.blame import told_by

STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    402: "RESOURCE_EXHAUSTED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    405: "UNIMPLEMENTED",
    408: "DEADLINE_EXCEEDED",
    409: "ABORTED",
    413: "OUT_OF_RANGE",
    429: "RESOURCE_EXHAUSTED",
    502: "UNAVAILABLE",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""By HTTP status; any other is `INTERNAL`."""


def error_body(error: WyeError, request_id: str) -> bytes:
    """Encode `error` as an answer's body."""
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": error.kind.upper(),
        "domain": "wye",
        "metadata": {"requestId": request_id} | ({"field": error.param} if error.param else {}),
    }
    details: list[dict[str, Any]] = [info]
    if error.retry_after is not None:
        delay = f"{max(0.0, error.retry_after):.3f}s"
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay})
    return failure_body(
        error.status, STATUSES.get(error.status, "INTERNAL"), told_by("gemini", error), details
    )


def failure_body(code: int, status: str, message: str, details: list[dict[str, Any]] | None = None) -> bytes:
    """Encode an error by its parts."""
    told: dict[str, Any] = {"code": code, "message": message, "status": status}
    return msgspec.json.encode({"error": told | ({"details": details} if details else {})})
