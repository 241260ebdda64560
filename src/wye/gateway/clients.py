"""Whose client asks, where the path alone does not say it: it gets lists and errors in its own protocol."""

from collections.abc import Callable
from typing import NamedTuple

from wye.core.errors import WyeError
from wye.gateway.listener.exchange import Scope
from wye.protocols.anthropic import errors as anthropic_errors
from wye.protocols.gemini import errors as gemini_errors
from wye.protocols.ollama.codec import Ollama
from wye.protocols.openai import errors as openai_errors


class Client(NamedTuple):
    """How a client is told of errors."""

    protocol: str
    error: Callable[[WyeError, str], bytes]
    """(error, request id) -> body."""
    request_id_headers: tuple[str, ...] = ("x-request-id",)
    routes: tuple[str, ...] = ("/v1/chat/completions", "/v1/responses", "/v1/completions", "/v1/embeddings")
    """Paths of the model routes that such clients know."""


_METHODS = ("generateContent", "streamGenerateContent", "countTokens", "embedContent")
OPENAI = Client("openai", openai_errors.error_body)
ANTHROPIC = Client(
    "anthropic",
    anthropic_errors.error_body,
    ("request-id", "x-request-id"),
    ("/v1/messages", "/v1/messages/count_tokens"),
)
GEMINI = Client(
    "gemini", gemini_errors.error_body, routes=tuple(f"/v1beta/models/MODEL:{one}" for one in _METHODS)
)
OLLAMA = Client("ollama", Ollama().error, routes=("/api/chat", "/api/generate", "/api/embed"))

_PATHS = {
    "/v1/messages": ANTHROPIC,
    "/v1/complete": ANTHROPIC,
    "/v1beta": GEMINI,
    "/v1alpha": GEMINI,
    "/upload/v1": GEMINI,
    "/upload/v1beta": GEMINI,
    "/api": OLLAMA,
}
"""Where paths begin that only one API has."""
_HEADERS = {
    b"anthropic-version": ANTHROPIC,
    b"anthropic-beta": ANTHROPIC,
    b"x-goog-api-key": GEMINI,
    b"x-goog-api-client": GEMINI,
}


def client_of(scope: Scope) -> Client:
    """Return whose client sent a request: by its path, else by what it says of itself, else OpenAI's."""
    path: str = scope["path"]
    for start, client in _PATHS.items():
        if path == start or path.startswith(start + "/"):
            return client
    if scope["method"] == "POST" and path.startswith("/v1/models/"):
        return GEMINI  # the others have no methods of a model
    return next((_HEADERS[name] for name, _ in scope["headers"] if name in _HEADERS), OPENAI)
