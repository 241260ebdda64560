"""Write a `Chat` as a Gemini request.

Source: Gemini API reference, "Generating content", `GenerateContentRequest`; the guides "Function calling"
and "Thought signatures". Schemas are written as JSON Schema, in the members that take it: what the API's own
`Schema` cannot say would be lost.
"""

import re

import msgspec

from wye.core.bare import bare
from wye.core.chat import (
    Chat,
    Document,
    Extras,
    Image,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Role,
    ServerTool,
    Text,
    Tool,
    ToolCall,
    ToolResult,
)
from wye.protocols.gemini.config import says_something, write_format, write_sampling, write_tool_choice
from wye.protocols.gemini.parts import NAME, write_parts
from wye.protocols.gemini.thinking import write_thinking
from wye.protocols.seal import joined
from wye.protocols.translate import Wire
from wye.protocols.wire.fields import overlay

SKIPPED = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
"""Base64 of `skip_thought_signature_validator`.

The guide has it stand in for the signature of a call that another model made: without any, Gemini 3 refuses
the request. It knows then that it did not think this itself.
"""
_SIGNLESS = re.compile(r"(?:models/)?(?:gemini-[12]\D|gemma|learnlm)")
"""Models that do not ask for signatures, and take no pictures as part of a result."""
_IN_RESULTS = ("image/png", "image/jpeg", "image/webp", "application/pdf", "text/plain")


def write(chat: Chat, wire: Wire) -> Extras:
    """Return the request as an object to be encoded."""
    own = chat.protocol == NAME
    system, messages = list(chat.system), chat.messages
    if not own:
        chat = bare(chat)
        system, messages = _arranged(chat, wire.model)
    body: Extras = {"contents": [_content(one, own=own) for one in messages]}
    if system:
        body["systemInstruction"] = {"parts": write_parts(system, own=own)}
    tools = _tools(chat)
    if tools:
        body["tools"] = tools
    if chat.tool_choice is not None and (own or (tools and says_something(chat))):
        body["toolConfig"] = write_tool_choice(chat.tool_choice)
    config = _config(chat, wire, own=own)
    if config:
        body["generationConfig"] = config
    return overlay(body, chat.extras)


def _content(message: Message, *, own: bool) -> Extras:
    role = "model" if message.role is Role.ASSISTANT else "user"
    return overlay({"role": role, "parts": write_parts(message.parts, own=own)}, message.extras)


def _tools(chat: Chat) -> list[Extras]:
    declared = [_tool(tool) for tool in chat.tools if isinstance(tool, Tool)]
    server = [tool.value for tool in chat.tools if isinstance(tool, ServerTool) and tool.protocol == NAME]
    return [{"functionDeclarations": declared}, *server] if declared else server


def _tool(tool: Tool) -> Extras:
    written: Extras = {"name": tool.name}
    if tool.description:
        written["description"] = tool.description
    if tool.schema is not None:
        written["parametersJsonSchema"] = tool.schema
    return overlay(written, tool.extras)


def _config(chat: Chat, wire: Wire, *, own: bool) -> Extras:
    config = write_sampling(chat.sampling)
    if chat.max_output_tokens is not None:
        config["maxOutputTokens"] = chat.max_output_tokens
    if chat.choices > 1:
        config["candidateCount"] = chat.choices
    if chat.format is not None:
        config |= write_format(chat.format, own=own)
    if chat.thinking is not None:
        thinking = write_thinking(chat.thinking, wire.model, own=own)
        config |= {"thinkingConfig": thinking} if thinking else {}
    return config


def _arranged(chat: Chat, model: str) -> tuple[list[Text | Opaque], tuple[Message, ...]]:
    """Arrange another protocol's conversation as Gemini demands it.

    The results of parallel calls stand in one turn right after the calls, ahead of anything else in it, and
    name their tool. Instructions amid the conversation join those ahead of it. Thoughts that Gemini did not
    sign are left out, and with them what is empty. Instructions without a conversation are what is said.
    """
    system: list[Text | Opaque] = [part for part in chat.system if not _empty(part)]
    turns: list[tuple[Role, list[Part]]] = []
    names: dict[str, str] = {}
    for message in chat.messages:
        parts = [part for part in joined(message.parts) if not _empty(part)]
        if message.role in (Role.SYSTEM, Role.DEVELOPER):
            system.extend(part for part in parts if isinstance(part, Text))
            continue
        names |= {part.id: part.name for part in parts if isinstance(part, ToolCall)}
        if parts and turns and turns[-1][0] is message.role:
            turns[-1][1].extend(parts)
        elif parts:
            turns.append((message.role, parts))
    if not turns and system:  # Gemini answers no request without contents
        return [], (Message(role=Role.USER, parts=tuple(system)),)
    modern = not _SIGNLESS.match(model)
    arranged = []
    for role, parts in turns:
        if role is Role.USER:
            turn = _answered(parts, names, whole=modern)
        else:
            turn = _signed(parts) if modern else parts
        arranged.append(Message(role=role, parts=tuple(turn)))
    return system, tuple(arranged)


def _empty(part: Part) -> bool:
    match part:
        case Text(text="", signature="") | Refusal(text=""):
            return True
        case Reasoning(origin=origin, signature=signature):
            return origin != NAME or not signature
    return False


def _signed(parts: list[Part]) -> list[Part]:
    """Sign the first call of a turn, as Gemini does, where none of them is."""
    calls = [at for at, part in enumerate(parts) if isinstance(part, ToolCall)]
    if not calls or any(isinstance(part, ToolCall) and part.signature for part in parts):
        return parts
    first = parts[calls[0]]
    return [*parts[: calls[0]], msgspec.structs.replace(first, signature=SKIPPED), *parts[calls[0] + 1 :]]


def _answered(parts: list[Part], names: dict[str, str], *, whole: bool) -> list[Part]:
    """Put the results first, each with the name of its tool; `whole`: they may hold more than text."""
    results: list[Part] = []
    seen: list[Part] = []
    rest: list[Part] = []
    for part in parts:
        if not isinstance(part, ToolResult):
            rest.append(part)
            continue
        beside = [one for one in part.parts if not isinstance(one, Text) and not (whole and _fits(one))]
        name = names.get(part.call_id) or part.name or part.call_id
        kept = tuple(one for one in part.parts if one not in beside)
        results.append(msgspec.structs.replace(part, name=name, parts=kept))
        seen += beside
    return [*results, *seen, *rest]


def takes_results(chat: Chat, model: str) -> bool:
    """Tell whether `model` takes all that the results of tools hold where it stands."""
    results = [part for one in chat.messages for part in one.parts if isinstance(part, ToolResult)]
    return not _SIGNLESS.match(model) and all(
        isinstance(part, Text) or _fits(part) for result in results for part in result.parts
    )


def _fits(part: Part) -> bool:
    match part:
        case Image(source=source) | Document(source=source) if source.kind == "data":
            return source.media_type in _IN_RESULTS
    return False
