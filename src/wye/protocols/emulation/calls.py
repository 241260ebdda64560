"""Calls of tools for a model that makes none: told in words, held to a JSON schema, and read back.

    Chat with tools ─ Emulation ▶ chat: no tools, a format   (what the engine gets)
    Answer of JSON  ─ answer    ▶ Answer of text and calls   (what the client gets)
    events of JSON  ─ filter    ▶ events: text as it comes, each call once it is whole

Pure, from canonical values to canonical values, so that it stands between any two protocols, and between Chat
and Chat. Custom tools are functions before they come here (`custom_tools`). The answer is marked
(`x-wye-emulated: tools`): such calls are well formed, not well considered.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from wye.core.answer import Answer
from wye.core.chat import (
    Chat,
    Extras,
    Finish,
    Format,
    Opaque,
    Part,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolChoice,
)
from wye.core.errors import CannotCarryError
from wye.core.fold import fold
from wye.core.stream import Begin, Close, Delta, End, Event, Fail, Finished, Open, Used
from wye.core.unfold import unfold
from wye.protocols.emulation.prompt import instructions, repeats, reply_schema, retold
from wye.protocols.emulation.reply import Called, Reply, Said

_NAME = "reply"


class Emulation:
    """One request whose tools the engine does not know."""

    name = "tools"

    def __init__(self, chat: Chat) -> None:
        """Raise `CannotCarryError` if the tools or what is asked of the answer cannot be emulated."""
        choice = chat.tool_choice or ToolChoice()
        if choice.mode != "none":
            _check(chat)
        named = (choice.name,) if choice.mode == "tool" else choice.allowed
        self._tools = {
            tool.name: tool
            for tool in chat.tools
            if isinstance(tool, Tool) and choice.mode != "none" and (not named or tool.name in named)
        }
        if named and not self._tools:
            message = f"`tool_choice` names '{named[0]}', which is not among the tools"
            raise CannotCarryError(message, param="tool_choice")
        self.chat = self._told(chat, tuple(self._tools.values()), choice)
        """What the engine gets."""

    def _told(self, chat: Chat, tools: tuple[Tool, ...], choice: ToolChoice) -> Chat:
        messages = retold(chat.messages, answers=bool(tools))
        plain = msgspec.structs.replace(chat, messages=messages, tools=(), tool_choice=None)
        if not tools:
            return plain
        words = instructions(tools, choice, chat.format)
        schema = reply_schema(tools, choice, chat.format, repeats=repeats(chat.messages))
        return msgspec.structs.replace(
            plain,
            system=_added(chat.system, words),
            format=Format(kind="schema", name=_NAME, schema=schema),
        )

    def answer(self, answer: Answer) -> Answer:
        """Return what the client gets."""
        if not self._tools:
            return answer
        told = fold(self.filter().pass_on(unfold(answer)))
        return msgspec.structs.replace(answer, choices=told.choices)

    def filter(self) -> "Filter":
        """Return what turns the events of one stream into those that the client gets."""
        return Filter(self._tools)


class Filter:
    """One stream. Text goes through as it comes; a call once it is whole."""

    def __init__(self, tools: dict[str, Tool]) -> None:
        self._tools = tools
        self._id = ""
        self._choices: dict[int, _Choice] = {}

    def pass_on(self, events: Iterable[Event]) -> list[Event]:
        """Return what `events` tell. Raises `ValueError` for calls that are none."""
        if not self._tools:
            return list(events)
        told: list[Event] = []
        for event in events:
            match event:
                case Begin():
                    self._id = event.id
                    told.append(event)
                case Used() | End() | Fail():
                    told.append(event)
                case _ if not hasattr(event, "choice"):
                    told.append(event)
                case _:
                    number: int = event.choice
                    choice = self._choices.get(number)
                    if choice is None:
                        choice = self._choices[number] = _Choice(self._tools, self._id, number)
                    choice.take(event, told)
        return told


class _Choice:
    """One of the answers: which of its parts have which number at which side."""

    def __init__(self, tools: dict[str, Tool], answer: str, number: int) -> None:
        self._tools = tools
        self._answer = answer
        self._number = number
        self._replies: dict[int, Reply] = {}
        self._texts: dict[int, int] = {}
        """Number of a text at the engine's side -> at the client's, once something was said."""
        self._others: dict[int, int] = {}
        self._next = 0
        self._calls = 0

    def take(self, event: Event, told: list[Event]) -> None:
        match event:
            case Open(part=Text(text=text)):
                self._replies[event.index] = Reply()
                self._tell(event.index, self._replies[event.index].feed(text), told)
            case Delta(index=index) if index in self._replies:
                self._tell(index, self._replies[index].feed(event.text), told)
            case Close(index=index) if index in self._replies:
                self._tell(index, self._replies[index].finish(), told)
                if index in self._texts:
                    told.append(Close(index=self._texts[index], choice=self._number))
            case Open(index=index):
                self._others[index] = self._new()
                told.append(msgspec.structs.replace(event, index=self._others[index]))
            case Finished():
                stopped = event.finish in (Finish.STOP, Finish.STOP_SEQUENCE, Finish.OTHER)
                finish = Finish.TOOL_CALLS if self._calls and stopped else event.finish
                told.append(msgspec.structs.replace(event, finish=finish, native_finish=""))
            case Begin() | Used() | End() | Fail():
                told.append(event)
            case _ if (index := getattr(event, "index", -1)) in self._others:
                told.append(msgspec.structs.replace(event, index=self._others[index]))

    def _tell(self, index: int, found: list[Said | Called], told: list[Event]) -> None:
        for one in found:
            if isinstance(one, Called):
                self._call(one, told)
                continue
            if index not in self._texts:
                self._texts[index] = self._new()
                told.append(Open(index=self._texts[index], part=Text(text=""), choice=self._number))
            told.append(Delta(index=self._texts[index], text=one.text, choice=self._number))

    def _call(self, call: Called, told: list[Event]) -> None:
        number, index, choice = self._calls, self._new(), self._number
        self._calls += 1
        digest = hashlib.sha256(f"{self._answer}/{choice}/{number}".encode("utf-8", "replace"))
        tool = self._tools.get(call.name)
        mark = tool.extras.get("kind") if tool is not None else None  # Chat's deprecated functions
        extras: Extras = {"kind": mark} if mark else {}
        identity = f"call_{digest.hexdigest()[:24]}"
        part: Part = ToolCall(id=identity, name=call.name, arguments="", extras=extras)
        told += (
            Open(index=index, part=part, choice=choice),
            Delta(index=index, text=call.arguments, choice=choice),
            Close(index=index, choice=choice),
        )

    def _new(self) -> int:
        self._next += 1
        return self._next - 1


def _added(system: tuple[Text | Opaque, ...], words: str) -> tuple[Text | Opaque, ...]:
    """Return `system` with `words` at its end: one text, for templates that know no more."""
    if system and isinstance(system[-1], Text):
        last = msgspec.structs.replace(system[-1], text=f"{system[-1].text}\n\n{words}")
        return (*system[:-1], last)
    return (*system, Text(text=words))


def _check(chat: Chat) -> None:
    if any(isinstance(tool, ServerTool) for tool in chat.tools):
        message = "a tool that the upstream runs itself cannot be emulated"
        raise CannotCarryError(message, param="tools")
    if chat.sampling.stop:
        message = "stop sequences beside emulated tools would cut the JSON that the model is held to"
        raise CannotCarryError(message, param="stop")
    if chat.sampling.logprobs or chat.sampling.top_logprobs is not None:
        message = "`logprobs` beside emulated tools would be those of the JSON that the model is held to"
        raise CannotCarryError(message, param="logprobs")
