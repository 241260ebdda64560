"""Names that only Gemini takes, for upstreams of other protocols, and back."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.answer import Answer, Choice
from wye.core.chat import Chat, Message, Role, ServerTool, Text, Tool, ToolCall, ToolChoice, ToolResult
from wye.core.stream import Begin, Event, Open
from wye.protocols.tool_names import ToolNames, is_plain, plain_name

LONG = "mcp__" + "x" * 90
TOOLS = (Tool(name="weather.now"), Tool(name="maps:find"), Tool(name=LONG), Tool(name="plain-1_A"))


def call(name: str) -> ToolCall:
    return ToolCall(id="c", name=name, arguments="{}")


def asked(*parts: ToolCall | ToolResult, tools: tuple[Tool | ServerTool, ...] = TOOLS) -> Chat:
    return Chat(
        model="m",
        messages=(Message(role=Role.ASSISTANT, parts=parts),),
        tools=tools,
        tool_choice=ToolChoice(mode="tool", name="maps:find", allowed=("weather.now", "plain-1_A")),
    )


@given(st.text(min_size=1))
def test_every_name_has_one_that_is_taken(name: str) -> None:
    plain = plain_name(name)
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", plain)
    assert plain_name(name) == plain == plain_name(plain)


def test_names_that_look_alike_stay_apart() -> None:
    assert len({plain_name(name) for name in ("a.b", "a:b", "a_b", LONG, LONG + "y")}) == 5
    assert plain_name("a.b").startswith("a_b_")


def test_only_what_is_not_taken_changes() -> None:
    tool = ServerTool(protocol="gemini", kind="googleSearch", value={})
    assert is_plain(asked(tools=(TOOLS[3], tool)))
    assert not is_plain(asked(call("a.b"), tools=()))
    chat = ToolNames(
        asked(call(LONG), ToolResult(call_id="c", parts=(), name=LONG), tools=(*TOOLS, tool))
    ).chat
    names = [one.name for one in chat.tools if isinstance(one, Tool)]
    assert names == [plain_name(one.name) for one in TOOLS]
    assert names[3] == "plain-1_A"
    assert chat.tools[4] is tool
    assert chat.tool_choice == ToolChoice(mode="tool", name=names[1], allowed=(names[0], names[3]))
    made, result = chat.messages[0].parts
    assert isinstance(made, ToolCall)
    assert isinstance(result, ToolResult)
    assert made.name == result.name == names[2]


@pytest.mark.parametrize("name", [one.name for one in TOOLS])
def test_the_client_reads_its_own(name: str) -> None:
    told = ToolNames(asked())
    text, made, other = Text(text="hi"), call(plain_name(name)), call("unknown")
    answer = Answer(id="a", model="m", choices=(Choice(parts=(text, made, other)),))
    assert told.answer(answer).choices[0].parts == (text, call(name), other)
    begin = Begin(id="a", model="m")
    events: list[Event] = [begin, Open(index=0, part=text), Open(index=1, part=made)]
    assert told.filter().pass_on(events) == [begin, Open(index=0, part=text), Open(index=1, part=call(name))]
