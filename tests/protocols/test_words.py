"""Requests and answers that are words alone lose nothing anywhere: nothing of them is looked at twice."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.answer import Answer, Choice
from wye.core.bare import bare
from wye.core.chat import (
    CacheMark,
    Chat,
    Citation,
    Finish,
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
from wye.core.usage import Usage
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.chat.dialect import OpenAIChatDialect
from wye.protocols.fitting import REFUSED, WITHHELD, prepare
from wye.protocols.lossiness.answers import answer_losses
from wye.protocols.responses.dialect import OpenAIResponsesDialect
from wye.protocols.translate import DownstreamDialect, Wire
from wye.protocols.words import only_words
from wye.protocols.words import said as said_alone

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


CHAT, MESSAGES = OpenAIChatDialect(lambda: 7), AnthropicMessages()
RESPONSES = OpenAIResponsesDialect(clock=lambda: 7, mint=lambda prefix: prefix + "1")


def contents(kind: str) -> st.SearchStrategy[Any]:
    return st.text() | st.lists(st.fixed_dictionaries({"type": st.just(kind), "text": st.text()}), max_size=3)


def turns(kind: str, *roles: str) -> st.SearchStrategy[Any]:
    turn = st.fixed_dictionaries({"role": st.sampled_from(roles), "content": contents(kind)})
    return st.lists(turn, min_size=1, max_size=3)


CAPS = st.none() | st.integers(1, 9)
STREAMED = {"stream": st.none() | st.booleans()}
MESSAGES_BODIES = st.fixed_dictionaries(
    {"model": st.text(), "messages": turns("text", "user", "assistant")},
    optional={
        "system": st.none() | contents("text"),
        "max_tokens": st.none() | st.integers(1, 9),
        **STREAMED,
    },
)
ITEMS = turns("input_text", "user").map(lambda told: [{"type": "message"} | told[0], *told[1:]])
RESPONSES_BODIES = st.fixed_dictionaries(
    {"model": st.text(), "input": st.text() | ITEMS},
    optional={
        "instructions": st.none() | st.text(),
        "max_output_tokens": CAPS,
        **STREAMED,
    },
)


@given(
    asked=st.tuples(st.just(MESSAGES), MESSAGES_BODIES) | st.tuples(st.just(RESPONSES), RESPONSES_BODIES),
    escaped=st.booleans(),
)
def test_a_request_of_words_means_what_it_means_beside_more(
    asked: tuple[DownstreamDialect, dict[str, Any]],
    escaped: bool,  # noqa: FBT001  # drawn
) -> None:
    dialect, body = asked
    whole = dialect.read_request(json.dumps(body, ensure_ascii=escaped).encode("utf-8", "replace"))
    more = dialect.read_request(
        json.dumps(body | {"odd": 1}, ensure_ascii=escaped).encode("utf-8", "replace")
    )
    assert more.extras == {"odd": 1}
    assert whole == msgspec.structs.replace(more, extras={})


EMPTY: st.SearchStrategy[Any] = st.none() | st.just("")
NONE_OF: st.SearchStrategy[Any] = st.none() | st.just([])
COUNTS = st.fixed_dictionaries(
    {}, optional={name: st.none() | st.integers(-1, 9) for name in ("prompt_tokens", "completion_tokens")}
)
MESSAGE = st.fixed_dictionaries(
    {"content": st.none() | st.text()},
    optional={
        "role": st.just("assistant"),
        "refusal": EMPTY | st.just("no"),
        "reasoning": EMPTY | st.just("hm"),
        "reasoning_content": EMPTY,
        "tool_calls": NONE_OF | st.just([{"id": "1", "function": {"name": "f", "arguments": "{}"}}]),
        "function_call": st.none() | st.just({"name": "f", "arguments": "{}"}),
        "annotations": NONE_OF | st.just([{"type": "url_citation", "url_citation": {"url": "u"}}]),
        "images": NONE_OF,
        "odd": st.just(1),
    },
)
FINISHES = ["stop", "length", "tool_calls", "function_call", "content_filter", "eos", "error"]
CHOICE: st.SearchStrategy[Any] = st.fixed_dictionaries(
    {"message": MESSAGE},
    optional={
        "index": st.none() | st.integers(0, 2),
        "finish_reason": st.none()
        | st.sampled_from(
            ["stop", "length", "tool_calls", "function_call", "content_filter", "eos", "error"]
        ),
        "native_finish_reason": EMPTY | st.just("STOP"),
        "stop_reason": EMPTY | st.integers() | st.just("end"),
        "logprobs": st.none() | st.just({"content": []}),
        "odd": st.just(1),
    },
)
CHAT_ANSWERS = st.fixed_dictionaries(
    {"choices": st.lists(CHOICE, min_size=1, max_size=2)},
    optional={
        "id": st.none() | st.text(),
        "model": st.none() | st.text(),
        "created": st.none() | st.integers(0, 9),
        "usage": st.none() | COUNTS | st.just("many"),
        "system_fingerprint": st.just("fp"),
        "service_tier": st.none() | st.sampled_from(["default", "flex"]) | st.integers(),
    },
)


@given(body=CHAT_ANSWERS)
def test_an_answer_read_for_another_protocol_lacks_its_extras_alone(body: dict[str, Any]) -> None:
    told = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    assert bare(CHAT.read_answer(told, bare=True)) == bare(CHAT.read_answer(told))


@pytest.mark.parametrize("told", [b"", b"{}", b'{"choices":[]}', b'{"choices":[{"message":{"content":1}}]}'])
def test_what_is_no_answer_is_none_for_any_client(told: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        CHAT.read_answer(told, bare=True)


@given(
    text=st.text(),
    finish=st.sampled_from(Finish),
    usage=st.none() | st.builds(Usage, st.integers(5, 9), st.integers(0, 9), st.integers(0, 5)),
    created=st.none() | st.integers(0, 9),
    logprobs=st.none() | st.just({"content": [{"token": "a", "logprob": -1.0}]}),
    ended=st.sampled_from(["", "end"]),
    dialect=st.sampled_from([MESSAGES, RESPONSES]),
)
def test_an_answer_of_words_is_written_as_it_is_beside_more(  # noqa: PLR0913, PLR0917  # what such an answer may say
    text: str,
    finish: Finish,
    usage: Usage | None,
    created: int | None,
    logprobs: dict[str, Any] | None,
    ended: str,
    dialect: DownstreamDialect,
) -> None:
    choice = Choice(parts=(Text(text=text),), finish=finish, logprobs=logprobs, stop_sequence=ended)
    answer = Answer(
        id="1", model="m", choices=(choice,), usage=usage, created=created, protocol="openai_chat"
    )
    more = msgspec.structs.replace(answer, extras={"odd": 1})
    assert said_alone(answer) == text
    assert said_alone(more) is None
    assert dialect.write_answer(answer) == dialect.write_answer(more)
    assert answer_losses(answer, dialect.name) == answer_losses(more, dialect.name)
