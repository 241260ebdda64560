"""docs/lossiness.md says what the table says."""

import importlib.util
from pathlib import Path

from wye.protocols.lossiness.table import TABLE

ROOT = Path(__file__).resolve().parents[2]


def test_the_page_is_up_to_date() -> None:
    spec = importlib.util.spec_from_file_location("built", ROOT / "scripts" / "build_lossiness_docs.py")
    assert spec is not None
    assert spec.loader is not None
    built = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(built)
    assert built.PAGE.read_text(encoding="utf-8") == built.page(), "run scripts/build_lossiness_docs.py"
    assert all(f"`{row.name}`" in built.page() for row in TABLE)
