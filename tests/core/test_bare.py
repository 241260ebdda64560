"""What only one protocol reads is taken out at every level, and nothing else is."""

from wye.core.answer import Answer, Choice
from wye.core.bare import bare
from wye.core.chat import CacheMark, Chat, Message, Role, Text, Thinking, Tool, ToolResult


def test_extras_go_at_every_level() -> None:
    inner = ToolResult(call_id="c", parts=(Text(text="a", extras={"x": 1}),), extras={"y": 2})
    chat = Chat(
        model="m",
        messages=(Message(role=Role.USER, parts=(inner,), extras={"z": 3}),),
        tools=(Tool(name="f", schema={"extras": {"stays": True}}, extras={"t": 4}),),
        thinking=Thinking(effort="low", extras={"w": 5}),
        extras={"v": 6},
    )
    assert bare(chat) == Chat(
        model="m",
        messages=(Message(role=Role.USER, parts=(ToolResult(call_id="c", parts=(Text(text="a"),)),)),),
        tools=(Tool(name="f", schema={"extras": {"stays": True}}),),
        thinking=Thinking(effort="low"),
    )


def test_other_members_go_by_name() -> None:
    marked = Message(role=Role.USER, parts=(Text(text="a", cache=CacheMark(ttl="1h")), Text(text="b")))
    assert bare(marked) == marked
    assert bare(marked, "cache").parts == (Text(text="a"), Text(text="b"))


def test_what_holds_none_comes_back_as_it_is() -> None:
    answer = Answer(id="1", model="m", choices=(Choice(parts=(Text(text="a"),)),))
    assert bare(answer, "cache") is answer
