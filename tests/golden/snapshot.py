"""Compare what is made with what was kept; `WYE_UPDATE_GOLDEN=1` keeps what is made.

What is made of many cases of one pair of protocols is kept in one file, an object by the case's name.
"""

import json
import os
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent / "kept"
UPDATE = os.environ.get("WYE_UPDATE_GOLDEN") == "1"


def path_of(kind: str, source: str, target: str) -> Path:
    return KEPT / kind / f"{source} to {target}.json"


def keep(made: dict[str, Any], kind: str, source: str, target: str) -> None:
    """Keep what is made, if that is asked for."""
    path = path_of(kind, source, target)
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def kept(kind: str, source: str, target: str) -> dict[str, Any]:
    """Return what is kept."""
    path = path_of(kind, source, target)
    assert path.exists(), f"nothing is kept as {path.name}: run with WYE_UPDATE_GOLDEN=1"
    cases: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return cases


def written(made: Any) -> str:
    """Return what is made as text, the order of members included."""
    return json.dumps(made, indent=1, ensure_ascii=False)
