"""What protocols, and members of their requests, are called when wye speaks to people."""

from collections.abc import Mapping

from wye.protocols.lossiness.table import CHAT, COMPLETIONS, GEMINI, MESSAGES, OLLAMA, RESPONSES, TARGETS

DISPLAY: Mapping[str, str] = {
    CHAT: "OpenAI Chat",
    RESPONSES: "OpenAI Responses",
    MESSAGES: "Anthropic Messages",
    GEMINI: "Gemini",
    COMPLETIONS: "OpenAI Completions",
    OLLAMA: "Ollama",
    "openai_embeddings": "OpenAI Embeddings",
    "ollama_generate": "Ollama",
    "gemini_embed": "Gemini Embeddings",
    "ollama_embed": "Ollama Embeddings",
}
"""Protocol -> its name for people."""

_MEMBERS: Mapping[str, Mapping[str, str]] = {
    "choices": {CHAT: "n", COMPLETIONS: "n", GEMINI: "generationConfig.candidateCount"},
    "logprobs": {CHAT: "logprobs", RESPONSES: "top_logprobs", GEMINI: "generationConfig.responseLogprobs"},
    "stop": {
        CHAT: "stop",
        COMPLETIONS: "stop",
        MESSAGES: "stop_sequences",
        GEMINI: "generationConfig.stopSequences",
        OLLAMA: "options.stop",
    },
    "temperature": {
        CHAT: "temperature",
        RESPONSES: "temperature",
        COMPLETIONS: "temperature",
        GEMINI: "generationConfig.temperature",
        OLLAMA: "options.temperature",
    },
    "json_format": {
        CHAT: "response_format",
        RESPONSES: "text.format",
        MESSAGES: "output_config.format",
        GEMINI: "generationConfig.responseMimeType",
        OLLAMA: "format",
    },
    "functions": {CHAT: "functions"},
    "server_tool": dict.fromkeys((CHAT, RESPONSES, MESSAGES, GEMINI), "tools"),
    "tool_choice": {
        CHAT: "tool_choice",
        RESPONSES: "tool_choice",
        MESSAGES: "tool_choice",
        GEMINI: "toolConfig.functionCallingConfig",
    },
}
"""Feature -> protocol -> the member of its requests that says it. Features in many places are left out."""
_TOLD: Mapping[str, str] = {
    "choices": "several answers at once",
    "logprobs": "log probabilities",
    "json_format": "JSON of any shape",
    "functions": "the deprecated functions",
}
"""Features whose rows name the members of all protocols -> what to say instead, beside the client's own."""


def display(protocol: str) -> str:
    """Return the name of a protocol for people."""
    return DISPLAY.get(protocol, protocol)


def member(feature: str, source: str) -> str | None:
    """Return the one member that says `feature` in requests of `source`; None = there is no such one."""
    return _MEMBERS.get(feature, {}).get(source)


def told(feature: str, what: str, source: str) -> str:
    """Return `what` a feature is, with the member of `source` that says it."""
    name = member(feature, source)
    return what if name is None else f"{_TOLD.get(feature, what)} (`{name}`)"


def way_out(param: str | None, source: str) -> str:
    """Return what a client of `source` may do whose request is refused; `param` is to blame, if any."""
    api = DISPLAY[source] if source in TARGETS else DISPLAY[CHAT]
    ask = f"sk for a model that speaks {api}."
    return f"A{ask}" if param is None else f"Leave `{param}` out, or a{ask}"
