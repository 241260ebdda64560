"""Custom tools for an upstream that knows only functions: text, or a grammar's, in place of JSON arguments.

    Chat with custom tools ─ CustomTools ▶ chat: functions of one text, `input`   (what the upstream gets)
    Answer with calls      ─ answer      ▶ Answer with custom calls               (what the client gets)
    events                 ─ filter      ▶ events: the text as it comes, unescaped

Pure, as `emulation` is, and before it where an upstream needs both. The answer is marked (`x-wye-emulated:
custom_tools`): what the text must be is told to the model, and nothing holds it to that.
"""

import re
from collections.abc import Iterable

import msgspec

from wye.core.answer import Answer, Choice
from wye.core.chat import Chat, Extras, Message, Part, Tool, ToolCall
from wye.core.stream import Close, Delta, Event, Open
from wye.protocols.wire.json_text import JsonText

INPUT = "input"
"""The one member of the function's arguments."""
MAX_HELD = 4 * 1024 * 1024
"""Characters of a call that may be held back, since it is not of the form that was asked for."""

_HEAD = re.compile(rf'\s*\{{\s*"{INPUT}"\s*:\s*"')
_LONGEST_HEAD = 256
"""Characters of a head: white space among them. What has none by then waits for its end."""
_HOW = (
    "Call this tool as a function with one argument, `input`: "
    "the tool's whole text as it is, with no JSON or other wrapping around it."
)
_SCHEMA: Extras = {
    "type": "object",
    "properties": {INPUT: {"type": "string", "description": "The whole text, as the tool shall get it."}},
    "required": [INPUT],
    "additionalProperties": False,
}
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_TEXT = msgspec.json.Decoder(str)


class CustomTools:
    """One request whose custom tools the upstream knows as functions."""

    name = "custom_tools"

    def __init__(self, chat: Chat) -> None:
        tools = tuple(_function(tool) if isinstance(tool, Tool) else tool for tool in chat.tools)
        messages = tuple(map(_written, chat.messages))
        self._names = frozenset(tool.name for tool in chat.tools if isinstance(tool, Tool) and tool.custom)
        self.chat = msgspec.structs.replace(chat, tools=tools, messages=messages)
        """What the upstream gets."""

    def answer(self, answer: Answer) -> Answer:
        """Return what the client gets. Raises `ValueError` for a call that is too long."""
        choices = tuple(map(self._choice, answer.choices))
        return msgspec.structs.replace(answer, choices=choices)

    def filter(self) -> "Filter":
        """Return what turns the events of one stream into those that the client gets."""
        return Filter(self._names)

    def _choice(self, choice: Choice) -> Choice:
        parts = tuple(
            msgspec.structs.replace(part, custom=True, arguments=input_of(part.arguments))
            if isinstance(part, ToolCall) and part.name in self._names
            else part
            for part in choice.parts
        )
        return msgspec.structs.replace(choice, parts=parts)


class Filter:
    """One stream."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._calls: dict[tuple[int, int], Input] = {}

    def pass_on(self, events: Iterable[Event]) -> list[Event]:
        """Return what `events` tell. Raises `ValueError` for a call that is too long."""
        told: list[Event] = []
        for event in events:
            match event:
                case Open(part=ToolCall(name=name) as part) if name in self._names:
                    made = self._calls[event.choice, event.index] = Input()
                    opened = msgspec.structs.replace(part, custom=True, arguments=made.feed(part.arguments))
                    told.append(msgspec.structs.replace(event, part=opened))
                case Delta() if call := self._calls.get((event.choice, event.index)):
                    text = call.feed(event.text)
                    if text or event.logprobs is not None:
                        told.append(msgspec.structs.replace(event, text=text))
                case Close() if call := self._calls.get((event.choice, event.index)):
                    if text := call.finish():
                        told.append(Delta(index=event.index, text=text, choice=event.choice))
                    told.append(event)
                case _:
                    told.append(event)
        return told


class Input:
    """The text of one call, read from its arguments `{"input": "..."}` as they arrive.

    Arguments of another form are the text themselves. Nothing of them is left out: what follows the text and
    does not end such an object belongs to it, since a model may have forgotten to escape a quote.
    """

    def __init__(self) -> None:
        self._held: list[str] = []
        self._size = 0
        self._text: JsonText | None = None
        self._plain = False

    def feed(self, arguments: str) -> str:
        """Take more of the arguments; return more of the text. Raises `ValueError` beyond `MAX_HELD`."""
        if self._plain:
            return arguments
        if self._text is not None and not self._text.closed:
            told = self._read(self._text, arguments)
        else:
            begins = self._text is None and self._size < _LONGEST_HEAD
            self._hold(arguments)
            told = self._begin("".join(self._held)) if begins else ""
        if self._size > MAX_HELD:
            message = "the call of a custom tool is too long for what is not of the form that was asked for"
            raise ValueError(message)
        return told

    def finish(self) -> str:
        """Take it that nothing follows; return the rest of the text."""
        held = "".join(self._held)
        if self._text is None:
            return _later(held)
        ended = not held.strip() or _members(f'{{"{INPUT}":""{held}') is not None
        return "" if ended else f'"{held}'

    def _begin(self, held: str) -> str:
        """Look for the head of the object, or find that there is none."""
        head = _HEAD.match(held[:_LONGEST_HEAD])
        if head is not None:
            self._held, self._size, self._text = [], 0, JsonText()
            return self._read(self._text, held[head.end() :])
        if held.lstrip()[:1] in ("{", ""):
            return ""
        self._held, self._size, self._plain = [], 0, True
        return held

    def _read(self, text: JsonText, arguments: str) -> str:
        told = text.feed(arguments)
        if text.closed:
            self._hold(text.rest)
        return told

    def _hold(self, arguments: str) -> None:
        self._held.append(arguments)
        self._size += len(arguments)


def uses_custom_tools(chat: Chat) -> bool:
    """Tell whether a conversation has custom tools, or calls of any."""
    return any(isinstance(tool, Tool) and tool.custom for tool in chat.tools) or any(
        isinstance(part, ToolCall) and part.custom for message in chat.messages for part in message.parts
    )


def input_of(arguments: str) -> str:
    """Return the text of a whole call."""
    call = Input()
    return call.feed(arguments) + call.finish()


def _later(arguments: str) -> str:
    """Return the text where it is not the first member of an object."""
    members = _members(arguments)
    try:
        return arguments if members is None else _TEXT.decode(members[INPUT])
    except (KeyError, msgspec.DecodeError):
        return arguments


def _members(arguments: str) -> dict[str, msgspec.Raw] | None:
    try:
        return _OBJECT.decode(arguments)
    except (msgspec.DecodeError, RecursionError):
        return None


def _function(tool: Tool) -> Tool:
    if not tool.custom:
        return tool
    told = "\n\n".join(one for one in (tool.description, _HOW, _grammar(tool.grammar)) if one)
    return msgspec.structs.replace(tool, description=told, schema=_SCHEMA, custom=False, grammar=None)


def _grammar(grammar: Extras | None) -> str:
    """Return what a grammar asks of the text, in words."""
    if grammar is None or grammar.get("type") == "text":
        return ""
    syntax, definition = grammar.get("syntax"), grammar.get("definition")
    if not isinstance(syntax, str) or not isinstance(definition, str):
        return f"The text must be of this format: {msgspec.json.encode(grammar).decode()}"
    kind = "regular expression" if syntax == "regex" else f"{syntax.capitalize()} grammar"
    return f"The text must match this {kind}:\n{definition}"


def _written(message: Message) -> Message:
    """Return a turn with the calls in it as the function's."""
    if not any(isinstance(part, ToolCall) and part.custom for part in message.parts):
        return message
    return msgspec.structs.replace(message, parts=tuple(map(_called, message.parts)))


def _called(part: Part) -> Part:
    if not isinstance(part, ToolCall) or not part.custom:
        return part
    arguments = msgspec.json.encode({INPUT: part.arguments}).decode()
    return msgspec.structs.replace(part, arguments=arguments, custom=False)
