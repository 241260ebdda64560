"""The contract between protocols, as a table: what each of them cannot carry, and what becomes of it.

`losses.losses` reads it, docs/lossiness.md is generated from it and from `members`. What changes
the meaning of a request is refused before anything is sent; a lost hint leaves the answer what it is, and is
named in `x-wye-lost`. A further protocol is a further column, and the rows that only it has.

Sources: the API references of OpenAI (Chat Completions, Responses), Anthropic (Messages), Google (Gemini API,
`generateContent`) and Ollama.
"""

from collections.abc import Mapping
from typing import Literal

import msgspec

CHAT, RESPONSES, MESSAGES, GEMINI = "openai_chat", "openai_responses", "anthropic_messages", "gemini"
COMPLETIONS, OLLAMA = "openai_completions", "ollama"
"""Spoken by clients only."""
TARGETS = (CHAT, RESPONSES, MESSAGES, GEMINI)
SOURCES = (*TARGETS, COMPLETIONS, OLLAMA)


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of a feature in one target protocol."""

    kind: Literal["refuse", "annotate", "emulate"]
    """`emulate`: carried by other means, and marked (`x-wye-emulated`)."""
    why: str
    """What happens instead, for people."""


class Row(msgspec.Struct, frozen=True):
    """One feature. A target that is not in `into` carries it whole."""

    name: str
    """As `x-wye-lost` says it."""
    what: str
    of: tuple[str, ...]
    """The protocols whose clients can say it."""
    into: Mapping[str, Verdict]


def _refuse(why: str, *targets: str) -> dict[str, Verdict]:
    return dict.fromkeys(targets, Verdict("refuse", why))


def _hint(why: str, *targets: str) -> dict[str, Verdict]:
    return dict.fromkeys(targets, Verdict("annotate", why))


def _emulated(why: str, *targets: str) -> dict[str, Verdict]:
    return dict.fromkeys(targets, Verdict("emulate", why))


def _left_out(*targets: str) -> dict[str, Verdict]:
    return _hint("left out", *targets)


_FOUR = (CHAT, RESPONSES, MESSAGES, GEMINI)
_NO_ROOM = _hint("left out where `max_tokens` leaves no room for a budget", MESSAGES)

TABLE: tuple[Row, ...] = (
    Row(
        "server_tool",
        "a tool that the upstream runs itself (web search, code execution, MCP), or its models alone know",
        _FOUR,
        _refuse("it exists at its own provider only", *TARGETS),
    ),
    Row(
        "opaque",
        "content that only one protocol has: calls and results of server-side tools, containers, compactions",
        _FOUR,
        _refuse("nobody else can read it", *TARGETS),
    ),
    Row(
        "custom_tool",
        "a custom tool (free text or a grammar in place of JSON arguments), or a call of one",
        (CHAT, RESPONSES),
        _emulated(
            "a function with one text, `input`: its description tells the grammar, which nothing holds it to",
            MESSAGES,
            GEMINI,
        )
        | _emulated("as for the others, unless the upstream takes custom tools", CHAT),
    ),
    Row(
        "functions",
        "the deprecated `functions` and `function_call`",
        (CHAT,),
        _refuse(
            "the answer would hold `tool_calls`, which such a client does not read: use `tools`",
            RESPONSES,
            MESSAGES,
            GEMINI,
        ),
    ),
    Row(
        "signed_reasoning_in_loop",
        "thoughts signed or encrypted by another origin, since the user last spoke",
        _FOUR,
        _refuse("the tool loop they belong to cannot go on without them", *TARGETS),
    ),
    Row(
        "signed_reasoning",
        "thoughts signed or encrypted by another origin, of earlier turns",
        _FOUR,
        _hint("left out; where the upstream takes thoughts back, their text is sent", CHAT)
        | _left_out(RESPONSES, MESSAGES, GEMINI),
    ),
    Row(
        "reasoning",
        "thoughts of earlier turns, not signed",
        (*_FOUR, OLLAMA),
        _hint("left out, unless the upstream takes thoughts back", CHAT)
        | _hint("left out: only encrypted thoughts are taken back", RESPONSES)
        | _hint("left out: only signed thoughts are taken back", MESSAGES, GEMINI),
    ),
    Row(
        "prefill",
        "a conversation that ends with the assistant's turn, to be continued",
        (*_FOUR, OLLAMA),
        _refuse("one protocol continues that turn, the other answers it", *TARGETS),
    ),
    Row(
        "completion",
        "a text to be continued (legacy Completions)",
        (COMPLETIONS,),
        _hint("asked as a turn of the user's: what comes need not go on where the text ends", *TARGETS),
    ),
    Row(
        "choices",
        "several answers at once (`n`, `candidateCount`)",
        (CHAT, GEMINI, COMPLETIONS),
        _refuse("it gives one answer", RESPONSES, MESSAGES),
    ),
    Row(
        "logprobs",
        "`logprobs`, `top_logprobs`",
        (CHAT, RESPONSES, GEMINI),
        _refuse("it has none, and who asks for them works with them", MESSAGES),
    ),
    Row(
        "stop",
        "stop sequences",
        (CHAT, MESSAGES, GEMINI, COMPLETIONS, OLLAMA),
        _refuse("it has none, and the answer would go on", RESPONSES),
    ),
    Row(
        "audio",
        "sound in the request",
        (CHAT, RESPONSES, GEMINI),
        _refuse("it takes none", RESPONSES, MESSAGES),
    ),
    Row(
        "audio_url",
        "sound by its URL",
        (GEMINI,),
        _refuse("it takes sound as data only", CHAT),
    ),
    Row(
        "file_id",
        "a picture or document by the id of an uploaded file",
        _FOUR,
        _refuse("the file is at the other provider", *TARGETS),
    ),
    Row(
        "document_url",
        "a document by its URL",
        (RESPONSES, MESSAGES, GEMINI),
        _refuse("it takes documents as data only", CHAT),
    ),
    Row(
        "document_type",
        "a document that is neither PDF nor text",
        _FOUR,
        _refuse("it takes PDF and text", MESSAGES, GEMINI),
    ),
    Row(
        "image_type",
        "a picture of a kind that is not taken, or that does not say what it is",
        (*_FOUR, OLLAMA),
        _refuse("it takes JPEG, PNG, GIF and WebP", RESPONSES, MESSAGES)
        | _refuse("it takes JPEG, PNG, WebP, HEIC and HEIF", GEMINI),
    ),
    Row(
        "json_format",
        "JSON of any shape: `response_format` of type `json_object`, `responseMimeType` without a schema",
        (CHAT, RESPONSES, GEMINI, OLLAMA),
        _refuse("it promises JSON only for a schema: use `json_schema`", MESSAGES),
    ),
    Row(
        "temperature",
        "a temperature above 1",
        (CHAT, RESPONSES, GEMINI, COMPLETIONS, OLLAMA),
        _refuse("it takes 0 to 1, and the scales are not the same", MESSAGES),
    ),
    Row(
        "document_text",
        "a document that is plain text",
        (MESSAGES,),
        _hint("sent as text, below its title", CHAT, RESPONSES, GEMINI),
    ),
    Row("document_title", "the title of a document", (CHAT, RESPONSES, MESSAGES), _left_out(GEMINI)),
    Row("document_context", "`context` of a document", (MESSAGES,), _left_out(CHAT, RESPONSES, GEMINI)),
    Row(
        "citations",
        "the wish for citations, and those of earlier answers",
        (RESPONSES, MESSAGES),
        _left_out(CHAT, RESPONSES, GEMINI) | _hint("left out: it takes back its own only", MESSAGES),
    ),
    Row(
        "tool_result_media",
        "pictures and documents in the result of a tool",
        _FOUR,
        _hint("sent in a turn of the user's right after the results", CHAT)
        | _hint("sent beside the results to a model that takes none in them, as are those by URL", GEMINI),
    ),
    Row(
        "is_error",
        "`is_error` of a tool's result",
        (MESSAGES, GEMINI),
        _hint("left out: the text has to say it", CHAT, RESPONSES),
    ),
    Row(
        "interleaved",
        "text or thoughts after a tool call of the same turn",
        (RESPONSES, MESSAGES, GEMINI),
        _hint("put before it", CHAT),
    ),
    Row(
        "cache_control",
        "markers up to where to cache the prompt",
        (CHAT, RESPONSES, MESSAGES),
        _hint("left out: it caches by itself", CHAT, RESPONSES, GEMINI),
    ),
    Row("top_k", "`top_k`", (CHAT, MESSAGES, GEMINI, OLLAMA), _left_out(CHAT, RESPONSES)),
    Row("seed", "`seed`", (CHAT, GEMINI, COMPLETIONS, OLLAMA), _left_out(RESPONSES, MESSAGES)),
    Row(
        "presence_penalty",
        "`presence_penalty`",
        (CHAT, GEMINI, COMPLETIONS, OLLAMA),
        _left_out(RESPONSES, MESSAGES),
    ),
    Row(
        "frequency_penalty",
        "`frequency_penalty`",
        (CHAT, GEMINI, COMPLETIONS, OLLAMA),
        _left_out(RESPONSES, MESSAGES),
    ),
    Row("image_detail", "`detail` of a picture", (CHAT, RESPONSES), _left_out(MESSAGES, GEMINI)),
    Row(
        "name",
        "`name` of a message, or of a tool's result where it is not the tool's",
        (CHAT, RESPONSES, GEMINI, OLLAMA),
        _left_out(RESPONSES, MESSAGES, GEMINI),
    ),
    Row("user", "`user`, the end user's id", (CHAT, RESPONSES, MESSAGES, COMPLETIONS), _left_out(GEMINI)),
    Row("refusal", "an assistant's refusal", (CHAT, RESPONSES), _hint("sent as text", MESSAGES, GEMINI)),
    Row(
        "later_instructions",
        "system and developer messages amid the conversation",
        (CHAT, RESPONSES, MESSAGES, OLLAMA),
        _hint("joined with those ahead of it", MESSAGES, GEMINI),
    ),
    Row("tool_strict", "`strict` of a tool", (CHAT, RESPONSES, MESSAGES), _left_out(GEMINI)),
    Row(
        "parallel_tool_calls",
        "one tool call at a time",
        (CHAT, RESPONSES, MESSAGES),
        _hint("left out: it may call several tools at once", GEMINI),
    ),
    Row(
        "format_name",
        "name and description of a JSON schema for the answer",
        (CHAT, RESPONSES),
        _left_out(MESSAGES, GEMINI),
    ),
    Row(
        "format_strict",
        "`strict` of a JSON schema for the answer",
        (CHAT, RESPONSES),
        _hint("left out: a schema is always strict", MESSAGES, GEMINI),
    ),
    Row(
        "format_open",
        "objects of a JSON schema for the answer that may hold more than it states",
        (CHAT, RESPONSES, GEMINI, OLLAMA),
        _hint("closed: what fits fits the schema as well", MESSAGES),
    ),
    Row(
        "format_bounds",
        "bounds in a JSON schema for the answer: `minimum`, `maxLength`, `maxItems` and the like",
        (CHAT, RESPONSES, GEMINI, OLLAMA),
        _hint("told in the `description` beside them, which nothing holds it to", MESSAGES),
    ),
    Row(
        "format_map",
        "a JSON schema for the answer with a map: values of one kind under any name",
        (CHAT, RESPONSES, GEMINI, OLLAMA),
        _refuse("it takes objects only that state their properties", MESSAGES),
    ),
    Row(
        "arguments",
        "arguments of an earlier tool call that are no JSON object",
        (CHAT, RESPONSES),
        _hint("sent as text in an object, under `unparsed_arguments`", MESSAGES, GEMINI),
    ),
    Row(
        "thinking_budget",
        "a number of tokens to think: `thinking.budget_tokens`, `thinkingBudget`",
        (CHAT, MESSAGES, GEMINI),
        _hint("becomes `reasoning_effort`, see below", CHAT)
        | _hint("becomes `reasoning.effort`, see below", RESPONSES)
        | _hint("left out for a model that decides by `effort`; fitted to `max_tokens` for others", MESSAGES)
        | _hint("becomes a level, see below, or is fitted to what the model takes", GEMINI),
    ),
    Row(
        "reasoning_effort",
        "how hard to think, in a word: `reasoning_effort`, `thinkingLevel`",
        (*_FOUR, OLLAMA),
        _hint("becomes a budget, see below, for a model that knows no `effort`", MESSAGES)
        | _hint("becomes a budget, see below, or the nearest level the model knows", GEMINI),
    ),
    Row(
        "thinking",
        "thinking off, or on without saying how much",
        (CHAT, RESPONSES, MESSAGES, GEMINI, OLLAMA),
        _hint("left out, unless `none` says it: the model's default holds", CHAT, RESPONSES)
        | _NO_ROOM
        | _hint("as little as a model can that always thinks", GEMINI),
    ),
    Row(
        "thinking_display",
        "whether thoughts shall be shown",
        (*_FOUR, OLLAMA),
        _left_out(CHAT) | _NO_ROOM | _hint("left out for a model that does not think", GEMINI),
    ),
)

BETWEEN: Mapping[frozenset[str], frozenset[str]] = {frozenset({CHAT, RESPONSES}): frozenset({"prefill"})}
"""Two protocols -> rows that do not count between them: both answer a turn of the assistant's."""
