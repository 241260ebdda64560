"""An answer's defaults."""

from wye.core.answer import Answer, Choice
from wye.core.chat import Finish, Text


def test_a_plain_answer_needs_little() -> None:
    answer = Answer(id="1", model="m", choices=(Choice(parts=(Text(text="a"),)),))
    assert (answer.usage, answer.created, answer.protocol, answer.extras) == (None, None, "", {})
    assert (answer.choices[0].finish, answer.choices[0].logprobs) == (Finish.STOP, None)
