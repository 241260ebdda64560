"""What the tests of Gemini share: meaning, chunks of a stream, recorded exchanges.

Two messages *mean the same* when their JSON is equal after spelling every member `likeThis` and dropping
defaults: members that are null; empty lists, objects and texts, zeros and false where the API takes them for
"not stated"; a role other than the model's, that of `systemInstruction`, and of content without parts; lists
without brackets.
`parameters` and `responseSchema`, in OpenAPI's words, mean the same as JSON Schema in the members for that.
JSON that the API itself passes on untouched (a tool's arguments, results, schemas) has to be equal as it
stands; base64 in either alphabet is the same.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from protocols.recordings import recorded
from wye.protocols.gemini.names import camel
from wye.protocols.gemini.schema import json_schema

NAME = "gemini"
_AS_IT_STANDS = frozenset(
    {"args", "response", "parametersJsonSchema", "responseJsonSchema", "executableCode", "toolCall"}
)
_NOT_STATED: tuple[Any, ...] = (None, [], {}, "", 0, False, {"role": "model"})
_SCHEMAS = {"parameters": "parametersJsonSchema", "responseSchema": "responseJsonSchema"}


def asked(request: Any) -> Any:
    """Return what a request means."""
    request = camel(request)
    tools = request.get("tools") or []
    declared = [one for tool in tools for one in tool.get("functionDeclarations", ())]
    others = [
        {name: tool[name]}
        for tool in tools
        for name in tool
        if name != "functionDeclarations" and tool[name] is not None
    ]
    request["tools"] = [{"functionDeclarations": declared}, *others]
    request.pop("model", None)
    config = request.get("generationConfig") or {}
    if config.get("candidateCount") == 1:
        del config["candidateCount"]
    for content in request["contents"]:
        if content.get("role") != "model":
            content["role"] = "user"
    if "systemInstruction" in request:
        request["systemInstruction"] = {"parts": request["systemInstruction"].get("parts")}
    return meaning(request)


def meaning(value: Any) -> Any:
    """Return `value` without its defaults."""
    if isinstance(value, list):
        return [meaning(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for given, told in value.items():
        name, member = given, told
        if name in _SCHEMAS and isinstance(member, dict):
            name, member = _SCHEMAS[name], json_schema(member)
        if name == "data" and isinstance(member, str):
            member = member.replace("-", "+").replace("_", "/").rstrip("=")
        meant = member if name in _AS_IT_STANDS else meaning(member)
        if not any(meant == default and type(meant) is type(default) for default in _NOT_STATED):
            kept[name] = meant
    return kept


USAGE = {"promptTokenCount": 10, "candidatesTokenCount": 7, "totalTokenCount": 22, "thoughtsTokenCount": 5}


def chunk(*parts: dict[str, Any], finish: str = "", **more: Any) -> dict[str, Any]:
    """One chunk of a stream, or a whole answer."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    head = {"usageMetadata": USAGE, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}
    return {"candidates": [candidate | more]} | head


def sse(*chunks: Any) -> bytes:
    """Chunks in the API's own framing."""
    return b"".join(f"data: {json.dumps(one, ensure_ascii=False)}\r\n\r\n".encode() for one in chunks)


def array(*chunks: Any) -> bytes:
    """Chunks as the elements of a JSON array, as the API sends them without `alt=sse`."""
    return b"[" + b"\n,\r\n".join(json.dumps(one, indent=2).encode() for one in chunks) + b"\n]\n"


def recordings() -> Iterator[dict[str, Any]]:
    """Yield the recorded exchanges of this protocol, or skip the test if there are none on this machine."""
    found = recorded()
    if not found:
        pytest.skip("no recorded exchanges on this machine: set WYE_RECORDINGS")
    for exchange in found:
        if "enerateContent" in exchange["url"]:
            path, _, query = exchange["url"].partition("?")
            model = path.partition("/models/")[2]
            yield exchange | {"path": f"/v1beta/models/{model}", "query": query.encode()}
