"""What is written for Gemini's clients and upstreams, read with the types of Google's own SDK."""

import json
from typing import Any

import pytest
from google.genai import types

from wye.core.answer import Answer, Choice
from wye.core.chat import (
    Chat,
    Citation,
    Finish,
    Format,
    Image,
    Message,
    Part,
    Reasoning,
    Role,
    Sampling,
    Source,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from wye.core.stream import Begin, Cite, Close, Delta, End, Event, Finished, Open, Used
from wye.core.usage import Usage
from wye.protocols.gemini.dialect import GeminiDialect
from wye.protocols.translate import Wire

DIALECT = GeminiDialect()
LOGPROBS = {"content": [{"token": "a", "logprob": -1.5, "bytes": [97], "top_logprobs": []}]}
CITATION = Citation(url="https://a.example", title="A", start=0, end=5)
PARTS: tuple[Part, ...] = (
    Reasoning(text="Hm.", signature="sig", origin="anthropic_messages"),
    Text(text="Hello.", citations=(CITATION,)),
    ToolCall(id="x", name="f", arguments='{"a": [1]}', signature="c2ln"),
    Image(source=Source(kind="data", value="aGk=", media_type="image/png")),
)


def known(model: Any, told: Any) -> None:
    """Check that the SDK's type takes every member that was written: it ignores those it does not know."""
    assert (
        model.model_validate(told).model_dump(exclude_none=True, mode="json", by_alias=True).keys()
        == told.keys()
    )


def test_a_whole_answer() -> None:
    choice = Choice(parts=PARTS, finish=Finish.TOOL_CALLS, logprobs=LOGPROBS)
    answer = Answer(id="r", model="m", choices=(choice,), usage=Usage(10, 5, 4, 0, 2))
    told = json.loads(DIALECT.write_answer(answer))
    known(types.GenerateContentResponse, told)
    known(types.Candidate, told["candidates"][0])
    read = types.GenerateContentResponse.model_validate(told)
    assert read.text == "Hello."
    assert read.function_calls is not None
    assert (read.function_calls[0].name, read.function_calls[0].args) == ("f", {"a": [1]})
    assert read.usage_metadata is not None
    assert read.usage_metadata.thoughts_token_count == 2
    assert read.candidates is not None
    (candidate,) = read.candidates
    assert candidate.finish_reason is types.FinishReason.STOP
    assert candidate.grounding_metadata is not None
    assert candidate.grounding_metadata.grounding_supports is not None
    segment = candidate.grounding_metadata.grounding_supports[0].segment
    assert segment is not None
    assert (segment.part_index, segment.end_index, segment.text) == (1, 5, "Hello")


def test_a_stream() -> None:
    events: list[Event] = [Begin(id="r", model="m")]
    for index, part in enumerate(PARTS):
        match part:
            case ToolCall(arguments=arguments):
                blank = ToolCall(id="x", name="f", arguments="")
                events += [Open(index=index, part=blank), Delta(index=index, text=arguments)]
            case Text(text=text):
                opened = Open(index=index, part=Text(text=""))
                events += [opened, Delta(index=index, text=text), Cite(index=index, citation=CITATION)]
            case _:
                events.append(Open(index=index, part=part))
        events.append(Close(index=index))
    events += [Finished(finish=Finish.TOOL_CALLS), Used(usage=Usage(10, 5)), End()]
    writer = DIALECT.writer(want_usage=True)
    stream = b"".join(map(writer.write, events))
    said, called = "", []
    for line in stream.splitlines():
        if line.startswith(b"data: "):
            told = json.loads(line[6:])
            known(types.GenerateContentResponse, told)
            read = types.GenerateContentResponse.model_validate(told)
            said += read.text or ""
            called += read.function_calls or []
    assert said == "Hello."
    assert [call.args for call in called] == [{"a": [1]}]


@pytest.mark.parametrize("model", ["gemini-2.5-pro", "gemini-3-flash-preview"])
def test_a_request(model: str) -> None:
    result = ToolResult(call_id="x", parts=(Text(text="sunny"), PARTS[3]))  # type: ignore[arg-type]  # a picture
    chat = Chat(
        model="m",
        messages=(
            Message(role=Role.USER, parts=(Text(text="Hi"),)),
            Message(role=Role.ASSISTANT, parts=PARTS[1:3]),
            Message(role=Role.USER, parts=(result,)),
        ),
        system=(Text(text="Be kind."),),
        tools=(Tool(name="f", description="d", schema={"type": "object"}),),
        tool_choice=ToolChoice(mode="required"),
        format=Format(kind="schema", schema={"type": "object"}),
        thinking=Thinking(effort="low", show=True),
        sampling=Sampling(
            temperature=1, top_p=1, top_k=3, stop=("X",), seed=1, logprobs=True, top_logprobs=2
        ),
        max_output_tokens=9,
        choices=2,
    )
    told = json.loads(DIALECT.write_request(chat, Wire(model=model)))
    known(types.GenerationConfig, told["generationConfig"])
    for content in (*told["contents"], {"role": "user"} | told["systemInstruction"]):
        known(types.Content, content)
        for part in content["parts"]:
            known(types.Part, part)
    for tool in told["tools"]:
        known(types.Tool, tool)
        for declared in tool["functionDeclarations"]:
            known(types.FunctionDeclaration, declared)
    known(types.ToolConfig, told["toolConfig"])
    read = types.GenerationConfig.model_validate(told["generationConfig"])
    assert read.thinking_config is not None
    assert (read.thinking_config.thinking_level is None) == (model == "gemini-2.5-pro")
