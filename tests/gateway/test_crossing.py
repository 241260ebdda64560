"""Both protocols on both sides: a real gateway process between clients and upstreams that play exchanges."""

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest

from exchanges import (
    CALLS,
    MESSAGE,
    SCHEMA,
    SIGNATURE,
    event,
    message_end,
    message_start,
    play_chat,
    play_messages,
    text_block,
)
from fake_upstream import CHAT, Call, FakeUpstream, delta
from running import Answered, Running, running

MESSAGES = "/v1/messages"
COMPLETIONS = "/v1/chat/completions"
UPSTREAMS = {"anthropic": "anthropic_messages", "openai": "openai_chat"}
SPEAKS = {"x-api-key": "unused", "anthropic-version": "2023-06-01"}


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    scripts(upstream)

    def deployment(model: str, speaks: str, **fields: Any) -> dict[str, Any]:
        return {
            "model": model,
            "protocol": UPSTREAMS[speaks],
            "base_url": f"http://127.0.0.1:{upstream.port}/v1",
            "lane": "own",
            "networks": ["127.0.0.0/8"],
            "retries": 0,
        } | fields

    settings = {
        "deployments": {
            "anthropic": deployment("up-anthropic", "anthropic", price=price, api_key_env="UP_KEY"),
            "openai": deployment("up-openai", "openai", price=price, api_key_env="UP_KEY"),
            **{
                f"{speaks}-tells": deployment(f"{speaks}-tells", speaks, api_key_env="UP_KEY")
                for speaks in UPSTREAMS
            },
            **{
                f"{speaks}-{trouble}": deployment(f"{speaks}-{trouble}", speaks)
                for speaks in UPSTREAMS
                for trouble in ("blames", "busy", "half", "fails-midway", "hangs", "single")
            },
        },
        "listener": {"body_bytes": 20_000},
        "aliases": {
            "closed-then-own": ["anthropic-busy", "openai"],
            "own-then-closed": ["openai-busy", "anthropic"],
            "either": ["openai", "anthropic"],
        },
    }
    with running(tmp_path_factory.mktemp("gateway"), settings, {"UP_KEY": "sk-up"}) as gateway:
        yield gateway


def scripts(upstream: FakeUpstream) -> None:
    upstream.scripts["up-anthropic"] = play_messages
    upstream.scripts["up-openai"] = play_chat

    @upstream.script("anthropic-blames")
    async def anthropic_blames(call: Call) -> None:
        error = {"type": "invalid_request_error", "message": "temperature: range is 0..1"}
        await call.answer(400, {"type": "error", "error": error, "request_id": "req_1"})

    @upstream.script("openai-blames")
    async def openai_blames(call: Call) -> None:
        await call.answer(400, {"error": {"message": "temperature: range is 0..1", "type": "invalid"}})

    @upstream.script("anthropic-busy")
    async def anthropic_busy(call: Call) -> None:
        error = {"type": "overloaded_error", "message": "Overloaded"}
        await call.answer(529, {"type": "error", "error": error})

    @upstream.script("openai-busy")
    async def openai_busy(call: Call) -> None:
        await call.answer(503, {"error": {"message": "busy"}})

    firsts = {"anthropic": message_start() + text_block(0, "one"), "openai": delta("one")}
    ends = {
        "anthropic": event("error", error={"type": "overloaded_error", "message": "Overloaded"}),
        "openai": b'data: {"error":{"message":"Overloaded","code":529}}\n\n',
    }

    def troubles(speaks: str) -> None:
        @upstream.script(f"{speaks}-half")
        async def half(call: Call) -> None:
            await call.begin_stream()
            await call.event(firsts[speaks])
            await asyncio.sleep(0.05)
            call.reset()

        @upstream.script(f"{speaks}-fails-midway")
        async def fails_midway(call: Call) -> None:
            await call.begin_stream()
            await call.event(firsts[speaks])
            await asyncio.sleep(0.05)
            await call.event(ends[speaks])
            await call.send(b"0\r\n\r\n")

        @upstream.script(f"{speaks}-hangs")
        async def hangs(call: Call) -> None:
            await call.begin_stream()
            await call.event(firsts[speaks])
            await asyncio.sleep(60)

    for speaks in UPSTREAMS:
        troubles(speaks)
        tells_the_key(upstream, speaks, firsts[speaks])
        upstream.scripts[f"{speaks}-single"] = play_whole


def tells_the_key(upstream: FakeUpstream, speaks: str, first: bytes) -> None:
    error = {"type": "odd", "message": "Bad key: sk-up"}

    @upstream.script(f"{speaks}-tells")
    async def tells(call: Call) -> None:
        await call.begin_stream()
        if call.json["messages"][0]["content"] == "midway":
            await call.event(first)
            await asyncio.sleep(0.05)
        told = event("error", error=error) if speaks == "anthropic" else b"data: %b\n\n"
        await call.event(told.replace(b"%b", json.dumps({"error": error}).encode()))
        await call.send(b"0\r\n\r\n")


async def play_whole(call: Call) -> None:
    """Answer whole where a stream is asked for."""
    assert call.json["stream"]
    await call.answer(body=MESSAGE if call.head.startswith(b"POST /v1/messages") else CHAT)


def messages(gateway: Running, model: str, **fields: Any) -> Answered:
    body = {"model": model, "max_tokens": 64, "messages": [{"role": "user", "content": "hi"}]} | fields
    return gateway.ask("POST", f"{MESSAGES}?beta=true", body, SPEAKS)


def asked(upstream: FakeUpstream) -> Any:
    """What the last upstream was asked."""
    return upstream.calls[-1].json


def events(answered: Answered) -> list[dict[str, Any]]:
    """The data of each event of a stream."""
    assert answered.headers["content-type"].startswith("text/event-stream"), answered.body
    lines = [line[6:] for line in answered.body.splitlines() if line.startswith(b"data: ")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]


def blocks(answered: Answered) -> list[dict[str, Any]]:
    """A streamed message's content, put together as a client of Anthropic's would."""
    content: list[dict[str, Any]] = []
    for one in events(answered):
        if one["type"] == "content_block_start":
            content.append(dict(one["content_block"]))
            assert one["index"] == len(content) - 1
        elif one["type"] == "content_block_delta":
            change, into = one["delta"], content[one["index"]]
            kind = change["type"].removesuffix("_delta")
            field = {"input_json": "partial_json"}.get(kind, kind)
            into[field] = into.get(field, "") + change[field]
    for one in content:
        if "partial_json" in one:
            one["input"] = json.loads(one.pop("partial_json"))
    return content


def test_verbatim_to_an_anthropic_upstream(gateway: Running, upstream: FakeUpstream) -> None:
    turn = b'{ "messages":[{"role":"user","content":"h\\u00e9"}],\n'
    body = turn + b' "max_tokens":9, "model" : "anthropic","x":[ ]}'
    headers = SPEAKS | {"content-type": "application/json", "anthropic-beta": "tools-2026-01-01,other"}
    answered = gateway.ask("POST", MESSAGES, body, headers)
    assert answered.json == MESSAGE
    sent = upstream.calls[-1]
    assert sent.body == body.replace(b'"anthropic"', b'"up-anthropic"')
    head = sent.head.lower()
    assert head.startswith(b"post /v1/messages http/1.1")
    assert b"\r\nx-api-key: sk-up\r\n" in head
    assert b"\r\nanthropic-version: 2023-06-01\r\n" in head
    assert b"\r\nanthropic-beta: tools-2026-01-01,other\r\n" in head
    assert b"authorization" not in head
    assert answered.headers["request-id"] == answered.headers["x-request-id"]
    record = gateway.record(answered)
    assert record["protocol"] == "anthropic_messages"
    assert record["usage"] == {"input_tokens": 100, "output_tokens": 20, "cache_read_tokens": 40}
    assert record["cost"]["amount"] == "0.00034"


def test_a_verbatim_stream_keeps_its_bytes(gateway: Running) -> None:
    answered = messages(gateway, "anthropic", stream=True)
    assert answered.body == message_start() + text_block(0, "Hel", "lo.") + message_end()
    assert gateway.record(answered)["usage"]["cache_read_tokens"] == 40


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("deployment", UPSTREAMS)
def test_a_message_whoever_answers(
    gateway: Running, upstream: FakeUpstream, deployment: str, *, stream: bool
) -> None:
    answered = messages(gateway, deployment, stream=stream, system="Be brief.", stop_sequences=["END"])
    assert answered.status == 200, answered.body
    assert answered.headers["x-wye-deployment"] == deployment
    if stream:
        assert [block["text"] for block in blocks(answered)] == ["Hello."]
        kinds = [one["type"] for one in events(answered) if one["type"] != "ping"]
        assert (kinds[0], kinds[-2:]) == ("message_start", ["message_delta", "message_stop"])
        ended = events(answered)[-2]
        assert ended["delta"]["stop_reason"] == "end_turn"
        assert ended["usage"]["output_tokens"] == 20
    else:
        assert [block["text"] for block in answered.json["content"]] == ["Hello."]
        assert (answered.json["type"], answered.json["role"]) == ("message", "assistant")
        assert answered.json["stop_reason"] == "end_turn"
        assert answered.json["usage"]["input_tokens"] == 60
        assert answered.json["usage"]["cache_read_input_tokens"] == 40
    record = gateway.record(answered)
    assert (record["outcome"], record["usage"]["input_tokens"]) == ("ok", 100)
    assert record["usage"]["cache_read_tokens"] == 40
    assert record["cost"]["amount"] == "0.00034"
    if deployment == "openai":
        body = asked(upstream)
        assert body["messages"][0] == {"role": "system", "content": "Be brief."}
        assert (body["model"], body["max_tokens"], body["stop"]) == ("up-openai", 64, ["END"])
        assert upstream.calls[-1].head.startswith(b"POST /v1/chat/completions ")
        assert b"anthropic" not in upstream.calls[-1].head.lower()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("deployment", UPSTREAMS)
def test_a_completion_whoever_answers(
    gateway: Running, upstream: FakeUpstream, deployment: str, *, stream: bool
) -> None:
    options = {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
    answered = gateway.chat(deployment, **options)
    assert answered.status == 200, answered.body
    if stream:
        assert answered.body.endswith(b"data: [DONE]\n\n")
        said = [c["delta"].get("content") or "" for one in events(answered) for c in one["choices"]]
        assert "".join(said) == "Hello."
        assert [c["finish_reason"] for one in events(answered) for c in one["choices"]][-1] == "stop"
        usage = events(answered)[-1]["usage"]
    else:
        assert answered.json["choices"][0]["message"]["content"] == "Hello."
        assert answered.json["choices"][0]["finish_reason"] == "stop"
        assert answered.json["object"] == "chat.completion"
        usage = answered.json["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (100, 20)
    assert usage["prompt_tokens_details"]["cached_tokens"] == 40
    assert gateway.record(answered)["cost"]["amount"] == "0.00034"
    if deployment == "anthropic":
        assert asked(upstream)["max_tokens"] > 0
        assert asked(upstream)["model"] == "up-anthropic"


@pytest.mark.parametrize("deployment", UPSTREAMS)
def test_a_whole_answer_where_a_stream_was_asked_for(gateway: Running, deployment: str) -> None:
    completion = gateway.chat(f"{deployment}-single", stream=True)
    said = [c["delta"].get("content") or "" for one in events(completion) for c in one["choices"]]
    assert "".join(said) == "Hello."
    assert completion.body.endswith(b"data: [DONE]\n\n")
    message = messages(gateway, f"{deployment}-single", stream=True)
    assert [block["text"] for block in blocks(message)] == ["Hello."]
    assert events(message)[-1]["type"] == "message_stop"
    response = gateway.ask(
        "POST", "/v1/responses", {"model": f"{deployment}-single", "input": "hi", "stream": True}
    )
    assert events(response)[-1]["response"]["output"][0]["content"][0]["text"] == "Hello."
    for answered in (completion, message, response):
        record = gateway.record(answered)
        assert (record["outcome"], record["usage"]["output_tokens"]) == ("ok", 20)


def test_usage_that_was_not_asked_for_is_only_in_the_record(gateway: Running) -> None:
    answered = gateway.chat("anthropic", stream=True)
    assert b"usage" not in answered.body.replace(b'"usage":null', b"")
    assert gateway.record(answered)["usage"]["output_tokens"] == 20


TOOLS = [{"name": "weather", "description": "The weather.", "input_schema": SCHEMA}]
FUNCTIONS = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("deployment", UPSTREAMS)
def test_a_tool_loop_in_messages(
    gateway: Running, upstream: FakeUpstream, deployment: str, *, stream: bool
) -> None:
    user = {"role": "user", "content": "Weather in Paris and Rome?"}
    first = messages(gateway, deployment, stream=stream, tools=TOOLS, messages=[user])
    assert first.status == 200, first.body
    content = blocks(first) if stream else first.json["content"]
    assert [block for block in content if block["type"] == "tool_use"] == CALLS
    reason = events(first)[-2]["delta"]["stop_reason"] if stream else first.json["stop_reason"]
    assert reason == "tool_use"
    results = [{"type": "tool_result", "tool_use_id": call["id"], "content": "sunny"} for call in CALLS]
    turns = [user, {"role": "assistant", "content": content}, {"role": "user", "content": results}]
    second = messages(gateway, deployment, stream=stream, tools=TOOLS, messages=turns)
    assert second.status == 200, second.body
    if deployment == "anthropic":
        thought = asked(upstream)["messages"][1]["content"][0]
        assert thought == {"type": "thinking", "thinking": "Two cities.", "signature": SIGNATURE}
    else:
        replayed = asked(upstream)["messages"]
        assert [m["role"] for m in replayed] == ["user", "assistant", "tool", "tool"]
        assert [c["id"] for c in replayed[1]["tool_calls"]] == ["toolu_1", "toolu_2"]
        assert [m["tool_call_id"] for m in replayed[2:]] == ["toolu_1", "toolu_2"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("deployment", UPSTREAMS)
def test_a_tool_loop_in_completions(
    gateway: Running, upstream: FakeUpstream, deployment: str, *, stream: bool
) -> None:
    user = {"role": "user", "content": "Weather in Paris and Rome?"}
    first = gateway.chat(deployment, stream=stream, tools=FUNCTIONS, messages=[user])
    assert first.status == 200, first.body
    calls: list[dict[str, Any]] = []
    if stream:
        for one in events(first):
            for piece in (one["choices"][0]["delta"].get("tool_calls") or []) if one["choices"] else []:
                if piece["index"] == len(calls):
                    empty = {"name": "", "arguments": ""}
                    calls.append({"id": piece["id"], "type": "function", "function": empty})
                for field, text in piece["function"].items():
                    calls[piece["index"]]["function"][field] += text or ""
    else:
        calls = first.json["choices"][0]["message"]["tool_calls"]
        assert first.json["choices"][0]["finish_reason"] == "tool_calls"
    assert [(c["id"], json.loads(c["function"]["arguments"])) for c in calls] == [
        (call["id"], call["input"]) for call in CALLS
    ]
    results = [{"role": "tool", "tool_call_id": call["id"], "content": "sunny"} for call in calls]
    turns = [user, {"role": "assistant", "content": None, "tool_calls": calls}, *results]
    second = gateway.chat(deployment, stream=stream, tools=FUNCTIONS, messages=turns)
    assert second.status == 200, second.body
    if deployment == "anthropic":
        replayed = asked(upstream)["messages"]
        assert [m["role"] for m in replayed] == ["user", "assistant", "user"]
        assert [b["tool_use_id"] for b in replayed[2]["content"]] == ["toolu_1", "toolu_2"]
        assert asked(upstream)["tools"][0]["input_schema"] == SCHEMA


def test_a_hint_that_is_lost_is_told(gateway: Running) -> None:
    system = [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}]
    kept = messages(gateway, "anthropic", system=system)
    assert "x-wye-lost" not in kept.headers
    lost = messages(gateway, "openai", system=system)
    assert lost.status == 200, lost.body
    assert "cache_control" in lost.headers["x-wye-lost"]
    beta = SPEAKS | {"anthropic-beta": "tools-2026-01-01"}
    body = {"model": "openai", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    assert gateway.ask("POST", MESSAGES, body, beta).headers["x-wye-lost"] == "anthropic-beta"
    assert gateway.record(lost)["lost"] == lost.headers["x-wye-lost"].split(", ")


def test_betas_reach_upstreams_of_anthropics_protocol_only(gateway: Running, upstream: FakeUpstream) -> None:
    for model in ("openai", "anthropic"):
        answered = gateway.chat(model, headers={"anthropic-beta": "context-1m-2025-08-07"})
        assert answered.status == 200
        assert "x-wye-lost" not in answered.headers
        assert (b"anthropic-beta: context-1m" in upstream.calls[-1].head) == (model == "anthropic")


def test_no_name_of_a_member_becomes_a_header(gateway: Running) -> None:
    answered = messages(gateway, "openai", **{"a\r\nset-cookie: x=1": 1, "x-\u00e9" * 99: 2})
    assert answered.status == 200, answered.body
    assert "set-cookie" not in answered.headers
    assert answered.headers["x-wye-lost"] == "unknown_member"


SERVER_TOOL = [{"type": "web_search_20250305", "name": "web_search"}]


def test_what_cannot_be_carried_is_refused_before_anything_is_sent(
    gateway: Running, upstream: FakeUpstream
) -> None:
    before = upstream.seen["up-openai"]
    answered = messages(gateway, "openai", tools=SERVER_TOOL)
    assert answered.status == 400
    assert answered.json["type"] == "error"
    assert answered.error["type"] == "invalid_request_error"
    assert "speaks OpenAI Chat" in answered.error["message"]
    assert upstream.seen["up-openai"] == before
    record = gateway.record(answered)
    assert [(a["deployment"], a["cause"]) for a in record["attempts"]] == [("openai", "skip")]


def test_a_candidate_that_cannot_carry_it_is_passed_over(gateway: Running) -> None:
    answered = messages(gateway, "either", tools=SERVER_TOOL)
    assert answered.headers["x-wye-deployment"] == "anthropic"
    attempts = gateway.record(answered)["attempts"]
    assert [(a["deployment"], a["cause"]) for a in attempts] == [("openai", "skip"), ("anthropic", "first")]
    assert "speaks OpenAI Chat" in attempts[0]["error"]


@pytest.mark.parametrize("stream", [False, True])
def test_fallback_crosses_protocols_both_ways(gateway: Running, *, stream: bool) -> None:
    for alias, server in (("closed-then-own", "openai"), ("own-then-closed", "anthropic")):
        answered = messages(gateway, alias, stream=stream)
        assert answered.headers["x-wye-deployment"] == server, answered.body
        content = blocks(answered) if stream else answered.json["content"]
        assert content == [{"type": "text", "text": "Hello."}]
        completed = gateway.chat(alias, stream=stream)
        assert completed.headers["x-wye-deployment"] == server
        assert b"Hel" in completed.body


@pytest.mark.parametrize("deployment", ["anthropic-blames", "openai-blames"])
def test_blame_comes_in_the_clients_protocol(gateway: Running, deployment: str) -> None:
    answered = messages(gateway, deployment)
    assert (answered.status, answered.json["type"]) == (400, "error")
    assert answered.error["type"] == "invalid_request_error"
    assert "range is 0..1" in answered.error["message"]
    completed = gateway.chat(deployment)
    assert completed.status == 400
    assert "range is 0..1" in completed.error["message"]
    assert completed.json.get("type") != "error"


@pytest.mark.parametrize("trouble", ["half", "fails-midway"])
@pytest.mark.parametrize("speaks", UPSTREAMS)
def test_a_stream_that_breaks_ends_with_the_clients_error_event(
    gateway: Running, speaks: str, trouble: str
) -> None:
    answered = messages(gateway, f"{speaks}-{trouble}", stream=True)
    *_, last = events(answered)
    assert (last["type"], bool(last["error"]["message"])) == ("error", True)
    assert b"message_stop" not in answered.body
    assert gateway.record(answered)["outcome"] == "broken"
    completed = gateway.chat(f"{speaks}-{trouble}", stream=True)
    assert "error" in events(completed)[-1]
    assert b"[DONE]" not in completed.body
    assert gateway.record(completed)["outcome"] == "broken"


@pytest.mark.parametrize("speaks", UPSTREAMS)
@pytest.mark.parametrize("path", [MESSAGES, COMPLETIONS])
def test_a_hang_up_closes_the_upstream(
    gateway: Running, upstream: FakeUpstream, path: str, speaks: str
) -> None:
    model = f"{speaks}-hangs"
    closed = upstream.closed[model]
    body = {"model": model, "max_tokens": 9, "stream": True, "messages": [{"role": "user", "content": "x"}]}
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", gateway.port)) as client:
        client.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        while b"data:" not in client.recv(65536):
            pass
    deadline = time.monotonic() + 60
    while upstream.closed[model] == closed and time.monotonic() < deadline:
        time.sleep(0.01)
    assert upstream.closed[model] == closed + 1


def test_tokens_are_counted_upstream_where_it_counts(gateway: Running, upstream: FakeUpstream) -> None:
    body = {"model": "anthropic", "messages": [{"role": "user", "content": "hi"}]}
    answered = gateway.ask("POST", f"{MESSAGES}/count_tokens?beta=true", body, SPEAKS)
    assert (answered.status, answered.json) == (200, {"input_tokens": 42})
    assert upstream.calls[-1].head.startswith(b"POST /v1/messages/count_tokens HTTP/1.1")
    assert asked(upstream) == body | {"model": "up-anthropic"}
    assert "x-wye-estimate" not in answered.headers
    assert gateway.record(answered)["cost"]["amount"] in ("0", "0E-6", "0.000000")


def test_tokens_are_estimated_elsewhere(gateway: Running, upstream: FakeUpstream) -> None:
    before = len(upstream.calls)
    body = {"model": "openai", "messages": [{"role": "user", "content": "word " * 300}]}
    answered = gateway.ask("POST", f"{MESSAGES}/count_tokens", body, SPEAKS)
    assert answered.status == 200, answered.body
    assert 300 <= answered.json["input_tokens"] <= 700
    assert answered.headers["x-wye-estimate"] == "tokens"
    assert len(upstream.calls) == before
    assert gateway.record(answered)["outcome"] == "ok"


NOBODY = {"model": "nobody", "max_tokens": 1, "messages": [{"role": "user", "content": "x"}]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind"),
    [
        ("POST", MESSAGES, b"{", 400, "invalid_request_error"),
        ("POST", MESSAGES, {"model": "anthropic", "max_tokens": 1}, 400, "invalid_request_error"),
        ("POST", f"{MESSAGES}/count_tokens", {"messages": []}, 400, "invalid_request_error"),
        ("POST", MESSAGES, NOBODY, 404, "not_found_error"),
        ("POST", MESSAGES, b" " * 20_001, 413, "request_too_large"),
        ("GET", MESSAGES, None, 405, "invalid_request_error"),
        ("POST", f"{MESSAGES}/batches", {}, 404, "not_found_error"),
        ("GET", "/v1/models/nobody", None, 404, "not_found_error"),
    ],
)  # fmt: skip
def test_errors_have_anthropics_shape(  # noqa: PLR0913, PLR0917  # a request, and two facts of its answer
    gateway: Running, method: str, path: str, body: object, status: int, kind: str
) -> None:
    answered = gateway.ask(method, path, body, SPEAKS | {"content-type": "application/json"})
    assert answered.status == status, answered.body
    assert answered.json["type"] == "error"
    assert answered.error["type"] == kind
    assert answered.json["request_id"] == answered.headers["request-id"]


def test_who_may_not_come_in_is_told_in_their_protocol(gateway: Running) -> None:
    evil = SPEAKS | {"origin": "https://evil.example"}
    answered = gateway.ask("POST", MESSAGES, {"model": "anthropic"}, evil)
    assert (answered.status, answered.error["type"]) == (403, "permission_error")
    listed = gateway.ask("GET", "/v1/models", headers=evil)
    assert (listed.status, listed.json["type"]) == (403, "error")
    unknown = gateway.ask("POST", MESSAGES, {"model": "anthropic"}, {"x-api-key": "wye_" + "x" * 40})
    assert (unknown.status, unknown.json["type"]) in ((401, "error"), (400, "error"))


def test_the_list_of_models_in_the_clients_protocol(gateway: Running) -> None:
    listed = gateway.ask("GET", "/v1/models?limit=1000", headers=SPEAKS).json
    assert listed["has_more"] is False
    assert {"anthropic", "openai", "either"} <= {row["id"] for row in listed["data"]}
    assert {row["type"] for row in listed["data"]} == {"model"}
    assert listed["first_id"] == listed["data"][0]["id"]
    assert gateway.ask("GET", "/v1/models/either", headers=SPEAKS).json["display_name"] == "either"
    assert gateway.ask("GET", "/v1/models").json["object"] == "list"


def test_head_is_answered(gateway: Running) -> None:
    answered = gateway.ask("HEAD", "/")
    assert (answered.status, answered.body) == (200, b"")


def test_nothing_failed_in_a_way_nobody_foresaw(gateway: Running) -> None:
    text = gateway.log.read_text()
    assert "Traceback" not in text
    assert "sk-up" not in text


@pytest.mark.parametrize("when", ["at once", "midway"])
@pytest.mark.parametrize("speaks", UPSTREAMS)
def test_a_stream_that_tells_the_key_is_not_quoted(gateway: Running, speaks: str, when: str) -> None:
    body = {"stream": True, "messages": [{"role": "user", "content": when}]}
    if speaks == "openai":
        answered = messages(gateway, "openai-tells", **body)
    else:
        answered = gateway.ask("POST", COMPLETIONS, {"model": "anthropic-tells"} | body)
    assert b"reported an error in its stream" in answered.body
    assert b"sk-up" not in answered.body
    assert "sk-up" not in str(gateway.record(answered))
