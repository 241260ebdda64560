"""Nothing is lost in silence: what a random conversation says is written for the target, or reported."""

import base64
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wye.core.chat import (
    Audio,
    CacheMark,
    Chat,
    Document,
    Format,
    Image,
    Message,
    Opaque,
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
from wye.protocols.anthropic_messages import AnthropicMessages
from wye.protocols.lossiness import losses
from wye.protocols.lossiness_table import CHAT, INSIDE, MESSAGES, REFUSED, TABLE, TARGETS
from wye.protocols.openai_chat_dialect import OpenAIChatDialect
from wye.protocols.translate import Dialect, Wire

DIALECTS: dict[str, Dialect] = {CHAT: OpenAIChatDialect(), MESSAGES: AnthropicMessages()}
OTHER = {CHAT: MESSAGES, MESSAGES: CHAT}
WIRES = {
    CHAT: (Wire(model="m"), Wire(model="m", reasoning_field="reasoning")),
    MESSAGES: (Wire(model="m"), Wire(model="m", adaptive_thinking=True)),
}

words = st.text('abc é{"', min_size=1, max_size=6).filter(str.strip)
names = st.text("abcdef_", min_size=1, max_size=6)
maybe = st.booleans()
caches = st.none() | st.builds(CacheMark, ttl=st.sampled_from(["", "5m", "1h"]))
media = st.sampled_from(["image/png", "application/pdf", "text/plain", "application/msword"])
sources = (
    st.builds(Source, kind=st.just("data"), value=st.just("QUJD"), media_type=media)
    | st.builds(Source, kind=st.just("url"), value=st.just("https://example.org/a"))
    | st.builds(Source, kind=st.just("file"), value=names)
)
texts = st.builds(Text, text=words, cache=caches)
images = st.builds(Image, source=sources, detail=st.sampled_from(["", "low"]), cache=caches)
plain = st.builds(Source, kind=st.just("text"), value=words, media_type=st.just("text/plain"))
documents = st.builds(
    Document,
    source=sources | plain,
    title=st.sampled_from(["", "T"]),
    context=st.sampled_from(["", "C"]),
    cite=maybe,
    cache=caches,
)
audios = st.builds(
    Audio,
    source=st.builds(Source, kind=st.just("data"), value=st.just("QUJD"), media_type=st.just("audio/wav")),
    transcript=st.sampled_from(["", "said"]),
)
thoughts = st.builds(
    Reasoning,
    text=words,
    signature=st.sampled_from(["", "sig"]),
    origin=st.sampled_from([MESSAGES, "gemini"]),
)
calls = st.builds(
    ToolCall,
    id=names,
    name=names,
    arguments=st.sampled_from(["{}", '{"a":1}', "[1]", "no json"]),
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
opaques = st.builds(
    Opaque,
    protocol=st.sampled_from([CHAT, MESSAGES]),
    kind=st.just("k"),
    value=st.just({"type": "k"}),
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


users = messages(Role.USER, st.one_of(texts, texts, texts, images, documents, results, audios, opaques))
assistants = messages(
    Role.ASSISTANT, st.one_of(texts, texts, calls, thoughts, st.builds(Refusal, text=words))
)
systems = messages(Role.SYSTEM, texts)
tools = st.builds(
    Tool,
    name=names,
    description=st.sampled_from(["", "d"]),
    schema=st.just({"type": "object", "properties": {"a": {}}}),
    strict=st.none() | maybe,
    custom=st.sampled_from([False, False, False, True]),
    cache=caches,
    extras=st.sampled_from([{}, {}, {"odd": 1}]),
)
server_tools = st.builds(
    ServerTool, protocol=st.sampled_from([CHAT, MESSAGES]), kind=st.just("s"), value=st.just({"type": "s"})
)
fractions = st.none() | st.sampled_from([0.0, 0.5, 1.0, 1.5])
choices = st.builds(
    ToolChoice, mode=st.sampled_from(["auto", "none", "required"]), parallel=st.none() | maybe
)
formats = st.just(Format(kind="json")) | st.builds(
    Format,
    kind=st.just("schema"),
    name=st.sampled_from(["", "n"]),
    schema=st.just({"type": "object"}),
    strict=st.none() | maybe,
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
    stop=st.lists(words, max_size=2).map(tuple),
    seed=st.none() | st.just(3),
    presence_penalty=fractions,
    frequency_penalty=fractions,
    logprobs=st.sampled_from([None, None, None, True]),
)


@st.composite
def conversations(draw: st.DrawFn, source: str) -> Chat:
    turns = draw(st.lists(st.one_of(users, users, assistants, systems), max_size=4))
    return Chat(
        protocol=source,
        model="m",
        messages=(*turns, draw(users)),
        system=tuple(draw(st.lists(texts, max_size=2))),
        tools=(
            Tool(name="first", schema={"type": "object", "properties": {}}),
            *draw(st.lists(st.one_of(tools, tools, server_tools), max_size=1)),
        ),
        tool_choice=draw(st.none() | choices),
        format=draw(st.none() | formats),
        thinking=draw(st.none() | thinkings),
        sampling=draw(st.one_of(st.just(Sampling()), samplings)),
        max_output_tokens=draw(st.sampled_from([None, 900, 9000])),
        choices=draw(st.sampled_from([1, 1, 1, 2])),
        stream=draw(maybe),
        user=draw(st.sampled_from(["", "u1"])),
        extras=draw(st.sampled_from([{}, {"service_tier": "flex"}])),
    )


Fact = tuple[Any, ...]
"""Something a conversation says."""


class Facts:
    """What a conversation says, piece by piece, each with the names under which its loss is reported."""

    def __init__(self, chat: Chat) -> None:
        self.told: dict[Fact, frozenset[str]] = {}
        for part in chat.system:
            self.part("system", part)
        for message in chat.messages:
            self.message(message)
        for tool in chat.tools:
            self.tool(tool)
        self.asked(chat)

    def say(self, *fact: Any, unless: str = "") -> None:
        """Note a fact that is anything but nothing."""
        if fact[-1] not in (None, "", (), False):
            self.told[fact] = frozenset(unless.split())

    def message(self, message: Message) -> None:
        role = "system" if message.role in (Role.SYSTEM, Role.DEVELOPER) else message.role.value
        self.say("name", message.name, unless="name")
        for name, value in message.extras.items():
            self.say("messages[].", name, value, unless=f"messages[].{name}")
        for part in message.parts:
            self.part(role, part)

    def part(self, role: str, part: Any) -> None:
        cache = getattr(part, "cache", None)
        self.say("cache", type(part).__name__, cache and cache.ttl, cache is not None, unless="cache_control")
        match part:
            case Text():
                self.say(role, "text", part.text)
            case Refusal():
                self.say(role, "refusal", part.text, unless="refusal")
            case Image():
                self.say(role, "image", part.source, unless="tool_result_media")
                self.say(role, "detail", part.source, part.detail, unless="image_detail")
            case Document():
                self.document(role, part)
            case Audio():
                self.say(role, "audio", part.source)
                self.say(role, "transcript", part.transcript, unless="transcript")
            case Reasoning():
                lost = "signed_reasoning" if part.signature else "reasoning"
                self.say(role, "thought", part.text, unless=lost)
                self.say(role, "signature", part.signature, part.origin, bool(part.signature), unless=lost)
            case ToolCall():
                self.call(part)
            case ToolResult():
                self.result(part)
            case Opaque():
                self.say(role, "opaque", str(part.value))

    def document(self, role: str, part: Document) -> None:
        kind, value = part.source.kind, part.source.value
        if kind == "data" and part.source.media_type == "text/plain":
            kind, value = "text", base64.b64decode(value).decode()
        self.say(role, "document", kind, value, unless="tool_result_media document_text")
        self.say(role, "title", part.title, unless="tool_result_media document_text")
        self.say(role, "context", part.context, unless="document_context")
        self.say(role, "cite", part.cite, unless="citations")

    def call(self, part: ToolCall) -> None:
        self.say("call", part.id, part.name)
        try:
            arguments = str(msgspec.json.decode(part.arguments))
        except msgspec.DecodeError:
            arguments = part.arguments
        self.say("arguments", part.id, part.name, arguments, unless="arguments")

    def result(self, part: ToolResult) -> None:
        self.say("result", part.call_id)
        self.say("is_error", part.call_id, part.is_error, unless="is_error")
        self.say("name", part.name, unless="name")
        for inner in part.parts:
            moves = not isinstance(inner, Text)  # and that is reported
            self.part("user" if moves else "tool", inner)

    def tool(self, tool: Tool | ServerTool) -> None:
        if isinstance(tool, ServerTool):
            self.say("server tool", tool.kind)
            return
        for name in ("description", "strict"):
            value = getattr(tool, name)
            self.say("tool", tool.name, name, value, value is not None)
        self.say("tool", tool.name, str(tool.schema))
        self.say("cache", "tool", tool.cache and tool.cache.ttl, bool(tool.cache), unless="cache_control")
        for name, value in tool.extras.items():
            self.say("tool", name, value, unless=f"tools[].{name}")

    def asked(self, chat: Chat) -> None:
        self.say("choices", chat.choices)
        self.say("stream", chat.stream)
        self.say("user", chat.user)
        self.say("cap", chat.max_output_tokens)
        for name, value in chat.extras.items():
            self.say("chat", name, value, unless=name)
        for name in chat.sampling.__struct_fields__:
            value = getattr(chat.sampling, name)
            self.say("sampling", name, value, value not in (None, ()), unless=name)
        if chat.tool_choice is not None:
            self.say("mode", chat.tool_choice.mode)
            parallel = chat.tool_choice.parallel if chat.tool_choice.mode != "none" else None
            self.say("parallel", parallel, parallel is not None)
        if chat.format is not None:
            self.say("format", chat.format.kind)
            self.say("format", "name", chat.format.name, unless="format_name")
            self.say(
                "format", "strict", chat.format.strict, chat.format.strict is not None, unless="format_strict"
            )
        thinking = chat.thinking
        if thinking is not None:
            self.say("thinking", "off", thinking.enabled is False, unless="thinking")
        if thinking is not None and thinking.enabled is not False:
            self.say("effort", thinking.effort, unless="reasoning_effort")
            self.say("budget", thinking.budget_tokens, unless="thinking_budget")
            self.say("show", thinking.show, thinking.show is not None, unless="thinking_display")


def check_that_nothing_is_silent(source: str, data: st.DataObject) -> None:
    target = OTHER[source]
    chat = data.draw(conversations(source))
    wire = data.draw(st.sampled_from(WIRES[target]))
    found = losses(chat, source, target, wire)
    if found.refuse:
        return
    back = Facts(DIALECTS[target].read_request(DIALECTS[target].write_request(chat, wire)))
    reported = frozenset(found.annotate)
    silent = [
        fact for fact, names in Facts(chat).told.items() if fact not in back.told and not names & reported
    ]
    assert silent == []


@pytest.mark.parametrize("source", [CHAT, MESSAGES])
@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_every_field_of_a_random_conversation_is_carried_or_reported(
    source: str, data: st.DataObject
) -> None:
    check_that_nothing_is_silent(source, data)


@pytest.mark.deep
@pytest.mark.parametrize("source", [CHAT, MESSAGES])
@given(data=st.data())
@settings(max_examples=10_000, deadline=None)
def test_ten_thousand_random_conversations(source: str, data: st.DataObject) -> None:
    check_that_nothing_is_silent(source, data)


def asked(**members: Any) -> Chat:
    return Chat(
        protocol=CHAT, model="m", messages=(Message(role=Role.USER, parts=(Text(text="hi"),)),), **members
    )


def with_turns(source: str, *turns: Message) -> Chat:
    return Chat(protocol=source, model="m", messages=turns)


def user(*parts: Any) -> Message:
    return Message(role=Role.USER, parts=parts)


def assistant(*parts: Any) -> Message:
    return Message(role=Role.ASSISTANT, parts=parts)


HI = Text(text="hi")
CALL = ToolCall(id="c", name="f", arguments="{}")
RESULT = ToolResult(call_id="c", parts=(Text(text="4"),))
SIGNED = Reasoning(text="so", signature="s", origin=MESSAGES)


def test_the_same_protocol_loses_nothing() -> None:
    chat = asked(choices=3, extras={"odd": 1})
    assert losses(chat, CHAT, CHAT) == losses(asked(), CHAT, MESSAGES)


@pytest.mark.parametrize(
    ("chat", "why"),
    [
        (asked(choices=2), "several answers"),
        (asked(sampling=Sampling(logprobs=True)), "logprobs"),
        (asked(sampling=Sampling(temperature=1.2)), "temperature"),
        (asked(format=Format(kind="json")), "json_object"),
        (asked(tools=(ServerTool(protocol=CHAT, kind="web_search", value={}),)), "runs itself"),
        (asked(tools=(Tool(name="f", custom=True),)), "custom tool"),
        (asked(tools=(Tool(name="f", extras={"kind": "legacy"}),)), "deprecated"),
        (asked(extras={"modalities": ["text", "audio"]}), "modalities"),
        (asked(extras={"response_format": {"type": "grammar"}}), "response_format"),
        (with_turns(CHAT, user(Audio(source=Source(kind="data", value="AA")))), "sound"),
        (with_turns(CHAT, user(Document(source=Source(kind="file", value="file-1")))), "uploaded file"),
        (with_turns(CHAT, user(HI), assistant(HI)), "ends with the assistant"),
        (with_turns(CHAT, user(Opaque(protocol=CHAT, kind="k"))), "only one protocol has"),
    ],
)
def test_what_changes_the_meaning_is_refused(chat: Chat, why: str) -> None:
    found = losses(chat, CHAT, MESSAGES)
    assert len(found.refuse) == 1
    assert why in found.refuse[0]
    assert MESSAGES in found.refuse[0]


def test_what_holds_anyway_is_no_loss() -> None:
    assert losses(asked(extras={"modalities": ["text"]}), CHAT, MESSAGES) == losses(asked(), CHAT, MESSAGES)


def test_hints_are_named() -> None:
    sampling = Sampling(seed=1, presence_penalty=0.5, top_k=3)
    found = losses(asked(sampling=sampling, extras={"metadata": {}, "logit_bias": {}}), CHAT, MESSAGES)
    assert found.refuse == ()
    assert found.annotate == ("seed", "presence_penalty", "metadata", "logit_bias")


def test_what_a_client_calls_its_members_cannot_break_a_header() -> None:
    odd = {"a\r\nset-cookie: x": 1, "b c": 2, "é": 3, "x" * 99: 4, "fine-1": 5}
    assert losses(asked(extras=odd), CHAT, MESSAGES).annotate == ("unknown_member", "fine-1")
    many = {f"m{at}": at for at in range(1000)}
    told = losses(asked(extras=many), CHAT, MESSAGES).annotate
    assert told[-1] == "and_more"
    assert len(",".join(told)) < 1000


def test_text_that_is_none_is_refused() -> None:
    source = Source(kind="data", value="/w==", media_type="text/plain")
    assert losses(with_turns(CHAT, user(Document(source=source))), CHAT, MESSAGES).refuse


def test_a_signature_counts_only_while_the_tools_run() -> None:
    running = with_turns(MESSAGES, user(HI), assistant(SIGNED, CALL), user(RESULT))
    assert "tool loop" in losses(running, MESSAGES, CHAT).refuse[0]
    beside = with_turns(MESSAGES, user(HI), assistant(SIGNED, CALL), user(RESULT, HI))
    assert losses(beside, MESSAGES, CHAT).refuse, "a reminder beside the result does not end the loop"
    over = with_turns(MESSAGES, user(HI), assistant(SIGNED, CALL), user(RESULT), assistant(HI), user(HI))
    assert losses(over, MESSAGES, CHAT).annotate == ("signed_reasoning",)
    assert not losses(over, MESSAGES, CHAT).refuse


def test_an_upstream_that_takes_thoughts_back_gets_them() -> None:
    running = with_turns(MESSAGES, user(HI), assistant(SIGNED, CALL), user(RESULT))
    wire = Wire(model="m", reasoning_field="reasoning")
    assert losses(running, MESSAGES, CHAT, wire) == losses(asked(), CHAT, MESSAGES)
    written = msgspec.json.decode(DIALECTS[CHAT].write_request(running, wire))
    assert written["messages"][1]["reasoning_details"][0]["signature"] == "s"


def test_a_model_that_knows_effort_gets_it() -> None:
    chat = asked(thinking=Thinking(effort="high"))
    assert losses(chat, CHAT, MESSAGES).annotate == ("reasoning_effort",)
    assert losses(chat, CHAT, MESSAGES, Wire(model="m", adaptive_thinking=True)).annotate == ()


def test_what_may_be_refused_by_name_is_said_for_known_protocols_only() -> None:
    assert {target for row in TABLE for target in row.into} == set(TARGETS)
    assert set(TARGETS) <= set(REFUSED)
    assert set(INSIDE) <= set(REFUSED)


def test_names_in_the_table_are_unique_and_fit_a_header() -> None:
    found = [row.name for row in TABLE]
    assert len(found) == len(set(found))
    assert all(name.isascii() and name.replace("_", "").isalnum() for name in found)
