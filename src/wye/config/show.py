"""The effective settings for people and programs: what holds, what of it is a default, no secret."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec

from wye.config.labels import DEFAULT_LABELS
from wye.config.load import Loaded
from wye.config.problems import Path, dotted
from wye.config.tree import Node

_PLAIN = re.compile(r"[A-Za-z0-9_/][A-Za-z0-9_./:+-]*\Z")
_PASSWORD = re.compile(r"(://[^/@\s]*?:)[^/@\s]*@")
_NULL_WORDS = {"null", "Null", "NULL"}


def as_yaml(loaded: Loaded) -> str:
    """Return settings that read back as the same ones, each default marked. Unset fields are left out."""
    source = str(loaded.path) if loaded.path else "no file: defaults throughout"
    lines = [f"# {source}, revision {loaded.revision}"]
    for name, value in effective(loaded).items():
        lines += _lines(name, value, (name,), loaded.root, 0)
    return "\n".join(lines) + "\n"


def as_json(loaded: Loaded) -> str:
    """Return `{file, revision, settings, defaults}`: `defaults` has the paths that nobody wrote."""
    settings = effective(loaded)
    document = {
        "file": str(loaded.path) if loaded.path else None,
        "revision": loaded.revision,
        "settings": settings,
        "defaults": [dotted(path) for path in _leaves(settings, ()) if not _written(loaded.root, path)],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def effective(loaded: Loaded) -> dict[str, Any]:
    """Return the settings as plain values, the default labels among them and every password masked."""
    settings = loaded.settings
    settings = msgspec.structs.replace(settings, labels=DEFAULT_LABELS | settings.labels)
    plain: dict[str, Any] = _masked(msgspec.to_builtins(settings))
    return plain


def _masked(value: Any) -> Any:  # noqa: ANN401  # any plain value
    if isinstance(value, str):
        return _PASSWORD.sub(r"\1***@", value)
    if isinstance(value, dict):
        return {key: _masked(below) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(below) for below in value]
    return value


def _lines(key: str, value: Any, path: Path, root: Node, depth: int) -> Iterator[str]:  # noqa: ANN401  # any plain value
    indent = "  " * depth
    if value is None:
        return
    mark = "" if _written(root, path) else "  # default"
    if isinstance(value, dict):
        below = [
            line for name, v in value.items() for line in _lines(name, v, (*path, name), root, depth + 1)
        ]
        yield f"{indent}{_text(key)}:" if below else f"{indent}{_text(key)}: {{}}{mark}"
        yield from below
    else:
        yield f"{indent}{_text(key)}: {flow(value)}{mark}"


def flow(value: Any) -> str:  # noqa: ANN401  # any plain value
    """Spell a plain value on one line."""
    if isinstance(value, list):
        return f"[{', '.join(flow(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_text(k)}: {flow(v)}" for k, v in value.items() if v is not None) + "}"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    """Spell a scalar: bare where YAML cannot take it for anything else, else in double quotes."""
    bare = _PLAIN.match(text) and not text.endswith(":") and text not in _NULL_WORDS
    return text if bare else quoted(text)


def quoted(text: str) -> str:
    """Spell text as a YAML double-quoted scalar on one line, whatever is in it."""
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    return char if char.isprintable() else f"\\U{ord(char):08x}"


def _leaves(value: Any, path: Path) -> Iterator[Path]:  # noqa: ANN401  # any plain value
    if isinstance(value, dict) and value:
        for name, below in value.items():
            yield from _leaves(below, (*path, name))
    else:
        yield path


def _written(root: Node, path: Path) -> bool:
    node = root
    for step in path:
        below = node.value.get(step) if isinstance(node.value, dict) and isinstance(step, str) else None
        if below is None:
            return False
        node = below
    return True
