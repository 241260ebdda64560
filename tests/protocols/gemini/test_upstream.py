"""Conversations of other protocols, as Gemini demands them."""

import json
from typing import Any

import pytest

from wye.core.chat import (
    Audio,
    CacheMark,
    Chat,
    Citation,
    Document,
    Format,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
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
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.gemini.upstream import SKIPPED
from wye.protocols.seal import seal
from wye.protocols.translate import Wire

DIALECT = GeminiDialect()
NEW, OLD = "gemini-3-pro-preview", "gemini-2.5-flash"
PICTURE = Image(source=Source(kind="data", value="aGk=", media_type="image/png"))


def user(*parts: Part) -> Message:
    return Message(role=Role.USER, parts=parts)


def model(*parts: Part) -> Message:
    return Message(role=Role.ASSISTANT, parts=parts)


def write(*messages: Message, upstream: str = NEW, **fields: Any) -> Any:
    chat = Chat(model="m", messages=messages, protocol="openai_chat", **fields)
    return json.loads(DIALECT.write_request(chat, Wire(model=upstream)))


def contents(*messages: Message, upstream: str = NEW) -> Any:
    return write(*messages, upstream=upstream)["contents"]


CALLS = model(
    Text(text="Let me see."),
    ToolCall(id="a", name="f", arguments='{"n": 1}'),
    ToolCall(id="b", name="g", arguments=""),
)
RESULTS = (
    user(ToolResult(call_id="a", parts=(Text(text="one"),))),
    user(ToolResult(call_id="b", parts=(Text(text='{"two": 2}'),)), Text(text="Well?")),
)


def test_a_tool_loop() -> None:
    asked, called, answered = contents(user(Text(text="Go")), CALLS, *RESULTS, upstream=OLD)
    assert asked == {"role": "user", "parts": [{"text": "Go"}]}
    assert called["parts"] == [
        {"text": "Let me see."},
        {"functionCall": {"id": "a", "name": "f", "args": {"n": 1}}},
        {"functionCall": {"id": "b", "name": "g", "args": {}}},
    ]
    assert answered["parts"] == [
        {"functionResponse": {"id": "a", "name": "f", "response": {"output": "one"}}},
        {"functionResponse": {"id": "b", "name": "g", "response": {"two": 2}}},
        {"text": "Well?"},
    ]


def test_the_first_call_of_a_turn_is_signed_for_models_that_ask() -> None:
    turns = contents(
        user(Text(text="Go")), CALLS, *RESULTS, model(ToolCall(id="c", name="f", arguments="{}"))
    )
    signed = [
        part.get("thoughtSignature") for turn in turns for part in turn["parts"] if "functionCall" in part
    ]
    assert signed == [SKIPPED, None, SKIPPED]


def test_geminis_own_signatures_come_back() -> None:
    thought = Reasoning(text="Hm.", signature="c2ln", origin="gemini")
    behind = Reasoning(signature="Y2FsbA==", id="a", origin="gemini")
    (turn,) = contents(model(thought, behind, ToolCall(id="a", name="f", arguments="{}")))
    assert turn["parts"] == [
        {"text": "Hm.", "thought": True, "thoughtSignature": "c2ln"},
        {"functionCall": {"id": "a", "name": "f", "args": {}}, "thoughtSignature": "Y2FsbA=="},
    ]


def test_what_gemini_cannot_read_is_left_out() -> None:
    turns = contents(
        user(Text(text=""), Text(text="Hi", cache=CacheMark(), citations=(Citation(url="u"),))),
        model(Reasoning(text="secret", signature="x", origin="anthropic_messages"), Reasoning(text="plain")),
        model(Opaque(protocol="openai_responses", kind="computer_call", value={}), Text(text="Hello")),
        user(Refusal(text="No."), Audio(source=Source(kind="data", value="aGk=", media_type="audio/wav"))),
    )
    assert turns == [
        {"role": "user", "parts": [{"text": "Hi"}]},
        {"role": "model", "parts": [{"text": "Hello"}]},
        {
            "role": "user",
            "parts": [{"text": "No."}, {"inlineData": {"mimeType": "audio/wav", "data": "aGk="}}],
        },
    ]


def test_instructions_are_joined() -> None:
    told = write(
        Message(role=Role.DEVELOPER, parts=(Text(text="Be brief."),)),
        user(Text(text="Hi")),
        system=(Text(text="Be kind."),),
    )
    assert told["systemInstruction"] == {"parts": [{"text": "Be kind."}, {"text": "Be brief."}]}
    assert len(told["contents"]) == 1


def test_instructions_alone_are_what_is_said() -> None:
    told = write(system=(Text(text="Say hi."),))
    assert told == {"contents": [{"role": "user", "parts": [{"text": "Say hi."}]}]}


@pytest.mark.parametrize("upstream", [NEW, OLD])
def test_pictures_in_results(upstream: str) -> None:
    sheet = Document(source=Source(kind="data", value="aGk=", media_type="application/zip"), title="a.zip")
    result = ToolResult(call_id="a", name="f", parts=(Text(text="see"), PICTURE, sheet))
    (turn,) = contents(user(Text(text="then"), result), upstream=upstream)
    picture = {"inlineData": {"mimeType": "image/png", "data": "aGk="}}
    other = {"inlineData": {"mimeType": "application/zip", "data": "aGk="}}
    response: dict[str, Any] = {"id": "a", "name": "f", "response": {"output": "see"}}
    if upstream == NEW:
        beside = [{"functionResponse": response | {"parts": [picture]}}, other]
    else:
        beside = [{"functionResponse": response}, picture, other]
    assert turn["parts"] == [*beside, {"text": "then"}]


def test_results_that_failed_or_say_nothing() -> None:
    (turn,) = contents(
        user(
            ToolResult(call_id="lost", parts=(Text(text="boom"), Text(text="bang")), is_error=True),
            ToolResult(call_id="x", name="f", parts=()),
            ToolResult(call_id="y", name="f", parts=(Text(text='{"error": 1}'),), is_error=True),
        )
    )
    told = [part["functionResponse"] for part in turn["parts"]]
    assert [one["response"] for one in told] == [{"error": "boom\nbang"}, {"output": ""}, {"error": 1}]
    assert told[0]["name"] == "lost"


def test_arguments_that_are_no_object() -> None:
    (turn,) = contents(model(ToolCall(id="a", name="f", arguments="[1")), upstream=OLD)
    assert turn["parts"][0]["functionCall"]["args"] == {"unparsed_arguments": "[1"}


def test_documents_and_urls() -> None:
    (turn,) = contents(
        user(
            Document(source=Source(kind="text", value="Once"), title="Tale"),
            Document(source=Source(kind="url", value="https://example.org/a.pdf?x=1")),
            Image(source=Source(kind="url", value="https://example.org/a")),
        )
    )
    assert turn["parts"] == [
        {"text": "Tale\n\nOnce"},
        {"fileData": {"mimeType": "application/pdf", "fileUri": "https://example.org/a.pdf?x=1"}},
        {"fileData": {"fileUri": "https://example.org/a"}},
    ]


def test_tools() -> None:
    schema = {"type": "object", "$defs": {"a": {"const": 1}}}
    tools = (
        Tool(name="f", description="d", schema=schema, strict=True, cache=CacheMark()),
        Tool(name="g"),
        ServerTool(protocol="anthropic_messages", kind="bash", value={}),
    )
    told = write(user(Text(text="Hi")), tools=tools)
    declared = [{"name": "f", "description": "d", "parametersJsonSchema": schema}, {"name": "g"}]
    assert told["tools"] == [{"functionDeclarations": declared}]
    assert "toolConfig" not in told


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        (ToolChoice(parallel=False), None),
        (ToolChoice(mode="none"), {"mode": "NONE"}),
        (ToolChoice(mode="required"), {"mode": "ANY"}),
        (ToolChoice(mode="tool", name="f"), {"mode": "ANY", "allowedFunctionNames": ["f"]}),
        (ToolChoice(allowed=("f",)), {"mode": "VALIDATED", "allowedFunctionNames": ["f"]}),
        (
            ToolChoice(mode="required", allowed=("f", "g")),
            {"mode": "ANY", "allowedFunctionNames": ["f", "g"]},
        ),
    ],
)
def test_tool_choices(choice: ToolChoice, config: Any) -> None:
    told = write(user(Text(text="Hi")), tools=(Tool(name="f"),), tool_choice=choice)
    assert told.get("toolConfig") == (None if config is None else {"functionCallingConfig": config})
    assert "toolConfig" not in write(user(Text(text="Hi")), tool_choice=choice)


def test_generation_config() -> None:
    told = write(
        user(Text(text="Hi")),
        sampling=Sampling(temperature=0.0, top_k=3, stop=("X",), logprobs=True, top_logprobs=2, seed=1),
        max_output_tokens=9,
        choices=2,
        format=Format(kind="schema", name="n", schema={"type": "object"}, strict=True),
        user="u",
    )
    assert told["generationConfig"] == {
        "temperature": 0.0,
        "topK": 3,
        "stopSequences": ["X"],
        "seed": 1,
        "responseLogprobs": True,
        "logprobs": 2,
        "maxOutputTokens": 9,
        "candidateCount": 2,
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"},
    }
    assert set(told) == {"contents", "generationConfig"}
    assert "generationConfig" not in write(user(Text(text="Hi")), format=Format())


def test_a_thinking_config_is_told_where_the_model_knows_one() -> None:
    thinking = Thinking(effort="high")
    assert write(user(Text(text="Hi")), thinking=thinking)["generationConfig"] == {
        "thinkingConfig": {"thinkingLevel": "HIGH"}
    }
    assert "generationConfig" not in write(
        user(Text(text="Hi")), thinking=thinking, upstream="gemini-2.0-flash"
    )


def test_extras_of_other_protocols_stay_away() -> None:
    told = write(
        Message(role=Role.USER, parts=(Text(text="a", extras={"x": 1}),), extras={"y": 1}), extras={"z": 1}
    )
    assert told == {"contents": [{"role": "user", "parts": [{"text": "a"}]}]}


def test_a_foreign_thought_comes_back_from_a_gemini_client() -> None:
    thought = Reasoning(text="Hm.", signature="sig", id="rs_1", origin="anthropic_messages")
    part = {"text": "Hm.", "thought": True, "thoughtSignature": seal(thought)}
    body = {"contents": [{"role": "model", "parts": [part]}]}
    chat = DIALECT.read_request(json.dumps(body).encode())
    assert chat.messages[0].parts == (thought,)
