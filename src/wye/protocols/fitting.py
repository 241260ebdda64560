"""Make a conversation fit one upstream: what its profile says it does not take is changed or left out.

    Chat, Spelling ─ fit ▶ Chat that it takes, and what was lost

Pure, and the same for all protocols: `lossiness` tells what a *protocol* cannot say, this what one upstream
of it does not take. Names in `WITHHELD` are what `x-wye-lost` says.
"""

import functools
import hashlib
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from wye.core.chat import (
    Chat,
    Format,
    Image,
    Message,
    Part,
    Role,
    Sampling,
    Section,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
)
from wye.core.spelling import CallIds, Spelling
from wye.protocols.anthropic.request import has_room
from wye.protocols.lossiness.losses import losses
from wye.protocols.lossiness.naming import member
from wye.protocols.translate import Wire

WITHHELD: Mapping[str, str] = {
    "temperature": "left out",
    "top_p": "left out",
    "top_k": "left out",
    "seed": "left out",
    "presence_penalty": "left out",
    "frequency_penalty": "left out",
    "parallel_tool_calls": "left out: it may call several tools at once",
    "strict": "left out of tools",
    "user": "left out",
    "reasoning_effort": "left out, or no more than on and off",
    "json_schema": "told in words, with `json_object` in its place",
    "thinking": "left out where a call of a tool is demanded",
}
"""Name -> what happens instead, for people. The answer stays what it is, more or less."""
REFUSED: Mapping[str, str] = {
    "logprobs": "it gives none, and who asks for them works with them",
    "stop": "it does not stop there",
    "n": "it gives one answer",
    "tool_choice": "it cannot be made to call a tool",
    "image_url": "it takes pictures as data only",
    "response_format": "it cannot be held to JSON",
}
"""Name -> why a request that has it is not sent."""
_FEATURES: Mapping[str, str] = {"n": "choices", "response_format": "json_format"}
"""Name -> what `naming` calls it, where that differs."""

_DROPPED = ("temperature", "top_p", "top_k", "seed", "presence_penalty", "frequency_penalty")
_IDS: Mapping[CallIds, re.Pattern[str]] = {
    "any": re.compile(r"(?s).*"),
    "forty": re.compile(r"(?s).{1,40}"),
    "words": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "nine": re.compile(r"[A-Za-z0-9]{9}"),
}
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NINE = 9
_SCHEMA = "Answer with nothing but a JSON object that matches this JSON schema:\n"


class Fitted(NamedTuple):
    """A conversation that an upstream takes."""

    chat: Chat
    refuse: tuple[str, ...]
    """What is said of the upstream, clause by clause; any means that the request must not be sent."""
    annotate: tuple[str, ...]
    """Names, for `x-wye-lost` and the ledger."""
    param: str | None = None
    """The first member that is to blame for a refusal, as the client spells it; None = no single one."""


def prepare(chat: Chat, source: str, target: str, wire: Wire) -> Fitted:
    """Return `chat`, read from `source`, ready to be written for an upstream, and all that it loses."""
    fitted = fit(chat, wire.spelling, target, source, room=has_room(chat, wire))
    told = losses(fitted.chat, source, target, wire)
    annotate = tuple(dict.fromkeys((*fitted.annotate, *told.annotate)))
    refuse = (*told.refuse, *fitted.refuse)
    if source != target and (orphan := _unasked(chat)) is not None:
        refuse = (
            *refuse,
            f"takes no result of a tool call ({orphan!r}) without that call before it: send that turn too",
        )
    return Fitted(fitted.chat, refuse, annotate, told.param or fitted.param)


def _unasked(chat: Chat) -> str | None:
    """Return the id of a result that no call before it asked for; None = there is none.

    Every protocol's upstreams refuse such a turn, in words about messages the client never wrote.
    """
    asked: set[str] = set()
    for message in chat.messages:
        for part in message.parts:
            if isinstance(part, ToolCall):
                asked.add(part.id)
            elif isinstance(part, ToolResult) and part.call_id not in asked:
                return part.call_id
    return None


def fit(chat: Chat, spelling: Spelling, target: str, source: str = "", *, room: bool = True) -> Fitted:
    """Return `chat`, read from `source`, as an upstream takes it that speaks `target` as `spelling` says.

    `room`: an upstream of Anthropic's can think within `max_tokens`.
    """
    fitting = _Fitting(spelling, target, room=room)
    for step in _STEPS:
        chat = step(fitting, chat)
    spelt = {name: member(_FEATURES.get(name, name), source) for name in fitting.refused}
    refuse = tuple(f"does not take `{spelt[name] or name}`: {REFUSED[name]}" for name in spelt)
    return Fitted(chat, refuse, tuple(fitting.lost), next(filter(None, spelt.values()), None))


@functools.lru_cache(4096)  # a tool loop sends the same ids turn after turn
def call_id(identity: str, kind: CallIds) -> str:
    """Return `identity` as an upstream takes it: as it is, or the same other id each time.

    Nothing is remembered: an id that the upstream gave fits it, so only those of other origin are changed,
    in the calls and in their results alike.
    """
    if _IDS[kind].fullmatch(identity):
        return identity
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass"))
    if kind != "nine":
        return f"call_{digest.hexdigest()[:24]}"
    number = int.from_bytes(digest.digest()[:8], "big")
    letters = []
    for _ in range(_NINE):
        number, digit = divmod(number, len(_DIGITS))
        letters.append(_DIGITS[digit])
    return "".join(letters)


class _Fitting:
    """One conversation at one upstream."""

    def __init__(self, spelling: Spelling, target: str, *, room: bool) -> None:
        self.spelling = spelling
        self.room = room
        self.target = target
        self.lost: dict[str, None] = {}
        self.refused: dict[str, None] = {}

    def sampling(self, chat: Chat) -> Chat:
        refuses, told = self.spelling.refuses, chat.sampling
        if not refuses or told == _NOTHING:
            return chat
        changes: dict[str, Any] = {}
        for name in _DROPPED:
            if name in refuses and getattr(told, name) is not None:
                changes[name] = None
        both = told.temperature is not None and told.top_p is not None
        if "temperature_with_top_p" in refuses and both:
            changes.setdefault("top_p", None)
        self.lost |= dict.fromkeys(changes)
        if "logprobs" in refuses and (told.logprobs or told.top_logprobs is not None):
            self.refused["logprobs"] = None
        if "stop" in refuses and told.stop:
            self.refused["stop"] = None
        return _with(chat, sampling=_with(told, **changes)) if changes else chat

    def choices(self, chat: Chat) -> Chat:
        if chat.choices > 1 and "n" in self.spelling.refuses:
            self.refused["n"] = None
        return chat

    def user(self, chat: Chat) -> Chat:
        if not chat.user or "user" not in self.spelling.refuses:
            return chat
        self.lost["user"] = None
        return _with(chat, user="")

    def tools(self, chat: Chat) -> Chat:
        if not chat.tools:
            return chat
        refuses, choice, tools = self.spelling.refuses, chat.tool_choice, chat.tools
        if "strict" in refuses and any(isinstance(one, Tool) and one.strict for one in tools):
            self.lost["strict"] = None
            tools = tuple(_with(one, strict=None) if isinstance(one, Tool) else one for one in tools)
        if choice is not None:
            if "tool_choice" in refuses and choice.mode in ("required", "tool"):
                self.refused["tool_choice"] = None
            if "parallel_tool_calls" in refuses and choice.parallel is not None:
                if not choice.parallel:
                    self.lost["parallel_tool_calls"] = None
                choice = _with(choice, parallel=None)
            if choice.allowed and self.target == _CHAT and "allowed_tools" not in self.spelling.takes:
                tools = tuple(one for one in tools if not isinstance(one, Tool) or one.name in choice.allowed)
                choice = _with(choice, allowed=())
        same = tools is chat.tools and choice is chat.tool_choice
        return chat if same else _with(chat, tools=tools, tool_choice=choice)

    def format(self, chat: Chat) -> Chat:
        shape, formats = chat.format, self.spelling.formats
        if shape is None or shape.kind == "text" or formats == "schema":
            return chat
        if formats == "none":
            self.refused["response_format"] = None
            return chat
        if shape.kind == "json" or shape.schema is None:
            return chat
        self.lost["json_schema"] = None
        words = _SCHEMA + msgspec.json.encode(shape.schema).decode()
        return _with(chat, format=Format(kind="json"), system=(*chat.system, Text(text=words)))

    def effort(self, chat: Chat) -> Chat:
        """Leave out how hard to think where a Chat upstream cannot be told."""
        field, thinking = self.spelling.effort_field, chat.thinking
        if self.target != _CHAT or thinking is None or field in ("reasoning_effort", "reasoning"):
            return chat
        degree = thinking.effort not in ("", "none") or thinking.budget_tokens is not None
        if degree or not field:
            self.lost["reasoning_effort"] = None
        return chat if field else _with(chat, thinking=None)

    def thinking(self, chat: Chat) -> Chat:
        """Anthropic takes no thinking beside a demanded call, and no temperature beside thinking."""
        if (
            self.target != _MESSAGES
            or chat.protocol == _MESSAGES
            or not (self.room and _thinks(chat.thinking))
        ):
            return chat
        if chat.tools and chat.tool_choice is not None and chat.tool_choice.mode in ("required", "tool"):
            self.lost["thinking"] = None
            return _with(chat, thinking=None)
        told = chat.sampling
        names = ("temperature", "top_p", "top_k")
        changes: dict[str, Any] = {name: None for name in names if getattr(told, name) is not None}
        self.lost |= dict.fromkeys(changes)
        return _with(chat, sampling=_with(told, **changes)) if changes else chat

    def messages(self, chat: Chat) -> Chat:
        """Change roles, ids and pictures, where any of these may have to be."""
        spelling = self.spelling
        plain_roles = self.target == _CHAT and "developer" not in spelling.takes
        plain_roles = plain_roles and any(one.role is Role.DEVELOPER for one in chat.messages)
        if not plain_roles and spelling.call_ids == "any" and "image_url" not in spelling.refuses:
            return chat
        new = tuple(self._message(one, plain_roles=plain_roles) for one in chat.messages)
        same = all(map(_is, new, chat.messages))
        return chat if same else _with(chat, messages=new)

    def _message(self, message: Message, *, plain_roles: bool) -> Message:
        parts = tuple(self._part(part) for part in message.parts)
        role = Role.SYSTEM if plain_roles and message.role is Role.DEVELOPER else message.role
        same = role is message.role and all(map(_is, parts, message.parts))
        return message if same else _with(message, role=role, parts=parts)

    def _part(self, part: Part) -> Part:
        kind = self.spelling.call_ids
        if isinstance(part, ToolCall):
            identity = call_id(part.id, kind)
            return part if identity == part.id else _with(part, id=identity)
        if isinstance(part, ToolResult):
            for inner in part.parts:
                self._see(inner)
            identity = call_id(part.call_id, kind)
            return part if identity == part.call_id else _with(part, call_id=identity)
        self._see(part)
        return part

    def _see(self, part: Part) -> None:
        if isinstance(part, Image) and part.source.kind == "url" and "image_url" in self.spelling.refuses:
            self.refused["image_url"] = None


S = TypeVar("S", bound=Section)
_CHAT, _MESSAGES = "openai_chat", "anthropic_messages"
_NOTHING = Sampling()
_STEPS: tuple[Callable[[_Fitting, Chat], Chat], ...] = (
    _Fitting.effort,
    _Fitting.thinking,
    _Fitting.sampling,
    _Fitting.choices,
    _Fitting.user,
    _Fitting.tools,
    _Fitting.format,
    _Fitting.messages,
)


def _thinks(thinking: Thinking | None) -> bool:
    if thinking is None or thinking.enabled is False or thinking.effort == "none":
        return False
    return bool(thinking.enabled or thinking.effort or thinking.budget_tokens)


def _is(new: object, old: object) -> bool:
    return new is old


def _with(value: S, **changes: Any) -> S:  # noqa: ANN401  # members of any section
    return msgspec.structs.replace(value, **changes)
