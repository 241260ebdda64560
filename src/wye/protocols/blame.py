"""What an upstream blames a request for, and the words by which clients know it. Pure.

Agents shorten a conversation, or choose another model, when they find the code or the words that their own
provider uses: OpenAI's `context_length_exceeded`, Anthropic's "prompt is too long: 9 tokens > 8 maximum",
Google's "The input token count (9) exceeds the maximum number of tokens allowed (8)".
"""

import re
from typing import Literal

import msgspec

from wye.core.errors import FILTERED, NO_MODEL, TOO_LONG, UNSAID, Said, UpstreamRefusedError, WyeError

_MAX_WORD = 200
_KINDS = {
    "context_length_exceeded": TOO_LONG,
    "exceed_context_size_error": TOO_LONG,  # llama.cpp's server
    "content_filter": FILTERED,
    "content_policy_violation": FILTERED,
    "model_not_found": NO_MODEL,
}
_LONG = re.compile(
    r"prompt is too long|input token count .{0,40}exceeds|maximum context length|exceeds? (?:the |its )?"
    r"(?:available |model'?s? |maximum )*context|exceed context limit|input (?:is|length) .{0,40}too long",
    re.IGNORECASE,
)
_FILTER = re.compile(r"content filtering policy|content management policy|content policy", re.IGNORECASE)
_COUNT = re.compile(
    r"\b([0-9]{1,9}) (?:input )?tokens\b|\b([0-9]{1,9}) maximum\b|\(([0-9]{1,9})(?: tokens)?\)"
)
_NOT_FOUND = 404

Client = Literal["openai", "anthropic", "gemini"]
_LIST = "GET /v1/models"
_LISTS: dict[str, str] = {"gemini": "GET /v1beta/models", "ollama": "GET /api/tags"}


class Told(msgspec.Struct):
    """The error of an upstream's answer, in any protocol's shape."""

    message: str = ""
    type: object = None
    param: object = None
    code: object = None
    status: object = None
    """Google's word for the code."""


def blamed(status: int, message: str, told: Told, *, openai: bool) -> UpstreamRefusedError:
    """Return the error for a 4xx that blames the request. `openai`: the upstream speaks a protocol of its."""
    said = Said(_word(told.type), _word(told.param), _word(told.code))
    kind = _kind(status, told.message, said)
    tokens = _tokens(told.message) if kind == TOO_LONG else None
    return UpstreamRefusedError(status, message, kind=kind, said=said if openai else UNSAID, tokens=tokens)


def own_paths(client: str, message: str) -> str:
    """Return `message` with the path by which such a client lists models."""
    return message.replace(_LIST, _LISTS[client]) if client in _LISTS else message


def told_by(client: Client, error: WyeError) -> str:
    """Return the message of `error`, led in by the words that such a client looks for."""
    if not isinstance(error, UpstreamRefusedError):
        return own_paths(client, error.message)
    words = _words(client, error)
    return (
        error.message if not words or words.lower() in error.message.lower() else f"{words}: {error.message}"
    )


def _words(client: Client, error: UpstreamRefusedError) -> str:
    if error.kind == FILTERED:
        return "Output blocked by content filtering policy" if client == "anthropic" else ""
    if error.kind != TOO_LONG:
        return ""
    sent, most = error.tokens or (0, 0)
    match client:
        case "openai":
            return (
                f"This model's maximum context length is {most} tokens" if most else "maximum context length"
            )
        case "anthropic":
            return f"prompt is too long: {sent} tokens > {most} maximum" if most else "prompt is too long"
        case "gemini":
            counts = (f" ({sent})", f" ({most})") if most else ("", "")
            return f"The input token count{counts[0]} exceeds the maximum number of tokens allowed{counts[1]}"


def _kind(status: int, message: str, said: Said) -> str:
    """Return what is blamed; empty = nothing that clients act on."""
    if kind := _KINDS.get(said.code) or _KINDS.get(said.type):
        return kind
    if status == _NOT_FOUND:
        return NO_MODEL if "model" in message.lower() else ""
    if _LONG.search(message):
        return TOO_LONG
    return FILTERED if _FILTER.search(message) else ""


def _word(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= _MAX_WORD else ""


def _tokens(message: str) -> tuple[int, int] | None:
    """Return how many tokens were sent and how many may be, as the first two counts in `message` say."""
    counts = [int(next(filter(None, found))) for found in _COUNT.findall(message)[:2]]
    return (max(counts), min(counts)) if len(set(counts)) > 1 and min(counts) else None
