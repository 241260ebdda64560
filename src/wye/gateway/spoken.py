"""The protocols spoken here: routes for clients, and what stands between a client's and an upstream's."""

from wye.core.chat import Chat
from wye.core.request import Request
from wye.gateway.crossing import CannotCarryError, Crossing, Shore
from wye.gateway.target import ANTHROPIC, Target
from wye.protocols.anthropic_count import AnthropicCount
from wye.protocols.anthropic_messages import AnthropicMessages
from wye.protocols.codec import Codec
from wye.protocols.openai_chat import OpenAIChat
from wye.protocols.openai_chat_dialect import OpenAIChatDialect
from wye.protocols.openai_embeddings import OpenAIEmbeddings
from wye.protocols.translate import Dialect

CHAT = OpenAIChat()
MESSAGES = AnthropicMessages()

MODEL_ROUTES: dict[str, Codec] = {
    "/v1/chat/completions": CHAT,
    "/v1/embeddings": OpenAIEmbeddings(),
    "/v1/messages": MESSAGES,
    "/v1/messages/count_tokens": AnthropicCount(),
}
_DIALECTS: dict[str, tuple[Dialect, bytes]] = {
    "openai_chat": (OpenAIChatDialect(), CHAT.target),
    "anthropic_messages": (MESSAGES, MESSAGES.target),
}
"""Protocol -> how it is translated, and its path below an upstream's base path."""


def read(request: Request) -> Chat:
    """Return what `request` means. Raises `BadRequestError`."""
    known = _DIALECTS.get(request.protocol)
    if known is None:
        message = f"{request.protocol} cannot be translated for an upstream of another protocol"
        raise CannotCarryError(message, param="model")
    return known[0].read_request(request.body)


def crossing(request: Request, chat: Chat, target: Target, *, betas: bool) -> Crossing:
    """Return what translates `request`, which means `chat`, for `target`. Raises `BadRequestError`."""
    source, _ = _DIALECTS[request.protocol]
    to = Shore(*_DIALECTS[target.deployment.protocol], target.wire)
    return Crossing(
        chat,
        source,
        to,
        wants_usage=request.wants_usage,
        betas=betas and target.deployment.protocol != ANTHROPIC,
    )
