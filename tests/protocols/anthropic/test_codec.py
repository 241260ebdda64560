import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.anthropic.wire import STREAM, meaning, recordings
from protocols.both import Dialect
from wye.core.errors import BadRequestError
from wye.core.fold import fold
from wye.core.request import Needs, Request
from wye.core.stream import Order, Ping
from wye.core.usage import Usage
from wye.protocols.anthropic.codec import AnthropicMessages, decode_count
from wye.protocols.codec import Edits
from wye.protocols.translate import Wire

CODEC = AnthropicMessages()
MESSAGES = [{"role": "user", "content": "hi"}]
TEXT = {"type": "text", "text": "hi"}


def request(**fields: object) -> Request:
    return CODEC.decode(json.dumps({"model": "m", "max_tokens": 9, "messages": MESSAGES} | fields).encode())


def user(*blocks: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(blocks)}]


def test_it_is_a_dialect() -> None:
    dialect: Dialect = CODEC
    assert dialect.name == "anthropic_messages"


def test_what_deciding_needs_is_read() -> None:
    got = request(stream=True, tools=[{"name": "f", "input_schema": {}}])
    assert (got.model, got.stream, got.max_output_tokens, got.choices) == ("m", True, 9, 1)
    assert got.needs == Needs(tools=True)
    assert got.body[slice(*got.model_at)] == b'"m"'


@pytest.mark.parametrize(
    "fields",
    [
        {"output_config": {"format": {"type": "json_schema", "schema": {}}}},
        {"output_format": {"type": "json_schema", "schema": {}}},
    ],
)
def test_a_schema_needs_json(fields: dict[str, object]) -> None:
    assert request(**fields).needs == Needs(json=True)


def test_effort_alone_needs_nothing() -> None:
    assert request(output_config={"effort": "high"}, output_format=None).needs == Needs()


IMAGE = {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}


@pytest.mark.parametrize(
    "blocks", [[IMAGE], [{"type": "tool_result", "tool_use_id": "t", "content": [IMAGE]}]]
)
def test_an_image_needs_vision(blocks: list[dict[str, Any]]) -> None:
    got = request(messages=user(*blocks))
    assert (got.needs, got.unbounded) == (Needs(vision=True), True)


@pytest.mark.parametrize(
    ("block", "unbounded"),
    [
        (TEXT, False),
        ({"type": "thinking", "thinking": "", "signature": "x"}, False),
        ({"type": "redacted_thinking", "data": "x"}, False),
        ({"type": "tool_use", "id": "t", "name": "f", "input": {"type": "image"}}, False),
        ({"type": "tool_result", "tool_use_id": "t"}, False),
        ({"type": "tool_result", "tool_use_id": "t", "content": "x"}, False),
        ({"type": "tool_result", "tool_use_id": "t", "content": [TEXT]}, False),
        ({"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}}, False),
        ({"type": "document", "source": {"type": "base64", "media_type": "application/pdf"}}, True),
        ({"type": "document", "source": {"type": "url", "url": "x"}}, True),
        ({"type": "document", "source": {"type": "content", "content": []}}, True),
        (
            {"type": "web_fetch_tool_result", "tool_use_id": "t", "content": {"type": "web_fetch_result"}},
            True,
        ),
        ({"type": "of_next_year"}, True),
    ],
)
def test_only_text_is_bounded_by_its_bytes(block: dict[str, Any], *, unbounded: bool) -> None:
    assert request(messages=user(TEXT, block)).unbounded is unbounded


@pytest.mark.parametrize(
    ("fields", "unpriced"),
    [
        ({}, ""),
        ({"service_tier": "auto"}, ""),
        ({"service_tier": "standard_only", "mcp_servers": [], "container": None, "speed": "standard"}, ""),
        ({"service_tier": "priority"}, "service_tier"),
        (
            {
                "tools": [
                    {"name": "f"},
                    {"type": "custom", "name": "f"},
                    {"type": "bash_20250124", "name": "b"},
                ]
            },
            "",
        ),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools"),
        ({"tools": [{"type": "code_execution_20260120", "name": "code_execution"}]}, "tools"),
        ({"mcp_servers": [{"type": "url", "url": "x", "name": "y"}]}, "mcp_servers"),
        ({"container": "c_1"}, "container"),
        ({"inference_geo": "us"}, "inference_geo"),
        ({"inference_geo": "global"}, ""),
        ({"speed": "fast"}, "speed"),
        ({"context_management": {"edits": [{"type": "clear_tool_uses_20250919"}]}}, ""),
        ({"context_management": {"edits": [{"type": "compact_20260112"}]}}, "context_management"),
        ({"cache_control": {"type": "ephemeral", "ttl": "1h"}}, ""),
    ],
)
def test_what_has_a_price_of_its_own_is_named(fields: dict[str, object], unpriced: str) -> None:
    assert request(**fields).unpriced == unpriced


@pytest.mark.parametrize(
    ("fields", "steers"),
    [
        ({}, ""),
        ({"mcp_servers": [], "fallbacks": None}, ""),
        ({"mcp_servers": [{"type": "url", "url": "https://x", "name": "y"}]}, "mcp_servers"),
        ({"fallbacks": [{"model": "claude-opus-4-8"}]}, "fallbacks"),
        ({"container": "c_1"}, ""),
    ],
)
def test_who_else_would_get_it_is_named(fields: dict[str, object], steers: str) -> None:
    assert request(**fields).steers == steers


@pytest.mark.parametrize(
    ("body", "says", "param"),
    [
        (b"", "not valid JSON", None),
        (b"[]", "expected `object`", None),
        (b'{"messages":[{"role":"user","content":"x"}],"max_tokens":1}', "required", "model"),
        (b'{"model":"m","messages":[{"role":"user","content":"x"}]}', "required", "max_tokens"),
        (b'{"model":"m","max_tokens":1}', "required", "messages"),
        (b'{"model":"m","max_tokens":1,"messages":[]}', "at least one", "messages"),
        (
            b'{"model":"m","max_tokens":-1,"messages":[{"role":"user","content":"x"}]}',
            "at least 0",
            "max_tokens",
        ),
        (b'{"model":"m","max_tokens":"1","messages":[]}', "expected `integer`", "max_tokens"),
        (b'{"model":"m","max_tokens":1,"messages":[{"role":"user"}]}', "required", "messages[0].content"),
        (
            b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":[{}]}]}',
            "required",
            "messages[0].content[0].type",
        ),
        (
            b'{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"x":"\xff"}',
            "UTF-8",
            None,
        ),
    ],
)
def test_bad_requests_name_the_field(body: bytes, says: str, param: str | None) -> None:
    with pytest.raises(BadRequestError) as caught:
        CODEC.decode(body)
    assert says in caught.value.message
    assert caught.value.param == param


@given(st.binary(max_size=200))
def test_any_bytes_decode_or_are_refused(body: bytes) -> None:
    with contextlib.suppress(BadRequestError):
        assert CODEC.decode(body).body == body


def test_only_the_model_is_spliced() -> None:
    body = (
        b'{ "max_tokens":9, "x": {"model":"y"},\n"model" : "m",'
        b'"messages":[{"role":"user","content":"\\u00e9"}] }'
    )
    asked = CODEC.decode(body)
    assert CODEC.splice(asked, Edits("m", include_usage=True, output_cap=1)) is body
    assert CODEC.splice(asked, Edits("claude")) == body.replace(b'"m"', b'"claude"')


def test_fields_that_bound_the_cost_may_not_stand_twice() -> None:
    asked = CODEC.decode(
        b'{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":9,"max_tokens":1}'
    )
    with pytest.raises(BadRequestError, match="max_tokens"):
        CODEC.refuse_duplicates(asked)


def test_a_count_needs_no_cap() -> None:
    got = decode_count("counting", json.dumps({"model": "m", "messages": user(IMAGE)}).encode())
    assert (got.protocol, got.needs.vision) == ("counting", True)
    with pytest.raises(BadRequestError, match="at least one"):
        decode_count("counting", b'{"model":"m","messages":[]}')


def test_usage_of_a_whole_answer() -> None:
    usage = {"input_tokens": 1, "cache_read_input_tokens": 2, "output_tokens": 5}
    assert CODEC.usage(json.dumps({"content": [], "usage": usage}).encode()) == Usage(3, 5, 2)
    assert CODEC.usage(b'{"content":[],"usage":{"input_tokens":"nine"}}') is None
    assert CODEC.usage(b'{"content":[]}') is None


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"type":"error","error":{}}', b"[1]"])
def test_what_is_no_answer_is_told_apart(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any kind; the message is the gateway's own
        CODEC.usage(body)
    with pytest.raises(ValueError):  # noqa: PT011  # any kind; the message is the gateway's own
        CODEC.read_answer(body)


def test_a_stream_written_again_reads_the_same() -> None:
    reader, writer = CODEC.reader(), CODEC.writer(want_usage=False)
    events = reader.feed(STREAM) + reader.finish()
    again = CODEC.reader()
    told = again.feed(b"".join(writer.write(event) for event in events)) + again.finish()
    assert fold(told) == fold(events)


def test_recorded_exchanges_keep_their_meaning() -> None:
    seen = 0
    for exchange in recordings():
        asked = exchange["request"]
        body = json.dumps(asked).encode()
        chat = CODEC.read_request(body)
        written = json.loads(CODEC.write_request(chat, Wire(model=chat.model)))
        assert meaning(written) == meaning(asked), exchange["id"]
        if "max_tokens" in asked:
            assert CODEC.decode(body).max_output_tokens == asked["max_tokens"]
        if exchange["response_kind"] == "json":
            _same_answer(exchange["response"], exchange["id"])
        else:
            _same_stream(exchange["response"].encode(), exchange["id"])
        seen += 1
    assert seen


def _same_answer(told: dict[str, Any], name: str) -> None:
    body = json.dumps(told).encode()
    answer = CODEC.read_answer(body)
    assert meaning(json.loads(CODEC.write_answer(answer))) == meaning(told), name
    usage = told["usage"]
    parts = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    assert answer.usage == CODEC.usage(body)
    assert answer.usage is not None
    assert answer.usage.input_tokens == sum(usage[part] for part in parts), name


def _same_stream(stream: bytes, name: str) -> None:
    """The stream means what its client puts together from it, whole, in any cut, and written again."""
    reader = CODEC.reader()
    events = reader.feed(stream) + reader.finish()
    order = Order()
    for event in events:
        order.see(event)
    answer = fold(events)
    assert meaning(json.loads(CODEC.write_answer(answer))) == meaning(_assembled(stream)), name
    bytewise = CODEC.reader()
    pieces = [e for at in range(len(stream)) for e in bytewise.feed(stream[at : at + 1])]
    assert pieces + bytewise.finish() == events, name
    writer, again = CODEC.writer(want_usage=True), CODEC.reader()
    told = again.feed(b"".join(writer.write(event) for event in events)) + again.finish()
    assert fold(told) == answer, name
    assert [e for e in told if isinstance(e, Ping)] == [e for e in events if isinstance(e, Ping)]
    relay = CODEC.relay(Edits("m"))
    assert relay.feed(stream) + relay.finish() == stream
    assert (relay.usage, relay.error) == (answer.usage, ""), name


def _assembled(stream: bytes) -> dict[str, Any]:
    """Put a stream together as the API's own clients do."""
    message: dict[str, Any] = {}
    inputs: dict[int, str] = {}
    for line in stream.decode().splitlines():
        if not line.startswith("data:"):
            continue
        told = json.loads(line[5:])
        match told["type"]:
            case "message_start":
                message = told["message"]
            case "content_block_start":
                message["content"].append(told["content_block"])
            case "content_block_delta":
                at, delta = told["index"], told["delta"]
                _add(message["content"][at], delta)
                inputs[at] = inputs.get(at, "") + delta.get("partial_json", "")
            case "content_block_stop" if inputs.get(told["index"]):
                message["content"][told["index"]]["input"] = json.loads(inputs[told["index"]])
            case "message_delta":
                message |= told["delta"]
                message["usage"] |= {k: v for k, v in told["usage"].items() if v is not None}
    return message


def _add(into: dict[str, Any], delta: dict[str, Any]) -> None:
    match delta["type"]:
        case "text_delta":
            into["text"] += delta["text"]
        case "thinking_delta":
            into["thinking"] += delta["thinking"]
        case "signature_delta":
            into["signature"] = delta["signature"]
        case "citations_delta":
            into["citations"] = [*(into.get("citations") or []), delta["citation"]]
