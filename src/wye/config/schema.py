"""The JSON Schema of `wye.yaml`, for editors and for review. Published as `docs/wye.schema.json`.

Built from the types; descriptions come from the doc strings beside the fields, which Python does not
keep at run time, so they are read from the modules' sources.
"""

import ast
import inspect
import json
import sys
from collections.abc import Mapping
from typing import Any

import msgspec

from wye.config.section import Section
from wye.config.settings import Settings

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Json = dict[str, Any]


def schema() -> str:
    """Return the schema as indented JSON text with a final newline."""
    document = msgspec.json.schema(Settings)
    described = descriptions()
    for name, definition in document["$defs"].items():
        for field, shape in definition.get("properties", {}).items():
            definition["properties"][field] = _field(shape, described.get((name, field), ""))
        if not definition.get("required"):
            definition.pop("required", None)
    root = document["$defs"].pop("Settings")
    root["title"] = "wye.yaml"
    full = {"$schema": DIALECT, **root, "$defs": document["$defs"]}
    return json.dumps(full, indent=2, ensure_ascii=False) + "\n"


def _field(shape: Json, description: str) -> Json:
    if "$ref" in shape:
        # A section may be left empty, and its default is its fields' defaults.
        shape = {"anyOf": [{"$ref": shape["$ref"]}, {"type": "null"}]}
    elif shape.get("type") == "object":
        shape = {**shape, "type": ["object", "null"]}
    shape = _numbers(shape)
    if shape.get("default", ...) is None:
        del shape["default"]
    return {"description": description, **shape} if description else shape


def _numbers(shape: Json) -> Json:
    """Let decimals be written as numbers: msgspec knows them as text."""
    if shape.get("format") == "decimal":
        return {"anyOf": [{"type": "number"}, {"type": "string", "format": "decimal"}]}
    if "anyOf" in shape:
        flat: list[Json] = []
        for part in map(_numbers, shape["anyOf"]):
            flat.extend(part.get("anyOf", [part]))
        return {**shape, "anyOf": flat}
    if isinstance(shape.get("additionalProperties"), dict):
        return {**shape, "additionalProperties": _numbers(shape["additionalProperties"])}
    return dict(shape)


def descriptions() -> Mapping[tuple[str, str], str]:
    """Return (class, field) -> the doc string that follows the field."""
    found = {}
    modules = sorted({section.__module__ for section in Section.__subclasses__()})
    sources = (ast.parse(inspect.getsource(sys.modules[name])) for name in modules)
    for node in (node for source in sources for node in source.body):
        if not isinstance(node, ast.ClassDef):
            continue
        for before, after in zip(node.body, node.body[1:], strict=False):
            if (
                isinstance(before, ast.AnnAssign)
                and isinstance(before.target, ast.Name)
                and isinstance(after, ast.Expr)
                and isinstance(after.value, ast.Constant)
            ):
                found[node.name, before.target.id] = " ".join(str(after.value.value).split())
    return found
