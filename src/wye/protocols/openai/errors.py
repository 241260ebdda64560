"""Errors in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}`.

`type` follows the OpenAI API's own values, so that its SDKs raise the exception a user expects;
`code` is wye's stable word for what happened, or what an upstream of OpenAI's protocols said.
"""

import msgspec

from wye.core.errors import NO_CREDIT, UNSAID, UpstreamRefusedError, WyeError
from wye.protocols.blame import told_by

_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "insufficient_quota",
    403: "permission_error",
    404: "invalid_request_error",
    405: "invalid_request_error",
    408: "timeout_error",
    413: "invalid_request_error",
    429: "rate_limit_error",
}


def error_body(error: WyeError, request_id: str) -> bytes:
    """Encode `error` as an answer's body."""
    said = error.said if isinstance(error, UpstreamRefusedError) else UNSAID
    return msgspec.json.encode(
        {
            "error": {
                "message": told_by("openai", error),
                "type": said.type or _type(error),
                "param": said.param or error.param,
                "code": said.code or error.kind,
                "request_id": request_id,
            }
        }
    )


def error_event(error: WyeError, request_id: str) -> bytes:
    """Encode `error` as the last event of a stream."""
    return b"data: " + error_body(error, request_id) + b"\n\n"


def _type(error: WyeError) -> str:
    return NO_CREDIT if error.kind == NO_CREDIT else _TYPES.get(error.status, "server_error")
