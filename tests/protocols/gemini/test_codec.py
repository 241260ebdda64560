import json
from typing import Any

import pytest

from protocols.gemini.wire import USAGE, chunk
from wye.core.chat import Reasoning
from wye.core.errors import BadRequestError, NotFoundError, RateLimitError
from wye.core.request import Needs, Operation, Request
from wye.core.usage import Usage
from wye.protocols.codec import Edits
from wye.protocols.gemini.codec import Gemini
from wye.protocols.gemini.framing import ARRAY, EVENTS
from wye.protocols.seal import seal

CODEC = Gemini("gemini-2.5-flash")
TEXT = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


def decode(**fields: Any) -> Request:
    return CODEC.decode(json.dumps(TEXT | fields).encode())


def with_part(**part: Any) -> Request:
    return decode(contents=[{"parts": [part]}])


def test_a_request() -> None:
    body = json.dumps(TEXT).encode()
    request = Gemini("m/x", stream=True).decode(body)
    assert request == Request("gemini", Operation.CHAT, "m/x", body, stream=True, wants_usage=True)
    assert Gemini("m", stream=True, sse=False).decode(body).protocol == "gemini_array"


def test_paths() -> None:
    assert CODEC.path("up") == b"/models/up:generateContent"
    assert Gemini("m", stream=True).path("up") == b"/models/up:streamGenerateContent?alt=sse"
    assert Gemini("m", stream=True, sse=False).path("up") == b"/models/up:streamGenerateContent"
    for model, path in {
        "models/gemini-3": b"/models/gemini-3",
        "tunedModels/mine": b"/tunedModels/mine",
        "a b/c?d#e%:f": b"/models/a%20b%2Fc%3Fd%23e%25%3Af",
        "models/a?b": b"/models/a%3Fb",
        "../x": b"/models/..%2Fx",
    }.items():
        assert CODEC.path(model) == path + b":generateContent"


def test_framings() -> None:
    assert (CODEC.stream_type, CODEC.mark, CODEC.heartbeat) == (b"text/event-stream", b"data:", b"\n\n")
    array = Gemini("m", stream=True, sse=False)
    assert (array.stream_type, array.mark, array.heartbeat) == (b"application/json", b"{", b"\n")


@pytest.mark.parametrize(
    ("config", "cap", "choices"),
    [
        ({}, None, 1),
        ({"maxOutputTokens": 7, "candidateCount": 2}, 7, 2),
        ({"max_output_tokens": "7", "candidate_count": 2.0}, 7, 2),
        ({"maxOutputTokens": None}, None, 1),
        ({"maxOutputTokens": 0, "candidateCount": 0}, 0, 1),
    ],
)
@pytest.mark.parametrize("name", ["generationConfig", "generation_config"])
def test_caps(name: str, config: dict[str, Any], cap: int | None, choices: int) -> None:
    request = decode(**{name: config})
    assert (request.max_output_tokens, request.choices) == (cap, choices)


@pytest.mark.parametrize(
    ("fields", "needs"),
    [
        ({"tools": [{"functionDeclarations": [{"name": "f"}]}]}, Needs(tools=True)),
        ({"tools": {"function_declarations": []}}, Needs(tools=True)),
        ({"generationConfig": {"responseMimeType": "application/json"}}, Needs(json=True)),
        ({"generation_config": {"response_json_schema": {}}}, Needs(json=True)),
        ({"generationConfig": {"responseMimeType": "text/plain"}}, Needs()),
        (
            {"contents": [{"parts": [{"inlineData": {"data": "", "mimeType": "image/png"}}]}]},
            Needs(vision=True),
        ),
        ({"contents": {"parts": {"file_data": {"mime_type": "video/mp4"}}}}, Needs(vision=True)),
        ({"contents": [{"parts": [{"inlineData": {"mimeType": "audio/wav"}}]}]}, Needs()),
        ({"contents": [{"parts": [{"inlineData": 7}]}]}, Needs()),
    ],
)
def test_needs(fields: dict[str, Any], needs: Needs) -> None:
    assert decode(**fields).needs == needs


@pytest.mark.parametrize(
    "part",
    [
        {"inlineData": {}},
        {"inline_data": {}},
        {"fileData": {}},
        {"ofNextYear": 1},
        {"functionResponse": {"name": "f", "parts": []}},
    ],
)
def test_what_may_have_more_tokens_than_bytes(part: dict[str, Any]) -> None:
    assert with_part(**part).unbounded


@pytest.mark.parametrize(
    "part",
    [
        {"text": "a", "thought": True, "thought_signature": "x"},
        {"functionCall": {"name": "f", "args": {"parts": 1}}},
        {"functionResponse": {"name": "f", "response": {}}},
        {"executableCode": {}},
    ],
)
def test_what_has_none(part: dict[str, Any]) -> None:
    assert not with_part(**part).unbounded


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, ""),
        ({"tools": [{"functionDeclarations": []}], "serviceTier": "standard", "cachedContent": None}, ""),
        ({"tools": [{"googleSearch": {}}]}, "tools"),
        ({"tools": [{"functionDeclarations": [], "url_context": {}}]}, "tools"),
        ({"cachedContent": "cachedContents/x"}, "cachedContent"),
        ({"cached_content": "cachedContents/x"}, "cachedContent"),
        ({"service_tier": "priority"}, "serviceTier"),
        ({"generationConfig": {"responseModalities": ["TEXT"]}}, ""),
        ({"generationConfig": {"responseModalities": ["TEXT", "IMAGE"]}}, "responseModalities"),
        ({"generation_config": {"speech_config": {}}}, "speechConfig"),
        ({"generationConfig": {"routingConfig": {"autoMode": {}}}}, "routingConfig"),
    ],
)
def test_what_has_a_price_of_its_own(fields: dict[str, Any], name: str) -> None:
    assert decode(**fields).unpriced == name


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({}, ""),
        ({"tools": [{"googleSearch": {}}]}, ""),
        ({"tools": [{"mcpServers": [{"name": "x"}]}]}, "tools.mcpServers"),
        ({"tools": [{"retrieval": {"externalApi": {}}}]}, "tools.retrieval"),
        ({"generation_config": {"model_selection_config": {}}}, "generationConfig.modelSelectionConfig"),
    ],
)
def test_what_names_others(fields: dict[str, Any], name: str) -> None:
    assert decode(**fields).steers == name


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "contents"),
        ({"contents": []}, "contents"),
        ({"contents": "Hi"}, "contents"),
        ({"contents": [{"parts": "Hi"}]}, "contents[0].parts"),
        (TEXT | {"generationConfig": {"maxOutputTokens": -1}}, "generationConfig.maxOutputTokens"),
        (TEXT | {"generationConfig": {"candidateCount": "x"}}, "generationConfig.candidateCount"),
        (TEXT | {"generationConfig": {"maxOutputTokens": 1, "max_output_tokens": 9}}, "maxOutputTokens"),
        (TEXT | {"generationConfig": {}, "generation_config": {}}, "generationConfig"),
        (TEXT | {"tools": 7}, "tools"),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        CODEC.decode(json.dumps(body).encode())
    assert refused.value.param == param
    assert param in refused.value.message


def test_a_name_too_long_is_refused() -> None:
    with pytest.raises(BadRequestError, match="longer than 256"):
        Gemini("x" * 257).decode(json.dumps(TEXT).encode())


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'{ "contents": [] }', b'{"generationConfig":{"maxOutputTokens":5}, "contents": [] }'),
        (b'{"generationConfig":null}', b'{"generationConfig":{"maxOutputTokens":5}}'),
        (b'{"generationConfig": {"topK": 1 } }', b'{"generationConfig": {"maxOutputTokens":5,"topK": 1 } }'),
        (b'{"generation_config":{}}', b'{"generation_config":{"maxOutputTokens":5}}'),
        (
            b'{"generation_config":{"max_output_tokens":null}}',
            b'{"generation_config":{"max_output_tokens":5}}',
        ),
    ],
)
def test_the_cap_is_all_that_is_ever_put_in(before: bytes, after: bytes) -> None:
    request = Request("gemini", Operation.CHAT, "m", before)
    assert CODEC.splice(request, Edits(model="up", include_usage=True)) is before
    assert CODEC.splice(request, Edits(model="up", output_cap=5)) == after


def test_what_wye_sealed_is_taken_out() -> None:
    sealed = seal(Reasoning(text="Hm.", signature="sig", origin="anthropic_messages"))
    thought = b'{"text":"Hm.","thought":true,"thoughtSignature":"%b"}' % sealed.encode()
    said = b'{ "text":"Hi", "thoughtSignature":"c2ln" }'
    quoted = b'{"text":"%b"}' % sealed.encode()
    body = b'{"x": 1,"contents":[{"role":"model","parts":[%b,%b,%b]},{"parts":[%b]},{"parts":[ %b]}]}'
    request = CODEC.decode(body % (thought, said, quoted, thought, said))
    kept = b'{"x": 1,"contents":[{"role":"model","parts":[%b,%b]},{"parts":[ %b]}]}' % (said, quoted, said)
    assert CODEC.splice(request, Edits(model="up")) == kept
    alone = b'{"contents":{"parts":%b}}' % quoted
    assert CODEC.splice(CODEC.decode(alone), Edits(model="up")) == alone


@pytest.mark.parametrize(
    ("body", "param"),
    [
        (b'{"contents":1,"contents":2}', "contents"),
        (b'{"generationConfig":{"maxOutputTokens":1,"max_output_tokens":2}}', "maxOutputTokens"),
        (b'{"generationConfig":{},"generation_config":{}}', "generationConfig"),
        (b'{"generationConfig":{"MaxOutputTokens":1}}', "maxOutputTokens"),
        (b'{"Tools":[]}', "tools"),
        (b'{"cachedContent":1,"cached_content":1}', "cachedContent"),
    ],
)
def test_duplicates_are_refused(body: bytes, param: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        CODEC.refuse_duplicates(Request("gemini", Operation.CHAT, "m", body))
    assert refused.value.param == param


def test_what_bounds_nothing_may_stand_there_twice() -> None:
    body = b'{"labels":1,"labels":2,"generationConfig":{"topK":1,"top_k":2},"maxOutputTokens":1}'
    CODEC.refuse_duplicates(Request("gemini", Operation.CHAT, "m", body))


def test_usage() -> None:
    assert CODEC.usage(json.dumps(chunk({"text": "a"})).encode()) == Usage(10, 12, 0, 0, 5)
    blocked = {"promptFeedback": {"blockReason": "SAFETY"}}
    assert CODEC.usage(json.dumps(blocked).encode()) is None
    tools = USAGE | {"toolUsePromptTokenCount": 100, "cachedContentTokenCount": 30}
    assert CODEC.usage(json.dumps({"usageMetadata": tools}).encode()) == Usage(110, 12, 30, 0, 5)
    odd = {"candidates": [], "usageMetadata": {"promptTokenCount": "x"}}
    assert CODEC.usage(json.dumps(odd).encode()) is None


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"error":{}}', b"<html>", b'{"x":{"usageMetadata":7}}']
)
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        CODEC.usage(body)


def test_errors() -> None:
    error = NotFoundError("no such model", param="model")
    told = json.loads(CODEC.error(error, "req-1"))["error"]
    assert (told["code"], told["status"], told["message"]) == (404, "NOT_FOUND", "no such model")
    info = told["details"][0]
    assert (info["reason"], info["metadata"]) == ("NOT_FOUND", {"requestId": "req-1", "field": "model"})
    late = json.loads(CODEC.error(RateLimitError("slow down", retry_after=1.5), "r"))["error"]
    assert late["details"][1]["retryDelay"] == "1.500s"
    assert json.loads(Gemini("m", stream=True, sse=False).error(error, "r"))[0]["error"]["code"] == 404


def test_errors_in_a_stream() -> None:
    error = RateLimitError("slow down")
    told = Gemini("m", stream=True).error_event(error, "r")
    assert json.loads(told)["error"]["status"] == "RESOURCE_EXHAUSTED"
    assert not told.startswith(b"data:")
    ended = Gemini("m", stream=True, sse=False).error_event(error, "r")
    assert json.loads(b"[{}" + ended)[1]["error"]["code"] == 429
    alone = Gemini("m", stream=True, sse=False).error_event(error, "r", said=False)
    assert json.loads(b"\n\n" + alone)[0]["error"]["code"] == 429
    assert (EVENTS.end(first=True), ARRAY.end(first=True)) == (b"", b"[]")
