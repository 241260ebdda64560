"""OpenAI Responses as its clients write it: a turn of Codex, and what else the protocol knows."""

from typing import Any

ENCRYPTED = "gAAAAABoSeal=="
PATCH = "*** Begin Patch\n*** Add File: a.txt\n+a\n*** End Patch"
GRAMMAR = {"type": "grammar", "syntax": "lark", "definition": 'start: "a"'}
SCHEMA = {"type": "object", "properties": {"command": {"type": "array"}}, "required": ["command"]}
CODEX: dict[str, Any] = {
    "model": "gpt-5-codex",
    "instructions": "You are a coding agent.",
    "input": [
        {
            "type": "message",
            "role": "developer",
            "content": [{"type": "input_text", "text": "<permissions/>"}],
        },
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "<environment/>"}]},
        {
            "type": "message",
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Look at this."},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "high"},
            ],
        },
        {
            "type": "reasoning",
            "id": "rs_1",
            "summary": [
                {"type": "summary_text", "text": "**Look**"},
                {"type": "summary_text", "text": "Then"},
            ],
            "encrypted_content": ENCRYPTED,
        },
        {
            "type": "message",
            "role": "assistant",
            "id": "msg_1",
            "phase": "commentary",
            "content": [{"type": "output_text", "text": "I look.", "annotations": []}],
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "shell",
            "arguments": '{"command":["ls"]}',
        },
        {"type": "custom_tool_call", "call_id": "call_2", "name": "apply_patch", "input": PATCH},
        {"type": "function_call_output", "call_id": "call_1", "output": "a\nb"},
        {"type": "custom_tool_call_output", "call_id": "call_2", "output": "Done."},
    ],
    "tools": [
        {
            "type": "function",
            "name": "shell",
            "description": "Run it.",
            "strict": False,
            "parameters": SCHEMA,
        },
        {"type": "custom", "name": "apply_patch", "description": "Patch.", "format": GRAMMAR},
        {"type": "local_shell"},
        {"type": "web_search", "external_web_access": False},
    ],
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "reasoning": {"effort": "medium", "summary": "auto"},
    "store": False,
    "stream": True,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "k",
    "text": {"verbosity": "low"},
}
SERVER_ITEMS: list[dict[str, Any]] = [
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}},
    {"type": "compaction", "id": "cmp_1", "encrypted_content": "x"},
    {"type": "local_shell_call", "id": "lsh_1", "call_id": "c", "action": {"type": "exec"}},
    {"type": "local_shell_call_output", "id": "lsh_1", "output": "{}"},
    {"type": "mcp_approval_response", "approval_request_id": "a", "approve": True},
    {"type": "item_reference", "id": "msg_9"},
    {"id": "msg_8"},
]
