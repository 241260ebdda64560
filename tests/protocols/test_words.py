"""Requests that are words alone lose nothing anywhere, so nothing of them is looked at twice."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.chat import (
    CacheMark,
    Chat,
    Citation,
    Format,
    Image,
    Message,
    Role,
    Sampling,
    Source,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
)
from wye.core.spelling import Spelling
from wye.protocols.fitting import REFUSED, WITHHELD, prepare
from wye.protocols.translate import Wire
from wye.protocols.words import only_words

PROTOCOLS = ("openai_chat", "openai_responses", "anthropic_messages", "gemini")
UNWILLING = Spelling(
    refuses=frozenset({*WITHHELD, *REFUSED, "temperature_with_top_p", "custom_tools"}),
    formats="none",
    effort_field="",
    call_ids="nine",
)
TEXTS = st.builds(Text, text=st.text())
SAID = st.lists(TEXTS, max_size=3).map(tuple)
TURNS = st.lists(
    st.builds(Message, role=st.sampled_from([Role.USER, Role.ASSISTANT]), parts=SAID), max_size=4
).map(tuple)
PLAIN = Chat(model="m", messages=(Message(role=Role.USER, parts=(Text(text="hi"),)),), protocol="openai_chat")


@given(
    system=SAID,
    turns=TURNS,
    last=SAID,
    source=st.sampled_from(PROTOCOLS),
    target=st.sampled_from(PROTOCOLS),
    cap=st.none() | st.integers(1, 9),
    stream=st.booleans(),
)
def test_the_least_willing_upstream_takes_words(  # noqa: PLR0913, PLR0917  # what such a request may say
    system: tuple[Text, ...],
    turns: tuple[Message, ...],
    last: tuple[Text, ...],
    source: str,
    target: str,
    cap: int | None,
    stream: bool,  # noqa: FBT001  # drawn
) -> None:
    messages = (*turns, Message(role=Role.USER, parts=last))
    chat = Chat(
        model="m", messages=messages, system=system, max_output_tokens=cap, stream=stream, protocol=source
    )
    assert only_words(chat)
    told = prepare(chat, source, target, Wire(model="m", spelling=UNWILLING))
    assert told.chat is chat
    assert (told.refuse, told.annotate, told.param) == ((), (), None)


def said(*parts: Any, **fields: Any) -> dict[str, Any]:
    return {"messages": (Message(role=fields.pop("role", Role.USER), parts=parts, **fields),)}


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": ()},
        said(Text(text="hi"), role=Role.ASSISTANT),
        {"messages": (*said(Text(text="hi"), role=Role.DEVELOPER)["messages"], *PLAIN.messages)},
        said(Text(text="hi"), name="Ann"),
        said(Text(text="hi"), extras={"a": 1}),
        said(Text(text="hi", extras={"a": 1})),
        said(Text(text="hi", cache=CacheMark())),
        said(Text(text="hi", signature="s")),
        said(Text(text="hi", citations=(Citation(url="u"),))),
        said(Image(source=Source(kind="url", value="u"))),
        said(ToolCall(id="c", name="f", arguments="{}")),
        {"system": (Text(text="hi", cache=CacheMark()),)},
        {"tools": (Tool(name="f"),)},
        {"tool_choice": ToolChoice()},
        {"format": Format()},
        {"thinking": Thinking()},
        {"sampling": Sampling(temperature=0.0)},
        {"choices": 2},
        {"user": "u"},
        {"extras": {"a": None}},
        {"protocol": "openai_completions"},
    ],
)
def test_anything_else_is_looked_at(fields: dict[str, Any]) -> None:
    assert only_words(PLAIN)
    assert not only_words(msgspec.structs.replace(PLAIN, **fields))


def test_every_member_of_a_chat_is_considered() -> None:
    known = {"model", "messages", "system", "tools", "tool_choice", "format", "thinking", "sampling"}
    known |= {"max_output_tokens", "choices", "stream", "user", "protocol", "extras"}
    assert set(Chat.__struct_fields__) == known
    assert set(Text.__struct_fields__) == {"text", "cache", "citations", "signature", "extras"}
    assert set(Message.__struct_fields__) == {"role", "parts", "name", "extras"}
