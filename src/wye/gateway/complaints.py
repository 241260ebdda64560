"""What an upstream's error body says, whatever the protocol, and which status it stands for. Pure."""

import re
from typing import NamedTuple

import msgspec

from wye.protocols.blame import Told

MAX_PASSED_BYTES = 64 * 1024
_PAYMENT = 402
_MAYBE_CREDIT = frozenset({400, 403, 429})
_CREDIT_CODES = frozenset(
    {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"}
)
_CREDIT = re.compile(
    r"credit balance is too low|insufficient (?:balance|credits?|funds)|out of credits", re.IGNORECASE
)
_STATUSES = {
    "invalid_request_error": 400,
    "context_length_exceeded": 400,
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "UNAUTHENTICATED": 401,
    "billing_error": 402,
    "permission_error": 403,
    "PERMISSION_DENIED": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "NOT_FOUND": 404,
    "request_too_large": 413,
    "insufficient_quota": 429,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "RESOURCE_EXHAUSTED": 429,
    "server_error": 500,
    "api_error": 500,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "timeout_error": 504,
    "DEADLINE_EXCEEDED": 504,
    "overloaded_error": 529,
}
"""What an error is called -> the status that it would have had. Source: the API references, "Errors"."""


class Complaint(NamedTuple):
    """What an error body says."""

    error: Told
    shaped: bool
    """It stands where all protocols have it: in `error`."""


class _Failed(msgspec.Struct):
    error: Told | None = None


class _Body(msgspec.Struct):
    """An error: in a protocol's shape, or as vLLM, FastAPI and events of Responses tell it."""

    error: Told | str | None = None
    message: object = None
    detail: object = None
    type: object = None
    code: object = None
    param: object = None
    response: _Failed | None = None


_BODY = msgspec.json.Decoder(_Body | list[_Body])


def complaint(body: bytes) -> Complaint | None:
    """Return the error that a body tells; None = it tells of none, or at too great a length."""
    if len(body) > MAX_PASSED_BYTES:
        return None
    try:
        told = _BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(told, list):  # Gemini's, where a stream was to be an array
        return _told(told[0]) if told else None
    return _told(told)


def _told(body: _Body) -> Complaint | None:
    if isinstance(body.error, Told):
        return Complaint(body.error, shaped=True)
    if body.response is not None and body.response.error is not None:
        return Complaint(body.response.error, shaped=False)
    words = body.error or body.message or _detail(body.detail)
    if not isinstance(words, str) or not words:
        return None
    return Complaint(Told(words, body.type, body.param, body.code), shaped=False)


def _detail(detail: object) -> object:
    """Return what FastAPI complains of, in words."""
    if not isinstance(detail, list):
        return detail
    found = [one for one in detail if isinstance(one, dict)]
    return "; ".join(f"{'.'.join(map(str, one.get('loc') or ()))}: {one.get('msg')}" for one in found)


def is_out_of_credit(status: int, told: Complaint | None) -> bool:
    """Tell whether an error of this status says that the account there is."""
    if status == _PAYMENT or told is None or status not in _MAYBE_CREDIT:
        return status == _PAYMENT
    return not _CREDIT_CODES.isdisjoint(_words(told.error)) or _CREDIT.search(told.error.message) is not None


def _words(error: Told) -> list[str]:
    return [one for one in (error.code, error.type, error.status) if isinstance(one, str)]


def status_of(error: Told) -> int | None:
    """Return the status that an error stands for which has none of its own."""
    for one in (error.code, *_words(error)):
        number = int(one) if isinstance(one, str) and one.isdecimal() and len(one) == 3 else one  # noqa: PLR2004  # digits
        if isinstance(number, int) and 400 <= number < 600:  # noqa: PLR2004  # statuses of errors
            return number
    return next((_STATUSES[one] for one in _words(error) if one in _STATUSES), None)
