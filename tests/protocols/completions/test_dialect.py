import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wye.core.answer import Answer, Choice
from wye.core.chat import Finish, Message, Reasoning, Refusal, Role, Sampling, Text, ToolCall
from wye.core.errors import BadRequestError, CannotCarryError
from wye.core.stream import Begin, Close, Delta, End, Event, Fail, Finished, Open, Order, Ping, Used
from wye.core.usage import Usage
from wye.protocols.completions.dialect import OpenAICompletionsDialect
from wye.protocols.lossiness.losses import losses

DIALECT = OpenAICompletionsDialect(lambda: 1_760_000_001)
HEAD = {"id": "1", "object": "text_completion", "created": 1_760_000_001, "model": "up"}
COUNTS = {
    "prompt_tokens": 5,
    "completion_tokens": 7,
    "total_tokens": 12,
    "prompt_tokens_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}


def read(**members: Any) -> Any:
    return DIALECT.read_request(json.dumps({"model": "m", "prompt": "Once", **members}).encode())


def choice(text: str, finish: str | None = None, index: int = 0) -> dict[str, Any]:
    return {"index": index, "text": text, "logprobs": None, "finish_reason": finish}


def events(*told: Event, want_usage: bool = False) -> list[Any]:
    writer, order = DIALECT.writer(want_usage=want_usage), Order()
    written = []
    for one in told:
        order.see(one)
        written.append(writer.write(one))
    lines = b"".join(written).decode().split("\n\n")
    return [json.loads(line[6:]) if line[6:7] == "{" else line for line in lines if line]


def test_a_prompt_is_a_turn_of_the_users() -> None:
    chat = read(
        max_tokens=16,
        temperature=0.5,
        top_p=1,
        stop=["\n"],
        seed=1,
        n=2,
        stream=True,
        stream_options={"include_usage": True},
        user="u",
        presence_penalty=0.1,
        frequency_penalty=0.2,
    )
    assert chat.messages == (Message(role=Role.USER, parts=(Text(text="Once"),)),)
    assert read(prompt=["Once"]).messages == chat.messages
    assert chat.sampling == Sampling(
        temperature=0.5, top_p=1, stop=("\n",), seed=1, presence_penalty=0.1, frequency_penalty=0.2
    )
    assert (chat.max_output_tokens, chat.choices, chat.stream, chat.user) == (16, 2, True, "u")
    assert chat.extras == {}


@pytest.mark.parametrize("prompt", [None, [], ["a", "b"], [1, 2], [[1]], ""])
def test_only_one_text_can_be_translated(prompt: Any) -> None:
    if prompt == "":
        assert read(prompt=prompt).messages[0].parts == (Text(text=""),)
        return
    with pytest.raises(CannotCarryError) as caught:
        read(prompt=prompt)
    assert caught.value.param == "prompt"


@pytest.mark.parametrize("value", [0, 5])
def test_probabilities_are_refused(value: int) -> None:
    with pytest.raises(CannotCarryError, match="logprobs"):
        read(logprobs=value)


@pytest.mark.parametrize(
    ("members", "refused"),
    [
        ({"suffix": "The end."}, "suffix"),
        ({"echo": True}, "echo"),
        ({"best_of": 3}, "best_of"),
    ],
)
def test_what_would_change_the_meaning_is_refused(members: dict[str, Any], refused: str) -> None:
    (sentence,) = losses(read(**members), "openai_completions", "openai_chat").refuse
    assert f"`{refused}`" in sentence


def test_what_says_nothing_is_not_missed() -> None:
    chat = read(suffix=None, echo=False, best_of=1, logprobs=None, stream_options=None)
    told = losses(chat, "openai_completions", "openai_chat")
    assert (told.refuse, told.annotate) == ((), ("completion",))


@pytest.mark.parametrize(("members", "param"), [({"temperature": "x"}, "temperature"), ({"n": "2"}, "n")])
def test_what_is_wrong_is_named(members: dict[str, Any], param: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        read(**members)
    assert caught.value.param == param


@given(
    st.dictionaries(st.sampled_from(["prompt", "n", "stop", "stream", "user", "x"]), st.text() | st.none())
)
def test_anything_is_read_or_refused(members: dict[str, Any]) -> None:
    try:
        chat = read(**members)
    except BadRequestError:
        return
    assert chat.model == "m"
    assert chat.messages[0].parts == (Text(text=members.get("prompt", "Once")),)


def test_a_whole_answer() -> None:
    choices = (
        Choice(parts=(Reasoning(text="Hm."), Text(text=" upon"), Text(text=" a time"))),
        Choice(parts=(Text(text=" more"),), finish=Finish.LENGTH),
        Choice(parts=(Refusal(text="No."),), finish=Finish.REFUSAL),
    )
    told = DIALECT.write_answer(Answer(id="1", model="up", choices=choices, usage=Usage(5, 7)))
    assert json.loads(told) == HEAD | {
        "choices": [
            choice(" upon a time", "stop"),
            choice(" more", "length", 1),
            choice("No.", "content_filter", 2),
        ],
        "usage": COUNTS,
    }
    dated = DIALECT.write_answer(Answer(id="1", model="up", choices=choices[:1], created=3))
    assert json.loads(dated) == HEAD | {"created": 3, "choices": [choice(" upon a time", "stop")]}


@pytest.mark.parametrize("want_usage", [True, False])
def test_a_stream(want_usage: bool) -> None:  # noqa: FBT001  # a parameter
    told = events(
        Ping(),
        Begin(id="1", model="up"),
        Open(index=0, part=Reasoning(text="Hm.")),
        Delta(index=0, text="Well."),
        Close(index=0),
        Open(index=1, part=Text(text="")),
        Delta(index=1, text=" upon"),
        Delta(index=1, text=""),
        Close(index=1),
        Open(index=0, part=Text(text=" else"), choice=1),
        Close(index=0, choice=1),
        Open(index=2, part=ToolCall(id="c", name="f", arguments="")),
        Delta(index=2, text="{}"),
        Close(index=2),
        Finished(finish=Finish.LENGTH),
        Finished(finish=Finish.STOP, choice=1),
        Used(usage=Usage(5, 7)),
        End(),
        want_usage=want_usage,
    )
    said = [
        choice(" upon"),
        choice(" else", index=1),
        choice("", "length"),
        choice("", "stop", 1),
    ]
    asked: dict[str, Any] = {"usage": None} if want_usage else {}
    counted = [HEAD | {"choices": [], "usage": COUNTS}] if want_usage else []
    chunks = [HEAD | {"choices": [one]} | asked for one in said]
    assert told == [": keep-alive", *chunks, *counted, "data: [DONE]"]


def test_a_stream_that_fails_says_why() -> None:
    error = {"message": "no more", "type": "overloaded", "param": None, "code": None}
    told = events(Begin(id="1", model="up"), Fail(message="no more", kind="overloaded"))
    assert told == [{"error": error}]
