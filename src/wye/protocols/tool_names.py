"""Names of tools that an upstream does not take: others on the way there, their own on the way back.

Sources: `name` of a function in OpenAI's API reference, of a tool in Anthropic's: at most 64 letters, digits,
`_` and `-` (Anthropic later 128). Gemini's may hold `.` and `:`, and MCP's are often long.
"""

import functools
import hashlib
import re
from collections.abc import Iterable

import msgspec

from wye.core.answer import Answer, Choice
from wye.core.chat import Chat, Message, Part, Tool, ToolCall, ToolChoice, ToolResult
from wye.core.stream import Event, Open

_TAKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OTHER = re.compile(r"[^A-Za-z0-9_-]")
_KEPT = 51
"""Characters of the name that are still read in the other; the rest tells it from others."""


@functools.lru_cache(4096)  # a tool loop sends the same names turn after turn
def plain_name(name: str) -> str:
    """Return `name` as it is where every upstream takes it, or the same other name each time."""
    if not name or _TAKEN.fullmatch(name):
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{_OTHER.sub('_', name[:_KEPT])}_{digest}"


def is_plain(chat: Chat) -> bool:
    """Tell whether upstreams take all names in `chat` as they are."""
    return all(plain_name(name) == name for name in _names(chat))


class ToolNames:
    """One request, whose tools have other names for its upstream."""

    name = ""
    """Nothing is emulated: the client sees its own names."""

    def __init__(self, chat: Chat) -> None:
        self._own = {plain_name(name): name for name in _names(chat)}
        self.chat = msgspec.structs.replace(
            chat,
            tools=tuple(_renamed(one) if isinstance(one, Tool) else one for one in chat.tools),
            tool_choice=None if chat.tool_choice is None else _chosen(chat.tool_choice),
            messages=tuple(map(_message, chat.messages)),
        )
        """What the upstream gets."""

    def answer(self, answer: Answer) -> Answer:
        """Return what the client gets."""
        return msgspec.structs.replace(answer, choices=tuple(map(self._choice, answer.choices)))

    def filter(self) -> "ToolNames":
        """Return what turns the events of one stream into those that the client gets."""
        return self

    def pass_on(self, events: Iterable[Event]) -> list[Event]:
        """Return what `events` tell."""
        return [
            msgspec.structs.replace(event, part=self._part(event.part)) if isinstance(event, Open) else event
            for event in events
        ]

    def _choice(self, choice: Choice) -> Choice:
        return msgspec.structs.replace(choice, parts=tuple(map(self._part, choice.parts)))

    def _part(self, part: Part) -> Part:
        if not isinstance(part, ToolCall) or part.name not in self._own:
            return part
        return msgspec.structs.replace(part, name=self._own[part.name])


def _names(chat: Chat) -> Iterable[str]:
    yield from (tool.name for tool in chat.tools if isinstance(tool, Tool))
    for message in chat.messages:
        yield from (part.name for part in message.parts if isinstance(part, ToolCall))


def _renamed(tool: Tool) -> Tool:
    return msgspec.structs.replace(tool, name=plain_name(tool.name))


def _chosen(choice: ToolChoice) -> ToolChoice:
    allowed = tuple(map(plain_name, choice.allowed))
    return msgspec.structs.replace(choice, name=plain_name(choice.name), allowed=allowed)


def _message(message: Message) -> Message:
    return msgspec.structs.replace(message, parts=tuple(map(_part, message.parts)))


def _part(part: Part) -> Part:
    if isinstance(part, ToolCall | ToolResult):
        return msgspec.structs.replace(part, name=plain_name(part.name))
    return part
