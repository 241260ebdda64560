"""The list of models as Gemini's clients expect it. Source: Gemini API reference, "Models".

Pure: rows of the list in OpenAI's shape in, each with what wye knows under `wye`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

_METHODS = ("generateContent", "streamGenerateContent", "countTokens")


def model_list(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return all `rows` as the one page there is."""
    return {"models": [model_row(row) for row in rows]}


def model_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one of them. What is not known is left out, as the API does."""
    facts: Mapping[str, Any] = row["wye"]
    known = {
        "inputTokenLimit": facts.get("context_tokens"),
        "outputTokenLimit": facts.get("max_output_tokens"),
    }
    return {
        "name": f"models/{row['id']}",
        "version": "",
        "displayName": row["id"],
        "supportedGenerationMethods": list(_METHODS),
        "wye": facts,
    } | {name: value for name, value in known.items() if value is not None}
