"""Requests that stand for what clients send, in each downstream protocol. Written by us."""

from typing import Any

Body = dict[str, Any]
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PDF = "JVBERi0xLjQK"
HI: Body = {"role": "user", "content": "Hi"}
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
FUNCTION: Body = {
    "type": "function",
    "function": {"name": "weather", "description": "The weather in a city.", "parameters": WEATHER},
}
TOOL: Body = {"name": "weather", "description": "The weather in a city.", "input_schema": WEATHER}
ASK: Body = {"role": "user", "content": "Paris or Rome?"}


def chat(*messages: Body, **members: Any) -> Body:
    return {"model": "m", "messages": list(messages) or [HI], **members}


def claude(*messages: Body, **members: Any) -> Body:
    return {"model": "m", "max_tokens": 1000, "messages": list(messages) or [HI], **members}


def user(*content: Body) -> Body:
    return {"role": "user", "content": list(content)}


def assistant(*content: Body) -> Body:
    return {"role": "assistant", "content": list(content)}


def call(identity: str, city: str) -> Body:
    function = {"name": "weather", "arguments": f'{{"city":"{city}"}}'}
    return {"id": identity, "type": "function", "function": function}


def use(identity: str, city: str) -> Body:
    return {"type": "tool_use", "id": identity, "name": "weather", "input": {"city": city}}


def result(identity: str, content: Any, **members: Any) -> Body:
    return {"type": "tool_result", "tool_use_id": identity, "content": content, **members}


def text(words: str, **members: Any) -> Body:
    return {"type": "text", "text": words, **members}


def picture(kind: str = "image/png") -> Body:
    return {"type": "image", "source": {"type": "base64", "media_type": kind, "data": PNG}}


CACHED = {"cache_control": {"type": "ephemeral"}}
SIGNED = {"type": "thinking", "thinking": "Let me see.", "signature": "c2lnbmVk"}
SHAPE = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}
URL = "https://example.org/cat.png"
LOOP = [
    ASK,
    {"role": "assistant", "content": None, "tool_calls": [call("call_1", "Paris"), call("call_2", "Rome")]},
    {"role": "tool", "tool_call_id": "call_1", "content": "18 degrees"},
    {"role": "tool", "tool_call_id": "call_2", "content": [text("24 degrees")]},
]
CLAUDE_LOOP = [
    ASK,
    assistant(text("I look."), use("toolu_1", "Paris"), use("toolu_2", "Rome")),
    user(result("toolu_1", "18 degrees"), result("toolu_2", [text("24 degrees")])),
]

CHAT: dict[str, Body] = {
    "plain": chat(),
    "streamed": chat(stream=True, stream_options={"include_usage": True}),
    "system": chat({"role": "system", "content": "Be short."}, HI),
    "developer": chat({"role": "developer", "content": "Be short."}, HI),
    "two systems": chat({"role": "system", "content": "A"}, {"role": "system", "content": "B"}, HI),
    "later system": chat(
        HI, {"role": "assistant", "content": "Yes?"}, {"role": "system", "content": "C"}, HI
    ),
    "several turns": chat(HI, {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Bye"}),
    "names": chat({"role": "user", "name": "Ann", "content": "Hi"}),
    "content parts": chat(user(text("One"), text("two"))),
    "picture as data": chat(
        user({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}})
    ),
    "picture by url": chat(user({"type": "image_url", "image_url": {"url": URL, "detail": "low"}})),
    "pdf": chat(
        user(
            {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}}
        )
    ),
    "file id": chat(user({"type": "file", "file": {"file_id": "file-1"}})),
    "audio": chat(user({"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}})),
    "tools": chat(ASK, tools=[FUNCTION], tool_choice="auto"),
    "strict tool": chat(
        ASK, tools=[{"type": "function", "function": {**FUNCTION["function"], "strict": True}}]
    ),
    "tool without parameters": chat(ASK, tools=[{"type": "function", "function": {"name": "now"}}]),
    "forced tool": chat(
        ASK, tools=[FUNCTION], tool_choice={"type": "function", "function": {"name": "weather"}}
    ),
    "required, one at a time": chat(ASK, tools=[FUNCTION], tool_choice="required", parallel_tool_calls=False),
    "no tool": chat(ASK, tools=[FUNCTION], tool_choice="none"),
    "allowed tools": chat(
        ASK,
        tools=[FUNCTION, {"type": "function", "function": {"name": "now"}}],
        tool_choice={
            "type": "allowed_tools",
            "allowed_tools": {
                "mode": "auto",
                "tools": [{"type": "function", "function": {"name": "weather"}}],
            },
        },
    ),
    "custom tool": chat(
        ASK, tools=[{"type": "custom", "custom": {"name": "sql", "format": {"type": "text"}}}]
    ),
    "tool loop": chat(*LOOP, tools=[FUNCTION]),
    "tool loop that goes on": chat(*LOOP, {"role": "user", "content": "And Oslo?"}, tools=[FUNCTION]),
    "broken arguments": chat(
        ASK,
        {
            "role": "assistant",
            "tool_calls": [{**call("call_1", "x"), "function": {"name": "f", "arguments": "{"}}],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "?"},
        tools=[FUNCTION],
    ),
    "functions": chat(
        ASK,
        {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": "{}"}},
        {"role": "function", "name": "weather", "content": "18"},
        functions=[FUNCTION["function"]],
        function_call="auto",
    ),
    "schema": chat(
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "sum", "strict": True, "schema": SHAPE},
        }
    ),
    "json": chat(response_format={"type": "json_object"}),
    "effort": chat(reasoning_effort="low", max_completion_tokens=8000),
    "no effort": chat(reasoning_effort="none"),
    "sampling": chat(temperature=0.2, top_p=0.9, stop=["END"], max_tokens=50),
    "hints": chat(seed=1, presence_penalty=0.1, frequency_penalty=0.2, logit_bias={"1": 5}, user="u-1"),
    "hot": chat(temperature=1.7),
    "logprobs": chat(logprobs=True, top_logprobs=3),
    "several choices": chat(n=2),
    "bookkeeping": chat(metadata={"a": "b"}, service_tier="flex", store=False, prompt_cache_key="k"),
    "prediction": chat(prediction={"type": "content", "content": "Hi"}),
    "speaks": chat(modalities=["text", "audio"], audio={"voice": "alloy", "format": "wav"}),
    "web search": chat(web_search_options={}),
    "refusal": chat(HI, {"role": "assistant", "content": None, "refusal": "No."}, HI),
    "thoughts": chat(HI, {"role": "assistant", "content": "Yes", "reasoning_content": "Hm."}, HI),
    "signed thoughts": chat(
        ASK,
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [call("toolu_1", "Paris")],
            "reasoning_details": [
                {
                    "type": "reasoning.text",
                    "text": "Hm.",
                    "signature": "cw==",
                    "format": "anthropic-claude-v1",
                }
            ],
        },
        {"role": "tool", "tool_call_id": "toolu_1", "content": "18"},
        tools=[FUNCTION],
    ),
    "prefill": chat(HI, {"role": "assistant", "content": "The answer is"}),
    "cache markers": chat(user(text("Long", **CACHED))),
}

CLAUDE: dict[str, Body] = {
    "plain": claude(),
    "streamed": claude(stream=True),
    "system": claude(system="Be short."),
    "cached system": claude(
        system=[text("Be short."), text("Long", cache_control={"type": "ephemeral", "ttl": "1h"})]
    ),
    "several turns": claude(
        HI, {"role": "assistant", "content": "Hello!"}, {"role": "user", "content": "Bye"}
    ),
    "picture as data": claude(user(picture(), text("What is it?"))),
    "picture by url": claude(user({"type": "image", "source": {"type": "url", "url": URL}})),
    "picture by id": claude(user({"type": "image", "source": {"type": "file", "file_id": "file_1"}})),
    "pdf": claude(
        user(
            {
                "type": "document",
                "title": "a.pdf",
                "source": {"type": "base64", "media_type": "application/pdf", "data": PDF},
            }
        )
    ),
    "text document": claude(
        user(
            {
                "type": "document",
                "title": "Notes",
                "context": "from work",
                "citations": {"enabled": True},
                "source": {"type": "text", "media_type": "text/plain", "data": "Rain."},
            }
        )
    ),
    "document by url": claude(
        user({"type": "document", "source": {"type": "url", "url": "https://example.org/a.pdf"}})
    ),
    "tools": claude(ASK, tools=[TOOL], tool_choice={"type": "auto"}),
    "cached strict tool": claude(ASK, tools=[{**TOOL, **CACHED, "strict": True}]),
    "forced tool": claude(ASK, tools=[TOOL], tool_choice={"type": "tool", "name": "weather"}),
    "any tool, one at a time": claude(
        ASK, tools=[TOOL], tool_choice={"type": "any", "disable_parallel_tool_use": True}
    ),
    "no tool": claude(ASK, tools=[TOOL], tool_choice={"type": "none"}),
    "tool loop": claude(*CLAUDE_LOOP, tools=[TOOL]),
    "tool loop with a reminder": claude(
        *CLAUDE_LOOP[:2],
        user(result("toolu_1", "18"), result("toolu_2", "24"), text("Be quick.")),
        tools=[TOOL],
    ),
    "picture from a tool": claude(
        ASK,
        assistant(use("toolu_1", "Paris")),
        user(result("toolu_1", [text("See:"), picture()])),
        tools=[TOOL],
    ),
    "failed tool": claude(
        ASK,
        assistant(use("toolu_1", "Paris")),
        user(result("toolu_1", "no such city", is_error=True)),
        tools=[TOOL],
    ),
    "thinking": claude(max_tokens=9000, thinking={"type": "enabled", "budget_tokens": 4000}),
    "adaptive thinking": claude(thinking={"type": "adaptive"}, output_config={"effort": "high"}),
    "thinking off": claude(thinking={"type": "disabled"}),
    "thoughts in a loop": claude(
        ASK, assistant(SIGNED, use("toolu_1", "Paris")), user(result("toolu_1", "18")), tools=[TOOL]
    ),
    "thoughts of before": claude(HI, assistant(SIGNED, text("Hello!")), HI),
    "hidden thoughts": claude(
        HI, assistant({"type": "redacted_thinking", "data": "eA=="}, text("Hello!")), HI
    ),
    "schema": claude(output_config={"format": {"type": "json_schema", "schema": SHAPE}}),
    "sampling": claude(temperature=0.2, top_p=0.9, top_k=5, stop_sequences=["END"]),
    "metadata": claude(metadata={"user_id": "u-1"}, service_tier="auto"),
    "web search": claude(ASK, tools=[{"type": "web_search_20250305", "name": "web_search"}]),
    "mcp": claude(mcp_servers=[{"type": "url", "url": "https://example.org", "name": "x"}]),
    "prefill": claude(HI, {"role": "assistant", "content": "The answer is"}),
    "context management": claude(context_management={"edits": [{"type": "clear_tool_uses_20250919"}]}),
}

COMPLETIONS: dict[str, Body] = {
    "plain": {"model": "m", "prompt": "Once upon a time", "max_tokens": 16},
    "streamed": {"model": "m", "prompt": ["Once"], "stream": True, "stream_options": {"include_usage": True}},
    "sampling": {"model": "m", "prompt": "Once", "temperature": 0.5, "stop": ["."], "seed": 1, "user": "u-1"},
    "several": {"model": "m", "prompt": "Once", "n": 2, "best_of": 2},
    "echo": {"model": "m", "prompt": "Once", "echo": True, "logprobs": 1},
    "tokens": {"model": "m", "prompt": [1, 2, 3]},
    "in between": {"model": "m", "prompt": "def f(", "suffix": "return 1"},
}

OLLAMA: dict[str, Body] = {
    "plain": {"model": "m", "messages": [HI]},
    "whole": {"model": "m", "messages": [HI], "stream": False},
    "system": {"model": "m", "messages": [{"role": "system", "content": "Be short."}, HI]},
    "picture": {"model": "m", "messages": [{**HI, "images": [PNG]}]},
    "tools": {"model": "m", "messages": [ASK], "tools": [FUNCTION]},
    "tool loop": {
        "model": "m",
        "messages": [
            ASK,
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"function": {"name": "weather", "arguments": {"city": "Paris"}}}],
            },
            {"role": "tool", "content": "18", "tool_name": "weather"},
        ],
        "tools": [FUNCTION],
    },
    "thinking": {"model": "m", "messages": [HI], "think": True},
    "thinking level": {"model": "m", "messages": [HI], "think": "high"},
    "thoughts": {
        "model": "m",
        "messages": [HI, {"role": "assistant", "content": "4", "thinking": "2+2"}, HI],
    },
    "schema": {"model": "m", "messages": [HI], "format": SHAPE},
    "json": {"model": "m", "messages": [HI], "format": "json"},
    "options": {
        "model": "m",
        "messages": [HI],
        "options": {
            "temperature": 0.2,
            "top_k": 5,
            "num_predict": 50,
            "seed": 1,
            "stop": ["END"],
            "num_ctx": 4096,
        },
        "keep_alive": "5m",
    },
    "prefill": {"model": "m", "messages": [HI, {"role": "assistant", "content": "The answer is"}]},
}

EMBEDDINGS: dict[str, Body] = {
    "plain": {"model": "m", "input": "Hi"},
    "several": {"model": "m", "input": ["Hi", "Bye"], "dimensions": 8, "encoding_format": "base64"},
    "tokens": {"model": "m", "input": [[1, 2], [3]], "user": "u-1"},
}
