"""The schemas of tools as both of OpenAI's protocols take them from others."""

import msgspec

from wye.core.chat import Chat, ServerTool, Tool


def stated(chat: Chat) -> Chat:
    """Return `chat` with `properties` in the schema of each tool's arguments.

    OpenAI refuses a schema without ("object schema missing properties"); elsewhere a tool that takes nothing
    may leave them out, as many of MCP's do.
    """
    return msgspec.structs.replace(chat, tools=tuple(map(_stated, chat.tools))) if chat.tools else chat


def _stated(tool: Tool | ServerTool) -> Tool | ServerTool:
    schema = tool.schema if isinstance(tool, Tool) else None
    if schema is None or schema.get("type") != "object" or "properties" in schema:
        return tool
    return msgspec.structs.replace(tool, schema=schema | {"properties": {}})
