import json

import pytest

from wye.protocols.gemini.codec import Gemini
from wye.protocols.gemini.count import GeminiCount
from wye.protocols.gemini.paths import gemini_at

BODY = json.dumps({"contents": [{"parts": [{"text": "Hi"}]}]}).encode()


@pytest.mark.parametrize(
    ("path", "model"),
    [
        ("/v1/models/gemini-2.5-pro:generateContent", "gemini-2.5-pro"),
        ("/v1beta/models/openai/gpt-4o:generateContent", "openai/gpt-4o"),
        ("/v1alpha/models/llama3:8b:generateContent", "llama3:8b"),
        ("/v1beta/tunedModels/mine:generateContent", "tunedModels/mine"),
    ],
)
def test_models(path: str, model: str) -> None:
    codec = gemini_at(path, b"")
    assert isinstance(codec, Gemini)
    request = codec.decode(BODY)
    assert (request.model, request.stream) == (model, False)


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (b"alt=sse", b"text/event-stream"),
        (b"key=x&alt=sse", b"text/event-stream"),
        (b"", b"application/json"),
        (b"alt=json", b"application/json"),
        (b"xalt=sse", b"application/json"),
    ],
)
def test_streams(query: bytes, kind: bytes) -> None:
    codec = gemini_at("/v1beta/models/g:streamGenerateContent", query)
    assert isinstance(codec, Gemini)
    assert codec.decode(BODY).stream
    assert codec.stream_type == kind


def test_counts() -> None:
    assert isinstance(gemini_at("/v1beta/models/g:countTokens", b""), GeminiCount)


@pytest.mark.parametrize(
    "path",
    [
        "",
        ":generateContent",
        "/v1beta/models/g",
        "/v1beta/models/:generateContent",
        "/v1beta/tunedModels/:generateContent",
        "/v1beta/files/g:generateContent",
        "/v2/models/g:generateContent",
        "/v1beta/models/g:generateContent/x",
    ],
)
def test_what_is_not_geminis(path: str) -> None:
    assert gemini_at(path, b"alt=sse") is None
