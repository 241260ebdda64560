"""Custom tools as functions of one text, and their calls read back."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.answer import Answer, Choice
from wye.core.chat import (
    Chat,
    Finish,
    Message,
    Role,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from wye.core.fold import fold
from wye.core.stream import Begin, Close, Delta, End, Event, Finished, Open, Order
from wye.protocols.emulation import custom_tools
from wye.protocols.emulation.custom_tools import CustomTools, input_of, uses_custom_tools

PATCH = '*** Begin Patch\n*** Update File: "a\\b".py\n-\told\n+\tné 😀\n*** End Patch\n'
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": 'start: "*** Begin Patch" /.+/'}
TOOLS = (Tool(name="apply_patch", description="Patch.", custom=True, grammar=GRAMMAR), Tool(name="f"))
ASKED = Message(role=Role.USER, parts=(Text(text="Mend it."),))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('"\\/\n\t\b\x00{}:,u😀'))


def asked(*messages: Message, tools: tuple[Tool | ServerTool, ...] = TOOLS) -> Chat:
    return Chat(model="m", messages=(ASKED, *messages), tools=tools)


def emulated(chat: Chat) -> CustomTools:
    return CustomTools(chat)


def test_a_custom_tool_becomes_a_function() -> None:
    tool, function = emulated(asked()).chat.tools
    assert isinstance(tool, Tool)
    assert function is TOOLS[1]
    assert (tool.name, tool.custom, tool.grammar) == ("apply_patch", False, None)
    assert tool.schema is not None
    assert tool.schema["required"] == ["input"]
    assert tool.schema["properties"]["input"]["type"] == "string"
    assert tool.description.startswith("Patch.\n\n")
    assert tool.description.endswith(f"this Lark grammar:\n{GRAMMAR['definition']}")


@pytest.mark.parametrize(
    ("grammar", "told"),
    [
        (None, ""),
        ({"type": "text"}, ""),
        ({"type": "grammar", "syntax": "regex", "definition": "a+"}, "this regular expression:\na+"),
        ({"type": "ebnf", "rules": [1]}, '{"type":"ebnf","rules":[1]}'),
    ],
)
def test_what_the_text_must_be_is_told(grammar: dict[str, object] | None, told: str) -> None:
    (tool,) = emulated(asked(tools=(Tool(name="t", custom=True, grammar=grammar),))).chat.tools
    assert isinstance(tool, Tool)
    assert tool.description.endswith(told)
    assert ("The text must" in tool.description) == bool(told)


def test_what_came_before_is_told_as_the_function_s() -> None:
    call = ToolCall(id="c1", name="apply_patch", arguments=PATCH, custom=True)
    other = ToolCall(id="c2", name="f", arguments='{"input":"x"}')
    said = Message(role=Role.ASSISTANT, parts=(Text(text="Now."), call, other))
    result = Message(role=Role.USER, parts=(ToolResult(call_id="c1", parts=(Text(text="Done."),)),))
    chat = emulated(asked(said, result)).chat
    assert chat.messages[0] is ASKED
    text, written, same = chat.messages[1].parts
    assert (text, same) == (Text(text="Now."), other)
    assert isinstance(written, ToolCall)
    assert (written.id, written.name, written.custom) == ("c1", "apply_patch", False)
    assert json.loads(written.arguments) == {"input": PATCH}
    assert chat.messages[2] is result


def test_a_choice_and_everything_else_stays() -> None:
    choice = ToolChoice(mode="tool", name="apply_patch")
    server = ServerTool(protocol="p", kind="web_search", value={})
    chat = msgspec.structs.replace(asked(tools=(*TOOLS, server)), tool_choice=choice, max_output_tokens=7)
    told = emulated(chat).chat
    assert told.tools[2] is server
    assert msgspec.structs.replace(told, tools=chat.tools) == chat


def test_who_uses_custom_tools() -> None:
    call = Message(role=Role.ASSISTANT, parts=(ToolCall(id="c", name="t", arguments="x", custom=True),))
    assert uses_custom_tools(asked())
    assert uses_custom_tools(asked(call, tools=()))
    assert not uses_custom_tools(asked(tools=TOOLS[1:]))


def test_calls_are_read_back() -> None:
    calls = (
        ToolCall(id="c1", name="apply_patch", arguments=json.dumps({"input": PATCH}), signature="s"),
        ToolCall(id="c2", name="f", arguments='{"input":"x"}'),
    )
    choice = Choice(parts=(Text(text="Now."), *calls), finish=Finish.TOOL_CALLS)
    answer = Answer(id="a", model="m", choices=(choice,))
    (got,) = emulated(asked()).answer(answer).choices
    custom = ToolCall(id="c1", name="apply_patch", arguments=PATCH, signature="s", custom=True)
    assert got == msgspec.structs.replace(choice, parts=(Text(text="Now."), custom, calls[1]))


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ("", ""),
        ("{}", "{}"),
        ("ls -l", "ls -l"),
        (" [1]", " [1]"),
        ('"text"', '"text"'),
        ('{"input": 5}', '{"input": 5}'),
        ('{"patch": "a"}', '{"patch": "a"}'),
        ('{"inp', '{"inp'),
        ('{"why": "b", "input": "a\\n"}', "a\n"),
        ('\n{ "input" :\t"a", "why": "b" }\n', "a"),
        ('{"input":"cut o', "cut o"),
        ('{"input":"cut \\u00', "cut "),
        ('{"input":"whole"', "whole"),
        ('{"input":"print("hi")"}', 'print("hi")"}'),
        ('{"input":"a"} and so on', 'a"} and so on'),
        ('{"input":"\\d+"}', "\\d+"),
        (" " * 300 + '{"input":"far"}', "far"),
        ('{"input":' + "[" * 100_000, '{"input":' + "[" * 100_000),
    ],
)
def test_arguments_of_any_form(arguments: str, text: str) -> None:
    assert input_of(arguments) == text
    if len(arguments) < 1_000:
        assert called(list(arguments)).arguments == text
        for at in range(len(arguments)):
            assert called([arguments[:at], arguments[at:]]).arguments == text


@given(text=TEXTS, ascii_only=st.booleans(), data=st.data())
def test_any_text_goes_there_and_back(*, text: str, ascii_only: bool, data: st.DataObject) -> None:
    said = Message(
        role=Role.ASSISTANT, parts=(ToolCall(id="c", name="apply_patch", arguments=text, custom=True),)
    )
    (written,) = emulated(asked(said)).chat.messages[1].parts
    assert isinstance(written, ToolCall)
    assert input_of(written.arguments) == text
    arguments = json.dumps({"input": text}, ensure_ascii=ascii_only)
    assert input_of(arguments) == text
    assert called(list(arguments)).arguments == text
    at = data.draw(st.integers(0, len(arguments)))
    assert called([arguments[:at], arguments[at:]]).arguments == text


@given(arguments=st.text(st.sampled_from('{"input":  \\uD83dqn},'), max_size=60), head=st.booleans())
def test_streamed_and_whole_are_the_same(*, arguments: str, head: bool) -> None:
    arguments = '{"input":"' + arguments if head else arguments
    assert called(list(arguments)).arguments == input_of(arguments)


def streamed(pieces: list[str], first: str = "") -> list[Event]:
    """Return what a client gets of one call, told between a text and another call."""
    events: list[Event] = [
        Begin(id="a", model="m"),
        Open(index=0, part=Text(text="")),
        Delta(index=0, text="Now."),
        Close(index=0),
        Open(index=1, part=ToolCall(id="c1", name="apply_patch", arguments=first)),
        Open(index=2, part=ToolCall(id="c2", name="f", arguments="")),
        Delta(index=2, text='{"input":'),
        *[Delta(index=1, text=piece) for piece in pieces],
        Delta(index=2, text='"x"}'),
        Close(index=1),
        Close(index=2),
        Finished(finish=Finish.TOOL_CALLS),
        End(),
    ]
    told = emulated(asked()).filter()
    got = [one for event in events for one in told.pass_on([event])]
    order = Order()
    for event in got:
        order.see(event)
    return got


def called(pieces: list[str], first: str = "") -> ToolCall:
    parts = fold(streamed(pieces, first)).choices[0].parts
    assert parts[0] == Text(text="Now.")
    assert parts[2] == ToolCall(id="c2", name="f", arguments='{"input":"x"}')
    call = parts[1]
    assert isinstance(call, ToolCall)
    assert (call.id, call.name, call.custom) == ("c1", "apply_patch", True)
    return call


def test_a_text_streams_as_it_comes() -> None:
    pieces = ['{"in', 'put": "*** Be', "gin\\", "n+\\ud83d", '\\ude00 \\"x', '\\""', "}"]
    texts = [one.text for one in streamed(pieces) if isinstance(one, Delta) and one.index == 1]
    assert texts == ["*** Be", "gin", "\n+", '😀 "x', '"']


def test_a_call_opened_whole() -> None:
    assert called([], first=json.dumps({"input": PATCH})).arguments == PATCH
    assert called(['t"}'], first='{"input":"cu').arguments == "cut"


def test_what_is_held_back_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(custom_tools, "MAX_HELD", 100)
    assert input_of(json.dumps({"input": "x" * 1_000})) == "x" * 1_000
    for arguments in ('{"other":"' + "x" * 100, '{"input":"a"' + " " * 101):
        with pytest.raises(ValueError, match="too long"):
            called(list(arguments))
