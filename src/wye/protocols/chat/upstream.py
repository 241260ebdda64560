"""Write a `Chat` as an OpenAI Chat Completions request.

Source: OpenAI API reference "Create chat completion". Tool messages hold text only, so what else a tool
returned follows in a message of the user.
"""

from collections.abc import Iterator, Sequence

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
    Sampling,
    ServerTool,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolChoice,
    ToolResult,
)
from wye.protocols.chat.parts import write_call, write_content, write_part
from wye.protocols.chat.thoughts import NAME, of_calls, spoken, write_details
from wye.protocols.effort import effort_of
from wye.protocols.openai.schema import stated
from wye.protocols.openai.user import user_id
from wye.protocols.translate import Wire
from wye.protocols.wire.fields import overlay
from wye.protocols.words import only_words

_KIN = "openai_responses"
_SHARED = ("service_tier", "prompt_cache_key", "prompt_cache_retention", "safety_identifier")
_UNSAID = Sampling()
_USER = Role.USER


def write(chat: Chat, wire: Wire) -> Extras:
    """Return the request as an object to be encoded."""
    own, words = chat.protocol == NAME, only_words(chat)
    shared = _shared(chat) if chat.protocol == _KIN and "shared" in wire.spelling.takes else {}
    if not own and not words:
        chat = stated(bare(chat, "cache"))
        fitting = _Plain(signed=wire.reasoning_field == "reasoning")
        plain = tuple(map(fitting.message, chat.messages))
        chat = msgspec.structs.replace(chat, messages=plain)
    body: Extras = {"model": wire.model, "messages": _words(chat) if words else list(_messages(chat, wire))}
    if chat.max_output_tokens is not None:
        body[wire.max_tokens_field] = chat.max_output_tokens
    if chat.stream:
        body["stream"] = True
        if wire.include_usage:
            body["stream_options"] = {"include_usage": True}
    if words:
        return body
    if chat.choices > 1:
        body["n"] = chat.choices
    body |= _sampling(chat.sampling, top_k=own or "top_k" in wire.spelling.takes) | _tools(chat)
    if chat.format is not None:
        body["response_format"] = _format(chat.format)
    if chat.thinking is not None:
        body |= _thinking(chat.thinking, wire)
    if chat.user:
        body["user"] = user_id(chat.user)
    return overlay(body, shared | chat.extras)


def _shared(chat: Chat) -> Extras:
    """Return what OpenAI's Responses says that has no canonical place, and that its Chat has as well."""
    told = {name: chat.extras[name] for name in _SHARED if name in chat.extras}
    text = chat.extras.get("text")
    verbosity = text.get("verbosity") if isinstance(text, dict) else None
    return told if verbosity is None else told | {"verbosity": verbosity}


class _Plain:
    """Takes out of another protocol's conversation what Chat has no place for, though the canonical form has.

    That is the signature of a call, unless the upstream takes `reasoning_details` (`signed`), and a name of a
    result that only repeats the call's.
    """

    def __init__(self, *, signed: bool) -> None:
        self._signed = signed
        self._called: dict[str, str] = {}
        """Id of a call -> its name, filled as the calls go by."""

    def message(self, message: Message) -> Message:
        parts = tuple(map(self._part, message.parts))
        return message if parts == message.parts else msgspec.structs.replace(message, parts=parts)

    def _part(self, part: Part) -> Part:
        match part:
            case ToolCall():
                self._called[part.id] = part.name
                if part.signature and not self._signed:
                    return msgspec.structs.replace(part, signature="")
            case ToolResult(name=name) if name and self._called.get(part.call_id) == name:
                return msgspec.structs.replace(part, name="")
        return part


def _words(chat: Chat) -> list[Extras]:
    """Write a conversation of words alone."""
    told: list[Extras] = [{"role": "system", "content": write_content(chat.system)}] if chat.system else []
    for message in chat.messages:
        said = message.parts or message.role is _USER
        told.append({"role": message.role._value_, "content": write_content(message.parts) if said else ""})
    return told


def _messages(chat: Chat, wire: Wire) -> Iterator[Extras]:
    system = [part for part in chat.system if isinstance(part, Text)]
    if system:
        yield {"role": "system", "content": write_content(system)}
    for message in chat.messages:
        if message.role is Role.ASSISTANT:
            yield _assistant(message, wire)
        else:
            yield from _turn(message)


def _turn(message: Message) -> Iterator[Extras]:
    """Write a turn that is not the model's: results of tools first, as the protocol demands."""
    rest: list[Part] = []
    seen: list[Part] = []
    for part in message.parts:
        if isinstance(part, ToolResult):
            texts = [one for one in part.parts if isinstance(one, Text | Opaque)]
            seen += [one for one in part.parts if not isinstance(one, Text | Opaque)]
            yield _result(part, texts)
        else:
            rest.append(part)
    content = [*seen, *rest]
    if content or not message.parts:
        yield _named({"role": message.role.value, "content": write_content(content)}, message)


def _result(result: ToolResult, parts: list[Text | Opaque]) -> Extras:
    extras = dict(result.extras)
    if extras.pop("kind", "") == "legacy":
        return overlay({"role": "function", "name": result.name, "content": write_content(parts)}, extras)
    written: Extras = {"role": "tool", "tool_call_id": result.call_id, "content": write_content(parts)}
    if not parts:
        written["content"] = ""
    if result.name:
        written["name"] = result.name
    if result.cache is not None:
        ttl = {"ttl": result.cache.ttl} if result.cache.ttl else {}
        written["cache_control"] = {"type": "ephemeral"} | ttl
    return overlay(written, extras)


def _assistant(message: Message, wire: Wire) -> Extras:
    thoughts = [part for part in message.parts if isinstance(part, Reasoning)]
    calls = [part for part in message.parts if isinstance(part, ToolCall)]
    if wire.reasoning_field == "reasoning":
        thoughts += of_calls(calls)
        calls = [msgspec.structs.replace(call, signature="") for call in calls]
    said = [part for part in message.parts if not isinstance(part, Reasoning | ToolCall)]
    written: Extras = {"role": "assistant"}
    if len(said) == 1 and isinstance(said[0], Refusal):
        written |= {"content": None, "refusal": said[0].text}
    else:
        written["content"] = write_content(said) if said else None if calls else ""
    legacy = [call for call in calls if call.extras.get("kind") == "legacy"]
    if legacy:
        written["function_call"] = {"name": legacy[0].name, "arguments": legacy[0].arguments}
    elif calls:
        written["tool_calls"] = [write_call(call) for call in calls]
    if calls and wire.reasoning_field == "reasoning_content":
        written["reasoning_content"] = ""  # DeepSeek wants it beside tool calls, be it empty
    if thoughts and wire.reasoning_field == "thinking":
        written["content"] = [_thought(one) for one in thoughts] + _listed(said)
    elif thoughts and wire.reasoning_field:
        written[wire.reasoning_field] = spoken(thoughts)
        details = write_details(thoughts) if wire.reasoning_field == "reasoning" else []
        written |= {"reasoning_details": details} if details else {}
    return _named(written, message)


def _thought(thought: Reasoning) -> Extras:
    return {"type": "thinking", "thinking": [{"type": "text", "text": spoken([thought])}]}


def _listed(parts: Sequence[Part]) -> list[Extras]:
    return [written for part in parts if (written := write_part(part)) is not None]


def _named(written: Extras, message: Message) -> Extras:
    if message.name:
        written["name"] = message.name
    return overlay(written, message.extras)


def _sampling(sampling: Sampling, *, top_k: bool) -> Extras:
    if sampling == _UNSAID:
        return {}
    told = {name: getattr(sampling, name) for name in sampling.__struct_fields__}
    told["stop"] = list(sampling.stop) or None
    if not top_k:
        told["top_k"] = None  # OpenAI refuses it; who speaks Chat and sends it knows the upstream
    return {name: value for name, value in told.items() if value is not None}


def _tools(chat: Chat) -> Extras:
    body: Extras = {}
    tools = [tool for tool in chat.tools if not _is_legacy(tool)]
    functions = [_function(tool) for tool in chat.tools if isinstance(tool, Tool) and _is_legacy(tool)]
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
    if functions:
        body["functions"] = functions
    if chat.tool_choice is None or not chat.tools:
        return body
    choice = chat.tool_choice
    if functions and not tools:
        return body | {"function_call": {"name": choice.name} if choice.mode == "tool" else choice.mode}
    if choice.parallel is not None:
        body["parallel_tool_calls"] = choice.parallel
    return body | {"tool_choice": _choice(choice, [tool for tool in chat.tools if isinstance(tool, Tool)])}


def _is_legacy(tool: Tool | ServerTool) -> bool:
    return isinstance(tool, Tool) and tool.extras.get("kind") == "legacy"


def _tool(tool: Tool | ServerTool) -> Extras:
    if isinstance(tool, ServerTool):
        return tool.value
    extras = dict(tool.extras)
    kind = "custom" if tool.custom else "function"
    written: Extras = {"type": kind, kind: _function(tool)}
    if tool.cache is not None:
        ttl = {"ttl": tool.cache.ttl} if tool.cache.ttl else {}
        written["cache_control"] = {"type": "ephemeral"} | ttl
    extras.pop("inner", None)
    return overlay(written, extras)


def _function(tool: Tool) -> Extras:
    told = {
        "name": tool.name,
        "description": tool.description or None,
        "parameters": tool.schema,
        "strict": tool.strict,
        "format": None if tool.grammar is None else _wrapped(tool.grammar),
    }
    inner: Extras = tool.extras.get("inner", {})
    return {name: value for name, value in told.items() if value is not None} | inner


def _wrapped(grammar: Extras) -> Extras:
    if grammar.get("type") != "grammar" or "grammar" in grammar:
        return grammar
    return {"type": "grammar", "grammar": {name: one for name, one in grammar.items() if name != "type"}}


def _choice(choice: ToolChoice, tools: list[Tool]) -> str | Extras:
    custom = {tool.name for tool in tools if tool.custom}
    if choice.mode == "tool":
        return _named_tool(choice.name, custom)
    if choice.allowed:
        allowed = {"mode": choice.mode, "tools": [_named_tool(name, custom) for name in choice.allowed]}
        return {"type": "allowed_tools", "allowed_tools": allowed}
    return choice.mode


def _named_tool(name: str, custom: set[str]) -> Extras:
    kind = "custom" if name in custom else "function"
    return {"type": kind, kind: {"name": name}}


def _format(shape: Format) -> Extras:
    if shape.kind != "schema":
        return {"type": "text" if shape.kind == "text" else "json_object"}
    told = {"description": shape.description or None, "schema": shape.schema, "strict": shape.strict}
    schema = {"name": shape.name or "answer"} | {name: one for name, one in told.items() if one is not None}
    return {"type": "json_schema", "json_schema": schema}


def _thinking(thinking: Thinking, wire: Wire) -> Extras:
    if "reasoning" in thinking.extras:
        return thinking.extras
    if wire.spelling.effort_field == "reasoning":
        return _reasoning(thinking)
    if wire.spelling.effort_field == "thinking" and not thinking.extras:
        asked = thinking.effort not in ("", "none") or thinking.budget_tokens is not None
        on = asked if thinking.enabled is None else thinking.enabled
        return {"thinking": {"type": "enabled" if on else "disabled"}}
    effort = thinking.effort
    if not effort and thinking.budget_tokens is not None:
        effort = effort_of(thinking.budget_tokens)
    effort = "xhigh" if effort == "max" and not thinking.extras else effort
    return thinking.extras | ({"reasoning_effort": effort} if effort else {})


def _reasoning(thinking: Thinking) -> Extras:
    """Write OpenRouter's object, which takes a degree, a budget or neither, and says whether to show it."""
    told = {
        "effort": thinking.effort if thinking.budget_tokens is None else "",
        "max_tokens": thinking.budget_tokens,
        "enabled": thinking.enabled,
        "exclude": None if thinking.show is None else not thinking.show,
    }
    written = {name: value for name, value in told.items() if value not in (None, "")}
    return {"reasoning": written} if written else {}
