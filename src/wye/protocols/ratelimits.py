"""What an upstream's headers say of its limits, in the words of the client's protocol. Pure.

Sources: OpenAI, "Rate limits in headers" (`x-ratelimit-limit-requests`; resets are durations, `6m0s`);
Anthropic, "Rate limits: response headers" (`anthropic-ratelimit-requests-limit`; resets are RFC 3339
times); RFC 9110 section 10.2.3. Gemini and Ollama have none but `Retry-After`.
"""

import datetime as dt
import math
import re
import time
from collections.abc import Iterable, Sequence

RETRY_AFTER = b"retry-after"
RETRY_AFTER_MS = b"retry-after-ms"
"""What OpenAI's and Anthropic's SDKs look for first."""
_RETRIES = frozenset({RETRY_AFTER, RETRY_AFTER_MS})
_OPENAI, _ANTHROPIC = b"x-ratelimit-", b"anthropic-ratelimit-"
_FIRST = (_OPENAI, _ANTHROPIC, RETRY_AFTER)
_BYTES = b"xar"
"""How each of them begins: half the time of asking for the whole of it first."""
MAX_LINES = 32
_NAME = re.compile(rb"[a-z0-9-]{1,80}")
_VALUE = re.compile(rb"[!-~](?:[ -~]{0,98}[!-~])?")
_TO_ANTHROPIC = {
    b"x-ratelimit-%b-%b" % (what, of): b"anthropic-ratelimit-%b-%b" % (of, what)
    for of in (b"requests", b"tokens")
    for what in (b"limit", b"remaining", b"reset")
}
_TO_OPENAI = {theirs: ours for ours, theirs in _TO_ANTHROPIC.items()}
_Words = tuple[tuple[bytes, ...], dict[bytes, bytes]]
"""How a protocol's headers begin, and its names for those of others."""
_OF_OPENAI: _Words = ((_OPENAI,), _TO_OPENAI)
_OWN: dict[str, _Words] = {
    "openai_chat": _OF_OPENAI,
    "openai_completions": _OF_OPENAI,
    "openai_responses": _OF_OPENAI,
    "anthropic_messages": ((_ANTHROPIC,), _TO_ANTHROPIC),
}
_NONE: _Words = ((), {})
_ALL: _Words = (_FIRST, {})
_DURATION = re.compile(
    rb"(?=[0-9])(?:([0-9]{1,4})h)?(?:([0-9]{1,5})m(?!s))?(?:([0-9]{1,7}(?:\.[0-9]{1,9})?)s)?"
    rb"(?:([0-9]{1,9}(?:\.[0-9]{1,9})?)ms)?"
)
_SECONDS = re.compile(rb"[0-9]{1,6}(?:\.[0-9]{1,9})?")
_COUNT = re.compile(rb"[0-9]{1,15}")
_MINUTE, _HOUR = 60, 3600

Headers = Iterable[tuple[bytes, bytes]]


def limit_headers(headers: Headers, protocol: str | None = None) -> list[tuple[bytes, bytes]]:
    """Return the (lower-case name, value) pairs of an answer's `headers` that tell of limits.

    `protocol` is the client's, if it is not the upstream's: what has no word there is left out.
    """
    found = [pair for pair in headers if pair[0][0] in _BYTES and pair[0].startswith(_FIRST)]
    return _told(found, protocol) if found else found


def _told(found: Sequence[tuple[bytes, bytes]], protocol: str | None) -> list[tuple[bytes, bytes]]:
    own, names = _ALL if protocol is None else _OWN.get(protocol, _NONE)
    told: list[tuple[bytes, bytes]] = []
    for name, value in found[:MAX_LINES]:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            continue
        if name.startswith(RETRY_AFTER):
            if name in _RETRIES:
                told.append((name, value))
        elif name.startswith(own):
            told.append((name, value))
        elif (other := names.get(name)) and (said := _spelled(name, value)):
            told.append((other, said))
    return told


def _spelled(name: bytes, value: bytes) -> bytes | None:
    """Return a count or a reset in the other protocol's words; None = it is neither."""
    if b"reset" not in name:
        return value if _COUNT.fullmatch(value) else None
    if name.startswith(_ANTHROPIC):
        at = _moment(value)
        return None if at is None else _duration(at - time.time())
    seconds = _seconds(value)
    if seconds is None:
        return None
    at = math.ceil(time.time() + seconds)
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ").encode()


def _moment(value: bytes) -> float | None:
    try:
        at = dt.datetime.fromisoformat(value.decode("ascii"))
        return None if at.tzinfo is None else at.timestamp()
    except (ValueError, OverflowError):
        return None


def _duration(seconds: float) -> bytes:
    """Return whole seconds, never too early, as Go and OpenAI write them: `0s`, `6m0s`, `1h0m0s`."""
    left = max(0, math.ceil(seconds))
    hours, minutes = left // _HOUR, left // _MINUTE % _MINUTE
    if hours:
        return b"%dh%dm%ds" % (hours, minutes, left % _MINUTE)
    return b"%dm%ds" % (minutes, left % _MINUTE) if minutes else b"%ds" % left


def _seconds(value: bytes) -> float | None:
    """Read a duration such as `1h2m3.5s`, `20ms`, or plain seconds."""
    if _SECONDS.fullmatch(value):
        return float(value)
    read = _DURATION.fullmatch(value)
    if read is None:
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in read.groups())
    return hours * _HOUR + minutes * _MINUTE + seconds + milliseconds / 1000
