import json

import pytest

from wye.core.errors import (
    BadRequestError,
    BudgetError,
    ForbiddenError,
    MethodError,
    OverloadedError,
    RateLimitError,
    ReceiveTimeoutError,
    TooLargeError,
    UnauthenticatedError,
    UnknownModelError,
    UpstreamError,
    UpstreamTimeoutError,
    WyeError,
)
from wye.protocols.anthropic.errors import error_body, error_event, failure_event


class BusyError(WyeError):
    status = 529


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BadRequestError, "invalid_request_error"),
        (UnauthenticatedError, "authentication_error"),
        (BudgetError, "billing_error"),
        (ForbiddenError, "permission_error"),
        (UnknownModelError, "not_found_error"),
        (MethodError, "invalid_request_error"),
        (ReceiveTimeoutError, "timeout_error"),
        (TooLargeError, "request_too_large"),
        (RateLimitError, "rate_limit_error"),
        (WyeError, "api_error"),
        (UpstreamError, "api_error"),
        (OverloadedError, "overloaded_error"),
        (UpstreamTimeoutError, "timeout_error"),
        (BusyError, "overloaded_error"),
    ],
)
def test_errors_have_anthropics_shape(error: type[WyeError], kind: str) -> None:
    told = error_body(error("no"), "r1")
    assert json.loads(told) == {
        "type": "error",
        "error": {"type": kind, "message": "no"},
        "request_id": "r1",
    }
    assert error_event(error("no"), "r1") == b"event: error\ndata: " + told + b"\n\n"


def test_an_upstreams_word_is_kept_if_clients_know_it() -> None:
    assert b'"overloaded_error"' in failure_event("overloaded_error", "x")
    assert b'"api_error"' in failure_event("server_error", "x")
