"""Requests and content of Anthropic Messages, drawn by Hypothesis: members known and unknown."""

from typing import Any

from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(-1e6, 1e6) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)
OBJECT = st.dictionaries(st.text(max_size=4), JSON, max_size=3)
NEW = st.dictionaries(st.sampled_from(["new", "x-1", "ünknown"]), JSON, max_size=2)
WORD = st.text(min_size=1, max_size=6)
TTL = st.sampled_from([{}, {"ttl": "5m"}, {"ttl": "1h"}])
CACHE = st.builds(lambda ttl, new: {"type": "ephemeral"} | ttl | new, TTL, NEW)


def obj(required: dict[str, Any], optional: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Draw an object with members that may be unknown."""
    known = st.fixed_dictionaries(required, optional=optional or {})
    return st.builds(lambda new, told: new | told, NEW, known)


TEXT = obj({"type": st.just("text"), "text": WORD}, {"cache_control": CACHE})
SOURCE = st.one_of(
    obj({"type": st.just("base64"), "media_type": WORD, "data": WORD}),
    obj({"type": st.just("url"), "url": WORD}),
    obj({"type": st.just("file"), "file_id": WORD}),
    obj({"type": st.just("of_next_year")}),
)
TEXT_SOURCE = obj({"type": st.just("text"), "media_type": st.just("text/plain"), "data": WORD})
CONTENT_SOURCE = obj({"type": st.just("content"), "content": WORD | st.lists(TEXT, min_size=1, max_size=2)})
LOCATION = {"cited_text": WORD, "encrypted_index": WORD, "document_index": st.integers(1, 3)}
CITATION = obj(
    {
        "type": st.sampled_from(
            [
                "char_location",
                "page_location",
                "content_block_location",
                "web_search_result_location",
                "search_result_location",
                "of_next_year",
            ]
        )
    },
    LOCATION | {"url": WORD, "title": WORD, "source": WORD, "document_title": WORD},
)
CITED = obj({"type": st.just("text"), "text": WORD, "citations": st.lists(CITATION, max_size=2)})
IMAGE = obj({"type": st.just("image"), "source": SOURCE}, {"cache_control": CACHE})
DOCUMENT = obj(
    {"type": st.just("document"), "source": SOURCE | TEXT_SOURCE | CONTENT_SOURCE},
    {
        "title": WORD,
        "context": WORD,
        "citations": obj({"enabled": st.booleans()}),
        "cache_control": CACHE,
    },
)
OPAQUE = obj({"type": st.sampled_from(["server_tool_use", "search_result", "mcp_tool_use"]), "input": OBJECT})
CALL_ID = st.text(alphabet="abcXYZ019_-", min_size=1, max_size=6)
CALL = obj(
    {"type": st.just("tool_use"), "id": CALL_ID, "name": WORD, "input": OBJECT},
    {"cache_control": CACHE},
)
RESULT = obj(
    {"type": st.just("tool_result"), "tool_use_id": CALL_ID},
    {
        "content": WORD | st.lists(TEXT | IMAGE | DOCUMENT | OPAQUE, max_size=2),
        "is_error": st.booleans(),
        "cache_control": CACHE,
    },
)
THOUGHT = obj({"type": st.just("thinking"), "thinking": WORD, "signature": WORD}) | obj(
    {"type": st.just("redacted_thinking"), "data": WORD}
)
BLOCK = st.one_of(TEXT, CITED, IMAGE, DOCUMENT, OPAQUE, CALL, RESULT, THOUGHT)
MESSAGE = obj(
    {
        "role": st.sampled_from(["user", "assistant", "system"]),
        "content": WORD | st.lists(BLOCK, min_size=1, max_size=4),
    }
)
TOOL = obj(
    {"name": WORD, "input_schema": OBJECT},
    {"type": st.just("custom"), "description": WORD, "strict": st.booleans(), "cache_control": CACHE},
) | obj({"type": st.just("web_search_20250305"), "name": WORD})
THINKING = st.one_of(
    obj({"type": st.just("enabled"), "budget_tokens": st.integers(1024, 9999)}),
    obj({"type": st.just("adaptive")}, {"display": st.sampled_from(["summarized", "omitted", "new"])}),
    obj({"type": st.just("disabled")}),
)
CHOICE = st.one_of(
    obj({"type": st.sampled_from(["auto", "any"])}, {"disable_parallel_tool_use": st.booleans()}),
    obj({"type": st.just("tool"), "name": WORD}, {"disable_parallel_tool_use": st.booleans()}),
    obj({"type": st.just("none")}),
)
REQUEST = obj(
    {
        "model": WORD,
        "max_tokens": st.integers(1, 9999),
        "messages": st.lists(MESSAGE, min_size=1, max_size=4),
    },
    {
        "system": WORD | st.lists(TEXT, min_size=1, max_size=2),
        "stream": st.booleans(),
        "temperature": st.floats(0, 1),
        "top_p": st.floats(0, 1),
        "top_k": st.integers(1, 9),
        "stop_sequences": st.lists(WORD, max_size=2),
        "metadata": obj({}, {"user_id": WORD}),
        "thinking": THINKING,
        "tools": st.lists(TOOL, max_size=3),
        "tool_choice": CHOICE,
        "output_config": obj(
            {}, {"effort": WORD, "format": obj({"type": st.just("json_schema"), "schema": OBJECT})}
        ),
        "service_tier": st.just("auto"),
        "cache_control": CACHE,
    },
)
