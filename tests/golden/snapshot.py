"""Compare what is made with what was kept; `WYE_UPDATE_GOLDEN=1` keeps what is made."""

import json
import os
import re
from pathlib import Path
from typing import Any

KEPT = Path(__file__).parent / "kept"
UPDATE = os.environ.get("WYE_UPDATE_GOLDEN") == "1"


def path_of(*names: str) -> Path:
    return KEPT.joinpath(*(re.sub(r"[^a-z0-9_]+", "-", name.lower()) for name in names)).with_suffix(".json")


def compare(made: Any, *names: str) -> None:
    """Fail unless `made` is what is kept under `names`."""
    path = path_of(*names)
    text = json.dumps(made, indent=1, ensure_ascii=False) + "\n"
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"nothing is kept as {path.name}: run with WYE_UPDATE_GOLDEN=1"
    assert path.read_text(encoding="utf-8") == text, (
        f"{path.name} differs: WYE_UPDATE_GOLDEN=1 keeps the new one"
    )


def stale(expected: set[Path], *under: str) -> list[str]:
    """Return what is kept and nobody makes any more."""
    folder = KEPT.joinpath(*under)
    return sorted(str(path.relative_to(KEPT)) for path in set(folder.rglob("*.json")) - expected)
