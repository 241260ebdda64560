"""What the clients' own APIs have and wye has not: a request for it is told so, and what to do instead.

The answer is a 404: no SDK tries that again (OpenAI's and Anthropic's repeat 408, 409, 429 and 5xx), and each
raises it with the message.
"""

import re

from wye.core.errors import NotFoundError

_CONTENT = "put the content into the request itself"
_ONE_BY_ONE = "send the requests one by one"
_TEXT = "wye serves models that answer in text, and embeddings"
_STATE = "keep the conversation on your side, or use POST /v1/responses"
_PROVIDER = "it exists at its own provider only, to be called directly"
_ENGINE = "models are loaded and removed by their engines, and named in wye.yaml"
_GEMINI = "/v1(?:beta|alpha)?"

_INSTEAD: tuple[tuple[str, str], ...] = (
    # OpenAI and Anthropic
    ("/v1/(files|uploads)", _CONTENT),
    ("/v1/(messages/)?batches", _ONE_BY_ONE),
    ("/v1/(audio|realtime|images|videos|moderations)", _TEXT),
    ("/v1/(assistants|threads|conversations)", _STATE),
    ("/v1/(vector_stores|containers|skills|evals|chatkit|agents|environments|sessions)", _PROVIDER),
    ("/v1/(fine_tuning|organization|organizations)", _PROVIDER),
    ("/v1/complete", "use POST /v1/messages"),
    # Gemini
    (f"(/upload)?{_GEMINI}/files", _CONTENT),
    (f"{_GEMINI}/cachedContents", "send it with each request: upstreams cache how requests begin"),
    (rf"{_GEMINI}/(batches|models/.+:(b|asyncB)atch\w+)", _ONE_BY_ONE),
    (rf"{_GEMINI}/models/.+:(predict|bidi)\w*", _TEXT),
    (f"{_GEMINI}/(fileSearchStores|tunedModels|corpora|operations|auth_tokens)", _PROVIDER),
    (f"{_GEMINI}/interactions", "use models.generateContent"),
    # Ollama
    ("/api/(pull|push|create|copy|delete|blobs|ps)", _ENGINE),
    ("/api/(me|signout|user|status|experimental)", _PROVIDER),
)
"""Where paths begin, and what to do instead."""
_KNOWN = tuple((re.compile(f"(?:{path})(?:/.*)?"), instead) for path, instead in _INSTEAD)
_LONGEST = 512
"""Characters of a path that is looked at."""


class NotServedError(NotFoundError):
    """A part of the client's API that wye has not."""

    kind = "not_served"


def unserved(method: str, path: str) -> NotServedError | None:
    """Return the error for a path of an API that is known; None = of none."""
    if len(path) > _LONGEST:
        return None
    for pattern, instead in _KNOWN:
        if pattern.fullmatch(path):
            return NotServedError(f"wye does not serve {method} {path}: {instead}")
    return None
