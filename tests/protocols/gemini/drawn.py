"""Requests and content of Gemini, drawn by Hypothesis: members known and unknown, in either spelling."""

import base64
from typing import Any

from hypothesis import strategies as st

from protocols.anthropic.drawn import NEW, OBJECT, WORD
from wye.protocols.gemini.names import snake

SIGNATURE = st.binary(min_size=1, max_size=6).map(lambda raw: base64.b64encode(raw).decode())
DATA = st.binary(min_size=1, max_size=6).flatmap(
    lambda raw: st.sampled_from([base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode()])
)


def _snakes(told: dict[str, Any]) -> dict[str, Any]:
    return {snake(name): value for name, value in told.items()}


def obj(required: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Draw an object with members that may be unknown, its own in one spelling."""
    known = st.fixed_dictionaries(required, optional=optional or {})
    return st.builds(lambda new, told: new | told, NEW, known | known.map(_snakes))


SIGNED = {"thoughtSignature": SIGNATURE}
TEXT = obj({"text": WORD}, SIGNED)
THOUGHT = TEXT.map(lambda text: text | {"thought": True})
KINDS = st.sampled_from(["image/png", "audio/wav", "application/pdf", "text/plain", "video/mp4", "x/y"])
BLOB = obj({"mimeType": KINDS, "data": DATA}, {"displayName": WORD})
URIS = st.sampled_from(["https://example.org/a", "gs://b/a", "files/a", "https://youtu.be/a", "ftp://a"])
FILE = obj({"fileUri": URIS}, {"mimeType": KINDS, "displayName": WORD})
MEDIUM = obj({"inlineData": BLOB}) | obj({"fileData": FILE})
CALL = obj({"functionCall": obj({"name": WORD}, {"id": WORD, "args": OBJECT})}, SIGNED)
TOLD = OBJECT | st.fixed_dictionaries({"output": WORD}) | st.fixed_dictionaries({"error": WORD})
RESULT = obj(
    {
        "functionResponse": obj(
            {"name": WORD},
            {
                "id": WORD,
                "response": TOLD,
                "parts": st.lists(MEDIUM, max_size=2),
                "willContinue": st.booleans(),
            },
        )
    }
)
OTHER = st.one_of(
    obj({"executableCode": OBJECT}),
    obj({"codeExecutionResult": OBJECT}, SIGNED),
    obj({"toolCall": OBJECT}, SIGNED),
    obj({"ofNextYear": OBJECT}),
    obj(SIGNED),
)
PART = st.one_of(TEXT, THOUGHT, MEDIUM, CALL, RESULT, OTHER)
CONTENT = obj({"parts": st.lists(PART, min_size=1, max_size=4)}, {"role": st.sampled_from(["user", "model"])})
SYSTEM = obj({"parts": st.lists(TEXT, min_size=1, max_size=2)}, {"role": st.just("user")})
DECLARED = obj({"name": WORD}, {"description": WORD, "parametersJsonSchema": OBJECT})
SERVER = obj({"googleSearch": OBJECT}) | obj({"codeExecution": OBJECT})
TOOL = obj({"functionDeclarations": st.lists(DECLARED, min_size=1, max_size=2)}) | SERVER
CHOICE = obj(
    {
        "functionCallingConfig": st.fixed_dictionaries({"mode": st.sampled_from(["AUTO", "NONE"])})
        | st.fixed_dictionaries(
            {
                "mode": st.sampled_from(["ANY", "VALIDATED"]),
                "allowedFunctionNames": st.lists(WORD, min_size=1, max_size=2),
            }
        )
    },
    {"includeServerSideToolInvocations": st.booleans()},
)
THINKING = obj(
    {},
    {"thinkingBudget": st.integers(-1, 99), "includeThoughts": st.booleans()},
) | obj({"thinkingLevel": st.sampled_from(["LOW", "HIGH", "MEDIUM"])})
SHAPE = st.sampled_from(
    [
        {},
        {"responseMimeType": "application/json"},
        {"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING", "enum": ["a"]}},
        {"responseMimeType": "application/json", "responseJsonSchema": {"type": "object"}},
    ]
)
COUNT = st.integers(1, 9).flatmap(lambda n: st.sampled_from([n, float(n)]))
CONFIG = st.builds(
    lambda config, shape: config | shape,
    obj(
        {},
        {
            "temperature": st.floats(0, 2),
            "topP": st.floats(0, 1),
            "topK": COUNT,
            "maxOutputTokens": COUNT,
            "candidateCount": COUNT,
            "stopSequences": st.lists(WORD, min_size=1, max_size=2),
            "seed": st.integers(0, 9),
            "responseLogprobs": st.booleans(),
            "logprobs": st.integers(0, 5),
            "thinkingConfig": THINKING,
            "responseModalities": st.just(["TEXT"]),
            "mediaResolution": st.just("MEDIA_RESOLUTION_LOW"),
        },
    ),
    SHAPE,
)
REQUEST = obj(
    {"contents": st.lists(CONTENT, min_size=1, max_size=4)},
    {
        "systemInstruction": SYSTEM,
        "tools": st.lists(TOOL, max_size=3),
        "toolConfig": CHOICE,
        "generationConfig": CONFIG,
        "safetySettings": st.lists(OBJECT, max_size=1),
        "cachedContent": WORD,
    },
)
