"""Write a `Chat` as an OpenAI Responses request. Source: OpenAI API reference, "Create a model response".

For a client of another protocol OpenAI is told to keep nothing (`store`), and to hand thoughts out encrypted
where the model has any, so that the conversation can go on without it.
"""

from collections.abc import Iterator

import msgspec

from wye.core.bare import bare
from wye.core.chat import (
    Chat,
    Extras,
    Format,
    Message,
    Opaque,
    Part,
    Reasoning,
    Refusal,
    Role,
    ServerTool,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from wye.protocols.effort import effort_of
from wye.protocols.openai.schema import stated
from wye.protocols.openai.user import user_id
from wye.protocols.responses.items import write_call, write_reasoning, write_result
from wye.protocols.responses.parts import (
    ITEM,
    NAME,
    grouped,
    identity_of,
    known_extras,
    write_content,
    write_said,
)
from wye.protocols.responses.request import LOGPROBS
from wye.protocols.translate import Wire
from wye.protocols.wire.fields import overlay

ENCRYPTED = "reasoning.encrypted_content"
SHARED = ("metadata", "service_tier", "prompt_cache_key", "prompt_cache_retention", "safety_identifier")
"""Members of a request that Chat Completions has under the same name."""
_KIN = "openai_chat"


def write(chat: Chat, wire: Wire) -> Extras:
    """Return the request as an object to be encoded."""
    own = chat.protocol == NAME
    shared = _shared(chat) if chat.protocol == _KIN else {}
    if not own:
        chat = _spoken(stated(bare(chat, "cache")))
    body: Extras = {"model": wire.model}
    instructions, ahead = _system(chat)
    if instructions:
        body["instructions"] = instructions
    body["input"] = [*ahead, *_items(chat, own=own)]
    optional = {
        "max_output_tokens": chat.max_output_tokens,
        "temperature": chat.sampling.temperature,
        "top_p": chat.sampling.top_p,
        "top_logprobs": chat.sampling.top_logprobs,
        "stream": chat.stream or None,
        "user": user_id(chat.user) or None,
        "text": None if chat.format is None else {"format": _format(chat.format)},
        "reasoning": None if chat.thinking is None else _thinking(chat.thinking) or None,
        "store": None if own else False,
    }
    body |= {name: value for name, value in optional.items() if value is not None}
    body |= _tools(chat, own=own)
    extras = dict(chat.extras)
    included = [*extras.pop("include", ())]
    if chat.sampling.logprobs:
        included.append(LOGPROBS)
    if not own and _thinks(chat, wire):
        included.append(ENCRYPTED)
    if included:
        body["include"] = included
    return overlay(body, shared | extras)


def _spoken(chat: Chat) -> Chat:
    """Make instructions without a conversation what is said: OpenAI answers no request without input."""
    if chat.messages or not chat.system:
        return chat
    said = Message(role=Role.USER, parts=chat.system)
    return msgspec.structs.replace(chat, system=(), messages=(said,))


def _shared(chat: Chat) -> Extras:
    """Return what OpenAI's Chat says that has no canonical place, and that Responses has as well."""
    told = {name: chat.extras[name] for name in SHARED if name in chat.extras}
    verbosity = chat.extras.get("verbosity")
    return told if verbosity is None else told | {"text": {"verbosity": verbosity}}


def _thinks(chat: Chat, wire: Wire) -> bool:
    """Tell whether the model hands out thoughts. One that has none refuses to be asked for them."""
    thinking = chat.thinking
    if thinking is not None and (thinking.effort or thinking.budget_tokens or thinking.enabled):
        return thinking.effort != "none"
    return wire.encrypted_reasoning


def _system(chat: Chat) -> tuple[str, list[Extras]]:
    """Return the instructions, and what stands ahead of the conversation as messages."""
    texts = [part for part in chat.system if isinstance(part, Text)]
    if texts and not texts[0].extras and (len(texts) == 1 or ITEM in texts[1].extras):
        return texts[0].text, _ahead(texts[1:])
    return "", _ahead(texts)


def _ahead(texts: list[Text]) -> list[Extras]:
    messages: list[tuple[Extras, list[Part]]] = []
    for text in texts:
        if ITEM in text.extras or not messages:
            messages.append(({"role": "developer"} | identity_of(text.extras), []))
        messages[-1][1].append(text)
    return [{"type": "message", "content": write_content(parts)} | told for told, parts in messages]


def _items(chat: Chat, *, own: bool) -> Iterator[Extras]:
    custom = frozenset(
        part.id
        for message in chat.messages
        for part in message.parts
        if isinstance(part, ToolCall) and part.custom
    )
    for message in chat.messages:
        if message.role is Role.ASSISTANT:
            yield from _did(message, own=own)
        else:
            yield from _told(message, custom)


def _told(message: Message, custom: frozenset[str]) -> Iterator[Extras]:
    """Write a turn that is not the model's: results of tools are items of their own."""
    rest: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            yield write_result(part, custom)
        elif isinstance(part, Opaque) and part.protocol == NAME and not part.within:
            yield part.value
        else:
            rest.append(part)
    if rest or not message.parts:
        yield _message(message.role.value, write_content(rest) if rest else [], message)


def _message(role: str, content: str | list[Extras], message: Message) -> Extras:
    written: Extras = {"type": "message", "role": role, "content": content}
    return overlay(written | identity_of(message.extras), known_extras(message.extras))


def _did(message: Message, *, own: bool) -> Iterator[Extras]:
    """Write a turn of the model's."""
    if not message.parts:
        yield _message("assistant", [], message)
    for group in grouped(message.parts):
        match group[0]:
            case Reasoning() as thought:
                written = write_reasoning(thought, own=own)
                if written is not None:
                    yield written
            case ToolCall() as call:
                yield write_call(call, {})
            case Opaque(protocol="openai_responses", value=value, within=False):
                yield value
            case Text() | Refusal() | Opaque(protocol="openai_responses"):
                yield _said(group, message)


def _said(parts: list[Part], message: Message) -> Extras:
    first = parts[0]
    identity = identity_of(first.extras if isinstance(first, Text | Refusal) else message.extras)
    content: str | list[Extras] = [write_said(part) for part in parts]
    plain = isinstance(first, Text) and not first.citations and not known_extras(first.extras)
    if len(parts) == 1 and plain and "id" not in identity:
        content = write_content(parts)
    written: Extras = {"type": "message", "role": "assistant", "content": content}
    return overlay(written | identity, known_extras(message.extras))


def _tools(chat: Chat, *, own: bool) -> Extras:
    body: Extras = {}
    tools = [_tool(tool, own=own) for tool in chat.tools if not _is_foreign(tool)]
    if tools:
        body["tools"] = tools
    choice = chat.tool_choice
    if choice is None or not (tools or own):
        return body
    if choice.parallel is not None:
        body["parallel_tool_calls"] = choice.parallel
    return body | {"tool_choice": _choice(choice, chat)}


def _is_foreign(tool: Tool | ServerTool) -> bool:
    return isinstance(tool, ServerTool) and tool.protocol != NAME


def _tool(tool: Tool | ServerTool, *, own: bool) -> Extras:
    if isinstance(tool, ServerTool):
        return tool.value
    written: Extras = {"type": "custom" if tool.custom else "function", "name": tool.name}
    if tool.description:
        written["description"] = tool.description
    if tool.custom:
        return overlay(written | ({} if tool.grammar is None else {"format": tool.grammar}), tool.extras)
    written["parameters"] = tool.schema
    if tool.strict is not None or not own:
        written["strict"] = bool(tool.strict)  # left out, it would be true here and false elsewhere
    return overlay(written, tool.extras)


def _choice(choice: ToolChoice, chat: Chat) -> str | Extras:
    custom = {tool.name for tool in chat.tools if isinstance(tool, Tool) and tool.custom}
    if choice.mode == "tool":
        return _named(choice.name, custom)
    if choice.allowed:
        tools = [_named(name, custom) for name in choice.allowed]
        return {"type": "allowed_tools", "mode": choice.mode, "tools": tools}
    return choice.mode


def _named(name: str, custom: set[str]) -> Extras:
    return {"type": "custom" if name in custom else "function", "name": name}


def _format(shape: Format) -> Extras:
    if shape.kind != "schema":
        return {"type": "text" if shape.kind == "text" else "json_object"}
    told = {"description": shape.description or None, "schema": shape.schema, "strict": shape.strict}
    named = {"type": "json_schema", "name": shape.name or "answer"}
    return named | {name: one for name, one in told.items() if one is not None}


def _thinking(thinking: Thinking) -> Extras:
    effort = thinking.effort
    if not effort and thinking.budget_tokens is not None:
        effort = effort_of(thinking.budget_tokens)
    told: Extras = {"effort": effort} if effort else {}
    if thinking.show and not thinking.extras:
        told["summary"] = "auto"
    return told | thinking.extras
