"""What an upstream does not take is changed, left out and named, or refused; ids fit, and stay the same."""

import json
import re
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocols.drawn import conversations
from wye.core.chat import (
    Chat,
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
    ToolResult,
)
from wye.core.spelling import CallIds, Refused, Spelling
from wye.protocols.anthropic.codec import AnthropicMessages
from wye.protocols.fitting import REFUSED, WITHHELD, call_id, fit, prepare
from wye.protocols.lossiness.losses import CHAT, MESSAGES
from wye.protocols.translate import Wire

HI = Message(role=Role.USER, parts=(Text(text="hi"),))
TOOLS = (Tool(name="now", strict=True), Tool(name="then"))
PLAIN = Chat(model="m", messages=(HI,), protocol=MESSAGES)


def asked(**fields: Any) -> Chat:
    return msgspec.structs.replace(PLAIN, **fields)


def refusing(*names: Refused) -> Spelling:
    return Spelling(refuses=frozenset(names))


@pytest.mark.parametrize("spelling", [Spelling(), Spelling(call_ids="nine", formats="object")])
def test_what_fits_stays_the_same_object(spelling: Spelling) -> None:
    fitted = fit(PLAIN, spelling, CHAT)
    assert fitted.chat is PLAIN
    assert fitted.refuse == fitted.annotate == ()


@pytest.mark.parametrize(
    "name", ["temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty"]
)
def test_a_way_to_sample_is_left_out_and_named(name: Refused) -> None:
    chat = asked(sampling=Sampling(**{name: 1}))
    fitted = fit(chat, refusing(name), CHAT)
    assert (fitted.chat, fitted.annotate, fitted.refuse) == (PLAIN, (name,), ())
    assert fit(chat, refusing("n"), CHAT).chat is chat


def test_temperature_and_top_p_may_exclude_each_other() -> None:
    spelling = refusing("temperature_with_top_p")
    alone = asked(sampling=Sampling(top_p=0.5))
    assert fit(alone, spelling, MESSAGES).chat is alone
    both = fit(asked(sampling=Sampling(temperature=0.1, top_p=0.5)), spelling, MESSAGES)
    assert both.chat.sampling == Sampling(temperature=0.1)
    assert both.annotate == ("top_p",)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("logprobs", {"sampling": Sampling(logprobs=True)}),
        ("logprobs", {"sampling": Sampling(top_logprobs=2)}),
        ("stop", {"sampling": Sampling(stop=("END",))}),
        ("n", {"choices": 2}),
        ("tool_choice", {"tools": TOOLS, "tool_choice": ToolChoice(mode="required")}),
        ("tool_choice", {"tools": TOOLS, "tool_choice": ToolChoice(mode="tool", name="now")}),
        (
            "image_url",
            {
                "messages": (
                    Message(
                        role=Role.USER, parts=(Image(source=Source(kind="url", value="https://a.example/b")),)
                    ),
                )
            },
        ),
    ],
)
def test_what_the_answer_depends_on_is_refused(name: Refused, fields: dict[str, Any]) -> None:
    chat = asked(**fields)
    assert fit(chat, refusing(name), CHAT).refuse == (f"does not take `{name}`: {REFUSED[name]}",)
    assert not fit(chat, Spelling(), CHAT).refuse


def test_how_tools_may_be_called() -> None:
    choice = ToolChoice(mode="auto", parallel=False, allowed=("now",))
    chat = asked(tools=TOOLS, tool_choice=choice)
    one = fit(chat, refusing("parallel_tool_calls", "strict"), CHAT)
    assert one.chat.tools == (Tool(name="now"),)
    assert one.chat.tool_choice == ToolChoice()
    assert set(one.annotate) == {"parallel_tool_calls", "strict"}
    assert fit(chat, Spelling(takes=frozenset({"allowed_tools"})), CHAT).chat is chat
    many = asked(tools=TOOLS, tool_choice=ToolChoice(parallel=True))
    assert fit(many, refusing("parallel_tool_calls"), CHAT).annotate == (), "it does so anyway"


def test_the_shape_of_an_answer() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    chat = asked(format=Format(kind="schema", schema=schema))
    told = fit(chat, Spelling(formats="object"), CHAT)
    assert told.chat.format == Format(kind="json")
    assert isinstance(told.chat.system[-1], Text)
    assert '"integer"' in told.chat.system[-1].text
    assert "JSON" in told.chat.system[-1].text, "some upstreams demand the word"
    assert told.annotate == ("json_schema",)
    assert "response_format" in fit(chat, Spelling(formats="none"), CHAT).refuse[0]
    assert fit(asked(format=Format()), Spelling(formats="none"), CHAT).refuse == ()


def test_anthropic_takes_no_temperature_and_no_demanded_call_beside_thinking() -> None:
    chat = asked(thinking=Thinking(effort="high"), sampling=Sampling(temperature=0.1), protocol=CHAT)
    fitted = fit(chat, Spelling(), MESSAGES)
    assert fitted.annotate == ("temperature",)
    assert fitted.chat.thinking == Thinking(effort="high")
    demanded = msgspec.structs.replace(chat, tools=TOOLS, tool_choice=ToolChoice(mode="required"))
    fitted = fit(demanded, Spelling(), MESSAGES)
    assert fitted.annotate == ("thinking",)
    assert fitted.chat.sampling.temperature == 0.1
    off = msgspec.structs.replace(chat, thinking=Thinking(effort="none"))
    assert fit(off, Spelling(), MESSAGES).chat is off


def test_a_temperature_stays_where_there_is_no_room_to_think() -> None:
    told = Sampling(temperature=0.1, top_p=0.9, top_k=3)
    chat = asked(thinking=Thinking(effort="high"), sampling=told, protocol=CHAT, max_output_tokens=2000)
    fitted = prepare(chat, CHAT, MESSAGES, Wire(model="m"))
    assert fitted.chat.sampling == told
    assert set(fitted.annotate) == {"reasoning_effort"}
    sent = json.loads(AnthropicMessages().write_request(fitted.chat, Wire(model="m")))
    assert "thinking" not in sent
    assert (sent["temperature"], sent["top_p"], sent["top_k"]) == (0.1, 0.9, 3)
    for wire, cap in ((Wire(model="m", adaptive_thinking=True), 2000), (Wire(model="m"), 2048)):
        roomy = msgspec.structs.replace(chat, max_output_tokens=cap)
        assert "temperature" in prepare(roomy, CHAT, MESSAGES, wire).annotate


def test_how_hard_to_think() -> None:
    chat = asked(thinking=Thinking(enabled=True, budget_tokens=9000))
    assert fit(chat, Spelling(), CHAT).chat is chat
    assert fit(chat, Spelling(effort_field="reasoning"), CHAT).annotate == ()
    switch = fit(chat, Spelling(effort_field="thinking"), CHAT)
    assert (switch.chat, switch.annotate) == (chat, ("reasoning_effort",))
    none = fit(chat, Spelling(effort_field=""), CHAT)
    assert (none.chat.thinking, none.annotate) == (None, ("reasoning_effort",))


def test_a_developer_is_the_system_where_there_is_no_such_role() -> None:
    chat = asked(messages=(HI, Message(role=Role.DEVELOPER, parts=(Text(text="be brief"),))))
    assert fit(chat, Spelling(), CHAT).chat.messages[1].role is Role.SYSTEM
    assert fit(chat, Spelling(takes=frozenset({"developer"})), CHAT).chat is chat


KINDS: tuple[CallIds, ...] = ("any", "forty", "words", "nine")


@given(st.text(min_size=1), st.sampled_from(KINDS))
@example("-", "words")
def test_ids_fit_are_stable_and_once_made_are_left_alone(identity: str, kind: CallIds) -> None:
    made = call_id(identity, kind)
    assert made == call_id(identity, kind) == call_id(made, kind)
    if kind == "nine":
        assert len(made) == 9
        assert made.isascii()
        assert made.isalnum()
    if kind == "words":
        assert re.fullmatch(r"[a-zA-Z0-9_-]+", made)
    if kind == "forty":
        assert len(made) <= 40


def test_a_call_and_its_result_keep_the_same_id() -> None:
    identity = "functions.now:0"
    call = Message(role=Role.ASSISTANT, parts=(ToolCall(id=identity, name="now", arguments="{}"),))
    result = Message(role=Role.USER, parts=(ToolResult(call_id=identity, parts=(Text(text="12"),)),))
    chat = fit(asked(messages=(HI, call, result)), Spelling(call_ids="nine"), CHAT).chat
    made, told = chat.messages[1].parts[0], chat.messages[2].parts[0]
    assert isinstance(made, ToolCall)
    assert isinstance(told, ToolResult)
    assert made.id == told.call_id != identity
    again = fit(chat, Spelling(call_ids="nine"), CHAT).chat
    assert again.messages == chat.messages, "what the upstream gave is not changed"


def test_distinct_ids_stay_distinct() -> None:
    made = {call_id(f"call_{number}", "nine") for number in range(5000)}
    assert len(made) == 5000


def test_both_kinds_of_losses_are_told_together() -> None:
    chat = asked(sampling=Sampling(top_k=1, temperature=1), max_output_tokens=5)
    told = prepare(chat, MESSAGES, CHAT, Wire(model="m", spelling=refusing("temperature")))
    assert told.annotate == ("temperature", "top_k")
    assert told.chat.sampling.temperature is None


def test_every_name_says_what_becomes_of_it() -> None:
    assert not set(WITHHELD) & set(REFUSED)
    assert all(why for why in (*WITHHELD.values(), *REFUSED.values()))


spellings = st.builds(
    Spelling,
    effort_field=st.sampled_from(["", "reasoning_effort", "reasoning", "thinking"]),
    call_ids=st.sampled_from(KINDS),
    formats=st.sampled_from(["schema", "object", "none"]),
    takes=st.frozensets(st.sampled_from(["top_k", "allowed_tools", "developer"])),
    refuses=st.frozensets(st.sampled_from(sorted(get_args(Refused)))),
)


@given(conversations(MESSAGES) | conversations(CHAT), spellings, st.sampled_from([CHAT, MESSAGES]))
def test_whatever_does_not_fit_is_named_and_then_it_fits(chat: Chat, spelling: Spelling, target: str) -> None:
    fitted = fit(chat, spelling, target)
    again = fit(fitted.chat, spelling, target)
    assert again.refuse == fitted.refuse
    assert set(again.annotate) <= {"reasoning_effort"}, "a degree is told to be on"
    assert again.chat == fitted.chat
    assert set(fitted.annotate) <= set(WITHHELD)
    for name in ("temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty"):
        before, after = getattr(chat.sampling, name), getattr(fitted.chat.sampling, name)
        assert after == before or (after is None and name in fitted.annotate)
        assert name not in spelling.refuses or after is None
    assert fitted.chat.extras == chat.extras
    assert len(fitted.chat.messages) == len(chat.messages)


def test_a_result_that_nothing_asked_for_is_not_sent_elsewhere() -> None:
    result = Message(role=Role.USER, parts=(ToolResult(call_id="c1", parts=(Text(text="4"),)),))
    call = Message(role=Role.ASSISTANT, parts=(ToolCall(id="c1", name="f", arguments="{}"),))
    wire = Wire(model="m")

    def refused(*messages: Message) -> tuple[str, ...]:
        return prepare(Chat(model="m", messages=messages), "openai_chat", "anthropic_messages", wire).refuse

    assert refused(call, result) == ()
    for orphan in ((result,), (result, call, HI)):
        assert refused(*orphan) == (
            "takes no result of a tool call ('c1') without that call before it: send that turn too",
        )
    own = prepare(Chat(model="m", messages=(result,)), "anthropic_messages", "anthropic_messages", wire)
    assert own.refuse == (), "its own upstream judges it"
