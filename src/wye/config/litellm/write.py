"""Settings that were imported -> the text of wye.yaml, commented."""

import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec

from wye.config.litellm.convert import Imported
from wye.config.section import Section
from wye.config.settings import Settings
from wye.config.show import flow

_WIDTH = 110
_COMMENTS = {
    "providers": "Who answers, and where their keys are. `models`: all that is served; without it, anything.",
    "deployments": "A model at an endpoint. Clients may ask for the name.",
    "aliases": "Name -> deployments, in order: the next one answers when one fails or is full.",
    "routes": "Name -> candidates, of which the cheapest that fits is chosen unless a rule sets the order.",
    "auto": "What `model: auto` chooses from.",
    "discovery": "LiteLLM served what its file listed. Without these two lines wye adds what it finds here,",
    "embedded": "and the open model that comes with it.",
    "keys": "Who may call.",
}


def text(imported: Imported, source: str) -> str:
    """Return wye.yaml. `source` is what the file that was read is called."""
    lines = [
        f"# From LiteLLM's {_plain(source)} by `wye import litellm`. No key is in here: variables hold them.",
        "#   wye config check    says what is wrong, with line and fix",
        "#   wye serve           listens on 127.0.0.1:4000, or, with `listen: :4000` and a key, everywhere",
    ]
    for note in imported.notes:
        place = f" (line {', '.join(map(str, note.lines))})" if note.lines else ""
        lines += textwrap.wrap(
            _plain(f"{note.kind}: {note.what}{place}"),
            _WIDTH,
            initial_indent="# - ",
            subsequent_indent="#   ",
        )
    for name in Settings.__struct_fields__:
        value = _said(getattr(imported.settings, name), getattr(Settings(), name))
        if value not in (None, {}):
            comment = [f"# {_COMMENTS[name]}"] if name in _COMMENTS else []
            blank = [] if name == "embedded" else [""]
            lines += [*blank, *comment, *_block(name, value)]
    return "\n".join(lines) + "\n"


def _said(value: Any, default: Any) -> Any:  # noqa: ANN401  # any value of a setting
    """Return what differs from the default as plain values; None = nothing does."""
    if isinstance(value, Section):
        usual = {field.name: _usual(field) for field in msgspec.structs.fields(value)}
        below = {name: _said(getattr(value, name), usual[name]) for name in usual}
        return {name: one for name, one in below.items() if one not in (None, {})}
    if isinstance(value, dict):
        return {name: _said(one, None) for name, one in value.items()}
    if isinstance(value, tuple):
        return None if value == default else [_said(one, None) for one in value]
    return None if value == default else msgspec.to_builtins(value)


def _usual(field: msgspec.structs.FieldInfo) -> Any:  # noqa: ANN401  # any value of a setting
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return None if field.required else field.default


def _block(name: str, value: Any) -> Iterator[str]:  # noqa: ANN401  # any plain value
    """Write a section: one entry a line, a deployment one field a line."""
    if not isinstance(value, dict) or name in {"discovery", "embedded", "keys", "auto"}:
        yield f"{name}: {flow(value)}"
        return
    yield f"{name}:"
    for key, entry in value.items():
        spelt = flow(key)
        if name == "deployments":
            yield f"  {spelt}:"
            yield from (f"    {field}: {flow(one)}" for field, one in entry.items())
        else:
            yield f"  {spelt}: {flow(entry)}"


def _plain(words: str) -> str:
    """Keep others' text on its line."""
    return "".join(c if c.isprintable() else "?" for c in words)
