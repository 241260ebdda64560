"""What upstreams complain of, in whatever shape and wherever it stands, reaches clients as they know it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from fake_upstream import Call, FakeUpstream, chunk
from running import Running, running
from wye.gateway.complaints import MAX_PASSED_BYTES, complaint, status_of

SLOW = {"error": {"message": "slow down", "type": "requests", "param": None, "code": "rate_limit_exceeded"}}
BROKE = {"error": {"message": "You exceeded your current quota.", "code": "insufficient_quota"}}
TOO_LONG = {"error": {"code": 400, "message": "the request exceeds the available context size (2048)"}}
EXHAUSTED = {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}
BUSY = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
HELLO = {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}
MESSAGE = {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("body", "message", "shaped"),
    [
        (SLOW, "slow down", True),
        ([EXHAUSTED], "slow down", True),
        ({"error": "no"}, "no", False),
        ({"object": "error", "message": "no", "type": "BadRequestError", "code": 400}, "no", False),
        ({"detail": "no"}, "no", False),
        ({"detail": [{"loc": ["body", "n"], "msg": "too many", "type": "x"}]}, "body.n: too many", False),
        ({"type": "error", "code": "server_error", "message": "no", "param": None}, "no", False),
        ({"type": "response.failed", "response": {"error": {"code": "x", "message": "no"}}}, "no", False),
    ],
)
def test_every_shape_is_read(body: object, message: str, *, shaped: bool) -> None:
    told = complaint(json.dumps(body).encode())
    assert told is not None
    assert (told.error.message, told.shaped) == (message, shaped)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b"[]", b'{"message": 5}', b" " * (MAX_PASSED_BYTES + 1)]
)
def test_what_tells_nothing(body: bytes) -> None:
    assert complaint(body) is None


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SLOW, 429),
        (BUSY, 529),
        (EXHAUSTED, 429),
        ({"error": {"message": "m", "code": "502"}}, 502),
        ({"error": {"message": "m", "code": 200, "type": "server_error"}}, 500),
        ({"error": {"message": "m", "code": 1234, "type": "of_next_year"}}, None),
    ],
)
def test_the_status_that_an_error_stands_for(error: object, status: int | None) -> None:
    told = complaint(json.dumps(error).encode())
    assert told is not None
    assert status_of(told.error) == status


def scripts(upstream: FakeUpstream) -> None:  # noqa: C901  # a list of scripts, not a program
    def event(error: object) -> bytes:
        return f"data: {json.dumps(error)}\n\n".encode()

    @upstream.script("slow-stream")
    async def slow_stream(call: Call) -> None:
        await call.stream([b": hello\n\n", event(SLOW)])

    @upstream.script("slow-body")
    async def slow_body(call: Call) -> None:
        await call.answer(body=SLOW)

    @upstream.script("blaming-stream")
    async def blaming_stream(call: Call) -> None:
        await call.stream([event({"error": {"message": "no such field", "code": 400}})])

    @upstream.script("mute-stream")
    async def mute_stream(call: Call) -> None:
        await call.stream([event({"error": {"message": "of next year"}})])

    @upstream.script("broke")
    async def broke(call: Call) -> None:
        await call.answer(429, BROKE, "Retry-After: 9\r\n")

    @upstream.script("bare")
    async def bare(call: Call) -> None:
        await call.answer(400, {"object": "error", "message": "no such field", "code": 400})

    @upstream.script("engine")
    async def engine(call: Call) -> None:
        await call.answer(400, TOO_LONG)

    @upstream.script("busy-messages")
    async def busy_messages(call: Call) -> None:
        await call.stream([b"event: error\n" + event(BUSY)])

    @upstream.script("slow-gemini")
    async def slow_gemini(call: Call) -> None:
        await call.stream([json.dumps(EXHAUSTED, indent=2).encode()])  # as Google does: without `data:`

    @upstream.script("unmade")
    async def unmade(call: Call) -> None:
        candidate = {"content": {"parts": [], "role": "model"}, "finishReason": "MALFORMED_FUNCTION_CALL"}
        told = {"candidates": [candidate], "usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 1}}
        await (call.stream([event(told)]) if b":stream" in call.head else call.answer(body=told))

    @upstream.script("routed")
    async def routed(call: Call) -> None:
        choice = {"index": 0, "delta": {"content": ""}, "finish_reason": "error"}
        await call.stream([chunk(choices=[choice]), b"data: [DONE]\n\n"])


@pytest.fixture(scope="module")
def gateway(upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    scripts(upstream)

    def deployment(model: str, protocol: str = "openai_chat", **fields: Any) -> dict[str, Any]:
        return {
            "model": model,
            "protocol": protocol,
            "base_url": f"http://127.0.0.1:{upstream.port}/v1",
            "lane": "own",
            "networks": ["127.0.0.0/8"],
            "retries": 0,
        } | fields

    chats = ("slow-stream", "slow-body", "blaming-stream", "mute-stream", "broke", "bare", "routed", "fine")
    settings = {
        "deployments": {name: deployment(name) for name in chats}
        | {"engine": deployment("engine", provider="llama-server")}
        | {"busy-messages": deployment("busy-messages", "anthropic_messages")}
        | {name: deployment(name, "gemini") for name in ("slow-gemini", "unmade")},
        "aliases": {"broke-then-fine": ["broke", "fine"], "slow-then-fine": ["slow-body", "fine"]},
    }
    with running(tmp_path_factory.mktemp("gateway"), settings) as gateway:
        yield gateway


@pytest.mark.parametrize(
    ("model", "status", "code"),
    [
        ("slow-stream", 429, "rate_limited"),
        ("blaming-stream", 400, "upstream_refused"),
        ("mute-stream", 502, "upstream_error"),
        ("busy-messages", 503, "upstream_overloaded"),
        ("slow-gemini", 429, "rate_limited"),
    ],
)
def test_an_error_as_the_first_event_has_its_status(
    gateway: Running, model: str, status: int, code: str
) -> None:
    answered = gateway.chat(model, stream=True)
    assert (answered.status, answered.error["code"]) == (status, code)
    assert gateway.record(answered)["status"] == status


def test_an_error_in_place_of_an_answer_has_its_status(gateway: Running) -> None:
    answered = gateway.chat("slow-body")
    assert (answered.status, answered.error["type"]) == (429, "rate_limit_error")
    assert gateway.chat("slow-then-fine").status == 200


def test_messages_in_its_own_protocol(gateway: Running) -> None:
    asked = {"model": "busy-messages", "max_tokens": 5, "messages": [MESSAGE], "stream": True}
    answered = gateway.ask("POST", "/v1/messages", asked)
    assert (answered.status, answered.error["type"]) == (529, "overloaded_error")


def test_gemini_in_its_own_protocol(gateway: Running) -> None:
    answered = gateway.ask("POST", "/v1beta/models/slow-gemini:streamGenerateContent?alt=sse", HELLO)
    assert (answered.status, answered.error["status"]) == (429, "RESOURCE_EXHAUSTED")


def test_who_is_out_of_credit_is_not_asked_again(gateway: Running) -> None:
    answered = gateway.chat("broke")
    assert (answered.status, answered.error["type"], answered.error["code"]) == (
        429,
        *["insufficient_quota"] * 2,
    )
    assert answered.headers["x-should-retry"] == "false"
    assert "retry-after" not in answered.headers
    told = gateway.ask("POST", "/v1/messages", {"model": "broke", "max_tokens": 5, "messages": [MESSAGE]})
    assert (told.status, told.error["type"]) == (402, "billing_error")
    told = gateway.ask("POST", "/v1beta/models/broke:generateContent", HELLO)
    assert (told.status, told.error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert gateway.chat("broke-then-fine").status == 200


def test_an_engines_blame_has_the_clients_shape(gateway: Running) -> None:
    answered = gateway.chat("engine")
    assert (answered.status, answered.error["code"]) == (400, "context_length_exceeded")
    assert answered.error["request_id"] == answered.headers["x-request-id"]
    bare = gateway.chat("bare")
    assert (bare.status, bare.error["code"]) == (400, "upstream_refused")
    assert "no such field" in bare.error["message"]


def test_a_call_that_was_not_made_is_no_answer(gateway: Running) -> None:
    whole = gateway.chat("unmade")
    assert (whole.status, whole.error["code"]) == (502, "upstream_error")
    assert "MALFORMED_FUNCTION_CALL" in whole.error["message"]
    *_, last, _ = gateway.chat("unmade", stream=True).body.split(b"\n\n")
    assert "MALFORMED_FUNCTION_CALL" in json.loads(last.removeprefix(b"data: "))["error"]["message"]
    own = gateway.ask("POST", "/v1beta/models/unmade:generateContent", HELLO)
    assert own.status == 200
    assert b"MALFORMED_FUNCTION_CALL" in own.body


def test_a_routers_error_is_no_answer_either(gateway: Running) -> None:
    asked = {"model": "routed", "max_tokens": 5, "messages": [MESSAGE], "stream": True}
    assert "(error)" in gateway.ask("POST", "/v1/messages", asked).error["message"]
    assert gateway.chat("routed", stream=True).status == 200
