import json
from typing import Any

import pytest
from hypothesis import given

from protocols.gemini.drawn import REQUEST
from protocols.gemini.wire import NAME, asked
from wye.core.chat import (
    Audio,
    Chat,
    Document,
    Format,
    Image,
    Message,
    Opaque,
    Reasoning,
    Role,
    Sampling,
    ServerTool,
    Source,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from wye.core.errors import BadRequestError
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.translate import Wire

DIALECT = GeminiDialect()
WIRE = Wire(model="up")
HELLO: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]}


def read(**fields: Any) -> Chat:
    return DIALECT.read_request(json.dumps(HELLO | fields).encode())


def parts(*told: dict[str, Any], role: str = "user") -> tuple[Any, ...]:
    """Read parts, and check that writing them says the same."""
    body = {"contents": [{"role": role, "parts": list(told)}]}
    chat = read(**body)
    again = json.loads(DIALECT.write_request(chat, WIRE))
    assert asked(again) == asked(body)
    return chat.messages[0].parts


def test_model_and_stream_come_from_the_url() -> None:
    chat = GeminiDialect("gemini-2.5-pro", stream=True).read_request(json.dumps(HELLO).encode())
    assert (chat.model, chat.stream) == ("gemini-2.5-pro", True)
    assert chat.messages == (Message(role=Role.USER, parts=(Text(text="Hi"),)),)
    assert chat.protocol == NAME


def test_a_whole_request() -> None:
    chat = read(
        systemInstruction={"role": "user", "parts": [{"text": "Be kind."}]},
        tools=[
            {"functionDeclarations": [{"name": "f", "description": "d", "parametersJsonSchema": {"a": 1}}]},
            {"googleSearch": {}, "codeExecution": {}},
        ],
        toolConfig={"functionCallingConfig": {"mode": "ANY"}},
        generationConfig={
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 40.0,
            "seed": 7,
            "maxOutputTokens": "100",
            "candidateCount": 2,
            "stopSequences": ["X"],
            "presencePenalty": 0.1,
            "frequencyPenalty": 0.2,
            "responseLogprobs": True,
            "logprobs": 3,
            "responseModalities": ["TEXT"],
        },
        safetySettings=[{"category": "HARM_CATEGORY_HATE_SPEECH", "threshold": "BLOCK_NONE"}],
    )
    assert chat.system == (Text(text="Be kind."),)
    assert chat.tools == (
        Tool(name="f", description="d", schema={"a": 1}),
        ServerTool(protocol=NAME, kind="googleSearch", value={"googleSearch": {}}),
        ServerTool(protocol=NAME, kind="codeExecution", value={"codeExecution": {}}),
    )
    assert chat.tool_choice == ToolChoice(mode="required")
    assert chat.sampling == Sampling(
        temperature=0.5,
        top_p=0.9,
        top_k=40,
        seed=7,
        stop=("X",),
        presence_penalty=0.1,
        frequency_penalty=0.2,
        logprobs=True,
        top_logprobs=3,
    )
    assert (chat.max_output_tokens, chat.choices) == (100, 2)
    assert set(chat.extras) == {"safetySettings", "generationConfig"}
    assert chat.extras["generationConfig"] == {"responseModalities": ["TEXT"]}


def test_either_spelling_is_read() -> None:
    snake = {
        "contents": [
            {"parts": [{"inline_data": {"mime_type": "image/png", "data": "aa=="}}]},
            {"parts": {"text": "no brackets"}},
        ],
        "system_instruction": {"parts": {"text": "Be kind."}},
        "generation_config": {"max_output_tokens": 5, "thinking_config": {"include_thoughts": True}},
        "tools": {"function_declarations": [{"name": "f", "parameters": {"any_key": 1}}]},
        "tool_config": {"function_calling_config": {"mode": "ANY", "allowed_function_names": ["f"]}},
    }
    chat = DIALECT.read_request(json.dumps(snake).encode())
    assert chat.messages[0].parts == (
        Image(source=Source(kind="data", value="aa==", media_type="image/png")),
    )
    assert chat.messages[1].parts == (Text(text="no brackets"),)
    assert (chat.system, chat.max_output_tokens) == ((Text(text="Be kind."),), 5)
    assert chat.thinking == Thinking(show=True)
    assert chat.tool_choice == ToolChoice(mode="tool", name="f")
    assert chat.tools == (Tool(name="f", schema={"any_key": 1}),)


def test_thoughts_and_signatures_keep_their_places() -> None:
    assert parts(
        {"text": "Hm.", "thought": True},
        {"text": "", "thought": True, "thoughtSignature": "c2ln"},
        {"text": "Yes.", "thoughtSignature": "c2lnMg=="},
        {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2lnMw=="},
        role="model",
    ) == (
        Reasoning(text="Hm."),
        Reasoning(signature="c2ln", origin=NAME),
        Text(text="Yes.", signature="c2lnMg=="),
        ToolCall(id="call_gemini_0", name="f", arguments='{"a":1}', signature="c2lnMw=="),
    )


def test_calls_without_ids_get_some_and_results_find_them() -> None:
    calls = [{"functionCall": {"name": name, "args": {"n": at}}} for at, name in enumerate("ffg")]
    results = [{"functionResponse": {"name": name, "response": {"output": name}}} for name in "gff"]
    body = {"contents": [{"role": "model", "parts": calls}, {"role": "function", "parts": results}]}
    chat = read(**body)
    assert [part.id for part in chat.messages[0].parts if isinstance(part, ToolCall)] == [
        "call_gemini_0",
        "call_gemini_1",
        "call_gemini_2",
    ]
    answered = [part.call_id for part in chat.messages[1].parts if isinstance(part, ToolResult)]
    assert answered == ["call_gemini_2", "call_gemini_0", "call_gemini_1"]
    assert asked(json.loads(DIALECT.write_request(chat, WIRE))) == asked(body)


def test_ids_that_are_there_are_kept() -> None:
    call = {"functionCall": {"id": "x1", "name": "f"}}
    nameless = {"functionResponse": {"name": "f", "response": {"output": "a"}}}
    chat = read(contents=[{"role": "model", "parts": [call]}, {"role": "user", "parts": [nameless]}])
    (made,), (result,) = (message.parts for message in chat.messages)
    assert isinstance(made, ToolCall)
    assert isinstance(result, ToolResult)
    assert made.id == result.call_id == "x1"


@pytest.mark.parametrize(
    ("response", "text", "is_error"),
    [
        ({"output": "Sunny"}, "Sunny", False),
        ({"error": "No such city"}, "No such city", True),
        ({"result": "Sunny"}, '{"result":"Sunny"}', False),
        ({"output": {"t": 1}}, '{"output":{"t":1}}', False),
        ({"output": '{"t":1}'}, '{"output":"{\\"t\\":1}"}', False),
        ({"error": "x", "code": 3}, '{"error":"x","code":3}', True),
        ({}, "{}", False),
    ],
)
def test_what_a_function_said(response: dict[str, Any], text: str, *, is_error: bool) -> None:
    (result,) = parts({"functionResponse": {"id": "1", "name": "f", "response": response}})
    told = (Text(text=text),)
    assert result == ToolResult(call_id="1", name="f", parts=told, is_error=is_error)


def test_a_result_may_hold_pictures() -> None:
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    (result,) = parts(
        {"functionResponse": {"id": "1", "name": "f", "response": {"output": "see"}, "parts": [picture]}}
    )
    image = Image(source=Source(kind="data", value="aGk=", media_type="image/png"))
    assert result.parts == (Text(text="see"), image)


def test_media() -> None:
    def data(kind: str, **more: str) -> dict[str, Any]:
        return {"inlineData": {"mimeType": kind, "data": "-_-_", **more}}

    def source(kind: str) -> Source:
        return Source(kind="data", value="+/+/", media_type=kind)

    assert parts(data("image/png"), data("audio/wav"), data("application/pdf", displayName="a.pdf")) == (
        Image(source=source("image/png")),
        Audio(source=source("audio/wav")),
        Document(source=source("application/pdf"), title="a.pdf"),
    )


def test_files() -> None:
    def file(uri: str, kind: str = "image/png") -> dict[str, Any]:
        return {"fileData": {"fileUri": uri, "mimeType": kind}}

    uris = {
        "https://generativelanguage.googleapis.com/v1beta/files/x": "file",
        "gs://bucket/x": "file",
        "https://example.org/x.png": "url",
    }
    for uri, kind in uris.items():
        (image,) = parts(file(uri))
        assert (image.source.kind, image.source.value) == (kind, uri)


@pytest.mark.parametrize(
    "part",
    [
        {"inlineData": {"mimeType": "video/mp4", "data": "aGk="}, "videoMetadata": {"fps": 1}},
        {"fileData": {"fileUri": "https://youtu.be/x"}},
        {"executableCode": {"language": "PYTHON", "code": "1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
        {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "1"}, "thoughtSignature": "c2ln"},
        {"inlineData": {"mimeType": "image/png", "data": "aGk="}, "thought": True},
        {"ofNextYear": {"a": 1}},
        {"text": "a", "inlineData": {"mimeType": "image/png", "data": "aGk="}},
    ],
)
def test_what_only_gemini_has_stays_whole(part: dict[str, Any]) -> None:
    (opaque,) = parts(part)
    assert isinstance(opaque, Opaque)
    assert (opaque.protocol, opaque.value) == (NAME, part)


@pytest.mark.parametrize(
    ("config", "choice"),
    [
        ({}, ToolChoice()),
        ({"mode": "AUTO"}, ToolChoice()),
        ({"mode": "NONE"}, ToolChoice(mode="none")),
        (
            {"mode": "ANY", "allowedFunctionNames": ["a", "b"]},
            ToolChoice(mode="required", allowed=("a", "b")),
        ),
        ({"mode": "VALIDATED", "allowedFunctionNames": ["a"]}, ToolChoice(allowed=("a",))),
    ],
)
def test_tool_choices(config: dict[str, Any], choice: ToolChoice) -> None:
    chat = read(toolConfig={"functionCallingConfig": config, "includeServerSideToolInvocations": True})
    assert chat.tool_choice == choice
    again = json.loads(DIALECT.write_request(chat, WIRE))["toolConfig"]
    assert again["functionCallingConfig"] == {"mode": "AUTO"} | config
    assert again["includeServerSideToolInvocations"] is True


@pytest.mark.parametrize(
    ("config", "form"),
    [
        ({"responseMimeType": "application/json"}, Format(kind="json")),
        ({"responseMimeType": "text/plain"}, Format()),
        (
            {"responseMimeType": "application/json", "responseSchema": {"type": "OBJECT", "nullable": True}},
            Format(kind="schema", schema={"type": ["object", "null"]}),
        ),
        (
            {"responseMimeType": "application/json", "responseJsonSchema": {"$ref": "#/$defs/a"}},
            Format(kind="schema", schema={"$ref": "#/$defs/a"}),
        ),
        ({"responseMimeType": "text/x.enum", "responseSchema": {"type": "STRING"}}, None),
        ({}, None),
    ],
)
def test_formats(config: dict[str, Any], form: Format | None) -> None:
    chat = read(generationConfig=config)
    assert chat.format == form
    again = json.loads(DIALECT.write_request(chat, WIRE))
    assert asked(again) == asked(HELLO | {"generationConfig": config})


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "contents"),
        ({"contents": "Hi"}, "contents"),
        ({"contents": [7]}, "contents[0]"),
        ({"contents": [{"role": "assistant"}]}, "contents[0].role"),
        ({"contents": [{"parts": [{"text": 7}]}]}, "contents[0].parts[0].text"),
        ({"contents": [{"parts": [{"functionCall": {}}]}]}, "contents[0].parts[0].functionCall.name"),
        ({"contents": [], "generationConfig": {"topK": 1.5}}, "generationConfig.topK"),
        ({"contents": [], "generationConfig": {"maxOutputTokens": 0}}, "generationConfig.maxOutputTokens"),
        ({"contents": [], "generationConfig": {}, "generation_config": {}}, "generationConfig"),
        (
            {"contents": [], "systemInstruction": {"parts": [{"functionCall": {"name": "f"}}]}},
            "systemInstruction.parts",
        ),
        (
            {"contents": [], "toolConfig": {"functionCallingConfig": {"mode": "SOMETIMES"}}},
            "toolConfig.functionCallingConfig.mode",
        ),
        (
            {
                "contents": [
                    {
                        "parts": [
                            {"functionResponse": {"name": "f", "parts": [{"functionCall": {"name": "g"}}]}}
                        ]
                    }
                ]
            },
            "contents[0].parts[0].functionResponse.parts[0]",
        ),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as refused:
        DIALECT.read_request(json.dumps(body).encode())
    assert refused.value.param == param


@pytest.mark.parametrize("depth", [2000, 20_000])
def test_a_schema_too_deep_is_refused(depth: int) -> None:
    deep = b'{"type":"ARRAY","items":' * depth + b"{}" + b"}" * depth
    body = b'{"contents":[],"tools":[{"functionDeclarations":[{"name":"f","parameters":' + deep + b"}]}]}"
    with pytest.raises(BadRequestError, match="nested too deeply"):
        DIALECT.read_request(body)


@given(REQUEST)
def test_any_request_comes_back_with_the_same_meaning(request: dict[str, Any]) -> None:
    chat = DIALECT.read_request(json.dumps(request).encode())
    again = json.loads(DIALECT.write_request(chat, WIRE))
    assert asked(again) == asked(request)
