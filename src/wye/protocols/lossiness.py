"""What one protocol says and another cannot: refused or annotated, never dropped in silence.

`TABLE` is the contract, docs/lossiness.md is generated from it. What changes the meaning of a request is
refused before anything is sent; a lost hint leaves the answer what it is, and is named in `x-wye-lost`.
A further protocol is a further column, and the rows that only it has.
"""

import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from wye.core.chat import Chat
from wye.protocols.anthropic_request import LEAST_BUDGET
from wye.protocols.features import features
from wye.protocols.translate import Wire

CHAT, MESSAGES = "openai_chat", "anthropic_messages"


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of a feature in one target protocol."""

    kind: Literal["refuse", "annotate"]
    why: str
    """What happens instead, for people."""


class Row(msgspec.Struct, frozen=True):
    """One feature. A target that is not in `into` carries it whole."""

    name: str
    """As `x-wye-lost` says it."""
    what: str
    into: Mapping[str, Verdict]


class Losses(msgspec.Struct, frozen=True):
    """What a request would lose on its way."""

    refuse: tuple[str, ...] = ()
    """Sentences; any means that the request must not be sent."""
    annotate: tuple[str, ...] = ()
    """Names, for `x-wye-lost` and the ledger."""


def _refuse(why: str) -> Verdict:
    return Verdict("refuse", why)


def _annotate(why: str) -> Verdict:
    return Verdict("annotate", why)


def _both(verdict: Verdict) -> dict[str, Verdict]:
    return {CHAT: verdict, MESSAGES: verdict}


_DROPPED = _annotate("left out")
_NO_ROOM = _annotate("left out where `max_tokens` leaves no room for a budget")

TABLE: tuple[Row, ...] = (
    Row(
        "server_tool",
        "a tool that the upstream runs itself: web search, code execution, MCP",
        _both(_refuse("it exists at its own provider only")),
    ),
    Row(
        "opaque",
        "content that only one protocol has: calls and results of server-side tools, containers, compactions",
        _both(_refuse("nobody else can read it")),
    ),
    Row(
        "custom_tool",
        "a custom tool (free text or a grammar in place of JSON arguments), or a call of one",
        {MESSAGES: _refuse("its tools take JSON objects")},
    ),
    Row(
        "functions",
        "the deprecated `functions` and `function_call`",
        {
            MESSAGES: _refuse(
                "the answer would hold `tool_calls`, which such a client does not read: use `tools`"
            )
        },
    ),
    Row(
        "signed_reasoning_in_loop",
        "thoughts signed or encrypted by another origin, since the user last spoke",
        _both(_refuse("the tool loop they belong to cannot go on without them")),
    ),
    Row(
        "signed_reasoning",
        "thoughts signed or encrypted by another origin, of earlier turns",
        _both(_annotate("left out; where the upstream takes thoughts back, their text is sent")),
    ),
    Row(
        "reasoning",
        "thoughts of earlier turns, not signed",
        {
            CHAT: _annotate("left out, unless the upstream takes thoughts back"),
            MESSAGES: _annotate("left out: only signed thoughts are taken back"),
        },
    ),
    Row(
        "prefill",
        "a conversation that ends with the assistant's turn, to be continued",
        _both(_refuse("one protocol continues that turn, the other answers it")),
    ),
    Row("choices", "several answers at once (`n`)", {MESSAGES: _refuse("it gives one answer")}),
    Row(
        "logprobs",
        "`logprobs`, `top_logprobs`",
        {MESSAGES: _refuse("it has none, and who asks for them works with them")},
    ),
    Row("audio", "sound in the request", {MESSAGES: _refuse("it takes none")}),
    Row(
        "file_id",
        "a picture or document by the id of an uploaded file",
        _both(_refuse("the file is at the other provider")),
    ),
    Row("document_url", "a document by its URL", {CHAT: _refuse("it takes documents as data only")}),
    Row(
        "document_type",
        "a document that is neither PDF nor text",
        {MESSAGES: _refuse("it takes PDF and text")},
    ),
    Row(
        "image_type",
        "a picture that is not JPEG, PNG, GIF or WebP, or does not say what it is",
        {MESSAGES: _refuse("it takes those four")},
    ),
    Row(
        "json_format",
        "`response_format` of type `json_object`",
        {MESSAGES: _refuse("it promises JSON only for a schema: use `json_schema`")},
    ),
    Row(
        "temperature",
        "a temperature above 1",
        {MESSAGES: _refuse("it takes 0 to 1, and the scales are not the same")},
    ),
    Row(
        "document_text",
        "a document that is plain text",
        {CHAT: _annotate("sent as text, below its title")},
    ),
    Row("document_context", "`context` of a document", {CHAT: _DROPPED}),
    Row("citations", "the wish for citations, and those of earlier answers", {CHAT: _DROPPED}),
    Row(
        "tool_result_media",
        "pictures and documents in the result of a tool",
        {CHAT: _annotate("sent in a turn of the user's right after the results")},
    ),
    Row("is_error", "`is_error` of a tool's result", {CHAT: _annotate("left out: the text has to say it")}),
    Row(
        "interleaved",
        "text or thoughts after a tool call of the same turn",
        {CHAT: _annotate("put before it")},
    ),
    Row(
        "cache_control",
        "markers up to where to cache the prompt",
        {CHAT: _annotate("left out: it caches by itself")},
    ),
    Row("top_k", "`top_k`", {CHAT: _DROPPED}),
    Row("seed", "`seed`", {MESSAGES: _DROPPED}),
    Row("presence_penalty", "`presence_penalty`", {MESSAGES: _DROPPED}),
    Row("frequency_penalty", "`frequency_penalty`", {MESSAGES: _DROPPED}),
    Row("image_detail", "`detail` of a picture", {MESSAGES: _DROPPED}),
    Row("transcript", "the transcript beside sound", _both(_DROPPED)),
    Row("name", "`name` of a message or of a tool's result", {MESSAGES: _DROPPED}),
    Row("refusal", "an assistant's refusal", {MESSAGES: _annotate("sent as text")}),
    Row(
        "later_instructions",
        "system and developer messages amid the conversation",
        {MESSAGES: _annotate("joined with those ahead of it")},
    ),
    Row("format_name", "name and description of a JSON schema for the answer", {MESSAGES: _DROPPED}),
    Row(
        "format_strict",
        "`strict` of a JSON schema for the answer",
        {MESSAGES: _annotate("left out: a schema is always strict")},
    ),
    Row(
        "arguments",
        "arguments of an earlier tool call that are no JSON object",
        {MESSAGES: _annotate("sent as text in an object, under `unparsed_arguments`")},
    ),
    Row(
        "thinking_budget",
        "`thinking.budget_tokens`",
        {
            CHAT: _annotate("becomes `reasoning_effort`, see below"),
            MESSAGES: _annotate(
                "left out for a model that decides by `effort`; fitted to `max_tokens` for others"
            ),
        },
    ),
    Row(
        "reasoning_effort",
        "`reasoning_effort`",
        {MESSAGES: _annotate("becomes a budget, see below, for a model that knows no `effort`")},
    ),
    Row(
        "thinking",
        "`thinking` on or off, without saying how much",
        {CHAT: _annotate("left out: the model's default holds"), MESSAGES: _NO_ROOM},
    ),
    Row("thinking_display", "whether thoughts shall be shown", {CHAT: _DROPPED, MESSAGES: _NO_ROOM}),
)

REFUSED: Mapping[str, Mapping[str, str]] = {
    CHAT: {
        "modalities": "it answers in text",
        "audio": "it answers in text",
        "web_search_options": "the search runs at its own provider",
        "search_parameters": "the search runs at its own provider",
        "search_settings": "the search runs at its own provider",
        "plugins": "they run at their own provider",
        "preset": "its own provider alone knows what it holds",
        "response_format": "this kind of format is not known",
        "guided_json": "it cannot be held to it",
        "guided_regex": "it cannot be held to it",
        "guided_choice": "it cannot be held to it",
        "guided_grammar": "it cannot be held to it",
        "structured_outputs": "it cannot be held to it",
        "grammar": "it cannot be held to it",
    },
    MESSAGES: {
        "container": "it exists at its own provider only",
        "mcp_servers": "they are called by the provider",
        "inference_geo": "where the data goes cannot be kept",
    },
}
"""Members of a request that wye has no canonical place for and whose loss changes the meaning, by source.

Any other such member is annotated under its own name.
"""
_PLAIN = {"modalities": ["text"]}
"""What says only what holds anyway."""
_NOTHING = Losses()
_PRINTABLE = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,80}")
"""What a client may have called a member for its name to go into a header and the ledger."""
_MOST = 31


def losses(chat: Chat, source: str, target: str, wire: Wire | None = None) -> Losses:
    """Return what `chat`, read from `source`, loses when it is written for `target`.

    `wire` tells which of two ways an upstream takes; None = the one that loses more.
    """
    if source == target:
        return _NOTHING
    found, extras = features(chat, target)
    found -= _carried(chat, target, wire)
    refused: list[str] = []
    lost: list[str] = []
    for row in TABLE:
        verdict = row.into.get(target) if row.name in found else None
        if verdict is None:
            continue
        if verdict.kind == "refuse":
            refused.append(f"{target} cannot carry {row.what}: {verdict.why}")
        else:
            lost.append(row.name)
    for name in extras:
        if chat.extras.get(name) == _PLAIN.get(name, _NOTHING):
            continue
        why = REFUSED.get(source, {}).get(name)
        if why is None:
            lost.append(name if _PRINTABLE.fullmatch(name) else "unknown_member")
        else:
            refused.append(f"{target} cannot carry `{name}`: {why}")
    return Losses(tuple(refused), _told(lost)) if refused or lost else _NOTHING


def _told(names: list[str]) -> tuple[str, ...]:
    """Return each name once, and no more of them than a header holds."""
    once = tuple(dict.fromkeys(names))
    return once if len(once) <= _MOST else (*once[:_MOST], "and_more")


def _carried(chat: Chat, target: str, wire: Wire | None) -> set[str]:
    """Return what this upstream carries though others of its protocol do not."""
    if target == MESSAGES:
        if wire is not None and wire.adaptive_thinking:
            return {"reasoning_effort", "thinking", "thinking_display"}
        budget = chat.thinking.budget_tokens if chat.thinking else None
        room = None if chat.max_output_tokens is None else chat.max_output_tokens - LEAST_BUDGET
        carried = {"thinking", "thinking_display"} if room is None or room >= LEAST_BUDGET else set()
        fits = budget is not None and budget >= LEAST_BUDGET and (room is None or room >= budget)
        return carried | {"thinking_budget"} if fits else carried
    if wire is None or not wire.reasoning_field:
        return set()
    signed = (
        {"signed_reasoning", "signed_reasoning_in_loop"} if wire.reasoning_field == "reasoning" else set()
    )
    return {"reasoning"} | signed
