"""What an upstream's error answer means: whose fault it is and what to try next. Pure."""

import email.utils
import time
from typing import NamedTuple

import msgspec

from wye.catalog.deployments import Deployment
from wye.core.errors import RateLimitError, UpstreamError, WyeError

_OURS = frozenset({401, 402, 403})
"""The upstream refuses wye's own credentials or account, not the client's request."""
_PASSING = frozenset({408, 409, 429})
_NOT_THE_REQUEST = frozenset({404, 408, 409, 429}) | _OURS
MAX_PASSED_BYTES = 64 * 1024


class Refusal(NamedTuple):
    """How to go on after an error answer."""

    error: WyeError
    """What to tell the client if nothing better comes of it."""
    retry: bool
    fallback: bool
    verbatim: bool
    """The client may see the upstream's own body: it blames the request."""


def refusal(deployment: Deployment, status: int, body: bytes, retry_after: float | None) -> Refusal:
    """Classify an upstream's answer with a status other than 2xx."""
    name = deployment.id
    if status < 400:  # noqa: PLR2004  # 1xx never arrive here, so this is 3xx
        error: WyeError = UpstreamError(
            f"'{name}' answered with a redirect ({status}), which is never followed"
        )
        return Refusal(error, retry=False, fallback=True, verbatim=False)
    if status in _OURS:
        message = f"'{name}' refused wye's own credentials ({status}); check the provider's key and account"
        return Refusal(UpstreamError(message), retry=False, fallback=True, verbatim=False)
    if status == 429:  # noqa: PLR2004  # Too Many Requests, RFC 6585
        seconds = 1.0 if retry_after is None else retry_after
        error = RateLimitError(
            f"'{name}' is rate limited upstream; try again in {seconds:.0f} s", retry_after=seconds
        )
        return Refusal(error, retry=True, fallback=True, verbatim=False)
    if status >= 500 or status in _PASSING:  # noqa: PLR2004  # server errors
        error = UpstreamError(f"'{name}' failed with status {status}")
        return Refusal(error, retry=True, fallback=True, verbatim=False)
    error = UpstreamError(f"'{name}' refused the request with status {status}")
    return Refusal(
        error, retry=False, fallback=status in _NOT_THE_REQUEST, verbatim=_presentable(deployment, body)
    )


def retry_after_seconds(value: bytes | None) -> float | None:
    """Read `Retry-After`: seconds or an HTTP date (RFC 9110 section 10.2.3); None = neither."""
    if not value:
        return None
    text = value.decode("latin-1").strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except ValueError:
            return None
    return max(0.0, seconds) if seconds == seconds else None  # noqa: PLR0124  # NaN is no number of seconds


class _ErrorBody(msgspec.Struct):
    error: object


def _presentable(deployment: Deployment, body: bytes) -> bool:
    """JSON in the protocol's error shape that does not echo the credential."""
    if len(body) > MAX_PASSED_BYTES:
        return False
    if deployment.api_key is not None and deployment.api_key.reveal().encode() in body:
        return False
    try:
        msgspec.json.decode(body, type=_ErrorBody)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
