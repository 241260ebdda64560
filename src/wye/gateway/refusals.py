"""What an upstream's error answer means: whose fault it is and what to try next. Pure."""

import email.utils
import math
import re
import time
from typing import NamedTuple

import msgspec

from wye.catalog.deployments import Deployment
from wye.core.errors import RateLimitError, UpstreamError, UpstreamOverloadedError, WyeError
from wye.protocols.blame import Told, blamed
from wye.protocols.ratelimits import RETRY_AFTER, RETRY_AFTER_MS
from wye.providers.transport.response import Response

_OURS = frozenset({401, 402, 403})
"""The upstream refuses wye's own credentials or account, not the client's request."""
_BUSY = frozenset({503, 529})
"""529 is Anthropic's."""
OVERLOADED = {"anthropic_messages": 529, "anthropic_count_tokens": 529}
"""Client's protocol -> the status by which its SDK knows that, if it is not 503."""
_PASSING = frozenset({408, 409, 429})
_NOT_THE_REQUEST = frozenset({404, 408, 409, 429}) | _OURS
_KEY_OF_GOOGLES = b'"API_KEY_INVALID"'
"""Google says 400 where others say 401."""
MAX_PASSED_BYTES = 64 * 1024
MAX_WORDS = 500
_MILLISECONDS = re.compile(rb"[0-9]{1,12}(?:\.[0-9]{1,9})?")
MAX_RETRY_AFTER = 86_400.0
"""Nobody is told to come back later than in a day."""


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
    if status in _OURS or (status == 400 and _KEY_OF_GOOGLES in body):  # noqa: PLR2004  # Bad Request
        message = f"'{name}' refused wye's own credentials ({status}); check the provider's key and account"
        return Refusal(UpstreamError(message), retry=False, fallback=True, verbatim=False)
    if status == 429:  # noqa: PLR2004  # Too Many Requests, RFC 6585
        seconds = 1.0 if retry_after is None else retry_after
        error = RateLimitError(
            f"'{name}' is rate limited upstream; try again in {seconds:.0f} s", retry_after=seconds
        )
        return Refusal(error, retry=True, fallback=True, verbatim=False)
    if status in _BUSY:
        message = f"'{name}' is overloaded (status {status})"
        error = UpstreamOverloadedError(message, retry_after=retry_after)
        return Refusal(error, retry=True, fallback=True, verbatim=False)
    if status >= 500 or status in _PASSING:  # noqa: PLR2004  # server errors
        error = UpstreamError(f"'{name}' failed with status {status}")
        return Refusal(error, retry=True, fallback=True, verbatim=False)
    return _blamed(deployment, status, body)


def _blamed(deployment: Deployment, status: int, body: bytes) -> Refusal:
    """Classify a 4xx that blames the request."""
    name, fallback = deployment.id, status in _NOT_THE_REQUEST
    told = _read(deployment, body)
    if told is None:
        error = UpstreamError(f"'{name}' refused the request with status {status}")
        return Refusal(error, retry=False, fallback=fallback, verbatim=False)
    words = f": {told.message[:MAX_WORDS]}" if told.message else ""
    message = f"'{name}' refused the request with status {status}{words}"
    error = blamed(status, message, told, openai=deployment.protocol.startswith("openai"))
    return Refusal(error, retry=False, fallback=fallback, verbatim=True)


def asked_to_wait(response: Response) -> float | None:
    """Return for how long, in seconds, an upstream wants to be left alone; None = it did not say."""
    return retry_after_seconds(response.header(RETRY_AFTER), response.header(RETRY_AFTER_MS))


def retry_after_seconds(value: bytes | None, milliseconds: bytes | None = None) -> float | None:
    """Read `Retry-After`: seconds or an HTTP date (RFC 9110 section 10.2.3); None = neither.

    `milliseconds` is what OpenAI's and Anthropic's SDKs rather go by: `retry-after-ms`.
    """
    if milliseconds and _MILLISECONDS.fullmatch(milliseconds):
        return min(float(milliseconds) / 1000, MAX_RETRY_AFTER)
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
    return min(max(0.0, seconds), MAX_RETRY_AFTER) if math.isfinite(seconds) else None


class _ErrorBody(msgspec.Struct):
    error: Told | str


def _read(deployment: Deployment, body: bytes) -> Told | None:
    """Return an error in the protocol's shape; None = this body is not to be shown."""
    if len(body) > MAX_PASSED_BYTES:
        return None
    if deployment.api_key is not None and deployment.api_key.reveal().encode() in body:
        return None
    try:
        told = msgspec.json.decode(body, type=_ErrorBody | list[_ErrorBody])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if isinstance(told, list):  # Gemini's, where a stream was to be an array
        if not told:
            return None
        told = told[0]
    return Told(told.error) if isinstance(told.error, str) else told.error
