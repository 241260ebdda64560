"""What two answers to one request come to, without a judge."""

import pytest

from wye.core.answer import Answer, Choice
from wye.core.chat import Chat, Finish, Message, Role, Text, ToolCall
from wye.gateway.scoring import Scored, agreement, text
from wye.routing.agreement import NOT_COMPARED


def said(words: str, finish: Finish = Finish.STOP) -> Answer:
    return Answer("a", "m", (Choice((Text(words),), finish),))


ASKED = Chat(model="auto", messages=(Message(Role.USER, (Text("2 + 2?"),)),))
"""A question."""


@pytest.mark.parametrize(
    ("strong", "weak", "scored"),
    [
        ("The answer is 4.", "4", Scored(1.0, 1.0)),
        ("The answer is 4.", "The answer is 5.", Scored(1.0, 0.0)),
        ("The answer is 4.", "", Scored(1.0, 0.0)),
        ("A poem.\\nAbout the sea.", "Another.\\nAbout fish.", Scored(why=NOT_COMPARED)),
    ],
)
def test_who_says_another_final_answer_is_wrong(strong: str, weak: str, scored: Scored) -> None:
    words = (one.encode().decode("unicode_escape") for one in (strong, weak))
    assert agreement(*map(said, words), ASKED) == scored


def test_a_weak_answer_that_is_cut_is_wrong_where_the_strong_one_is_whole() -> None:
    cut = said("The answer is 4.", Finish.LENGTH)
    assert agreement(said("The answer is 4."), cut, ASKED) == Scored(1.0, 0.0)
    assert agreement(cut, cut, ASKED) == Scored(1.0, 1.0)


def test_no_answer_is_no_score() -> None:
    nothing = Answer("a", "m", ())
    assert agreement(nothing, said("4"), ASKED).why == "an answer is empty"


def test_a_judge_reads_calls_of_tools_as_well() -> None:
    call = ToolCall(id="1", name="weather", arguments='{"city": "Rome"}')
    assert text(Answer("a", "m", (Choice((Text("Let me see."), call)),))) == (
        'Let me see.\n[calls weather with {"city": "Rome"}]'
    )
    assert text(Answer("a", "m", ())) == ""
