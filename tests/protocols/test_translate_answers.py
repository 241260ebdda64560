"""Answers through another protocol: what an upstream says reaches the client, and comes back when it goes on.

read from B ─ written for a client of A ─ read as that client does
… the client sends it back in its next request ─ read from A ─ written for B again
"""

import itertools
import json
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.cases import DIALECTS
from protocols.drawn import names, words
from wye.core.answer import Answer, Choice
from wye.core.chat import Finish, Image, Message, Part, Reasoning, Refusal, Role, Source, Text, ToolCall
from wye.core.fold import fold
from wye.core.stream import Begin, Close, Delta, End, Event, Finished, Open, Sign, Used
from wye.core.usage import Usage
from wye.protocols.lossiness.losses import losses
from wye.protocols.lossiness.table import CHAT, GEMINI, MESSAGES, RESPONSES
from wye.protocols.translate import Wire

PAIRS = list(itertools.permutations(DIALECTS, 2))
"""(client, upstream)."""

counts = st.integers(0, 1000)
usages = st.builds(
    lambda plain, read, said, thought: Usage(plain + read, said + thought, read, 0, thought),
    *(counts, counts, counts, counts),
)
called = st.builds(ToolCall, id=names, name=names, arguments=st.sampled_from(["{}", '{"a":1}', '{"a":[]}']))


def thoughts(origin: str) -> st.SearchStrategy[Reasoning]:
    """Draw a thought as an upstream of `origin` has it."""
    if origin == RESPONSES:
        return st.builds(
            Reasoning,
            summary=st.lists(words, max_size=2).map(tuple),
            encrypted=st.just("ZW5j"),
            id=st.just("rs_1"),
            origin=st.just(origin),
        )
    signature = st.sampled_from(["", "c2ln"]) if origin in (MESSAGES, GEMINI) else st.just("")
    return st.builds(Reasoning, text=words, signature=signature).map(
        lambda one: msgspec.structs.replace(one, origin=origin if one.signature else "")
    )


def answers(upstream: str) -> st.SearchStrategy[Answer]:
    """Draw an answer of an upstream: thoughts, text, calls, each of them or not."""
    signed = st.booleans() if upstream == GEMINI else st.just(False)  # noqa: FBT003  # a value, not a switch

    def made(thought: Any, said: Any, calls: Any, sign: bool, usage: Usage) -> Answer:  # noqa: FBT001  # drawn
        if calls and sign:
            calls = [msgspec.structs.replace(calls[0], signature="c2ln"), *calls[1:]]
        finish = Finish.TOOL_CALLS if calls else Finish.STOP
        parts = tuple(part for part in (*thought, *said, *calls) if part is not None)
        return Answer(
            id="a", model="m", choices=(Choice(parts=parts, finish=finish),), usage=usage, protocol=upstream
        )

    return st.builds(
        made,
        st.lists(thoughts(upstream), max_size=1),
        st.lists(st.builds(Text, text=words), max_size=1),
        st.lists(called, max_size=3, unique_by=lambda call: call.id),
        signed,
        usages,
    ).filter(lambda answer: bool(answer.choices[0].parts))


def streamed(answer: Answer, sizes: list[int]) -> list[Event]:
    """Return the answer as events, its texts in pieces."""
    events: list[Event] = [Begin(id=answer.id, model=answer.model, protocol=answer.protocol)]
    for index, part in enumerate(answer.choices[0].parts):
        match part:
            case Text() | Refusal():
                events.append(Open(index=index, part=msgspec.structs.replace(part, text="")))
                events += [Delta(index=index, text=one) for one in cut(part.text, sizes)]
            case ToolCall():
                events.append(Open(index=index, part=msgspec.structs.replace(part, arguments="")))
                events += [Delta(index=index, text=one) for one in cut(part.arguments, sizes)]
            case Reasoning():
                bare = msgspec.structs.replace(part, text="", summary=(), signature="", encrypted="")
                events.append(Open(index=index, part=bare))
                for at, passage in enumerate(part.summary):
                    events += [Delta(index=index, text=one, passage=at) for one in cut(passage, sizes)]
                events += [Delta(index=index, text=one) for one in cut(part.text, sizes)]
                if part.signature or part.encrypted:
                    events.append(Sign(index=index, signature=part.signature, encrypted=part.encrypted))
        events.append(Close(index=index))
    events.append(Finished(finish=answer.choices[0].finish))
    if answer.usage is not None:
        events.append(Used(usage=answer.usage))
    return [*events, End()]


def cut(text: str, sizes: list[int]) -> list[str]:
    pieces: list[str] = []
    for size in itertools.cycle(sizes):
        if not text:
            return pieces
        pieces.append(text[:size])
        text = text[size:]
    return pieces


def whole(client: str, answer: Answer) -> Answer:
    """Return what a client of that protocol reads of a whole answer."""
    return DIALECTS[client].read_answer(DIALECTS[client].write_answer(answer))


def relayed(client: str, events: list[Event]) -> Answer:
    """Return what a client of that protocol reads of a stream."""
    writer, reader = DIALECTS[client].writer(want_usage=True), DIALECTS[client].reader()
    told = [event for one in events for event in reader.feed(writer.write(one))]
    return fold([*told, *reader.finish()])


def gist(answer: Answer) -> tuple[Any, ...]:
    """What everybody can be told: texts, calls, what was thought in words, why it ended, and the counts."""
    parts = answer.choices[0].parts
    usage = answer.usage
    return (
        "".join(part.text for part in parts if isinstance(part, Text)),
        [(part.name, msgspec.json.decode(part.arguments)) for part in parts if isinstance(part, ToolCall)],
        [part.id for part in parts if isinstance(part, ToolCall)],
        "".join(told(part) for part in parts if isinstance(part, Reasoning)),
        answer.choices[0].finish,
        usage and (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.reasoning_tokens),
    )


def told(thought: Reasoning) -> str:
    return "\n\n".join(filter(None, (thought.text, *thought.summary)))


def check_answer(client: str, upstream: str, data: st.DataObject) -> None:
    answer = data.draw(answers(upstream))
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    assert gist(whole(client, answer)) == gist(answer)
    assert gist(relayed(client, streamed(answer, sizes))) == gist(answer)


def echo(client: str, body: bytes) -> list[Any]:
    """Return an answer as its client puts it into the next request."""
    answer = json.loads(body)
    if client == CHAT:
        return [answer["choices"][0]["message"]]
    if client == RESPONSES:
        return list(answer["output"])
    if client == MESSAGES:
        return [{"role": "assistant", "content": answer["content"]}]
    return [answer["candidates"][0]["content"]]


def ask(words: str) -> dict[str, Callable[[], dict[str, Any]]]:
    return {
        CHAT: lambda: {"role": "user", "content": words},
        RESPONSES: lambda: {"role": "user", "content": words},
        MESSAGES: lambda: {"role": "user", "content": words},
        GEMINI: lambda: {"role": "user", "parts": [{"text": words}]},
    }


def results(client: str, calls: list[ToolCall]) -> list[dict[str, Any]]:
    """Return what a client says its tools returned."""
    if client == CHAT:
        return [{"role": "tool", "tool_call_id": call.id, "content": "4"} for call in calls]
    if client == RESPONSES:
        return [{"type": "function_call_output", "call_id": call.id, "output": "4"} for call in calls]
    if client == MESSAGES:
        blocks = [{"type": "tool_result", "tool_use_id": call.id, "content": "4"} for call in calls]
        return [{"role": "user", "content": blocks}]
    parts = [
        {"functionResponse": {"id": call.id, "name": call.name, "response": {"output": "4"}}}
        for call in calls
    ]
    return [{"role": "user", "parts": parts}]


def request(client: str, turns: list[Any]) -> bytes:
    name = {RESPONSES: "input", GEMINI: "contents"}.get(client, "messages")
    return json.dumps({"model": "m", "max_tokens": 99, name: turns}).encode()


WIRES = {
    CHAT: Wire(model="m", reasoning_field="reasoning"),
    RESPONSES: Wire(model="m", encrypted_reasoning=True),
    MESSAGES: Wire(model="m"),
    GEMINI: Wire(model="gemini-3-pro"),
}


def check_loop(client: str, upstream: str, data: st.DataObject) -> None:
    """A tool loop goes on: the upstream gets back what it signed, as it signed it."""
    answer = data.draw(answers(upstream))
    parts = answer.choices[0].parts
    calls = [part for part in parts if isinstance(part, ToolCall)]
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    kept = data.draw(
        st.sampled_from([answer, relayed(client, streamed(answer, sizes))])  # as it came, or gathered
    )
    turns = [ask("Hi")[client](), *echo(client, DIALECTS[client].write_answer(kept))]
    turns += results(client, calls) if calls else [ask("So?")[client]()]
    chat = DIALECTS[client].read_request(request(client, turns))
    found = losses(chat, client, upstream, WIRES[upstream])
    assert found.refuse == ()
    back = DIALECTS[upstream].read_request(DIALECTS[upstream].write_request(chat, WIRES[upstream]))
    assert signed(back.messages) == signed((Message(role=Role.ASSISTANT, parts=parts),))
    assert spoken(back.messages) == spoken((Message(role=Role.ASSISTANT, parts=parts),))


SKIPPED = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="


def signed(messages: tuple[Message, ...]) -> list[Any]:
    """Return what only its maker can read, and the text it was made for."""
    found: list[Any] = []
    for part in assistant(messages):
        if isinstance(part, Reasoning) and (part.signature or part.encrypted):
            text = part.text if part.signature else ""
            found.append((text, part.signature, part.encrypted, part.origin))
        elif isinstance(part, ToolCall) and part.signature not in ("", SKIPPED):
            found.append((part.id, part.signature))
    return found


def spoken(messages: tuple[Message, ...]) -> list[Any]:
    return [
        part.text if isinstance(part, Text) else (part.id, part.name, msgspec.json.decode(part.arguments))
        for part in assistant(messages)
        if isinstance(part, Text | ToolCall)
    ]


def assistant(messages: tuple[Message, ...]) -> list[Part]:
    return [part for one in messages if one.role is Role.ASSISTANT for part in one.parts]


@pytest.mark.parametrize(("client", "upstream"), PAIRS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_answers(client: str, upstream: str, data: st.DataObject) -> None:
    check_answer(client, upstream, data)


@pytest.mark.parametrize(("client", "upstream"), PAIRS)
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_a_conversation_goes_on(client: str, upstream: str, data: st.DataObject) -> None:
    check_loop(client, upstream, data)


@pytest.mark.deep
@pytest.mark.parametrize(("client", "upstream"), PAIRS)
@given(data=st.data())
@settings(max_examples=10_000, deadline=None)
def test_ten_thousand_answers(client: str, upstream: str, data: st.DataObject) -> None:
    check_answer(client, upstream, data)
    check_loop(client, upstream, data)


@pytest.mark.parametrize("client", DIALECTS)
def test_a_refusal_reaches_everybody(client: str) -> None:
    choice = Choice(parts=(Refusal(text="No."),), finish=Finish.REFUSAL)
    answer = Answer(id="a", model="m", choices=(choice,), protocol="another")
    for read in (whole(client, answer), relayed(client, streamed(answer, [2]))):
        said = [part.text for part in read.choices[0].parts if isinstance(part, Text | Refusal)]
        assert said == ["No."]
        assert read.choices[0].finish in (Finish.REFUSAL, Finish.CONTENT_FILTER)


@pytest.mark.parametrize("client", [CHAT, GEMINI])
def test_a_picture_reaches_those_who_can_see_it(client: str) -> None:
    picture = Image(source=Source(kind="data", value="QUJD", media_type="image/png"))
    answer = Answer(id="a", model="m", choices=(Choice(parts=(picture,)),), protocol="another")
    assert whole(client, answer).choices[0].parts == (picture,)


@pytest.mark.parametrize("client", DIALECTS)
def test_thousands_of_calls_at_once_hold_nobody_up(client: str) -> None:
    """It takes half a second; many times that where each call looks at all those before it."""
    writer, count = DIALECTS[client].writer(want_usage=True), 10_000
    calls = [ToolCall(id=f"c{at}", name="f", arguments="") for at in range(count)]
    events: list[Event] = [Begin(id="a", model="m", protocol="another")]
    events += [Open(index=at, part=call) for at, call in enumerate(calls)]
    events += [Delta(index=at, text="{}") for at in range(count)]
    events += [Close(index=at) for at in range(count)]
    begun = time.process_time()
    stream = b"".join(map(writer.write, [*events, Finished(finish=Finish.TOOL_CALLS), End()]))
    assert time.process_time() - begun < 2
    reader = DIALECTS[client].reader()
    (choice,) = fold([*reader.feed(stream), *reader.finish()]).choices
    assert [part.id for part in choice.parts if isinstance(part, ToolCall)] == [call.id for call in calls]
