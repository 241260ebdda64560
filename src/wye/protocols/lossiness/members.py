"""The contract for members of a request that wye has no canonical place for, by the protocol they are of."""

from collections.abc import Mapping
from typing import Any

from wye.protocols.lossiness.table import CHAT, COMPLETIONS, GEMINI, MESSAGES, OLLAMA, RESPONSES

_ELSEWHERE = "it exists at its own provider only"
_SEARCH = "the search runs at its own provider"
_TEXT_ONLY = "it answers in text"
_NOT_HELD = "it cannot be held to it"
_TURNS = "the turns before are at its own provider"

REFUSED: Mapping[str, Mapping[str, str]] = {
    CHAT: {
        "modalities": _TEXT_ONLY,
        "audio": _TEXT_ONLY,
        "web_search_options": _SEARCH,
        "search_parameters": _SEARCH,
        "search_settings": _SEARCH,
        "plugins": "they run at their own provider",
        "preset": "its own provider alone knows what it holds",
        "messages[].prefix": "it does not go on where a turn ends",
        "response_format": "this kind of format is not known",
        "guided_json": _NOT_HELD,
        "guided_regex": _NOT_HELD,
        "guided_choice": _NOT_HELD,
        "guided_grammar": _NOT_HELD,
        "structured_outputs": _NOT_HELD,
        "grammar": _NOT_HELD,
    },
    RESPONSES: {
        "previous_response_id": _TURNS,
        "conversation": _TURNS,
        "prompt": "its own provider alone knows the template",
        "background": "nobody would be there to fetch the answer from",
        "context_management": "only its own provider compacts",
        "text.format": "this kind of format is not known",
    },
    MESSAGES: {
        "container": _ELSEWHERE,
        "mcp_servers": "they are called by the provider",
        "inference_geo": "where the data goes cannot be kept",
    },
    GEMINI: {
        "cachedContent": _ELSEWHERE,
        "generationConfig.responseModalities": _TEXT_ONLY,
        "generationConfig.speechConfig": _TEXT_ONLY,
        "generationConfig.imageConfig": _TEXT_ONLY,
    },
    COMPLETIONS: {
        "suffix": "it cannot write what stands before a text",
        "echo": "it does not repeat the prompt",
        "best_of": "it gives one answer",
    },
    OLLAMA: {
        "raw": "it does not take a prompt as it is",
        "suffix": "it cannot write what stands before a text",
        "template": "it has its own",
        "context": "it is the engine's own form of the turns before: use /api/chat",
    },
}
"""Members of a request that wye has no canonical place for and whose loss changes the meaning, by source.

Any other such member is annotated under its own name.
"""

INSTEAD: Mapping[str, Mapping[str, str]] = {
    RESPONSES: {
        "web_search": 'leave it out; Codex does with -c web_search="disabled"',
        "web_search_preview": "leave it out",
        "image_generation": "leave it out; Codex does with -c features.image_generation=false",
        "namespace": "offer its tools as functions; Codex leaves it out with -c features.multi_agent=false",
        "local_shell": "offer a function for commands; Codex does with -c features.unified_exec=true",
        "shell": "offer a function for commands; Codex does with -c features.unified_exec=true",
        "apply_patch": "offer a custom tool of that name, which any upstream gets, as Codex does",
        "additional_tools": "put them into `tools`; Codex does for a model that it does not know, as `auto`",
    },
}
"""Tools and items that only one protocol has, by their type -> what to do, for who gets them refused."""

INSIDE: Mapping[str, frozenset[str]] = {
    CHAT: frozenset({"stream_options"}),
    RESPONSES: frozenset({"text", "reasoning", "stream_options"}),
    MESSAGES: frozenset({"output_config"}),
    GEMINI: frozenset({"generationConfig", "toolConfig"}),
    OLLAMA: frozenset({"options"}),
}
"""Objects of a request whose members are told one by one: `generationConfig.speechConfig`."""

PLAIN: Mapping[str, tuple[Any, ...]] = {
    "modalities": (["text"],),
    "generationConfig.responseModalities": (["TEXT"], []),
    "background": (False,),
    "store": (False,),
    "include": (["reasoning.encrypted_content"],),
    "truncation": ("disabled",),
    "service_tier": ("auto",),
    "stream_options.include_obfuscation": (False,),
    "echo": (False,),
    "best_of": (1,),
    "suffix": ("",),
    "raw": (False,),
    "context": ([],),
    "template": ("",),
}
"""Values that say only what holds anyway: to leave them out is no loss."""

KIN: Mapping[tuple[str, str], frozenset[str]] = {
    (CHAT, RESPONSES): frozenset(
        {
            "metadata",
            "service_tier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "safety_identifier",
            "verbosity",
        }
    ),
    (RESPONSES, CHAT): frozenset(
        {
            "service_tier",
            "prompt_cache_key",
            "prompt_cache_retention",
            "safety_identifier",
            "text.verbosity",
        }
    ),
}
"""(source, target) -> members without a canonical place that the target has as well, and gets.

Of the upstreams that speak Chat OpenAI alone has them; it takes `metadata` only with `store`."""
