"""Requests of OpenAI Responses, drawn: every kind of item, members that are known and others."""

from typing import Any

from hypothesis import strategies as st

WORD = st.text(min_size=1, max_size=8)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.booleans() | st.integers(-5, 5) | WORD,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORD, inner, max_size=2),
    max_leaves=4,
)
ODD = st.dictionaries(st.just("x_odd"), JSON, max_size=1)


def obj(required: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Draw an object with members of which some may be missing, and perhaps one that nobody knows."""
    known = st.fixed_dictionaries(required, optional=optional or {})
    return st.builds(lambda one, other: one | other, known, ODD)


CACHE = {"prompt_cache_breakpoint": st.just({"mode": "explicit"})}
TEXT = obj({"type": st.just("input_text"), "text": WORD}, CACHE)
IMAGE = obj(
    {
        "type": st.just("input_image"),
        "image_url": st.sampled_from(["https://x/y.png", "data:image/png;base64,AA=="]),
        "detail": st.sampled_from(["auto", "low"]),
    },
    CACHE,
)
FILE = obj({"type": st.just("input_file"), "file_url": st.just("https://x/y.pdf")}, {"filename": WORD}) | obj(
    {
        "type": st.just("input_file"),
        "file_data": st.just("data:application/pdf;base64,AA=="),
        "filename": WORD,
    }
)
STRANGE = st.fixed_dictionaries({"type": st.just("hologram"), "data": JSON})
OTHER = st.fixed_dictionaries({"type": st.just("input_hologram"), "data": JSON})
TOLD = st.lists(TEXT | IMAGE | FILE | OTHER | STRANGE, min_size=1, max_size=3)
CITED = st.fixed_dictionaries(
    {
        "type": st.just("url_citation"),
        "url": WORD,
        "title": WORD,
        "start_index": st.integers(0, 9),
        "end_index": st.integers(0, 9),
    }
) | st.fixed_dictionaries({"type": st.just("file_citation"), "file_id": WORD, "filename": WORD})
SAID = obj({"type": st.just("output_text"), "text": WORD, "annotations": st.lists(CITED, max_size=2)}) | obj(
    {"type": st.just("refusal"), "refusal": WORD}
)
STATE = {"id": WORD, "status": st.sampled_from(["incomplete", "in_progress"])}
MESSAGE = obj(
    {
        "type": st.just("message"),
        "role": st.sampled_from(["user", "system", "developer"]),
        "content": WORD | TOLD,
    },
    STATE,
) | obj(
    {
        "type": st.just("message"),
        "role": st.just("assistant"),
        "content": st.lists(SAID | STRANGE, min_size=1, max_size=3),
    },
    STATE | {"phase": st.just("commentary")},
)
SUMMARY = st.lists(st.fixed_dictionaries({"type": st.just("summary_text"), "text": WORD}), max_size=2)
THOUGHT = obj(
    {"type": st.just("reasoning"), "id": WORD, "summary": SUMMARY},
    {
        "encrypted_content": WORD,
        "content": st.lists(
            st.fixed_dictionaries({"type": st.just("reasoning_text"), "text": WORD}), min_size=1, max_size=2
        ),
    },
)
CALL = obj(
    {"type": st.just("function_call"), "call_id": WORD, "name": WORD, "arguments": WORD}, {"id": WORD}
) | obj({"type": st.just("custom_tool_call"), "call_id": WORD, "name": WORD, "input": WORD}, {"id": WORD})
RESULT = obj(
    {"type": st.just("function_call_output"), "call_id": WORD, "output": WORD | TOLD},
    STATE | {"name": WORD},
)
SERVERS = obj(
    {"type": st.sampled_from(["web_search_call", "item_reference", "computer_call_output"]), "id": WORD}
)
TOOL = (
    obj(
        {"type": st.just("function"), "name": WORD, "parameters": st.just({"type": "object"})},
        {"strict": st.booleans(), "description": WORD},
    )
    | obj({"type": st.just("custom"), "name": WORD}, {"format": st.just({"type": "text"})})
    | obj({"type": st.sampled_from(["web_search", "local_shell", "mcp"])})
)
FORMAT = st.just({"type": "json_object"}) | obj(
    {"type": st.just("json_schema"), "name": WORD, "schema": st.just({"type": "object"})},
    {"strict": st.booleans(), "description": WORD},
).map(lambda one: {name: value for name, value in one.items() if name != "x_odd"})
REQUEST = obj(
    {
        "model": st.just("m"),
        "input": WORD | st.lists(MESSAGE | THOUGHT | CALL | RESULT | SERVERS, min_size=1, max_size=6),
    },
    {
        "instructions": WORD,
        "tools": st.lists(TOOL, min_size=1, max_size=2),
        "parallel_tool_calls": st.booleans(),
        "tool_choice": st.sampled_from(["auto", "none", "required", {"type": "web_search"}]),
        "max_output_tokens": st.integers(1, 99),
        "temperature": st.floats(0, 2),
        "top_logprobs": st.integers(1, 9),
        "include": st.lists(
            st.sampled_from(["reasoning.encrypted_content", "message.output_text.logprobs"]), unique=True
        ),
        "text": obj({}, {"format": FORMAT, "verbosity": WORD}),
        "reasoning": obj({}, {"effort": WORD, "summary": WORD}),
        "store": st.booleans(),
        "user": WORD,
        "stream": st.just(True),  # noqa: FBT003  # a value
        "previous_response_id": WORD,
    },
)
