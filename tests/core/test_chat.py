"""The vocabulary travels: by value, through JSON, with a tag for each kind of part."""

import msgspec
import pytest

from wye.core.answer import Answer, Choice
from wye.core.chat import (
    Audio,
    Chat,
    Document,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Role,
    Source,
    Text,
    ToolCall,
    ToolResult,
)
from wye.core.usage import Usage

SOURCE = Source(kind="url", value="https://example.org/a")
PARTS: tuple[Part, ...] = (
    Text(text="a"),
    Image(source=SOURCE),
    Document(source=SOURCE),
    Audio(source=SOURCE),
    Reasoning(text="so"),
    ToolCall(id="c", name="f", arguments="{}"),
    ToolResult(call_id="c", parts=(Text(text="a"), Image(source=SOURCE))),
    Refusal(text="no"),
    Opaque(protocol="p", kind="k"),
)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_every_kind_of_part_survives_json(part: Part) -> None:
    chat = Chat(model="m", messages=(Message(role=Role.USER, parts=(part,)),))
    assert msgspec.json.decode(msgspec.json.encode(chat), type=Chat) == chat


def test_an_answer_survives_json() -> None:
    answer = Answer(id="1", model="m", choices=(Choice(parts=PARTS),), usage=Usage(1, 2))
    assert msgspec.json.decode(msgspec.json.encode(answer), type=Answer) == answer


def test_a_turn_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        PARTS[0].text = "b"  # type: ignore[union-attr, misc]  # what the test is about
