"""Recorded exchanges with providers, where a machine has them: they are not part of this repository."""

import gzip
import json
import os
import re
from pathlib import Path
from typing import Any

from wye.protocols.lossiness.table import CHAT, GEMINI, MESSAGES, RESPONSES

_DEFAULT = Path(__file__).parents[2] / ".." / "shared" / "data" / "recordings" / "exchanges.jsonl.gz"


_PATHS = {
    CHAT: re.compile(r"/chat/completions(#stream)?$"),
    RESPONSES: re.compile(r"/responses$"),
    MESSAGES: re.compile(r"anthropic\.com/v1/messages$"),
    GEMINI: re.compile(r":(generate|streamGenerate)Content$"),
}


def protocol(exchange: dict[str, Any]) -> str:
    """Return the protocol of an exchange; empty = none of those that are translated."""
    url = exchange["url"].partition("?")[0]
    return next((name for name, path in _PATHS.items() if path.search(url)), "")


def recorded() -> list[dict[str, Any]]:
    """Return all of them; empty where there are none. `WYE_RECORDINGS` names the file."""
    path = Path(os.environ.get("WYE_RECORDINGS", _DEFAULT))
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
