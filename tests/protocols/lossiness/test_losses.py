"""What is refused, what is named, and what is carried after all."""

import json
from typing import Any

import msgspec
import pytest

from golden.cases import DIALECTS, DOWNSTREAM, REQUESTS
from wye.core.chat import (
    Audio,
    Chat,
    Citation,
    Document,
    Format,
    Image,
    Message,
    Opaque,
    Reasoning,
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
from wye.core.errors import BadRequestError
from wye.core.spelling import Spelling
from wye.protocols.lossiness.features import features
from wye.protocols.lossiness.losses import losses
from wye.protocols.lossiness.members import INSIDE, INSTEAD, KIN, REFUSED
from wye.protocols.lossiness.table import CHAT, GEMINI, MESSAGES, RESPONSES, SOURCES, TABLE, TARGETS
from wye.protocols.responses.upstream import SHARED
from wye.protocols.translate import Wire


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
        (asked(format=Format(kind="json")), "JSON of any shape"),
        (asked(tools=(ServerTool(protocol=CHAT, kind="web_search", value={}),)), "runs itself"),
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
    assert found.refuse[0].startswith("speaks Anthropic Messages, which cannot carry ")


@pytest.mark.parametrize("target", [CHAT, MESSAGES, GEMINI])
@pytest.mark.parametrize("kind", INSTEAD[RESPONSES])
def test_who_brings_a_tool_of_responses_alone_is_told_what_to_do(kind: str, target: str) -> None:
    tool = ServerTool(protocol=RESPONSES, kind=kind, value={"type": kind})
    (why,) = losses(asked(tools=(tool, tool)), RESPONSES, target).refuse
    assert "its models alone know" in why
    assert why.count(f"; `{kind}`: {INSTEAD[RESPONSES][kind]}") == 1


def test_who_brings_tools_amid_the_conversation_is_told_what_to_do() -> None:
    item = Opaque(protocol=RESPONSES, kind="additional_tools")
    (why,) = losses(with_turns(RESPONSES, user(item), user(HI)), RESPONSES, MESSAGES).refuse
    assert why.endswith(f"; `additional_tools`: {INSTEAD[RESPONSES]['additional_tools']}")


def test_custom_tools_are_neither_refused_nor_lost() -> None:
    assert losses(asked(tools=(Tool(name="f", custom=True),)), CHAT, MESSAGES) == losses(
        asked(), CHAT, MESSAGES
    )


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


@pytest.mark.parametrize("source", SOURCES)
def test_who_can_say_a_thing_is_told_rightly(source: str) -> None:
    of = {row.name: row.of for row in TABLE}
    for name, body in REQUESTS[source].items():
        try:
            chat = DOWNSTREAM[source].read_request(json.dumps(body).encode())
        except BadRequestError:
            continue
        found = set().union(*(features(chat, target)[0] for target in TARGETS if target != source))
        wrong = [one for one in found & of.keys() if source not in of[one]]
        assert wrong == [], name


def test_every_row_counts_between_two_protocols() -> None:
    assert [row.name for row in TABLE if not any(set(row.into) - {source} for source in row.of)] == []
    assert {source for row in TABLE for source in row.of} == set(SOURCES)


def test_names_in_the_table_are_unique_and_fit_a_header() -> None:
    found = [row.name for row in TABLE]
    assert len(found) == len(set(found))
    assert all(name.isascii() and name.replace("_", "").isalnum() for name in found)


def lost(chat: Chat, target: str, wire: Wire | None = None) -> tuple[str, ...]:
    found = losses(chat, chat.protocol, target, wire)
    assert found.refuse == ()
    return found.annotate


def test_responses_has_no_stop_sequences() -> None:
    stopped = asked(sampling=Sampling(stop=("END",)))
    assert "stop sequences" in losses(stopped, CHAT, RESPONSES).refuse[0]
    assert lost(stopped, MESSAGES) == ()
    assert lost(stopped, GEMINI) == ()


def test_what_sampling_each_target_knows() -> None:
    told = asked(sampling=Sampling(top_k=3, seed=1, presence_penalty=0.1, frequency_penalty=0.1))
    assert lost(told, RESPONSES) == ("top_k", "seed", "presence_penalty", "frequency_penalty")
    assert lost(told, MESSAGES) == ("seed", "presence_penalty", "frequency_penalty")
    assert lost(told, GEMINI) == ()


def test_gemini_has_no_word_for_one_call_at_a_time() -> None:
    told = asked(tools=(Tool(name="f", strict=True),), tool_choice=ToolChoice(parallel=False), user="u")
    assert lost(told, GEMINI) == ("user", "tool_strict", "parallel_tool_calls")
    assert lost(told, RESPONSES) == ()
    assert lost(asked(tool_choice=ToolChoice(parallel=True)), GEMINI) == ()


@pytest.mark.parametrize(
    ("kind", "refused"),
    [("image/png", ()), ("image/gif", (GEMINI,)), ("image/heic", (RESPONSES, MESSAGES)), ("image/bmp", None)],
)
def test_pictures_each_target_takes(kind: str, refused: tuple[str, ...] | None) -> None:
    source = Source(kind="data", value="QUJD", media_type=kind)
    chat = with_turns("another", user(Image(source=source)))
    found = tuple(target for target in TARGETS if losses(chat, "another", target).refuse)
    assert found == ((RESPONSES, MESSAGES, GEMINI) if refused is None else refused)


def test_openais_two_protocols_both_answer_a_turn_of_the_assistants() -> None:
    told = with_turns(CHAT, user(HI), assistant(HI))
    assert losses(told, CHAT, RESPONSES).refuse == ()
    assert losses(with_turns(RESPONSES, user(HI), assistant(HI)), RESPONSES, CHAT).refuse == ()
    assert losses(told, CHAT, GEMINI).refuse


def test_what_chat_and_responses_share_goes_along() -> None:
    extras = dict.fromkeys((*SHARED, "verbosity"), "x")
    assert KIN[CHAT, RESPONSES] == frozenset(extras)
    told = asked(extras=extras)
    assert lost(told, RESPONSES) == ()
    assert set(lost(told, GEMINI)) == frozenset(extras)
    written = msgspec.json.decode(DIALECTS[RESPONSES].write_request(told, Wire(model="m")))
    assert {name: written[name] for name in SHARED} == dict.fromkeys(SHARED, "x")
    assert written["text"] == {"verbosity": "x"}


def test_openais_chat_gets_what_it_shares_with_responses() -> None:
    names = KIN[RESPONSES, CHAT] - {"text.verbosity"}
    extras = {**dict.fromkeys(names, "x"), "text": {"verbosity": "low"}}
    chat = msgspec.structs.replace(asked(extras=extras), protocol=RESPONSES)
    own = Wire(model="m", spelling=Spelling(takes=frozenset({"shared"})))
    assert losses(chat, RESPONSES, CHAT, own).annotate == ()
    written = msgspec.json.decode(DIALECTS[CHAT].write_request(chat, own))
    assert {name: written[name] for name in names} == dict.fromkeys(names, "x")
    assert written["verbosity"] == "low"
    other = Wire(model="m")
    assert set(losses(chat, RESPONSES, CHAT, other).annotate) == KIN[RESPONSES, CHAT]
    assert not {*names, "verbosity"} & msgspec.json.decode(DIALECTS[CHAT].write_request(chat, other)).keys()


def test_members_of_members_are_told_by_their_path() -> None:
    inner = {"speechConfig": {}, "mediaResolution": "X", "responseModalities": ["TEXT"]}
    chat = Chat(
        protocol=GEMINI,
        model="m",
        messages=asked().messages,
        extras={"generationConfig": inner, "labels": {}},
    )
    found = losses(chat, GEMINI, CHAT)
    assert found.annotate == ("generationConfig.mediaResolution", "labels")
    assert len(found.refuse) == 1
    assert "generationConfig.speechConfig" in found.refuse[0]


@pytest.mark.parametrize("name", ["previous_response_id", "conversation", "prompt", "background"])
def test_what_openai_keeps_is_refused_elsewhere(name: str) -> None:
    chat = msgspec.structs.replace(asked(extras={name: "x"}), protocol=RESPONSES)
    assert name in losses(chat, RESPONSES, MESSAGES).refuse[0]


def test_what_responses_says_of_its_items_is_no_loss() -> None:
    item = {"id": "msg_1", "status": "incomplete", "phase": "final_answer", "new": 1}
    said = Message(role=Role.ASSISTANT, parts=(Text(text="a", extras={"item": item}),))
    chat = with_turns(RESPONSES, user(HI), said, user(HI))
    assert lost(chat, CHAT) == ("messages[].content[].phase", "messages[].content[].new")


def test_a_results_name_is_lost_only_where_it_is_not_the_tools() -> None:
    for name, names in (("f", ()), ("g", ("name",))):
        result = msgspec.structs.replace(RESULT, name=name)
        chat = with_turns(GEMINI, user(HI), assistant(CALL), user(result))
        assert lost(chat, MESSAGES) == names


def test_a_signature_behind_a_call_is_googles() -> None:
    signed = msgspec.structs.replace(CALL, signature="c2ln")
    running = with_turns(CHAT, user(HI), assistant(signed), user(RESULT))
    assert losses(running, CHAT, GEMINI, Wire(model="gemini-3-pro")) == losses(asked(), CHAT, GEMINI)
    assert "tool loop" in losses(running, CHAT, MESSAGES).refuse[0]


def test_a_signed_text_is_a_hint() -> None:
    chat = with_turns(GEMINI, user(HI), assistant(Text(text="a", signature="c2ln")), user(HI))
    assert lost(chat, CHAT) == ("signed_reasoning",)


def test_another_upstreams_thoughts_count_within_one_protocol_too() -> None:
    foreign = Reasoning(text="so", signature="s", origin=GEMINI)
    running = with_turns(MESSAGES, user(HI), assistant(foreign, CALL), user(RESULT))
    assert "tool loop" in losses(running, MESSAGES, MESSAGES).refuse[0]
    over = with_turns(MESSAGES, user(HI), assistant(foreign, HI), user(HI))
    assert lost(over, MESSAGES) == ("signed_reasoning",)
    own = with_turns(MESSAGES, user(HI), assistant(SIGNED, CALL), user(RESULT))
    assert lost(own, MESSAGES) == ()


def test_citations_are_taken_back_by_nobody() -> None:
    cited = Text(text="a", citations=(Citation(url="u"),))
    chat = with_turns("another", user(HI), assistant(cited), user(HI))
    assert {target: lost(chat, target) for target in TARGETS} == dict.fromkeys(TARGETS, ("citations",))


@pytest.mark.parametrize(
    ("model", "thinking", "names"),
    [
        ("gemini-2.5-flash", Thinking(enabled=True, budget_tokens=2048), ()),
        ("gemini-2.5-flash", Thinking(enabled=True, budget_tokens=64_000), ("thinking_budget",)),
        ("gemini-2.5-flash", Thinking(effort="low"), ("reasoning_effort",)),
        ("gemini-2.5-flash", Thinking(enabled=False), ()),
        ("gemini-2.5-pro", Thinking(enabled=False), ("thinking",)),
        ("gemini-2.0-flash", Thinking(enabled=True, show=True), ("thinking", "thinking_display")),
        ("gemini-2.0-flash", Thinking(enabled=False), ()),
        ("gemini-3-pro", Thinking(effort="low"), ()),
        ("gemini-3-pro", Thinking(effort="xhigh"), ("reasoning_effort",)),
        ("gemini-3-pro", Thinking(enabled=True, budget_tokens=2048), ("thinking_budget",)),
        ("gemini-3-flash", Thinking(enabled=False, effort="none"), ("thinking",)),
        ("gemini-3-flash", Thinking(enabled=True, show=True), ()),
    ],
)
def test_thinking_as_each_of_geminis_models_takes_it(
    model: str, thinking: Thinking, names: tuple[str, ...]
) -> None:
    assert lost(asked(thinking=thinking), GEMINI, Wire(model=model)) == names


def test_a_schema_that_is_open_is_closed_for_anthropic() -> None:
    left_open = {"type": "object", "properties": {"a": {"type": "string"}}}
    asked_open = asked(format=Format(kind="schema", schema=left_open))
    assert lost(asked_open, MESSAGES) == ("format_open",)
    assert lost(asked_open, GEMINI) == ()
    strict = asked(format=Format(kind="schema", schema=left_open | {"additionalProperties": False}))
    assert lost(strict, MESSAGES) == ()


def test_no_thinking_can_be_said_in_a_word() -> None:
    off = asked(thinking=Thinking(enabled=False, effort="none"))
    silent = asked(thinking=Thinking(enabled=False))
    told = msgspec.structs.replace(silent, protocol=MESSAGES)
    assert lost(off, RESPONSES) == ()
    assert losses(told, MESSAGES, CHAT).annotate == ("thinking",)
    assert lost(silent, MESSAGES) == ()
