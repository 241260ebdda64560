"""All dialects and codecs, and what is known to go through them."""

from typing import Any

from golden import answers, gemini, requests, responses
from protocols.both import Dialect
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.anthropic.count import AnthropicCount
from wye.protocols.chat.codec import OpenAIChat
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.codec import Codec, NativeCodec
from wye.protocols.completions.codec import OpenAICompletions
from wye.protocols.completions.dialect import OpenAICompletionsDialect
from wye.protocols.gemini.codec import Gemini
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.lossiness.table import CHAT, COMPLETIONS, GEMINI, MESSAGES, OLLAMA, RESPONSES
from wye.protocols.ollama.codec import Ollama, OllamaDialect
from wye.protocols.openai.embeddings import OpenAIEmbeddings
from wye.protocols.responses.codec import OpenAIResponses
from wye.protocols.responses.dialect import OpenAIResponsesDialect
from wye.protocols.translate import DownstreamDialect, Wire


def clock() -> int:
    return 1_760_000_001


def mint(prefix: str) -> str:
    return f"{prefix}minted"


WIRE = Wire(model="upstream-m")
DIALECTS: dict[str, Dialect] = {
    CHAT: OpenAIChatDialect(clock),
    RESPONSES: OpenAIResponsesDialect(clock=clock, mint=mint),
    MESSAGES: AnthropicMessages(),
    GEMINI: GeminiDialect(),
}
DOWNSTREAM: dict[str, DownstreamDialect] = {
    **DIALECTS,
    COMPLETIONS: OpenAICompletionsDialect(clock),
    OLLAMA: OllamaDialect(lambda: clock() * 10**9),
}
NATIVE: dict[str, NativeCodec] = {
    CHAT: OpenAIChat(),
    RESPONSES: OpenAIResponses(),
    MESSAGES: AnthropicMessages(),
    GEMINI: Gemini("m", stream=True),
}
CODECS: dict[str, Codec] = {
    **NATIVE,
    COMPLETIONS: OpenAICompletions(),
    OLLAMA: Ollama(),
    "anthropic_count": AnthropicCount(),
    "openai_embeddings": OpenAIEmbeddings(),
}
REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    CHAT: requests.CHAT,
    RESPONSES: responses.REQUESTS,
    MESSAGES: requests.CLAUDE,
    GEMINI: gemini.REQUESTS,
    COMPLETIONS: requests.COMPLETIONS,
    OLLAMA: requests.OLLAMA,
    "anthropic_count": requests.CLAUDE,
    "openai_embeddings": requests.EMBEDDINGS,
}
ANSWERS: dict[str, dict[str, dict[str, Any]]] = {
    CHAT: answers.CHAT,
    RESPONSES: responses.ANSWERS,
    MESSAGES: answers.CLAUDE,
    GEMINI: gemini.ANSWERS,
}
STREAMS: dict[str, dict[str, str]] = {
    CHAT: answers.CHAT_STREAMS,
    RESPONSES: responses.STREAMS,
    MESSAGES: answers.CLAUDE_STREAMS,
    GEMINI: gemini.STREAMS,
}
