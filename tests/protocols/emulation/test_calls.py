"""Emulated tools: what the engine is told, and what is read back, whole and however the stream is cut."""

import contextlib
import itertools
import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.drawn import conversations
from wye.core.answer import Answer, Choice
from wye.core.chat import (
    Chat,
    Finish,
    Format,
    Message,
    Reasoning,
    Role,
    Sampling,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from wye.core.errors import CannotCarryError
from wye.core.fold import fold
from wye.core.stream import Begin, Close, Delta, End, Event, Finished, Open, Order, Used
from wye.core.usage import Usage
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.emulation.calls import Emulation
from wye.protocols.emulation.reply import Called, Reply, Said
from wye.protocols.translate import Wire

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = Tool(name="get_weather", description="Get the weather of a city.", schema=CITY)
NOW = Tool(name="now")
CALL = ToolCall(id="call_1", name="get_weather", arguments='{"city": "Paris"}')


def turn(role: Role, *parts: Any) -> Message:
    return Message(role=role, parts=tuple(Text(text=one) if isinstance(one, str) else one for one in parts))


def result(text: str, *, is_error: bool = False) -> Message:
    part = ToolResult(call_id="call_1", parts=(Text(text=text),), is_error=is_error)
    return turn(Role.USER, part)


ASKED = Chat(model="m", messages=(turn(Role.USER, "Weather in Paris?"),), tools=(WEATHER, NOW))


def asked(**fields: Any) -> Emulation:
    return Emulation(msgspec.structs.replace(ASKED, **fields))


def schema(emulation: Emulation) -> Any:
    assert emulation.chat.format is not None
    assert emulation.chat.format.kind == "schema"
    return emulation.chat.format.schema


def said(emulation: Emulation) -> list[tuple[str, str]]:
    return [
        (one.role.value, "|".join(part.text for part in one.parts if isinstance(part, Text)))
        for one in emulation.chat.messages
    ]


def test_the_engine_gets_words_and_a_schema_in_place_of_tools() -> None:
    emulation = asked(system=(Text(text="Be brief."),))
    assert emulation.chat.tools == ()
    assert emulation.chat.tool_choice is None
    (system,) = emulation.chat.system
    assert isinstance(system, Text)
    assert system.text.startswith("Be brief.\n\nYou can call these tools:\n- get_weather: Get the weather")
    assert 'arguments: {"city": string}' in system.text
    calls, answer = schema(emulation)["anyOf"]
    first, second = calls["properties"]["tool_calls"]["items"]["anyOf"]
    assert first["properties"]["name"] == {"const": "get_weather"}
    assert first["properties"]["arguments"] == CITY | {"additionalProperties": False}
    assert second["properties"]["arguments"]["properties"] == {}
    assert answer["properties"] == {"answer": {"type": "string"}}


@pytest.mark.parametrize(
    ("choice", "names", "most"),
    [
        (ToolChoice(mode="required"), ["get_weather", "now"], 8),
        (ToolChoice(mode="required", parallel=False), ["get_weather", "now"], 1),
        (ToolChoice(mode="tool", name="now"), ["now"], 1),
        (ToolChoice(mode="required", allowed=("get_weather",)), ["get_weather"], 8),
    ],
)
def test_a_demanded_call_leaves_no_other_way(choice: ToolChoice, names: list[str], most: int) -> None:
    calls = schema(asked(tool_choice=choice))["properties"]["tool_calls"]
    items = calls["items"].get("anyOf", [calls["items"]])
    assert [one["properties"]["name"]["const"] for one in items] == names
    assert (calls["minItems"], calls["maxItems"]) == (1, most)


def test_no_tools_may_be_called() -> None:
    emulation = asked(
        tool_choice=ToolChoice(mode="none"),
        sampling=Sampling(stop=("END",)),
        messages=(*ASKED.messages, turn(Role.ASSISTANT, CALL), result("18 degrees"), turn(Role.USER, "So?")),
    )
    assert emulation.chat.format is None
    assert emulation.chat.system == ()
    assert said(emulation)[-1] == ("user", 'Result of get_weather {"city": "Paris"}: 18 degrees\n|So?')
    answer = Answer(id="a", model="m", choices=(Choice(parts=(Text(text="{}"),)),))
    assert emulation.answer(answer) is answer


def test_calls_and_results_are_retold_in_the_form_of_replies() -> None:
    emulation = asked(
        messages=(
            turn(Role.USER, "Hi"),
            turn(Role.ASSISTANT, "Hello."),
            turn(Role.USER, "Weather in Paris?"),
            turn(Role.ASSISTANT, "Let me see.", CALL),
            result("no such city", is_error=True),
        )
    )
    assert said(emulation) == [
        ("user", "Hi"),
        ("assistant", '{"answer": "Hello."}'),
        ("user", "Weather in Paris?"),
        (
            "assistant",
            'Let me see.\n{"tool_calls": [{"name": "get_weather", "arguments": {"city": "Paris"}}]}',
        ),
        ("user", 'Error of get_weather {"city": "Paris"}: no such city\n|Now reply with an answer.'),
    ]


def test_who_repeats_a_call_is_held_to_an_answer() -> None:
    once = (*ASKED.messages, turn(Role.ASSISTANT, CALL), result("18"))
    assert "anyOf" in schema(asked(messages=once))
    again = (*once, turn(Role.ASSISTANT, CALL), result("18"))
    assert list(schema(asked(messages=again))["properties"]) == ["answer"]
    assert "anyOf" in schema(asked(messages=(*again, turn(Role.USER, "And now?")))), "a new question"
    demanded = asked(messages=again, tool_choice=ToolChoice(mode="required"))
    assert list(schema(demanded)["properties"]) == ["tool_calls"]


def test_an_answer_may_have_a_shape_of_its_own() -> None:
    shape = Format(kind="schema", schema={"type": "object", "properties": {"n": {"type": "integer"}}})
    emulation = asked(format=shape)
    assert schema(emulation)["anyOf"][1]["properties"]["answer"] == shape.schema
    got = read(emulation, '{"answer": {"n": 3}}')
    assert got.choices[0].parts == (Text(text='{"n": 3}'),)


def test_references_in_a_schema_lead_to_where_it_stands_now() -> None:
    tree = {
        "type": "object",
        "properties": {
            "root": {"$ref": "#/$defs/node"},
            "pattern": {"type": "string", "pattern": "(?=x)", "format": "uri"},
        },
        "$defs": {"node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/node"}}}},
    }
    made = schema(asked(tools=(Tool(name="grow", schema=tree),)))
    arguments = made["anyOf"][0]["properties"]["tool_calls"]["items"]["properties"]["arguments"]
    assert arguments == {"$ref": "#/$defs/tool_0"}
    moved = made["$defs"]["tool_0"]
    assert moved["properties"]["root"] == {"$ref": "#/$defs/tool_0/$defs/node"}
    assert moved["$defs"]["node"]["properties"]["next"] == {"$ref": "#/$defs/tool_0/$defs/node"}
    assert moved["properties"]["pattern"] == {"type": "string"}, "not in every grammar"


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"tools": (ServerTool(protocol="p", kind="web_search", value={}),)}, "runs itself"),
        ({"sampling": Sampling(logprobs=True)}, "logprobs"),
        ({"sampling": Sampling(stop=("END",))}, "stop sequences"),
        ({"tool_choice": ToolChoice(mode="tool", name="nowhere")}, "nowhere"),
    ],
)
def test_what_cannot_be_emulated_is_refused(fields: dict[str, Any], why: str) -> None:
    with pytest.raises(CannotCarryError, match=why):
        asked(**fields)


def read(emulation: Emulation, text: str, finish: Finish = Finish.STOP) -> Answer:
    answer = Answer(
        id="a-1", model="m", choices=(Choice(parts=(Text(text=text),), finish=finish),), usage=Usage(3, 4)
    )
    return emulation.answer(answer)


TWO = (
    '{ "tool_calls": [\n {"name": "get_weather", "arguments": {"city": "Oslo \\"} {"}},'
    ' {"name": "get_weather", "arguments": {"city": "Rome"}},'
    ' {"name": "get_weather", "arguments": {"city": "Rome"}}]}'
)


def test_calls_are_read_back() -> None:
    got = read(asked(), TWO)
    (choice,) = got.choices
    assert choice.finish is Finish.TOOL_CALLS
    assert [json.loads(one.arguments) for one in choice.parts if isinstance(one, ToolCall)] == [
        {"city": 'Oslo "} {'},
        {"city": "Rome"},
    ], "the same call is made once"
    first, second = choice.parts
    assert isinstance(first, ToolCall)
    assert isinstance(second, ToolCall)
    assert first.id != second.id
    assert got.usage == Usage(3, 4)
    assert read(asked(), TWO) == got, "ids are of the answer, not of chance"


def test_an_answer_is_read_back() -> None:
    (choice,) = read(asked(), '{"answer": "18\\u00b0, \\ud83d\\ude00 \\n ok"}').choices
    assert choice == Choice(parts=(Text(text="18°, 😀 \n ok"),), finish=Finish.STOP)


def test_thoughts_stay_in_front() -> None:
    parts = (Reasoning(text="hm"), Text(text='{"answer": "yes"}'))
    got = asked().answer(Answer(id="a", model="m", choices=(Choice(parts=parts),)))
    assert got.choices[0].parts == (Reasoning(text="hm"), Text(text="yes"))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("just words", (Text(text="just words"),)),
        ('{"other": 1}', (Text(text='{"other": 1}'),)),
        ('{"answer": "cut o', (Text(text="cut o"),)),
        ('{"answer": "half \\ud83d', (Text(text="half "),)),
        ('{"tool_calls": [{"name": "now", "argu', ()),
        ('{"answer": "lone \\ud83d."}', (Text(text="lone \ufffd."),)),
        ("", ()),
    ],
)
def test_what_is_cut_off_or_of_no_form(text: str, parts: tuple[Text, ...]) -> None:
    (choice,) = read(asked(), text, Finish.LENGTH).choices
    assert choice.parts == parts
    assert choice.finish is Finish.LENGTH


def test_a_call_that_is_none_is_an_error() -> None:
    with pytest.raises(ValueError, match="not of the form"):
        read(asked(), '{"tool_calls": [{"name": 3}]}')


def test_deprecated_functions() -> None:
    emulation = asked(tools=(Tool(name="old", extras={"kind": "legacy"}),))
    (old,) = read(emulation, '{"tool_calls": [{"name": "old", "arguments": {}}]}').choices[0].parts
    assert isinstance(old, ToolCall)
    assert (old.extras, old.arguments) == ({"kind": "legacy"}, "{}")


def streamed(emulation: Emulation, pieces: list[str]) -> list[Event]:
    events: list[Event] = [Begin(id="a-1", model="m"), Open(index=0, part=Text(text=""))]
    events += [Delta(index=0, text=piece) for piece in pieces]
    events += [Close(index=0), Finished(finish=Finish.STOP), Used(usage=Usage(3, 4)), End()]
    told = emulation.filter()
    got = [one for event in events for one in told.pass_on([event])]
    order = Order()
    for event in got:
        order.see(event)
    return got


REPLIES = [TWO, '{"answer": "Hello \\"you\\" \\ud83d\\ude00 \\\\ there"}', "no form at all", '{"answer": 3}']


@pytest.mark.parametrize("text", REPLIES)
def test_a_stream_tells_the_same_wherever_it_is_cut(text: str) -> None:
    emulation = asked()
    whole = read(emulation, text).choices
    assert fold(streamed(emulation, list(text))).choices == whole
    for at in range(len(text)):
        assert fold(streamed(emulation, [text[:at], text[at:]])).choices == whole


def test_text_still_streams() -> None:
    pieces = ['{"ans', 'wer": "One ', "two ", 'three"', "}"]
    got = [event.text for event in streamed(asked(), pieces) if isinstance(event, Delta)]
    assert got == ["One ", "two ", "three"]


def test_each_call_leaves_as_soon_as_it_is_whole() -> None:
    reply = Reply()
    assert reply.feed('{"tool_calls": [{"name": "now", "arguments": {}}') == [Called("now", "{}")]
    assert reply.feed(', {"name": "now", "arguments": {"a": 1}') == []
    assert reply.feed("}") == [Called("now", '{"a":1}')]


@given(st.text(), st.integers(1, 7))
def test_any_answer_survives(text: str, step: int) -> None:
    said_as = json.dumps({"answer": text})
    reply = Reply()
    got = [one for at in range(0, len(said_as), step) for one in reply.feed(said_as[at : at + step])]
    assert all(isinstance(one, Said) for one in got)
    told = "".join(one.text for one in got if isinstance(one, Said))
    assert told == text


@given(st.text(alphabet='{}[]":\\,answertool_calls \n1', max_size=80))
def test_nothing_that_a_model_writes_breaks_more_than_its_answer(text: str) -> None:
    reply = Reply()
    found: list[Said | Called] = []
    with contextlib.suppress(ValueError):
        for character in text:
            found += reply.feed(character)
        found += reply.finish()
    assert len(found) <= len(text)


@given(conversations("openai_chat") | conversations("anthropic_messages"))
def test_any_conversation_is_told_without_tools_or_refused(chat: Chat) -> None:
    try:
        emulation = Emulation(chat)
    except CannotCarryError:
        return
    told = emulation.chat
    assert told.tools == ()
    assert not any(isinstance(part, ToolCall | ToolResult) for one in told.messages for part in one.parts)
    written = json.loads(OpenAIChatDialect().write_request(told, Wire(model="m")))
    assert "tools" not in written
    roles = [one["role"] for one in written["messages"]]
    pairs = itertools.pairwise(roles)
    assert not any(left == right != "system" for left, right in pairs if "developer" not in (left, right))
