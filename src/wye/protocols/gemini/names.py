"""Names of members in a Gemini request: each may be spelled `likeThis` or `like_this`.

Source: ProtoJSON, "JSON field names". Only names that the API has are changed: what a tool's arguments, a
result or a schema calls its members is the client's own.
"""

import re
from collections.abc import Mapping
from typing import Any

from wye.protocols.wire.fields import FieldError

Shape = Mapping[str, "Shape | None"]
"""Name of a member -> the shape of what it holds, in a list or not; None = its names are not the API's."""

_BLOB: Shape = {"mimeType": None, "data": None, "displayName": None}
_FILE: Shape = {"mimeType": None, "fileUri": None, "displayName": None}
_PART: Shape = {
    "text": None,
    "thought": None,
    "thoughtSignature": None,
    "inlineData": _BLOB,
    "fileData": _FILE,
    "functionCall": {"id": None, "name": None, "args": None, "partialArgs": None, "willContinue": None},
    "functionResponse": {
        "id": None,
        "name": None,
        "response": None,
        "parts": {"inlineData": _BLOB, "fileData": _FILE},
        "willContinue": None,
        "scheduling": None,
    },
    "executableCode": {},
    "codeExecutionResult": {},
    "toolCall": {"toolType": None},
    "toolResponse": {"toolType": None},
    "videoMetadata": {"startOffset": None, "endOffset": None},
    "mediaResolution": None,
    "partMetadata": None,
}
_CONTENT: Shape = {"role": None, "parts": _PART}
REQUEST: Shape = {
    "contents": _CONTENT,
    "systemInstruction": _CONTENT,
    "tools": {
        "functionDeclarations": {
            "parametersJsonSchema": None,
            "responseJsonSchema": None,
        },
        "googleSearch": None,
        "googleSearchRetrieval": None,
        "googleMaps": None,
        "codeExecution": None,
        "urlContext": None,
        "fileSearch": None,
        "computerUse": None,
        "enterpriseWebSearch": None,
        "parallelAiSearch": None,
        "exaAiSearch": None,
        "mcpServers": None,
    },
    "toolConfig": {
        "functionCallingConfig": {"allowedFunctionNames": None, "streamFunctionCallArguments": None},
        "retrievalConfig": None,
        "includeServerSideToolInvocations": None,
    },
    "generationConfig": {
        "topP": None,
        "topK": None,
        "maxOutputTokens": None,
        "stopSequences": None,
        "candidateCount": None,
        "presencePenalty": None,
        "frequencyPenalty": None,
        "responseLogprobs": None,
        "responseMimeType": None,
        "responseSchema": None,
        "responseJsonSchema": None,
        "responseFormat": None,
        "responseModalities": None,
        "thinkingConfig": {"thinkingBudget": None, "thinkingLevel": None, "includeThoughts": None},
        "mediaResolution": None,
        "speechConfig": None,
        "imageConfig": None,
        "audioTimestamp": None,
        "routingConfig": None,
        "modelSelectionConfig": None,
        "enableEnhancedCivicAnswers": None,
        "enableAffectiveDialog": None,
    },
    "safetySettings": None,
    "cachedContent": None,
    "serviceTier": None,
    "modelArmorConfig": None,
    "labels": None,
    "generateContentRequest": None,
}
"""What may be spelled in two ways, or holds what may."""

_REPEATED = frozenset({"contents", "parts", "tools", "functionDeclarations"})
"""Lists whose one element may stand there without the brackets: the API takes that."""
_HUMP = re.compile(r"[A-Z]")
_SPELLED: dict[str, str] = {}
"""`like_this` -> `likeThis`, for every name in `REQUEST`."""


def snake(name: str) -> str:
    """Return `likeThis` as `like_this`."""
    return _HUMP.sub(lambda hump: "_" + hump[0].lower(), name)


def _learn(shape: Shape) -> None:
    for name, inner in shape.items():
        _SPELLED[snake(name)] = name
        if inner:
            _learn(inner)


_learn(REQUEST)


def camel(value: Any, shape: Shape = REQUEST, path: str = "") -> Any:  # noqa: ANN401  # any JSON
    """Return `value` with every name of the API's spelled `likeThis`.

    Raises `FieldError` where a member stands there in both spellings: parsers may disagree on which counts.
    """
    if isinstance(value, list):
        return [camel(one, shape, f"{path}[{at}]") for at, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    renamed: dict[str, Any] = {}
    for given, told in value.items():
        name: Any = _SPELLED.get(given, given)
        name, member = name if name in shape else given, told
        here = f"{path}.{name}" if path else name
        if name in renamed:
            raise FieldError(here, "stands there more than once")
        inner = shape.get(name)
        if name in _REPEATED and inner is not None and isinstance(member, dict):
            member = [member]
        renamed[name] = member if inner is None else camel(member, inner, here)
    return renamed
