"""The protocols spoken here: routes for clients, and what stands between a client's and an upstream's."""

from collections.abc import Callable
from typing import TypeVar

from wye.core.chat import Chat, Extras
from wye.core.errors import CannotCarryError
from wye.core.request import Request
from wye.gateway.crossing import Crossing, Shore, as_stream
from wye.gateway.target import ANTHROPIC, Target
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.anthropic.count import AnthropicCount
from wye.protocols.chat.codec import OpenAIChat
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.codec import Codec
from wye.protocols.completions.codec import OpenAICompletions
from wye.protocols.completions.dialect import OpenAICompletionsDialect
from wye.protocols.gemini.codec import ARRAY_NAME
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.gemini.framing import ARRAY, EVENTS, Framing
from wye.protocols.gemini.parts import NAME as GEMINI
from wye.protocols.gemini.paths import gemini_at
from wye.protocols.ollama.codec import GENERATE, Ollama, OllamaDialect, OllamaGenerate
from wye.protocols.ollama.embed import OllamaEmbed
from wye.protocols.openai.embeddings import OpenAIEmbeddings
from wye.protocols.responses.codec import OpenAIResponses
from wye.protocols.responses.compact import OpenAIResponsesCompact
from wye.protocols.responses.count import OpenAIResponsesCount
from wye.protocols.responses.dialect import OpenAIResponsesDialect
from wye.protocols.translate import DownstreamDialect, UpstreamDialect

D = TypeVar("D")
CHAT = OpenAIChat()
MESSAGES = AnthropicMessages()
OLLAMA = Ollama()
_CHAT_DIALECT = OpenAIChatDialect()
_COMPLETIONS_DIALECT = OpenAICompletionsDialect()
_RESPONSES_DIALECT = OpenAIResponsesDialect()

MODEL_ROUTES: dict[str, Codec] = {
    "/v1/chat/completions": CHAT,
    "/v1/completions": OpenAICompletions(),
    "/v1/embeddings": OpenAIEmbeddings(),
    "/v1/responses": OpenAIResponses(),
    "/v1/responses/input_tokens": OpenAIResponsesCount(),
    "/v1/responses/compact": OpenAIResponsesCompact(),
    "/v1/messages": MESSAGES,
    "/v1/messages/count_tokens": AnthropicCount(),
    "/api/chat": OLLAMA,
    "/api/generate": OllamaGenerate(),
    "/api/embed": OllamaEmbed(),
    "/api/embeddings": OllamaEmbed(older=True),
}
_DOWNSTREAM: dict[str, Callable[[Request, Extras], DownstreamDialect]] = {
    "openai_chat": lambda _request, _echo: _CHAT_DIALECT,
    "openai_completions": lambda _request, _echo: _COMPLETIONS_DIALECT,
    "openai_responses": lambda request, echo: OpenAIResponsesDialect(request.body, echo),
    "anthropic_messages": lambda _request, _echo: MESSAGES,
    GEMINI: lambda request, _echo: _gemini(request, EVENTS),
    ARRAY_NAME: lambda request, _echo: _gemini(request, ARRAY),
    "ollama": lambda _request, _echo: OllamaDialect(),  # its answers say how long they took
    GENERATE: lambda _request, _echo: OllamaDialect(prompt=True),
}
"""Protocol -> what speaks it to the client of one request, told what its answers say of themselves."""
_UPSTREAM: dict[str, UpstreamDialect] = {
    dialect.name: dialect for dialect in (_CHAT_DIALECT, _RESPONSES_DIALECT, MESSAGES, GeminiDialect())
}


def codec_at(path: str, query: bytes) -> Codec | None:
    """Return what a model route speaks; None = there is none at `path`."""
    codec = MODEL_ROUTES.get(path)
    return gemini_at(path, query) if codec is None else codec


def _gemini(request: Request, framing: Framing) -> GeminiDialect:
    """Return what knows of the request's URL: there stand its model, and whether it is for a stream."""
    return GeminiDialect(request.model, stream=request.stream, framing=framing)


def read(request: Request) -> Chat:
    """Return what `request` means. Raises `BadRequestError`."""
    return _known(_DOWNSTREAM, request.protocol, request)(request, {}).read_request(request.body)


def crossing(request: Request, chat: Chat, target: Target, *, betas: bool, echo: Extras) -> Crossing:
    """Return what translates `request`, which means `chat`, for `target`. Raises `BadRequestError`.

    `echo`: what an answer in the client's protocol says of itself beyond the upstream's.
    """
    deployment = target.deployment
    protocol = deployment.protocol
    custom = not deployment.emulates_custom_tools(request.protocol)
    return Crossing(
        chat,
        _known(_DOWNSTREAM, request.protocol, request)(request, echo),
        Shore(_known(_UPSTREAM, protocol, request), target.wire, deployment.emulates_tools, custom),
        wants_usage=request.wants_usage,
        betas=betas and protocol != ANTHROPIC,
    )


def streamed(request: Request, body: bytes, echo: Extras) -> bytes:
    """Return as a stream the whole answer of an upstream that speaks the client's protocol.

    Raises `ValueError` if it is none, or nothing here reads it.
    """
    answer = answerer(request).read_answer(body)
    source = _known(_DOWNSTREAM, request.protocol, request)(request, echo)
    return as_stream(answer, source, wants_usage=request.wants_usage)


def answerer(request: Request) -> UpstreamDialect:
    """Return what reads answers in the client's protocol. Raises `ValueError` if nothing here does."""
    dialect = _UPSTREAM.get(request.protocol)
    if dialect is None:
        message = f"{request.protocol} has no reader of whole answers"
        raise ValueError(message)
    return dialect


def _known(dialects: dict[str, D], protocol: str, request: Request) -> D:
    dialect = dialects.get(protocol)
    if dialect is None:
        message = f"{request.protocol} cannot be translated for an upstream of another protocol"
        raise CannotCarryError(message, param="model")
    return dialect
