"""The generated part of docs/configuration.md."""

import importlib.util
from pathlib import Path
from types import ModuleType

from wye.config.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def import_script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_config_docs", ROOT / "scripts/build_config_docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_current() -> None:
    script = import_script()
    text = script.PAGE.read_text(encoding="utf-8")
    assert text == script.page(text), "run: python scripts/build_config_docs.py"


def test_fields_come_with_type_default_and_meaning() -> None:
    rows = "\n".join(import_script().tables(Settings, "", {})).splitlines()
    assert any(row.startswith("| `listen` | text | `127.0.0.1:4000` | `host:port`; ") for row in rows)
    assert any(row.startswith("| `retries` | integer, from 0 up to 5 | `1` |") for row in rows)
    assert any(row.startswith("| `model` | text | required |") for row in rows)
    assert any(row.startswith("| `quality` | `any` or `ceiling` | `any` |") for row in rows)
    assert any(row.startswith("| `body_bytes` | integer, from 1 | `33554432` (33,554,432) |") for row in rows)
    assert rows[rows.index("## auto") + 2] == "As `routes.NAME`."
