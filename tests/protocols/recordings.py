"""Recorded exchanges with providers, where a machine has them: they are not part of this repository."""

import gzip
import json
import os
from pathlib import Path
from typing import Any

_DEFAULT = Path(__file__).parents[2] / ".." / "shared" / "data" / "recordings" / "exchanges.jsonl.gz"


def recorded() -> list[dict[str, Any]]:
    """Return all of them; empty where there are none. `WYE_RECORDINGS` names the file."""
    path = Path(os.environ.get("WYE_RECORDINGS", _DEFAULT))
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]
