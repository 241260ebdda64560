"""The request path against an upstream that plays scripted exchanges, through a real gateway process."""

import asyncio
import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fake_upstream import CHAT, DONE, FINISH, USAGE, Call, FakeUpstream, delta
from running import Running, running

BREAKING = ("blames", "slow", "hangs", "half", "unfinished", "midway", "nested")


def deployment(upstream: FakeUpstream, model: str, **fields: Any) -> dict[str, Any]:
    return {
        "model": model,
        "base_url": f"http://127.0.0.1:{upstream.port}/v1",
        "lane": "own",
        "networks": ["127.0.0.0/8"],
        "retries": 0,
    } | fields


def scripts(upstream: FakeUpstream) -> None:  # noqa: C901  # a list of scripts, not a program
    @upstream.script("ok")
    async def ok(call: Call) -> None:
        if call.json.get("stream"):
            extra = [USAGE] if call.json.get("stream_options", {}).get("include_usage") else []
            await call.stream([delta("Hel"), delta("lo."), FINISH, *extra, DONE])
        else:
            await call.answer()

    @upstream.script("embed")
    async def embed(call: Call) -> None:
        vector = {"object": "embedding", "index": 0, "embedding": [0.5]}
        await call.answer(
            body={"object": "list", "data": [vector], "usage": {"prompt_tokens": 3, "total_tokens": 3}}
        )

    @upstream.script("blames")
    async def blames(call: Call) -> None:
        await call.answer(422, {"error": {"message": "temperature is too hot", "param": "temperature"}})

    @upstream.script("slow")
    async def slow(call: Call) -> None:
        await call.begin_stream()
        await call.event(delta("one"))
        await asyncio.sleep(60)

    @upstream.script("hangs")
    async def hangs(_: Call) -> None:
        await asyncio.sleep(60)

    @upstream.script("half")
    async def half(call: Call) -> None:
        await call.begin_stream()
        await call.event(delta("one"))
        call.reset()

    @upstream.script("unfinished")
    async def unfinished(call: Call) -> None:
        await call.stream([delta("one")])

    @upstream.script("midway")
    async def midway(call: Call) -> None:
        await call.begin_stream()
        await call.event(delta("one"))
        await asyncio.sleep(0.05)
        await call.event(b'data: {"error":{"message":"overloaded","code":429}}\n\n' + DONE)
        await call.send(b"0\r\n\r\n")

    @upstream.script("nested")
    async def nested(call: Call) -> None:
        await call.begin_stream()
        await call.event(delta("one"))
        await asyncio.sleep(0.05)
        await call.event(b'data: {"usage":{"x":' + b"[" * 20_000 + b"]" * 20_000 + b"}}\n\n")
        await call.event(FINISH + DONE)
        await call.send(b"0\r\n\r\n")


@pytest.fixture(scope="module")
def gateway(
    upstream: FakeUpstream, price: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    scripts(upstream)
    settings = {
        "deployments": {
            "ok": deployment(upstream, "ok", price=price),
            "other-name": deployment(upstream, "ok", price=price),
            "embed": deployment(upstream, "embed", operations=["embeddings"]),
            "away": deployment(upstream, "away", lane="closed"),
            **{name: deployment(upstream, name) for name in BREAKING},
        },
        "aliases": {"nick": "ok", "far": "away"},
        "routes": {
            "ward": {"candidates": ["ok"], "labels": ["phi"]},
            "inside": {"candidates": ["away"], "labels": ["phi"]},
            "outside": {"candidates": ["away"], "labels": ["public"]},
        },
        "labels": {"internal": {"lanes": ["own", "hosted"]}},
    }
    with running(tmp_path_factory.mktemp("gateway"), settings) as gateway:
        yield gateway


def events(body: bytes) -> list[bytes]:
    return [part + b"\n\n" for part in body.split(b"\n\n") if part]


def test_bytes_pass_through_but_for_the_model(gateway: Running, upstream: FakeUpstream) -> None:
    body = b'{ "messages":[{"role":"user","content":"h\\u00e9"}],\n "model" : "other-name","x":{"a":[ ]}}'
    answered = gateway.ask("POST", "/v1/chat/completions", body)
    assert answered.json == CHAT
    assert upstream.calls[-1].body == body.replace(b'"other-name"', b'"ok"')
    assert answered.headers["x-wye-deployment"] == "other-name"
    assert answered.headers["x-wye-lane"] == "own"


def test_the_cost_is_exact_and_in_the_header_and_the_record(gateway: Running) -> None:
    answered = gateway.chat("ok")
    # 60 fresh and 40 cached input tokens, 20 of output: 60*2 + 40*.5 + 20*10 a million
    assert answered.headers["x-wye-cost"] == "0.00034 USD"
    record = gateway.record(answered)
    assert record["cost"] == {
        "amount": "0.00034",
        "currency": "USD",
        "basis": "price list",
        "as_of": "2026-11-22",
        "source": "wye.yaml",
    }
    assert record["usage"] == {
        "input_tokens": 100,
        "output_tokens": 20,
        "cache_read_tokens": 40,
        "reasoning_tokens": 5,
    }
    assert (record["asked"], record["deployment"], record["lane"], record["outcome"]) == (
        "ok",
        "ok",
        "own",
        "ok",
    )
    assert record["labels"] == ["internal"]
    assert [a["cause"] for a in record["attempts"]] == ["first"]
    assert record["attempts"][0]["status"] == 200
    assert record["attempts"][0]["response_bytes"] > len(answered.body)
    assert 0 < record["ttft_ms"] <= record["duration_ms"]
    assert "content" not in record


def test_a_stream_keeps_its_order_and_loses_the_usage_nobody_asked_for(gateway: Running) -> None:
    answered = gateway.chat("ok", stream=True)
    assert answered.headers["content-type"].startswith("text/event-stream")
    assert answered.headers["x-accel-buffering"] == "no"
    assert "x-wye-cost" not in answered.headers
    assert events(answered.body) == [delta("Hel"), delta("lo."), FINISH, DONE]
    assert gateway.record(answered)["cost"]["amount"] == "0.00034"


def test_usage_that_was_asked_for_stays(gateway: Running) -> None:
    answered = gateway.chat("ok", stream=True, stream_options={"include_usage": True})
    assert events(answered.body) == [delta("Hel"), delta("lo."), FINISH, USAGE, DONE]


def test_an_alias_and_a_bare_model_name(gateway: Running) -> None:
    assert gateway.chat("nick").headers["x-wye-deployment"] == "ok"
    assert gateway.chat("slo").status == 404
    assert "slow" in gateway.chat("slo").error["message"]
    assert "OPENAI_API_KEY" in gateway.chat("openai/gpt-5.5").error["message"]


def test_embeddings(gateway: Running) -> None:
    answered = gateway.ask("POST", "/v1/embeddings", {"model": "embed", "input": "hi"})
    assert answered.json["data"][0]["embedding"] == [0.5]
    assert gateway.record(answered)["operation"] == "embeddings"
    assert gateway.ask("POST", "/v1/embeddings", {"model": "ok", "input": "hi"}).status == 400


def test_a_request_id_goes_all_the_way(gateway: Running, upstream: FakeUpstream) -> None:
    answered = gateway.chat("ok", {"x-request-id": "trace-me.1"})
    assert answered.headers["x-request-id"] == "trace-me.1"
    assert b"x-request-id: trace-me.1\r\n" in upstream.calls[-1].head
    assert gateway.record(answered)["request_id"] == "trace-me.1"
    odd = gateway.chat("ok", {"x-request-id": "a b"})
    assert odd.headers["x-request-id"] == odd.headers["x-wye-decision"]


def test_no_header_of_the_client_reaches_the_upstream(gateway: Running, upstream: FakeUpstream) -> None:
    gateway.chat(
        "ok", {"authorization": "Bearer mine", "cookie": "a=b", "x-secret": "1", "openai-organization": "o"}
    )
    head = upstream.calls[-1].head.lower()
    for name in (b"authorization", b"cookie", b"x-secret", b"openai-organization"):
        assert name not in head


def test_labels_come_from_header_and_route(gateway: Running) -> None:
    answered = gateway.chat("ward", {"x-wye-label": "Internal"})
    assert gateway.record(answered)["labels"] == ["internal", "phi"]


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 400, "not valid JSON"),
        (b"{", 400, "not valid JSON"),
        (b"[]", 400, "expected `object`"),
        (b'{"model":"ok","messages":"hi"}', 400, "expected `array`"),
        (b'{"model":"ok","messages":[{"role":"user"}],"x":"\xff"}', 400, "UTF-8"),
        (
            b'{"model":"ok","messages":[{"role":"user"}],"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
            400,
            "nested",
        ),
        (b'{"model":"ok","model":"nick","messages":[{"role":"user"}]}', 400, "more than once"),
        (b'{"model":"nope","messages":[{"role":"user"}]}', 404, "There is no model 'nope'"),
    ],
)
def test_bad_requests_get_a_clear_error_and_a_record(
    gateway: Running, body: bytes, status: int, says: str
) -> None:
    answered = gateway.ask("POST", "/v1/chat/completions", body)
    assert answered.status == status
    assert says in answered.error["message"]
    assert answered.error["type"] == "invalid_request_error"
    record = gateway.record(answered)
    assert (record["outcome"], record["status"]) == ("error", status)
    assert "attempts" not in record


def test_a_header_takes_the_place_of_the_default_label_but_adds_to_a_routes(gateway: Running) -> None:
    refused = gateway.chat("away")
    assert (refused.status, gateway.record(refused)["labels"]) == (403, ["internal"])
    let_go = gateway.chat("away", {"x-wye-label": "public"})
    assert gateway.record(let_go)["labels"] == ["public"]
    assert gateway.record(let_go)["attempts"][0]["deployment"] == "away"
    floor = gateway.chat("inside", {"x-wye-label": "public"})
    assert (floor.status, gateway.record(floor)["labels"]) == (403, ["phi", "public"])


def test_a_malformed_label_is_refused_and_not_ignored(gateway: Running, upstream: FakeUpstream) -> None:
    before = upstream.seen.total()
    for text in ("phi;", ""):
        answered = gateway.chat("ok", {"x-wye-label": text})
        assert (answered.status, answered.error["param"]) == (400, "x-wye-label")
    assert upstream.seen.total() == before


def test_other_methods_and_paths(gateway: Running) -> None:
    assert gateway.ask("PUT", "/v1/chat/completions").status == 405
    assert gateway.ask("GET", "/v1/nowhere").error["code"] == "not_found"
    assert gateway.ask("DELETE", "/v1/models").status == 405
    assert gateway.ask("GET", "/healthz").body == b"ok\n"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/nowhere", 404), ("DELETE", "/v1/models", 405), ("GET", "/v1/embeddings", 405)],
)
def test_what_is_not_served_carries_the_request_id(
    gateway: Running, method: str, path: str, status: int
) -> None:
    answered = gateway.ask(method, path, headers={"x-request-id": "mine-1"})
    assert (answered.status, answered.headers["x-request-id"]) == (status, "mine-1")
    assert answered.error["request_id"] == "mine-1"
    assert ("allow" in answered.headers) == (status == 405)
    assert gateway.ask(method, path).headers["x-request-id"]


def test_what_the_upstream_blames_on_the_request_comes_as_it_is(gateway: Running) -> None:
    answered = gateway.chat("blames", temperature=9)
    assert answered.status == 422
    assert answered.error == {"message": "temperature is too hot", "param": "temperature"}
    assert gateway.record(answered)["attempts"][0]["status"] == 422


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("half", "broke off"),
        ("unfinished", "before the answer was finished"),
        ("midway", "reported an error"),
    ],
)
def test_a_stream_that_breaks_ends_with_an_error_event(gateway: Running, model: str, says: str) -> None:
    answered = gateway.chat(model, stream=True)
    assert answered.status == 200
    got = events(answered.body)
    assert got[0] == delta("one")
    told = json.loads(got[-1].removeprefix(b"data: "))["error"]
    assert says in told["message"]
    record = gateway.record(answered)
    assert (record["outcome"], record["deployment"]) == ("broken", model)
    assert says in record["error"]


@pytest.mark.parametrize(("model", "stream"), [("slow", True), ("hangs", False), ("hangs", True)])
def test_a_client_that_hangs_up_cancels_the_upstream(
    gateway: Running, upstream: FakeUpstream, model: str, *, stream: bool
) -> None:
    before, calls = upstream.closed[model], upstream.seen[model]
    connection = gateway.connect()
    body = json.dumps({"model": model, "stream": stream, "messages": [{"role": "user", "content": "hi"}]})
    connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
    until(lambda: upstream.seen[model] > calls)
    if model == "slow":
        assert connection.getresponse().read1(10)
    assert isinstance(connection.sock, socket.socket)
    connection.sock.close()
    connection.close()
    until(lambda: upstream.closed[model] > before, 30)  # by itself it would end after a minute
    until(lambda: 'outcome="hangup"' in gateway.metrics())


def until(true: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def test_models_lists_every_name(gateway: Running) -> None:
    names = {row["id"] for row in gateway.ask("GET", "/v1/models").json["data"]}
    assert {"auto", "ok", "other-name", "nick", "ward", "embed"} <= names
    row = gateway.ask("GET", "/v1/models/ok").json
    assert row["wye"]["lane"] == "own"
    assert row["wye"]["price"]["input"] == "2"
    assert gateway.ask("GET", "/v1/models/nope").status == 404


def test_models_says_what_a_name_leads_to(gateway: Running) -> None:
    facts = {row["id"]: row["wye"] for row in gateway.ask("GET", "/v1/models").json["data"]}
    assert facts["ok"]["kind"] == "deployment"
    assert (facts["nick"]["kind"], facts["nick"]["candidates"]) == ("alias", ["ok"])
    assert (facts["ward"]["kind"], facts["ward"]["candidates"]) == ("route", ["ok"])
    assert facts["auto"]["kind"] == "route"
    assert "away" not in facts["auto"]["candidates"], "what the default label does not permit"
    assert "far" not in facts
    assert facts["outside"]["candidates"] == ["away"], "its own label permits it"


def test_metrics_count_what_happened(gateway: Running) -> None:
    gateway.chat("ok")
    text = gateway.metrics()
    assert 'wye_requests_total{deployment="ok",lane="own",outcome="ok",status="200"}' in text
    assert 'wye_in_flight{deployment="ok"} 0.0' in text
    assert 'wye_connections_opened_total{scope="own"}' in text


def test_keep_alive_survives_errors(gateway: Running) -> None:
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)) as connection:
        for body, status in ((b"{", 400), (b'{"model":"ok","messages":[{"role":"user"}]}', 200)) * 3:
            connection.request("POST", "/v1/chat/completions", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status


def test_nothing_in_the_log_is_a_traceback(gateway: Running) -> None:
    gateway.chat("ok")
    assert "Traceback" not in Path(gateway.log).read_text()


def test_prompts_are_stored_only_where_config_says_so(upstream: FakeUpstream, tmp_path: Path) -> None:
    settings = {"deployments": {"ok": deployment(upstream, "ok")}, "ledger": {"store_content": True}}
    with running(tmp_path, settings) as storing:
        for stream in (False, True):
            content = json.loads(storing.record(storing.chat("ok", stream=stream))["content"])
            assert json.loads(content["request"])["messages"][0]["content"] == "hi"
            assert "lo." in content["answer"]
        refused = storing.chat("ok", {"x-wye-label": "not a label"})
        assert refused.status == 400
        assert "content" not in storing.record(refused)  # nobody knows how long it might be kept


def test_the_clients_trace_is_kept(gateway: Running) -> None:
    trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    record = gateway.record(gateway.chat("ok", {"traceparent": f"00-{trace}-{parent}-01"}))
    assert (record["trace"], record["parent"]) == (trace, parent)
    assert "trace" not in gateway.record(gateway.chat("ok", {"traceparent": "nonsense"}))


def test_junk_in_usage_ends_nothing(gateway: Running) -> None:
    answered = gateway.chat("nested", stream=True)
    assert answered.body.endswith(DONE)
    record = gateway.record(answered)
    assert (record["outcome"], record.get("usage")) == ("ok", None)
    assert 'wye_in_flight{deployment="nested"} 0.0' in gateway.metrics()


@pytest.mark.parametrize("field", ["models", "provider", "route", "fallbacks", "api_base", "base_url"])
def test_no_field_of_the_body_chooses_the_upstream(
    gateway: Running, upstream: FakeUpstream, field: str
) -> None:
    before = upstream.seen.total()
    answered = gateway.chat("far", {"x-wye-label": "public"}, **{field: ["anthropic/claude"]})
    assert (answered.status, answered.error["param"]) == (400, field)
    assert upstream.seen.total() == before
    assert gateway.chat("ok", **{field: ["kept as it is"]}).status == 200
    assert upstream.calls[-1].json[field] == ["kept as it is"]
