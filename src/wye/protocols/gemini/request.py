"""Read a Gemini request into a `Chat`.

Source: Gemini API reference, "Generating content", `GenerateContentRequest`. Which model is asked, and
whether for a stream, stands in the URL and not in the body.
"""

from collections.abc import Iterator

from wye.core.chat import Chat, Extras, Message, Opaque, Role, ServerTool, Text, Tool
from wye.protocols.gemini.config import positive, read_format, read_sampling, read_tool_choice
from wye.protocols.gemini.names import camel
from wye.protocols.gemini.parts import NAME, Calls, read_parts
from wye.protocols.gemini.schema import json_schema
from wye.protocols.gemini.thinking import read_thinking
from wye.protocols.wire.fields import Fields

_ROLES = {"": Role.USER, "user": Role.USER, "function": Role.USER, "tool": Role.USER, "model": Role.ASSISTANT}


def read(body: Extras) -> Chat:
    """Read a whole request. Raises `FieldError`."""
    asked = Fields(camel(body))
    if asked.kind("contents") is None:
        asked.refuse("contents", "is required")
    config = asked.fields("generationConfig") or Fields({}, "generationConfig")
    calls = Calls()
    messages = tuple(_message(one, calls) for one in asked.many("contents"))
    system, choice = _system(asked), read_tool_choice(asked)
    form, thinking, sampling = read_format(config), read_thinking(config), read_sampling(config)
    cap, choices = positive(config, "maxOutputTokens"), positive(config, "candidateCount")
    asked.put_back("generationConfig", config.rest())
    return Chat(
        model=asked.text("model").removeprefix("models/"),
        messages=messages,
        system=system,
        tools=tuple(tool for one in asked.many("tools") for tool in _tools(one)),
        tool_choice=choice,
        format=form,
        thinking=thinking,
        sampling=sampling,
        max_output_tokens=cap,
        choices=choices or 1,
        protocol=NAME,
        extras=asked.rest(),
    )


def _message(one: Fields, calls: Calls) -> Message:
    role = _ROLES.get(one.text("role"))
    if role is None:
        one.refuse("role", "must be user or model")
    return Message(role=role, parts=read_parts(one, calls), extras=one.rest())


def _system(asked: Fields) -> tuple[Text | Opaque, ...]:
    content = asked.fields("systemInstruction")
    if content is None:
        return ()
    content.text("role")  # whatever it says, it is the system's
    parts = []
    for part in read_parts(content, Calls()):
        if not isinstance(part, Text | Opaque):
            content.refuse("parts", "holds a part that is not text")
        parts.append(part)
    asked.put_back("systemInstruction", content.rest())
    return tuple(parts)


def _tools(one: Fields) -> Iterator[Tool | ServerTool]:
    for declared in one.many("functionDeclarations"):
        yield _tool(declared)
    for kind, value in one.rest().items():
        yield ServerTool(protocol=NAME, kind=kind, value={kind: value})


def _tool(declared: Fields) -> Tool:
    openapi, schema = declared.object("parameters"), declared.object("parametersJsonSchema")
    if schema is None and openapi is not None:
        schema = json_schema(openapi)
    return Tool(
        name=declared.word("name"),
        description=declared.text("description"),
        schema=schema,
        extras=declared.rest(),
    )
