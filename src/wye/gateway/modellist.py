"""The list of models as Anthropic's clients expect it. Source: Anthropic API reference, "List models"."""

from typing import Any

from wye.gateway.listener.exchange import Scope

_EPOCH = "1970-01-01T00:00:00Z"
"""What the reference says for a release date that is not known."""


def speaks_anthropic(scope: Scope) -> bool:
    """Whether a request's client speaks Anthropic's protocol: by its path, or by the version it names."""
    path: str = scope["path"]
    if path == "/v1/messages" or path.startswith("/v1/messages/"):
        return True
    return any(name == b"anthropic-version" for name, _ in scope["headers"])


def model_list(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return all `rows` of the list in OpenAI's shape as the one page there is."""
    data = [model_row(row) for row in rows]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
    return {"data": data, "has_more": False, "first_id": None, "last_id": None} | ends


def model_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return one of them."""
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
