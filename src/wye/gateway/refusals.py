"""What an upstream's error answer means: whose fault it is and what to try next. Pure."""

import email.utils
import math
import re
import time
from typing import NamedTuple

from wye.catalog.deployments import Deployment
from wye.catalog.providers import ENGINES
from wye.core.errors import (
    RateLimitError,
    UpstreamError,
    UpstreamOverloadedError,
    UpstreamQuotaError,
    WyeError,
)
from wye.gateway.complaints import Complaint, complaint, is_out_of_credit, status_of
from wye.protocols.blame import blamed
from wye.protocols.codec import Relay
from wye.protocols.ratelimits import RETRY_AFTER, RETRY_AFTER_MS
from wye.protocols.wire.relay import BROKEN
from wye.providers.transport.response import Response

_OURS = frozenset({401, 403})
"""The upstream refuses wye's own credentials or account, not the client's request."""
_BUSY = frozenset({503, 529})
"""529 is Anthropic's."""
OVERLOADED = {"anthropic_messages": 529, "anthropic_count_tokens": 529}
"""Client's protocol -> the status by which its SDK knows that, if it is not 503."""
NO_CREDIT = {"anthropic_messages": 402, "anthropic_count_tokens": 402}
"""Client's protocol -> the status by which its SDK knows that, if it is not 429."""
_PASSING = frozenset({408, 409, 429})
_NOT_THE_REQUEST = frozenset({404, 408, 409, 429}) | _OURS
_KEY_OF_GOOGLES = b'"API_KEY_INVALID"'
"""Google says 400 where others say 401."""
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
    """The client may be told the upstream's own words: it blames the request."""
    shaped: bool = True
    """The body has the shape that the clients of the upstream's protocol know."""
    retry_after: float | None = None
    """Seconds, as the upstream said."""


def refusal(deployment: Deployment, status: int, body: bytes, retry_after: float | None) -> Refusal:
    """Classify an upstream's answer with a status other than 2xx."""
    name = deployment.id
    if status < 400:  # noqa: PLR2004  # 1xx never arrive here, so this is 3xx
        return _elsewhere(f"'{name}' answered with a redirect ({status}), which is never followed")
    if is_out_of_credit(status, _read(deployment, body)):
        message = f"'{name}' has no credit left at its provider (status {status}): top the account up"
        return Refusal(UpstreamQuotaError(message), retry=False, fallback=True, verbatim=False)
    if status in _OURS or (status == 400 and _KEY_OF_GOOGLES in body):  # noqa: PLR2004  # Bad Request
        return _elsewhere(
            f"'{name}' refused wye's own credentials ({status}); check the provider's key and account"
        )
    if status >= 500 or status in _PASSING:  # noqa: PLR2004  # server errors
        error = _passing(name, status, retry_after)
        return Refusal(error, retry=True, fallback=True, verbatim=False, retry_after=retry_after)
    return _blamed(deployment, status, body)


def _elsewhere(message: str) -> Refusal:
    """Return that this upstream cannot be asked, and others can."""
    return Refusal(UpstreamError(message), retry=False, fallback=True, verbatim=False)


def _passing(name: str, status: int, retry_after: float | None) -> WyeError:
    """Return the error for a failure that may pass."""
    if status == 429:  # noqa: PLR2004  # Too Many Requests, RFC 6585
        seconds = 1.0 if retry_after is None else retry_after
        message = f"'{name}' is rate limited upstream; try again in {seconds:.0f} s"
        return RateLimitError(message, retry_after=seconds)
    if status in _BUSY:
        message = f"'{name}' is overloaded (status {status})"
        return UpstreamOverloadedError(message, retry_after=retry_after)
    return UpstreamError(f"'{name}' failed with status {status}")


def refusal_within(deployment: Deployment, body: bytes) -> Refusal | None:
    """Classify an error that came with a 200: in place of an answer, or as a stream's first event.

    None = it does not say what is wrong in a way that has a status.
    """
    told = _read(deployment, body)
    status = None if told is None else status_of(told.error)
    return None if status is None else refusal(deployment, status, body, None)


def broke(deployment: Deployment, relay: Relay) -> str:
    """Return what broke a stream, in the upstream's own words unless they tell wye's key; empty = nothing."""
    key = deployment.api_key
    if relay.trouble and key is not None and key.reveal().encode() in relay.trouble:
        return BROKEN
    return relay.error


def broken_off(deployment: Deployment, wrong: str) -> UpstreamError:
    """Return the error of an answer that broke off. Only what comes before a colon is wye's own words."""
    return UpstreamError(f"'{deployment.id}': {wrong}").note(f"'{deployment.id}': {wrong.partition(':')[0]}")


def _blamed(deployment: Deployment, status: int, body: bytes) -> Refusal:
    """Classify a 4xx that blames the request."""
    name, fallback = deployment.id, status in _NOT_THE_REQUEST
    told = _read(deployment, body)
    if told is None:
        error = UpstreamError(f"'{name}' refused the request with status {status}")
        return Refusal(error, retry=False, fallback=fallback, verbatim=False)
    words = f": {told.error.message[:MAX_WORDS]}" if told.error.message else ""
    message = f"'{name}' refused the request with status {status}{words}"
    error = blamed(status, message, told.error, openai=deployment.protocol.startswith("openai"))
    error.note(f"'{name}' refused the request with status {status}")  # the words may be the prompt's
    shaped = told.shaped and deployment.provider not in ENGINES  # theirs have no code that agents act on
    return Refusal(error, retry=False, fallback=fallback, verbatim=True, shaped=shaped)


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


def _read(deployment: Deployment, body: bytes) -> Complaint | None:
    """Return the error that a body tells; None = this body is not to be shown."""
    key = deployment.api_key
    return None if key is not None and key.reveal().encode() in body else complaint(body)
