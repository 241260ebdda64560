"""Conversations of any protocol, drawn by Hypothesis."""

from typing import Any

import msgspec
from hypothesis import strategies as st

from wye.core.chat import (
    Audio,
    CacheMark,
    Chat,
    Document,
    Format,
    Image,
    Message,
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
from wye.protocols.lossiness.table import GEMINI, MESSAGES, RESPONSES

words = st.text('abc é{"', min_size=1, max_size=6).filter(str.strip)
names = st.text("abcdef_", min_size=1, max_size=6)
maybe = st.booleans()
caches = st.none() | st.builds(CacheMark, ttl=st.sampled_from(["", "5m", "1h"]))


def rarely(rare: st.SearchStrategy[Any], usual: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw what most targets refuse now and then only: whole conversations shall get through."""
    return st.integers(0, 19).flatmap(lambda number: rare if number == 7 else usual)


pictures = rarely(st.sampled_from(["image/gif", "image/heic"]), st.just("image/png"))
papers = rarely(st.just("application/msword"), st.sampled_from(["application/pdf", "text/plain"]))


def sources(media: st.SearchStrategy[str], url: str) -> st.SearchStrategy[Source]:
    data = st.builds(Source, kind=st.just("data"), value=st.just("QUJD"), media_type=media)
    elsewhere = st.builds(Source, kind=st.just("url"), value=st.just(url))
    return rarely(st.builds(Source, kind=st.just("file"), value=names), data | elsewhere)


texts = st.builds(Text, text=words, cache=caches)
images = st.builds(
    Image,
    source=sources(pictures, "https://example.org/a.png"),
    detail=st.sampled_from(["", "low"]),
    cache=caches,
)
plain = st.builds(Source, kind=st.just("text"), value=words, media_type=st.just("text/plain"))
documents = st.builds(
    Document,
    source=sources(papers, "https://example.org/a.pdf") | plain,
    title=st.sampled_from(["", "T"]),
    context=st.sampled_from(["", "C"]),
    cite=maybe,
    cache=caches,
)
audios = st.builds(
    Audio,
    source=st.builds(Source, kind=st.just("data"), value=st.just("QUJD"), media_type=st.just("audio/wav")),
)
signed = st.builds(
    Reasoning, text=words, signature=st.just("c2ln"), origin=st.sampled_from([MESSAGES, GEMINI])
)
encrypted = st.builds(
    Reasoning,
    summary=st.lists(words, max_size=2).map(tuple),
    encrypted=st.just("ZW5j"),
    id=st.just("rs_1"),
    origin=st.just(RESPONSES),
)
thoughts = rarely(signed | encrypted, st.builds(Reasoning, text=words))
calls = st.builds(
    ToolCall,
    id=names,
    name=names,
    arguments=st.sampled_from(["{}", '{"a":1}', "[1]", "no json"]),
    signature=rarely(st.just("c2ln"), st.just("")),
    cache=caches,
)
results = st.builds(
    ToolResult,
    call_id=names,
    parts=st.lists(st.one_of(texts, texts, images, documents), max_size=2).map(tuple),
    name=st.sampled_from(["", "f"]),
    is_error=maybe,
    cache=caches,
)


def messages(role: Role, parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Message]:
    return st.builds(
        Message,
        role=st.just(role),
        parts=st.lists(parts, min_size=1, max_size=3).map(tuple),
        name=st.sampled_from(["", "", "Ann"]),
        extras=st.sampled_from([{}, {}, {"odd": 1}]),
    ).map(nameable)


def nameable(message: Message) -> Message:
    """Results of tools are messages of their own in the protocol that has names."""
    results_only = all(isinstance(part, ToolResult) for part in message.parts)
    return msgspec.structs.replace(message, name="") if results_only else message


users = messages(Role.USER, rarely(audios, st.one_of(texts, texts, texts, images, documents, results)))
assistants = messages(
    Role.ASSISTANT, st.one_of(texts, texts, calls, thoughts, st.builds(Refusal, text=words))
)
systems = messages(Role.SYSTEM, texts)


@st.composite
def loops(draw: st.DrawFn) -> tuple[Message, Message]:
    """Draw calls and their results, as they belong together."""
    called = draw(st.lists(calls, min_size=1, max_size=3, unique_by=lambda call: call.id))
    answered = [
        msgspec.structs.replace(draw(results), call_id=call.id, name=draw(st.sampled_from(["", call.name])))
        for call in called
    ]
    return (
        Message(role=Role.ASSISTANT, parts=(*draw(st.lists(texts | thoughts, max_size=2)), *called)),
        Message(role=Role.USER, parts=tuple(answered)),
    )


def customary(tool: Tool) -> Tool:
    """A tool that takes text has no schema to be strict about."""
    return msgspec.structs.replace(tool, schema=None, strict=None) if tool.custom else tool


tools = st.builds(
    Tool,
    name=names,
    description=st.sampled_from(["", "d"]),
    schema=st.just({"type": "object", "properties": {"a": {}}}),
    strict=st.none() | maybe,
    custom=st.integers(0, 19).map(lambda number: number == 7),
    cache=caches,
    extras=st.sampled_from([{}, {}, {"odd": 1}]),
).map(customary)
fractions = st.none() | rarely(st.just(1.5), st.sampled_from([0.0, 0.5, 1.0]))
choices = st.builds(
    ToolChoice, mode=st.sampled_from(["auto", "none", "required"]), parallel=st.none() | maybe
)
formats = rarely(
    st.just(Format(kind="json")),
    st.builds(
        Format,
        kind=st.just("schema"),
        name=st.sampled_from(["", "n"]),
        schema=st.just({"type": "object"}),
        strict=st.none() | maybe,
    ),
)
thinkings = st.builds(
    Thinking,
    enabled=st.sampled_from([None, True, True, False]),
    effort=st.sampled_from(["", "low", "high"]),
    budget_tokens=st.none() | st.just(2048),
    show=st.none() | maybe,
)
samplings = st.builds(
    Sampling,
    temperature=fractions,
    top_p=fractions,
    top_k=st.none() | st.just(5),
    stop=rarely(st.lists(words, max_size=2).map(tuple), st.just(())),
    seed=st.none() | st.just(3),
    presence_penalty=fractions,
    frequency_penalty=fractions,
    logprobs=rarely(st.sampled_from([True]), st.none()),
)


def own_tool(source: str) -> st.SearchStrategy[ServerTool]:
    return st.just(ServerTool(protocol=source, kind="s", value={"type": "s"}))


@st.composite
def conversations(draw: st.DrawFn, source: str) -> Chat:
    turns = draw(st.lists(st.one_of(users, users, assistants, systems, loops()), max_size=4))
    turns = [turn for one in turns for turn in (one if isinstance(one, tuple) else (one,))]
    return Chat(
        protocol=source,
        model="m",
        messages=(*turns, draw(users)),
        system=tuple(draw(st.lists(texts, max_size=2))),
        tools=(
            Tool(name="first", schema={"type": "object", "properties": {}}),
            *draw(st.lists(rarely(own_tool(source), tools), max_size=1)),
        ),
        tool_choice=draw(st.none() | choices),
        format=draw(st.none() | formats),
        thinking=draw(st.none() | thinkings),
        sampling=draw(st.one_of(st.just(Sampling()), samplings)),
        max_output_tokens=draw(st.sampled_from([None, 900, 9000])),
        choices=draw(rarely(st.just(2), st.just(1))),
        stream=draw(maybe),
        user=draw(st.sampled_from(["", "u1"])),
        extras=draw(st.sampled_from([{}, {"service_tier": "flex"}])),
    )
