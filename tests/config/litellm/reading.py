"""A LiteLLM file is read, and what comes of it is held against what is written."""

from collections.abc import Mapping
from pathlib import Path

from wye.config.litellm.convert import Imported, convert
from wye.config.litellm.write import text
from wye.config.load import from_bytes

LITERAL = "sk-proj-0123456789abcdef"


def imported(config: str, environ: Mapping[str, str] | None = None) -> Imported:
    """Convert, and hold the text that comes of it against the settings."""
    result = convert(config.encode(), "config.yaml", environ or {})
    written = text(result, "config.yaml")
    assert from_bytes(written.encode(), Path("wye.yaml"), {}).settings == result.settings
    assert LITERAL not in written
    assert LITERAL not in repr(result)
    return result


def told(result: Imported, kind: str) -> str:
    return "\n".join(f"{note.what} {list(note.lines)}" for note in result.notes if note.kind == kind)


def rows(*models: str, extra: str = "") -> str:
    """A file with one row for each model, each in a group of its own name."""
    entries = [
        f"  - model_name: {model.rsplit('/', 1)[-1]}\n    litellm_params: {{model: {model}}}\n"
        for model in models
    ]
    return f"model_list:\n{''.join(entries)}{extra}"
