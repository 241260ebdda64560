"""A request that asks its provider to keep the prompt beyond the answer goes where a policy permits that too.

What a provider caches unasked no request can change: that is a matter of contracts (`zero_retention_until`).
"""

import re
from typing import Any

import msgspec

from wye.core.decision import Verdict

ASKING = frozenset(
    {
        *("cache_control", "prompt_cache_retention", "prompt_cache_breakpoint"),
        *("cachedContent", "cached_content"),
    }
)
"""Members by which clients ask for it: Anthropic's, OpenAI's, Gemini's."""
_CACHE = "cache"
_MAY = re.compile(rb"cache|\\u")
_REASON = "a rule forbids that it keeps the prompt: leave out `{}`"


def as_asked(verdict: Verdict, body: bytes) -> Verdict:
    """Return the verdict on a request with that body: fewer may answer it if it asks for a cache."""
    allowed = verdict.narrowed.get(_CACHE)
    named = "" if allowed is None else asked(body)
    if allowed is None or not named:
        return verdict
    refused = dict.fromkeys(verdict.permitted - allowed, _REASON.format(named))
    return msgspec.structs.replace(
        verdict,
        permitted=allowed,
        refused=verdict.refused | refused,
        narrowed={action: ids & allowed for action, ids in verdict.narrowed.items()},
    )


def asked(body: bytes) -> str:
    """Return by which member a body asks for a cache, wherever it stands; empty = by none."""
    if not _MAY.search(body):
        return ""
    try:
        return _asked(msgspec.json.decode(body))
    except (msgspec.DecodeError, RecursionError):
        return min(ASKING)  # what cannot be read may ask for anything


def _asked(node: Any) -> str:  # noqa: ANN401  # decoded JSON
    if isinstance(node, dict):
        for name, value in node.items():
            if name in ASKING and value is not None:
                return str(name)
        node = node.values()
    elif not isinstance(node, list):
        return ""
    return next(filter(None, map(_asked, node)), "")
