from typing import Any

import pytest

from wye.core.answer import Answer, Choice
from wye.core.chat import (
    Chat,
    Extras,
    Finish,
    Format,
    Message,
    Part,
    Refusal,
    Role,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
)
from wye.routing.agreement import Compare, differs, flaw, texts_differ, unsure

LOOK = Tool(
    name="look", schema={"type": "object", "properties": {"at": {"type": "integer"}}, "required": ["at"]}
)
SCHEMA: Extras = {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]}


def asked(**fields: Any) -> Chat:
    return Chat(model="m", messages=(Message(role=Role.USER, parts=(Text(text="?"),)),), **fields)


def said(*parts: Part | str, finish: Finish = Finish.STOP) -> Answer:
    made = tuple(Text(text=part) if isinstance(part, str) else part for part in parts)
    return Answer(id="a", model="m", choices=(Choice(parts=made, finish=finish),))


def call(arguments: str, name: str = "look", **more: Any) -> ToolCall:
    return ToolCall(id="c", name=name, arguments=arguments, **more)


def close(_one: str, _other: str) -> float:
    return 0.9


def far(_one: str, _other: str) -> float:
    return 0.5


@pytest.mark.parametrize(
    ("answer", "chat", "wrong"),
    [
        (said("Hello."), asked(), ""),
        (said("Hello.", finish=Finish.STOP_SEQUENCE), asked(), ""),
        (said("Hel", finish=Finish.LENGTH), asked(), "it ended by length"),
        (said(" \n"), asked(), "it is empty"),
        (Answer(id="a", model="m", choices=()), asked(), "it is empty"),
        (said(Refusal(text="No.")), asked(), "it declines"),
        (said(call('{"at": 1}'), finish=Finish.TOOL_CALLS), asked(tools=(LOOK,)), ""),
        (said(call('{"at": "x"}')), asked(tools=(LOOK,)), "a call's arguments break its schema"),
        (said(call("")), asked(tools=(LOOK,)), "a call's arguments break its schema"),
        (said(call("{at: 1}")), asked(tools=(LOOK,)), "a call's arguments are no JSON object"),
        (said(call("[1]")), asked(tools=(LOOK,)), "a call's arguments are no JSON object"),
        (said(call('{"at": 1}', "leap")), asked(tools=(LOOK,)), "it calls a tool that there is not"),
        (said(call("ls -l", custom=True)), asked(tools=(Tool(name="look", custom=True),)), ""),
        (
            said("I'd rather not."),
            asked(tools=(LOOK,), tool_choice=ToolChoice(mode="required")),
            "it calls no tool where one must be called",
        ),
        (said('{"n": 1}'), asked(format=Format(kind="schema", schema=SCHEMA)), ""),
        (said('```json\n{"n": 1}\n```'), asked(format=Format(kind="schema", schema=SCHEMA)), ""),
        (said('{"n": "1"}'), asked(format=Format(kind="schema", schema=SCHEMA)), "it breaks the schema"),
        (said("n is 1"), asked(format=Format(kind="json")), "it is no JSON"),
        (said("n is 1"), asked(format=Format()), ""),
    ],
)
def test_what_is_not_fit_to_be_served(answer: Answer, chat: Chat, wrong: str) -> None:
    assert flaw(answer, chat) == wrong


@pytest.mark.parametrize(
    ("one", "other", "compare", "told"),
    [
        (said("The answer is B."), said("(b)"), "meaning", ""),
        (said("The answer is B."), said("C"), "meaning", "another final answer"),
        (said("4"), said("Two and two make 4."), "meaning", ""),
        (said("4"), said("Two and two make 5."), "meaning", "another final answer"),
        (said("The answer is 1,000."), said("#### 1000.0"), "answer", ""),
        (said("Paris"), said("The capital of France is **Paris**."), "answer", ""),
        (said("Paris"), said("The capital of Spain isn't Paris."), "answer", "no final answers to compare"),
        (
            said("On the one hand,\non the other."),
            said("One might say so,\nor not."),
            "answer",
            "no final answers to compare",
        ),
        (said(call('{"at": 1}')), said(call('{ "at":1.0 }')), "meaning", ""),
        (said(call('{"at": 1}')), said(call('{"at": 2}')), "meaning", "other calls of tools"),
        (
            said(call('{"at": 1}'), call('{"at": 2}')),
            said(call('{"at": 2}'), call('{"at": 1}')),
            "meaning",
            "",
        ),
        (
            said(call('{"at": 1}'), call('{"at": 1}')),
            said(call('{"at": 1}'), call('{"at": 2}')),
            "meaning",
            "other calls of tools",
        ),
        (said(call('{"at": 1}')), said("Look at 1."), "meaning", "other calls of tools"),
        (said('{"n": 1, "m": ["A"]}'), said('{"m": ["a "], "n": 1.0}'), "meaning", ""),
        (said('{"n": 1, "m": true}'), said('{"n": 1, "m": 1}'), "meaning", "other values"),
        (said('{"n": 1}'), said('{"n": 1, "m": null}'), "meaning", "other values"),
    ],
)
def test_answers_that_can_be_compared_exactly(
    one: Answer, other: Answer, compare: Compare, told: str
) -> None:
    assert differs(one, other, compare, 0.85, far) == told
    assert differs(other, one, compare, 0.85, far) == told


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        ("It ends in May,\nas agreed.", "In May it ends,\nas was agreed.", ""),
        ("It ends on 3 May,\nas agreed.", "It ends on 4 May,\nas agreed.", "other numbers"),
        (
            "It ends in May,\nas agreed.",
            "It doesn't end in May,\nas agreed.",
            "one denies what the other says",
        ),
        (
            "It ends in May,\nas agreed.",
            "It ends in May,\n" + "as agreed " * 30,
            "much longer, or much shorter",
        ),
    ],
)
def test_free_text_is_compared_by_what_it_means(one: str, other: str, told: str) -> None:
    assert differs(said(one), said(other), "meaning", 0.85, close) == told
    assert differs(said(other), said(one), "meaning", 0.85, close) == told


def test_another_meaning_is_told_with_its_cosine() -> None:
    told = differs(said("It ends in May,\nsoon."), said("They met in June,\nlate."), "meaning", 0.85, far)
    assert told == "another meaning (cosine 0.50)"


@pytest.mark.parametrize(
    ("logprobs", "told"),
    [
        ([-0.1, -0.1], ""),
        ([-1.0, -1.0], "unsure of itself (0.37)"),
        ([], ""),
        (None, ""),
        (["x"], ""),
    ],
)
def test_an_answer_that_its_engine_says_is_a_guess(logprobs: list[Any] | None, told: str) -> None:
    content = None if logprobs is None else {"content": [{"token": "x", "logprob": one} for one in logprobs]}
    made = Answer(id="a", model="m", choices=(Choice(parts=(Text(text="x"),), logprobs=content),))
    assert unsure(made, 0.5) == told
    assert not unsure(made, None)


def test_labelled_answers_are_compared_as_those_of_the_gateway() -> None:
    assert not texts_differ("12 apples and 3 pears", "12 apples and  3 Pears", "answer", 0.85, far)
    assert texts_differ("12 apples and 3 pears", "12 apples and 4 pears", "answer", 0.85, close)
    assert not texts_differ(
        "It ends in May,\nas agreed.", "In May it ends,\nas was agreed.", "meaning", 0.85, close
    )
    assert texts_differ(
        "It ends in May,\nas agreed.", "In May it ends,\nas was agreed.", "answer", 0.85, close
    )


def test_what_is_too_long_or_too_deep_agrees_with_nothing() -> None:
    assert texts_differ("a" * 300_000, "a" * 300_000, "meaning", 0.85, close) == "too long to compare"
    deep = "[" * 600 + "]" * 600
    assert differs(said(call(f'{{"at": {deep}}}')), said(call(f'{{"at":  {deep}}}')), "meaning", 0.85, close)
    assert texts_differ(deep, f" {deep[1:-1]}", "meaning", 0.85, close)
