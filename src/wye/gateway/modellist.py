"""The list of models as each protocol's clients expect it, made from OpenAI's rows, which have wye's facts.

Sources: API references of Anthropic ("List models"), Google (`models.list`) and Ollama ("List local models",
"Show model information").
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from wye.core.errors import BadRequestError

Row = dict[str, Any]
Query = Mapping[str, str]

_EPOCH = "1970-01-01T00:00:00Z"
"""What Anthropic's reference says for a release date that is not known."""
_NEVER = "0001-01-01T00:00:00Z"
"""What Ollama's clients show as `Never`."""
_ANTHROPIC_PAGE, _GEMINI_PAGE, _MOST = 20, 50, 1000
_ARCHITECTURE = "wye"
"""Ollama names facts after a model's architecture. These facts are wye's."""


def openai_list(rows: list[Row]) -> Row:
    """Return all rows: OpenAI's list has one page."""
    return {"object": "list", "data": rows}


def anthropic_list(rows: list[Row], query: Query) -> Row:
    """Return the page that `limit`, `after_id` and `before_id` ask for. Raises `BadRequestError`."""
    limit = _size(query, "limit", _ANTHROPIC_PAGE)
    if "after_id" in query:
        rows = rows[_at(rows, query["after_id"]) + 1 :]
    if "before_id" in query:
        rows = rows[: _at(rows, query["before_id"])]
    more = len(rows) > limit
    backwards = "before_id" in query and "after_id" not in query
    data = [anthropic_row(row) for row in (rows[-limit:] if backwards else rows[:limit])]
    ends = (data[0]["id"], data[-1]["id"]) if data else (None, None)
    return {"data": data, "has_more": more, "first_id": ends[0], "last_id": ends[1]}


def anthropic_row(row: Row) -> Row:
    """Return one model."""
    facts = row["wye"]
    return {
        "type": "model",
        "id": row["id"],
        "display_name": row["id"],
        "created_at": _EPOCH,
        "lifecycle": "active",
        "max_input_tokens": facts.get("context_tokens"),
        "max_tokens": facts.get("max_output_tokens"),
        "wye": facts,
    }


def gemini_list(rows: list[Row], query: Query) -> Row:
    """Return the page that `pageSize` and `pageToken` ask for. Raises `BadRequestError`."""
    size = _size(query, "pageSize", _GEMINI_PAGE, "page_size")
    token = query.get("pageToken") or query.get("page_token")
    start = _at(rows, token) + 1 if token else 0
    page = rows[start : start + size]
    more = {"nextPageToken": page[-1]["id"]} if page and start + size < len(rows) else {}
    return {"models": [gemini_row(row) for row in page]} | more


def gemini_row(row: Row) -> Row:
    """Return one model."""
    facts = row["wye"]
    known = {
        "inputTokenLimit": facts.get("context_tokens"),
        "outputTokenLimit": facts.get("max_output_tokens"),
    }
    methods = {
        "chat": ("generateContent", "countTokens"),
        "embeddings": ("embedContent", "batchEmbedContents"),
    }
    return {
        "name": f"models/{row['id']}",
        "baseModelId": row["id"],
        "version": "",
        "displayName": row["id"],
        "description": row["owned_by"],
        "supportedGenerationMethods": [one for served in facts["operations"] for one in methods[served]],
    } | {name: value for name, value in known.items() if value is not None}


def ollama_tags(rows: list[Row]) -> Row:
    """Return all rows."""
    return {"models": [ollama_row(row) for row in rows]}


def ollama_row(row: Row) -> Row:
    """Return one model. It has no size, and its digest is its name's: wye holds no weights to weigh."""
    return {
        "name": row["id"],
        "model": row["id"],
        "modified_at": _NEVER,
        "size": 0,
        "digest": hashlib.sha256(row["id"].encode()).hexdigest(),
        "details": _details(),
        "capabilities": _capabilities(row["wye"]),
    }


def ollama_show(row: Row) -> Row:
    """Return what is known of one model."""
    facts = row["wye"]
    length = facts.get("context_tokens")
    return {
        "details": _details(),
        "model_info": {"general.architecture": _ARCHITECTURE, "general.basename": row["id"]}
        | ({} if length is None else {f"{_ARCHITECTURE}.context_length": length}),
        "capabilities": _capabilities(facts),
        "modified_at": _NEVER,
    }


def _details() -> Row:
    unknown = {"parent_model": "", "format": "", "family": "", "parameter_size": "", "quantization_level": ""}
    return unknown | {"families": []}


def _capabilities(facts: Row) -> list[str]:
    operations = facts["operations"]
    can = {
        "completion": "chat" in operations,
        "embedding": "embeddings" in operations,
        "tools": facts["tools"],
        "vision": facts["vision"],
    }
    return [name for name, true in can.items() if true]


def _size(query: Query, name: str, usual: int, other: str = "") -> int:
    value = query.get(name) or query.get(other) or str(usual)
    if value.isascii() and value.isdigit() and len(value) <= len(str(_MOST)) and 1 <= int(value) <= _MOST:
        return int(value)
    message = f"`{name}` must be a number from 1 to {_MOST}"
    raise BadRequestError(message, param=name)


def _at(rows: list[Row], name: str) -> int:
    """Return where a model is that a page ends at; past the end, if it is gone by now."""
    return next((at for at, row in enumerate(rows) if row["id"] == name), len(rows))
